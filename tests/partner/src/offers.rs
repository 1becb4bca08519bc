//! What comes to a partner that sends its KEK: packages with an offer, and the one with the receipt.

use serde::Deserialize;

use crate::open::sha256;
use crate::wrap::{Offer, WrapError};
use crate::{OpenError, Package};

const CEREMONY: &str = "kek-import";
const MANIFEST: &str = "manifest.json";
const OFFER: &str = "offer.json";
const CERTIFICATE: &str = "certificate.pem";
const KCV: &str = "kcv.txt";

/// Why nothing is sent in answer to a package.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum OfferError {
    #[error("the manifest is not one of such a package: {0}")]
    Manifest(String),
    #[error("the {what} in {file} is another than in the manifest")]
    Differs {
        what: &'static str,
        file: &'static str,
    },
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Wrap(#[from] WrapError),
}

/// An offer of which all is true.
#[derive(Clone, Debug)]
pub struct OpenedOffer {
    pub offer: Offer,
    /// Where the block belongs.
    pub block_key: String,
    pub number: u32,
    /// SHA-256 over the signer's public key, in hex.
    pub signer_sha256: String,
    /// How many files the signed list covers.
    pub files: usize,
}

/// A receipt of which all is true.
#[derive(Clone, Debug)]
pub struct OpenedReceipt {
    /// As they found it.
    pub kcv: String,
    /// Of the file that the key came in.
    pub block_sha256: String,
    /// Where the partner says that it is its key's, if it has to.
    pub confirmation_key: Option<String>,
    /// SHA-256 over the signer's public key, in hex.
    pub signer_sha256: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    schema_version: u32,
    ceremony: String,
    signature: Signature,
}

#[derive(Deserialize)]
struct Signature {
    algorithm: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfferManifest {
    offer: Named,
    block_key: String,
    certificate_sha256: String,
}

#[derive(Deserialize)]
struct Named {
    id: String,
    sha256: String,
    number: u32,
}

#[derive(Deserialize)]
struct ReceiptManifest {
    block: Block,
    kek: Kek,
    confirmation: Option<Confirmation>,
}

#[derive(Deserialize)]
struct Block {
    sha256: String,
}

#[derive(Deserialize)]
struct Kek {
    kcv: String,
}

#[derive(Deserialize)]
struct Confirmation {
    key: String,
}

impl Package {
    /// Every digest and the signature; that the offer is the one of which the manifest speaks, and its
    /// certificate the one beside it.
    pub fn open_offer(&self) -> Result<OpenedOffer, OfferError> {
        let (files, signer_sha256) = self.verify_part()?;
        let OfferManifest {
            offer: named,
            block_key,
            certificate_sha256,
        } = self.part_manifest()?;
        let document = self.file(OFFER)?;
        let offer = Offer::read(&String::from_utf8_lossy(document))?;
        let differs = |what, file| OfferError::Differs { what, file };
        if sha256(document) != named.sha256 || offer.id() != named.id {
            return Err(differs("offer", OFFER));
        }
        if offer.block_key()? != block_key {
            return Err(differs("name of the block", OFFER));
        }
        let beside = der::pem::decode_vec(self.file(CERTIFICATE)?).ok();
        let beside = beside.map(|(_, certificate)| sha256(&certificate));
        if beside.as_ref() != Some(&certificate_sha256) {
            return Err(differs("certificate", CERTIFICATE));
        }
        if offer.certificate_sha256()? != certificate_sha256 {
            return Err(differs("certificate", OFFER));
        }
        Ok(OpenedOffer {
            offer,
            block_key,
            number: named.number,
            signer_sha256,
            files,
        })
    }

    /// Every digest and the signature, and what came.
    pub fn open_receipt(&self) -> Result<OpenedReceipt, OfferError> {
        let (_, signer_sha256) = self.verify_part()?;
        let ReceiptManifest {
            block,
            kek,
            confirmation,
        } = self.part_manifest()?;
        let told = format!("{}\n", kek.kcv);
        if self.file(KCV)? != told.as_bytes() {
            return Err(OfferError::Differs {
                what: "check value",
                file: KCV,
            });
        }
        Ok(OpenedReceipt {
            kcv: kek.kcv,
            block_sha256: block.sha256,
            confirmation_key: confirmation.map(|confirmation| confirmation.key),
            signer_sha256,
        })
    }

    fn verify_part(&self) -> Result<(usize, String), OfferError> {
        let head: Head = self.part_manifest()?;
        if head.ceremony != CEREMONY || head.schema_version != 1 {
            let Head {
                ceremony,
                schema_version,
                ..
            } = head;
            let found = format!("{ceremony} in version {schema_version}");
            return Err(OfferError::Manifest(found));
        }
        let public_key = self.public_key()?;
        let files = self.verify_sums(&head.signature.algorithm, &public_key)?;
        Ok((files, sha256(&public_key)))
    }

    fn part_manifest<T: serde::de::DeserializeOwned>(&self) -> Result<T, OfferError> {
        let manifest = serde_json::from_slice(self.file(MANIFEST)?);
        manifest.map_err(|error| OfferError::Manifest(error.to_string()))
    }
}
