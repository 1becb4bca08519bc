//! `PackageReceipt`: what came, with its check value, as the files that the partner fetches.
//!
//! Pure: makes documents of what the steps before it returned. `SignPackage` adds the signing key, its
//! certificates and the signed list; `PublishPart` writes all of them. What is ours alone (the ARN of the key)
//! is no part of it.

mod manifest;
mod readme;

use ceremony::algorithms::SignatureAlgorithm;
use ceremony::evidence::{Recordable, document};
use ceremony::execution::{DroppedObject, File, JSON, MARKDOWN, TEXT};
use ceremony::id::Ceremony;
use ceremony::key_import::offer::Offer;
use ceremony::key_import::place::BlockPlace;
use ceremony::key_import::rules::{ImportPolicy, KcvProof};
use ceremony::key_import::run::ReceivedKek;
use ceremony::publication::{Publication, PublicationDigests};
use ceremony::utc::Utc;
use serde::{Deserialize, Serialize};
use step::StepError;
use strum::{IntoStaticStr, VariantNames};

pub use manifest::Manifest;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub policy: ImportPolicy,
    pub offer: Offer,
    /// The file that it came in.
    pub block: DroppedObject,
    pub kek: ReceivedKek,
    /// By which the package will be signed.
    pub signature_algorithm: SignatureAlgorithm,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    pub publication: Publication,
    /// The folder of the ceremony's package in which the files lie: `receipt`.
    pub part: String,
    /// What the partner has to confirm; null where the check value was announced.
    pub confirmation: Option<Confirmation>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Confirmation {
    /// The inbox key of the file by which the partner confirms the check value.
    pub key: String,
    /// Until when.
    pub until: Utc,
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        #[derive(Serialize)]
        struct View<'a> {
            publication: PublicationDigests,
            part: &'a str,
            confirmation: Option<&'a Confirmation>,
        }
        View {
            publication: self.publication.digests(),
            part: &self.part,
            confirmation: self.confirmation.as_ref(),
        }
    }
}

/// The folder of the ceremony's package.
const PART: &str = "receipt";

/// `now` is when the time begins that the partner has to confirm.
pub fn handle(input: Input, now: Utc) -> Result<Output, Error> {
    if input.offer.request.folder != input.ceremony.folder() {
        return Err(Error::OtherFolder);
    }
    let confirmation = confirmation(&input, now);
    let manifest = Manifest::new(&input, confirmation.as_ref(), now);
    let files = vec![
        File::new("kcv.txt", TEXT, format!("{}\n", input.kek.kcv)),
        File::new("README.md", MARKDOWN, readme::write(&manifest)),
    ];
    let manifest = manifest.listing(&files);
    Ok(Output {
        publication: Publication {
            files,
            objects: Vec::new(),
            manifest: File::new("manifest.json", JSON, document(&manifest)?),
            documents: Vec::new(),
            trusted_roots: Vec::new(),
        },
        part: PART.to_owned(),
        confirmation,
    })
}

/// As long as for a block, there is time to confirm it.
fn confirmation(input: &Input, now: Utc) -> Option<Confirmation> {
    if input.policy.kcv == KcvProof::Announced {
        return None;
    }
    let answer = BlockPlace::of_offer(&input.offer).answer();
    Some(Confirmation {
        key: answer.confirmation_key(),
        until: now.plus_seconds(i64::from(input.policy.deadline_hours) * 60 * 60),
    })
}

/// Why there is no package.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("a document could not be written: {0}")]
    DocumentUnwritable(String),
    #[error("the offer answers a request of another folder than the ceremony's")]
    OtherFolder,
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::DocumentUnwritable(error.to_string())
    }
}

impl StepError for Error {
    fn name(&self) -> &'static str {
        self.into()
    }

    fn remedy(&self) -> &'static str {
        "This is a defect of the software: report it with the record."
    }

    fn names() -> Vec<&'static str> {
        Self::VARIANTS.to_vec()
    }
}
