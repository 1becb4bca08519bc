//! `PackageResults`: the files that tell the partner what became of each of its keys.
//!
//! Pure: makes documents of what the steps before it returned. `Publish`, which knows no ceremony, writes
//! them. No block is in them, and no key.

mod line;
mod manifest;
mod partner_readme;

use ceremony::algorithms::SignatureAlgorithm;
use ceremony::evidence::{Recordable, document};
use ceremony::execution::{Execution, File, JSON, MARKDOWN};
use ceremony::id::Ceremony;
use ceremony::publication::Publication;
use ceremony::working_key_import::run::{KeyResult, KeysFile};
use ceremony::working_keys::plan::EstablishedKekFacts;
use serde::{Deserialize, Serialize};
use step::StepError;
use strum::{IntoStaticStr, VariantNames};

pub use line::Line;
pub use manifest::Manifest;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub execution: Execution,
    pub file: KeysFile,
    pub kek: EstablishedKekFacts,
    pub results: Vec<KeyResult>,
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

/// A line for each line of the partner's file.
const RESULTS: &str = "results.jsonl";

const JSON_LINES: &str = "application/jsonl";

pub fn handle(input: Input) -> Result<Output, Error> {
    let manifest = Manifest::new(&input);
    let results = line::written(&input.results)?;
    let readme = partner_readme::write(&manifest, &input.results);
    let files = vec![
        File::new(RESULTS, JSON_LINES, results),
        File::new("README.md", MARKDOWN, readme),
    ];
    let manifest = manifest.listing(&files);
    Ok(Output(Publication {
        files,
        manifest: File::new("manifest.json", JSON, document(&manifest)?),
        objects: Vec::new(),
        documents: Vec::new(),
        trusted_roots: Vec::new(),
    }))
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
