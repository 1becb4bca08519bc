//! How the KEK was wrapped, as the manifest tells it.

use ceremony::algorithms::{KekAlgorithm, OaepHash};
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::exchange::{
    KeyDerivationFunction, KeyDerivationHash, Nonce, OurCertificate, Tr34Signer, Wrapped,
};
use ceremony::tr31;
use ceremony::utc::Utc;
use serde::Serialize;

use crate::Error;

/// The method, the partner's key, and what the partner needs to know to open what it gets.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Wrapping {
    pub leaf_sha256: Sha256,
    /// Of the leaf.
    pub key_algorithm: String,
    #[serde(flatten)]
    pub how: How,
}

#[derive(Debug, Serialize)]
#[serde(
    tag = "method",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum How {
    RsaOaep {
        hash: OaepHash,
        cryptogram_bytes: usize,
    },
    Tr34 {
        /// As Payment Cryptography calls it.
        format: &'static str,
        key_block_bytes: usize,
        header: Header,
        /// Null where the exchange has one pass.
        nonce: Option<Nonce>,
        signer: Tr34Signer,
        /// The KDH's.
        ours: Ours,
    },
    Ecdh {
        key_block_characters: usize,
        header: Header,
        shared_information: String,
        key_derivation_function: KeyDerivationFunction,
        key_derivation_hash: KeyDerivationHash,
        derived_key: KekAlgorithm,
        /// Of the key that agrees with the leaf's.
        ours: Ours,
    },
}

/// A TR-31 header, as it stands and decoded.
#[derive(Debug, Serialize)]
pub struct Header {
    pub text: String,
    #[serde(flatten)]
    pub decoded: tr31::Header,
}

/// A certificate of ours that the partner relies on. The list that our signing key signs covers what
/// is told here.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ours {
    /// Null where the key is Payment Cryptography's own.
    pub key_arn: Option<String>,
    pub certificate: Told,
    /// From its issuer upwards.
    pub chain: Vec<Told>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    pub sha256: Sha256,
    pub subject: String,
    pub issuer: String,
    pub serial: String,
    pub key_algorithm: String,
    pub not_before: Utc,
    pub not_after: Utc,
}

impl Wrapping {
    pub(crate) fn of(wrapped: &Wrapped, leaf: &Certificate) -> Result<Self, Error> {
        Ok(Self {
            leaf_sha256: leaf.sha256(),
            key_algorithm: leaf.key_algorithm().to_string(),
            how: How::of(wrapped)?,
        })
    }
}

impl How {
    fn of(wrapped: &Wrapped) -> Result<Self, Error> {
        let bytes = wrapped.bytes().len();
        Ok(match wrapped.clone() {
            Wrapped::RsaOaep { hash, .. } => Self::RsaOaep {
                hash,
                cryptogram_bytes: bytes,
            },
            Wrapped::Tr34 {
                header,
                nonce,
                signer,
                ours,
                ..
            } => Self::Tr34 {
                format: "X9_TR34_2012",
                key_block_bytes: bytes,
                header: Header {
                    decoded: tr31::Header::read_fixed(&header)?,
                    text: header,
                },
                nonce,
                signer,
                ours: Ours::from(ours),
            },
            Wrapped::Ecdh {
                key_block,
                shared_information,
                key_derivation_function,
                key_derivation_hash,
                derived_key,
                ours,
            } => Self::Ecdh {
                key_block_characters: bytes,
                header: Header::of(&key_block)?,
                shared_information,
                key_derivation_function,
                key_derivation_hash,
                derived_key,
                ours: Ours::from(ours),
            },
        })
    }
}

impl Header {
    /// What stands in clear at the beginning of a TR-31 block.
    fn of(block: &str) -> Result<Self, Error> {
        let decoded = tr31::KeyBlock::read(block)?.header().clone();
        let optional = decoded.optional_blocks.iter();
        let characters = 16 + optional.map(|it| it.data.len() + 4).sum::<usize>();
        Ok(Self {
            text: block.get(..characters).unwrap_or(block).to_owned(),
            decoded,
        })
    }
}

impl From<OurCertificate> for Ours {
    fn from(ours: OurCertificate) -> Self {
        Self {
            key_arn: ours.key_arn,
            certificate: Told::of(&ours.certificate),
            chain: ours.chain.iter().map(Told::of).collect(),
        }
    }
}

impl Told {
    fn of(certificate: &Certificate) -> Self {
        Self {
            sha256: certificate.sha256(),
            subject: certificate.subject().to_owned(),
            issuer: certificate.issuer().to_owned(),
            serial: certificate.serial().to_owned(),
            key_algorithm: certificate.key_algorithm().to_string(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
        }
    }
}
