//! `manifest.json`: which offer it is, where its answer is expected, and what is in the package.

use ceremony::algorithms::SignatureAlgorithm;
use ceremony::digest::Sha256;
use ceremony::execution::{File, FileDigest};
use ceremony::id::Ceremony;
use ceremony::key_import::offer::{Offer, OfferId};
use ceremony::key_import::place::BlockPlace;
use ceremony::key_import::request::{ExpectedKek, ImportMethod};
use ceremony::utc::Utc;
use ceremony::working_keys::place::AskedBy;
use serde::Serialize;

/// `manifest.json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub schema_version: u32,
    #[serde(flatten)]
    pub ceremony: Ceremony,
    /// When the offer was made.
    pub created_at: Utc,
    pub request: Request,
    pub offer: Named,
    pub method: ImportMethod,
    pub expires_at: Utc,
    /// The inbox key under which the block is expected.
    pub block_key: String,
    pub expected: ExpectedKek,
    /// Of our certificate.
    pub certificate_sha256: Sha256,
    pub signature: Signature,
    pub files: Vec<FileDigest>,
}

/// The document that asked.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    pub name: String,
    pub asked_by: AskedBy,
    pub sha256: Sha256,
}

#[derive(Debug, Serialize)]
pub struct Named {
    pub id: OfferId,
    /// Over `offer.json`.
    pub sha256: Sha256,
    pub number: u32,
}

/// How the list of the package is signed.
#[derive(Debug, Serialize)]
pub struct Signature {
    pub algorithm: SignatureAlgorithm,
}

impl Manifest {
    pub(crate) fn new(
        ceremony: &Ceremony,
        offer: &Offer,
        signature_algorithm: SignatureAlgorithm,
    ) -> Self {
        Self {
            schema_version: 1,
            ceremony: ceremony.clone(),
            created_at: offer.made_at,
            request: Request {
                name: offer.request.name.clone(),
                asked_by: offer.request.asked_by,
                sha256: offer.request_sha256.clone(),
            },
            offer: Named {
                id: offer.id(),
                sha256: offer.digest(),
                number: offer.number,
            },
            method: offer.terms.method(),
            expires_at: offer.expires_at,
            block_key: BlockPlace::of_offer(offer).key(),
            expected: offer.expected.clone(),
            certificate_sha256: offer.terms.ours().certificate.sha256(),
            signature: Signature {
                algorithm: signature_algorithm,
            },
            files: Vec::new(),
        }
    }

    pub(crate) fn listing(self, files: &[File]) -> Self {
        Self {
            files: files.iter().map(File::digest).collect(),
            ..self
        }
    }
}
