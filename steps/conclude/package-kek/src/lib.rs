//! `PackageKek`: the files that the partner fetches.
//!
//! Pure: makes documents of what the steps before it returned. `Publish`, which knows no ceremony,
//! writes them.

mod manifest;
mod partner_readme;

use ceremony::certificate::Certificate;
use ceremony::evidence::{Recordable, document};
use ceremony::exchange::Method;
use ceremony::execution::{BINARY, Execution, File, JSON, MARKDOWN, PEM, TEXT};
use ceremony::id::Ceremony;
use ceremony::keys::KekFacts;
use ceremony::path::CertificatePath;
use ceremony::profile::{Exchange, Policy};
use ceremony::publication::Publication;
use ceremony::signature::SignatureFacts;
use serde::{Deserialize, Serialize};
use step::StepError;
use strum::{IntoStaticStr, VariantNames};

pub use manifest::Manifest;

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
    /// Hex, as `WrapRsa` made it.
    pub cryptogram: String,
    pub signature: SignatureFacts,
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
    let Exchange::RsaOaep { signed_prefix, .. } = &input.policy.exchange else {
        return Err(Error::OtherMethod(input.policy.exchange.method()));
    };
    let cryptogram = decode("cryptogram", &input.cryptogram)?;
    let signature = decode("signature", &input.signature.signature)?;
    let manifest = Manifest::new(&input, cryptogram.len())?;
    let readme = partner_readme::write(&manifest, &input.path.leaf);
    let mut files = Vec::from(in_both_forms(
        "signed-prefix",
        signed_prefix.bytes().to_vec(),
    ));
    files.extend(in_both_forms("wrapped-kek", cryptogram));
    files.extend(in_both_forms("signature", signature));
    files.extend([
        File::new("kcv.txt", TEXT, format!("{}\n", input.kek.kcv)),
        File::new(
            "signing-public-key.pem",
            PEM,
            input.signature.public_key.as_str(),
        ),
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

fn decode(what: &'static str, hex: &str) -> Result<Vec<u8>, Error> {
    hex::decode(hex).map_err(|_| Error::NotHex(what))
}

/// As hex for people, as bytes for programs.
fn in_both_forms(stem: &str, bytes: Vec<u8>) -> [File; 2] {
    let text = format!("{}\n", hex::encode_upper(&bytes));
    [
        File::new(&format!("{stem}.hex"), TEXT, text),
        File::new(&format!("{stem}.bin"), BINARY, bytes),
    ]
}

/// Why there is no package.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("a document could not be written: {0}")]
    DocumentUnwritable(String),
    #[error("the {0} that arrived is not hex")]
    NotHex(&'static str),
    #[error("the profile says {0}, this step packages what was wrapped by rsa-oaep")]
    OtherMethod(Method),
    #[error("the signing key that arrived is not PEM")]
    PublicKeyNotPem,
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
