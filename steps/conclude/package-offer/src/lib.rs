//! `PackageOffer`: an offer as the files that the partner fetches.
//!
//! Pure: makes documents of what `MakeOffer` returned. `SignPackage` adds the signing key, its certificates and
//! the signed list; `PublishPart` writes all of them.
//!
//! `offer.json` is published as the bytes over which its digest is (members sorted, no white space, no end of
//! line): so the file's SHA-256 names the offer, however a partner computes it, and
//! `jq -cjS . offer.json` changes nothing of it.

mod expected;
mod manifest;
mod readme;

use ceremony::algorithms::SignatureAlgorithm;
use ceremony::certificate::Certificate;
use ceremony::evidence::{Recordable, document};
use ceremony::execution::{File, JSON, MARKDOWN, PEM};
use ceremony::id::Ceremony;
use ceremony::key_import::offer::Offer;
use ceremony::key_import::place::{AnswerPlace, BlockPlace};
use ceremony::key_import::request::ImportMethod;
use ceremony::publication::{Publication, PublicationDigests};
use serde::{Deserialize, Serialize};
use step::StepError;
use strum::{IntoStaticStr, VariantNames};

pub use manifest::Manifest;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub offer: Offer,
    /// By which the package will be signed.
    pub signature_algorithm: SignatureAlgorithm,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    pub publication: Publication,
    /// The folder of the ceremony's package in which the files lie: `offer-<id>`.
    pub part: String,
    /// Which offer a block answers, by its name.
    pub answers: AnswerPlace,
    /// The inbox key under which a block is expected.
    pub block_key: String,
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct View<'a> {
            publication: PublicationDigests,
            part: &'a str,
            answers: &'a AnswerPlace,
            block_key: &'a str,
        }
        View {
            publication: self.publication.digests(),
            part: &self.part,
            answers: &self.answers,
            block_key: &self.block_key,
        }
    }
}

/// Names of files.
pub(crate) const OFFER: &str = "offer.json";
pub(crate) const CERTIFICATE: &str = "certificate.pem";
pub(crate) const CHAIN: &str = "chain.pem";

pub fn handle(input: Input) -> Result<Output, Error> {
    let Input {
        ceremony,
        offer,
        signature_algorithm,
    } = input;
    if offer.request.folder != ceremony.folder() {
        return Err(Error::OtherFolder);
    }
    let place = BlockPlace::of_offer(&offer);
    let ours = offer.terms.ours();
    let chain: String = ours.chain.iter().map(Certificate::to_pem).collect();
    let offer_file = File::new(OFFER, JSON, serde_json::to_value(&offer)?.to_string());
    let manifest = Manifest::new(&ceremony, &offer, signature_algorithm);
    let readme = readme::write(&manifest, &offer)?;
    let files = vec![
        offer_file.clone(),
        File::new(CERTIFICATE, PEM, ours.certificate.to_pem()),
        File::new(CHAIN, PEM, chain),
        File::new("README.md", MARKDOWN, readme),
    ];
    let manifest = manifest.listing(&files);
    Ok(Output {
        part: format!("offer-{}", place.offer),
        answers: place.answer(),
        block_key: place.key(),
        publication: Publication {
            files,
            objects: Vec::new(),
            manifest: File::new("manifest.json", JSON, document(&manifest)?),
            documents: vec![offer_file],
            trusted_roots: Vec::new(),
        },
    })
}

/// Why there is no package.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("a document could not be written: {0}")]
    DocumentUnwritable(String),
    #[error("by {0} nothing is published for a partner")]
    MethodNotOffered(ImportMethod),
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
