//! `PackageKeys`: the files that the partner fetches, one key block for each key.
//!
//! Pure: makes documents of what the steps before it returned. `Publish`, which knows no ceremony,
//! writes them.

mod manifest;
mod partner_readme;

use ceremony::algorithms::SignatureAlgorithm;
use ceremony::evidence::{Recordable, document};
use ceremony::execution::{Execution, File, JSON, MARKDOWN, TEXT};
use ceremony::id::Ceremony;
use ceremony::publication::Publication;
use ceremony::working_keys::order::KeyName;
use ceremony::working_keys::plan::{EstablishedKekFacts, ExportedKey, OrderFacts};
use serde::{Deserialize, Serialize};
use step::StepError;
use strum::{IntoStaticStr, VariantNames};

pub use manifest::Manifest;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub execution: Execution,
    pub request: OrderFacts,
    pub kek: EstablishedKekFacts,
    pub keys: Vec<ExportedKey>,
    /// By which the package will be signed.
    pub signature_algorithm: SignatureAlgorithm,
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
    let manifest = Manifest::new(&input);
    let mut files: Vec<File> = input
        .keys
        .iter()
        .map(|exported| {
            let text = format!("{}\n", exported.key_block);
            File::new(&file_of(&exported.key.name), TEXT, text)
        })
        .collect();
    files.push(File::new("kcvs.txt", TEXT, manifest.check_values()));
    let readme = partner_readme::write(&manifest);
    files.push(File::new("README.md", MARKDOWN, readme));
    let manifest = manifest.listing(&files);
    Ok(Output(Publication {
        files,
        manifest: File::new("manifest.json", JSON, document(&manifest)?),
        objects: Vec::new(),
        documents: Vec::new(),
        trusted_roots: Vec::new(),
    }))
}

/// The file that holds the block of a key.
fn file_of(name: &KeyName) -> String {
    format!("{name}.tr31")
}

/// Why there is no package.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("a document could not be written: {0}")]
    DocumentUnwritable(String),
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
