//! `Publish`: the record to the evidence bucket, the package to the outbox.
//!
//! It knows no ceremony: it writes the files and the evidence that it is given. The record goes
//! first: nothing lies in the outbox without proof of where it came from. Others rely on that: where a
//! ceremony has failed and has no record, its nonce may be answered by another one. So an attempt that
//! has not written the record well before its state gives it up goes no further. Of the package the
//! manifest goes last: who finds it finds everything it names. Then the evidence is told that the
//! package is out. Nothing is overwritten, and everything is read back before it counts as written;
//! another attempt with the same input writes the same bytes and finds them there.
//!
//! A ceremony about a key of our own has no package: its record and its documents are all there is.
//!
//! Leaves behind `<ceremony-id>/{record.json,manifest.json,published.json}` and the ceremony's own
//! documents in the evidence bucket, the proven roots for later ceremonies, and the package.

mod record;

use std::time::Duration;

use ceremony::digest::Sha256;
use ceremony::evidence::{Deed, Evidence, Recordable};
use ceremony::execution::{Execution, File, JSON, Location, PEM, trusted_root_key};
use ceremony::id::AnyCeremony;
use ceremony::publication::{Publication, RECORD, StoredFile, is_plain_name};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use step::{Journal, ServiceError, StepError};
use storage::{CopyError, ObjectError, StorageError, WriteError, copy_once, write_once};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: AnyCeremony,
    pub execution: Execution,
    /// The execution's input.
    pub input: Value,
    /// Of every step so far.
    pub evidence: Vec<Evidence>,
    pub publication: Publication,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    /// Null of a ceremony that has no package, since there is nobody to fetch one.
    pub package: Option<Location>,
    pub record: Location,
    /// Digest of `manifest.json`, which has the digest of every file that the packaging step made.
    pub manifest_sha256: Sha256,
    pub record_sha256: Sha256,
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
    let (ceremony, publication) = (&input.ceremony, &input.publication);
    let manifest = &publication.manifest;
    for file in publication.files.iter().chain(&publication.documents) {
        check_name(&file.name)?;
    }
    for object in &publication.objects {
        check_name(&object.name)?;
    }
    let names = publication.files.iter().map(|file| &file.name);
    let mut names = names.chain(publication.objects.iter().map(|object| &object.name));
    if ceremony.package_prefix().is_none()
        && let Some(name) = names.next()
    {
        return Err(Error::PackageUnexpected(name.clone()));
    }
    let record = File::new(RECORD, JSON, record::prepared(&input)?);
    let published = record::published(&input, &record)?;
    let published = File::new("published.json", JSON, published);

    let shelf = Shelf { context, journal };
    let record_location = shelf.evidence(ceremony, &record.name);
    let recorded = async {
        for document in publication.documents.iter().chain([manifest, &record]) {
            let location = shelf.evidence(ceremony, &document.name);
            shelf.put(location, document).await?;
        }
        Ok(())
    };
    within_limit(recorded).await?;
    for root in &publication.trusted_roots {
        let location = Location {
            bucket: context.evidence_bucket.clone(),
            key: trusted_root_key(&root.sha256()),
        };
        let file = File::new("root.pem", PEM, root.to_pem());
        shelf.put(location, &file).await?;
    }
    if let Some(prefix) = ceremony.package_prefix() {
        for object in &publication.objects {
            shelf
                .copy(shelf.outbox(&prefix, &object.name), object)
                .await?;
        }
        for file in publication.files.iter().chain([manifest]) {
            shelf.put(shelf.outbox(&prefix, &file.name), file).await?;
        }
    }
    let location = shelf.evidence(ceremony, &published.name);
    shelf.put(location, &published).await?;
    Ok(Output {
        package: ceremony
            .package_prefix()
            .map(|prefix| shelf.outbox(&prefix, "")),
        record: record_location,
        manifest_sha256: Sha256::of(&manifest.contents),
        record_sha256: Sha256::of(&record.contents),
    })
}

/// In how many seconds of an attempt the record must be there. A state gives an attempt up after 60 at
/// the earliest, which Lambda may have been slow to begin, and what still runs then is not stopped.
const RECORD_LIMIT: u64 = 40;

/// Ends the writing of the record when its time is over. That is looked at first: a process that stood
/// still must not go on where it was.
async fn within_limit(recorded: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    tokio::select! {
        biased;
        () = tokio::time::sleep(Duration::from_secs(RECORD_LIMIT)) => {
            Err(Error::Service(ServiceError::ServiceUnavailable {
                operation: "s3:PutObject",
                detail: format!("the record was not there in {RECORD_LIMIT} seconds"),
            }))
        }
        outcome = recorded => outcome,
    }
}

/// Where things are put, and noted.
struct Shelf<'a> {
    context: &'a Context,
    journal: &'a Journal,
}

impl Shelf<'_> {
    fn evidence(&self, ceremony: &AnyCeremony, name: &str) -> Location {
        Location {
            bucket: self.context.evidence_bucket.clone(),
            key: ceremony.evidence_key(name),
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

    async fn copy(&self, location: Location, object: &StoredFile) -> Result<(), Error> {
        let (s3, sha256) = (&self.context.s3, &object.sha256);
        let from = &object.location;
        copy_once(s3, from, &location, &object.content_type, sha256).await?;
        self.journal.note(Deed::Wrote {
            bucket: location.bucket,
            key: location.key,
            sha256: sha256.clone(),
        });
        Ok(())
    }
}

/// A file lies in its ceremony's folder, and does not take the place of the record.
fn check_name(name: &str) -> Result<(), Error> {
    let ours = ["manifest.json", RECORD, "published.json"];
    if !is_plain_name(name) || ours.contains(&name) {
        return Err(Error::FileNameUnusable(name.to_owned()));
    }
    Ok(())
}

/// Why the package or its record is not out.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("{0}")]
    AlreadyPublished(String),
    #[error("a document could not be written: {0}")]
    DocumentUnwritable(String),
    #[error("`{0}` cannot be the name of a file in a package")]
    FileNameUnusable(String),
    #[error("{0}")]
    ObjectUnusable(String),
    #[error("`{0}` is to go out, but the ceremony has nobody to fetch a package")]
    PackageUnexpected(String),
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<WriteError> for Error {
    fn from(error: WriteError) -> Self {
        error.told_as(Self::AlreadyPublished)
    }
}

impl From<CopyError> for Error {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::Object(ObjectError::Service(error)) => Self::Service(error),
            CopyError::Write(error) => error.into(),
            other => Self::ObjectUnusable(other.to_string()),
        }
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
                "Something lies where this ceremony's files belong, and was left alone: find out \
                 who wrote it. The partner must not use a mixture of both; another ceremony gets an \
                 id, and a folder, of its own."
            }
            Self::DocumentUnwritable(_)
            | Self::FileNameUnusable(_)
            | Self::PackageUnexpected(_) => {
                "This is a defect of the software: report it with the record."
            }
            Self::ObjectUnusable(_) => {
                "The partner must not use what lies there. Find out who wrote it, as only steps may."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twenty seconds are left for an attempt to begin.
    #[test]
    fn no_state_gives_an_attempt_up_before_it_is_known_whether_there_is_a_record() {
        for machine in [
            include_str!("../../../../statemachine/certificate-enrolment.asl.json"),
            include_str!("../../../../statemachine/kek-export.asl.json"),
            include_str!("../../../../statemachine/working-key-export.asl.json"),
        ] {
            let machine: serde_json::Value = serde_json::from_str(machine).unwrap();
            let seconds = machine["States"]["Publish"]["TimeoutSeconds"].as_u64();
            assert!(seconds.is_some_and(|seconds| seconds >= RECORD_LIMIT + 20));
        }
    }

    #[test]
    fn a_file_keeps_to_its_folder() {
        for name in ["kek.bin", "README.md", "a-b_c.1"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in [
            "",
            ".",
            "../record.json",
            "a/b",
            "record.json",
            "manifest.json",
            "published.json",
            ".hidden",
            "name with space",
        ] {
            let error = Error::FileNameUnusable(name.to_owned());
            assert_eq!(check_name(name), Err(error), "{name}");
        }
    }
}
