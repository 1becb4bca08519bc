//! `PublishPart`: one part of a package goes to the outbox before the ceremony ends.
//!
//! What it is, is in the evidence first: nothing lies in the outbox without proof of where it came from.
//! Then it is said whose the answers are, before anybody can know what to answer; the pointer is written
//! once, so that no other ceremony can take the same answers. Then the files go out, and the part's manifest
//! last: who finds it finds everything it names. Nothing is overwritten, and everything is read back before it
//! counts as written; another attempt with the same input writes the same bytes and finds them there.
//!
//! Leaves behind `<ceremony-id>/<part>/manifest.json` and the part's own documents in the evidence bucket, the
//! pointer there where there are answers, and the part in the ceremony's folder of the outbox. The record of
//! the ceremony itself is `Publish`'s, when it ends.

use ceremony::digest::Sha256;
use ceremony::evidence::{Deed, Recordable, document};
use ceremony::execution::{File, JSON, Location};
use ceremony::id::Ceremony;
use ceremony::key_import::place::{AnswerPlace, Pointer};
use ceremony::publication::{Publication, is_plain_name};
use serde::{Deserialize, Serialize};
use step::{Journal, ServiceError, StepError};
use storage::{StorageError, WriteError, write_once};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    /// The folder of the ceremony's package in which the files lie.
    pub part: String,
    pub publication: Publication,
    /// Which answers belong to this ceremony from now on; null where none do.
    pub answers: Option<AnswerPlace>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    pub package: Location,
    /// Digest of the part's `manifest.json`.
    pub manifest_sha256: Sha256,
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self
    }
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub s3: aws_sdk_s3::Client,
    pub outbox_bucket: String,
    pub evidence_bucket: String,
}

pub async fn handle(context: &Context, input: Input, journal: &Journal) -> Result<Output, Error> {
    input.check()?;
    let Input {
        ceremony,
        part,
        publication,
        answers,
    } = input;
    let shelf = Shelf { context, journal };
    let manifest = &publication.manifest;
    for document in publication.documents.iter().chain([manifest]) {
        let name = format!("{part}/{}", document.name);
        let location = shelf.evidence(ceremony.evidence_key(&name));
        shelf.put(location, document).await?;
    }
    if let Some(answers) = &answers {
        let ceremony_id = ceremony.ceremony_id.clone();
        let pointer = document(&Pointer { ceremony_id })?;
        let pointer = File::new("pointer.json", JSON, pointer);
        let location = shelf.evidence(answers.pointer_key());
        let written = shelf.put(location, &pointer).await;
        written.map_err(|error| match error {
            Error::AlreadyPublished(what) => Error::AnswersTaken(what),
            other => other,
        })?;
    }
    let prefix = format!("{}{part}/", ceremony.package_prefix());
    for file in publication.files.iter().chain([manifest]) {
        shelf.put(shelf.outbox(&prefix, &file.name), file).await?;
    }
    Ok(Output {
        package: shelf.outbox(&prefix, ""),
        manifest_sha256: Sha256::of(&manifest.contents),
    })
}

const MANIFEST: &str = "manifest.json";

impl Input {
    /// Nothing is written of a part that would not be where it belongs.
    fn check(&self) -> Result<(), Error> {
        let Publication {
            files,
            objects,
            manifest,
            documents,
            trusted_roots,
        } = &self.publication;
        if !is_plain_name(&self.part) {
            return Err(Error::FileNameUnusable(self.part.clone()));
        }
        for file in files.iter().chain(documents) {
            if !is_plain_name(&file.name) || file.name == MANIFEST {
                return Err(Error::FileNameUnusable(file.name.clone()));
            }
        }
        if manifest.name != MANIFEST {
            return Err(Error::FileNameUnusable(manifest.name.clone()));
        }
        if !objects.is_empty() || !trusted_roots.is_empty() {
            return Err(Error::PartUnfit("stored objects or trusted roots"));
        }
        let folder = self.ceremony.folder();
        match &self.answers {
            Some(answers) if answers.folder != folder => Err(Error::PartUnfit(
                "answers that are dropped in another folder",
            )),
            _ => Ok(()),
        }
    }
}

/// Where things are put, and noted.
struct Shelf<'a> {
    context: &'a Context,
    journal: &'a Journal,
}

impl Shelf<'_> {
    fn evidence(&self, key: String) -> Location {
        Location {
            bucket: self.context.evidence_bucket.clone(),
            key,
        }
    }

    fn outbox(&self, prefix: &str, name: &str) -> Location {
        Location {
            bucket: self.context.outbox_bucket.clone(),
            key: format!("{prefix}{name}"),
        }
    }

    async fn put(&self, location: Location, file: &File) -> Result<(), Error> {
        let s3 = &self.context.s3;
        write_once(s3, &location, &file.content_type, &file.contents).await?;
        self.journal.note(Deed::Wrote {
            bucket: location.bucket,
            key: location.key,
            sha256: Sha256::of(&file.contents),
        });
        Ok(())
    }
}

/// Why the part, or its evidence, is not out.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("{0}")]
    AlreadyPublished(String),
    #[error("the answers to this offer are another ceremony's: {0}")]
    AnswersTaken(String),
    #[error("a document could not be written: {0}")]
    DocumentUnwritable(String),
    #[error("`{0}` cannot be the name of a file, or of a part, in a package")]
    FileNameUnusable(String),
    #[error("a part has no {0}")]
    PartUnfit(&'static str),
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<WriteError> for Error {
    fn from(error: WriteError) -> Self {
        error.told_as(Self::AlreadyPublished)
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::DocumentUnwritable(error.to_string())
    }
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::AlreadyPublished(_) => {
                "Something lies where this ceremony's files belong, and was left alone: find out who wrote it. \
                 The partner must not use a mixture of both; another ceremony gets an id, and a folder, of its \
                 own."
            }
            Self::AnswersTaken(_) => {
                "Nothing of the offer went out. Find out who wrote the pointer: no two ceremonies make the same \
                 offer."
            }
            Self::DocumentUnwritable(_) | Self::FileNameUnusable(_) | Self::PartUnfit(_) => {
                "This is a defect of the software: report it with the record."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
