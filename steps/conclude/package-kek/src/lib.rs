//! `PackageKek`: the files that the partner fetches.
//!
//! Pure: makes documents of what the steps before it returned. `SignPackage` adds the signing key, its
//! certificates and the signed list; `Publish`, which knows no ceremony, writes all of them.

mod files;
mod manifest;
mod partner_readme;
mod wrapping;

use ceremony::certificate::Certificate;
use ceremony::enrolment::Installed;
use ceremony::evidence::{Recordable, document};
use ceremony::exchange::{Method, Wrapped};
use ceremony::execution::{Execution, File, JSON, MARKDOWN, PEM, TEXT};
use ceremony::id::Ceremony;
use ceremony::keys::KekFacts;
use ceremony::path::CertificatePath;
use ceremony::profile::Policy;
use ceremony::publication::Publication;
use ceremony::signature::SignatureFacts;
use ceremony::tr31::MalformedKeyBlock;
use serde::{Deserialize, Serialize};
use step::StepError;
use strum::{IntoStaticStr, VariantNames};

pub use manifest::Manifest;
pub use wrapping::{How, Wrapping};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub execution: Execution,
    /// The path that was proven.
    pub path: CertificatePath,
    pub policy: Policy,
    pub issuing_ca_key_arn: String,
    pub kek: KekFacts,
    /// As the step of the method made it.
    pub wrapped: Wrapped,
    /// Over prefix and cryptogram: where the KEK was wrapped by RSA-OAEP, and nowhere else.
    pub signature: Option<SignatureFacts>,
    /// The certificate of the signing key that `SignPackage` will add, if one was enrolled.
    pub signer: Option<Installed>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Output(pub Publication);

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self.0.digests()
    }
}

pub fn handle(input: Input) -> Result<Output, Error> {
    let (asked, found) = (input.policy.exchange.method(), input.wrapped.method());
    if asked != found {
        return Err(Error::OtherMethod { asked, found });
    }
    let manifest = Manifest::new(&input)?;
    let readme = partner_readme::write(&manifest, &input);
    let mut files = files::of(&input)?;
    files.extend([
        File::new("kcv.txt", TEXT, format!("{}\n", input.kek.kcv)),
        File::new("README.md", MARKDOWN, readme),
    ]);
    let manifest = manifest.listing(&files);
    let certificates: String = input
        .path
        .certificates()
        .map(|(_, certificate)| Certificate::to_pem(certificate))
        .collect();
    Ok(Output(Publication {
        files,
        objects: Vec::new(),
        manifest: File::new("manifest.json", JSON, document(&manifest)?),
        documents: vec![File::new("certificates.pem", PEM, certificates)],
        trusted_roots: vec![input.path.root],
    }))
}

/// Why there is no package. None of these carries a byte of what was wrapped.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("the certificates of ours that it takes have {bytes} bytes in PEM; at most {most} fit")]
    CertificatesTooLong { bytes: usize, most: usize },
    #[error("a document could not be written: {0}")]
    DocumentUnwritable(String),
    #[error("the key block that arrived cannot be read: {0}")]
    KeyBlockMalformed(#[from] MalformedKeyBlock),
    #[error("the {0} that arrived is not hex")]
    NotHex(&'static str),
    #[error("the profile says {asked}, and the KEK was wrapped by {found}")]
    OtherMethod { asked: Method, found: Method },
    #[error("the signing key that arrived is not PEM")]
    PublicKeyNotPem,
    #[error("the signature over prefix and cryptogram is missing")]
    SignatureMissing,
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
        match self {
            Self::CertificatesTooLong { .. } => {
                "Enrol a certificate with fewer or shorter certificates above it."
            }
            Self::DocumentUnwritable(_)
            | Self::KeyBlockMalformed(_)
            | Self::NotHex(_)
            | Self::OtherMethod { .. }
            | Self::PublicKeyNotPem
            | Self::SignatureMissing => {
                "This is a defect of the software: report it with the record."
            }
        }
    }

    fn names() -> Vec<&'static str> {
        Self::VARIANTS.to_vec()
    }
}
