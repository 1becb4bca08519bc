//! Requests and orders: one document is one set, with the certificates that lie beside it.

use ceremony::bundle::{MAX_FILE_BYTES, MAX_FILES};
use ceremony::digest::Sha256;
use ceremony::execution::DroppedObject;
use ceremony::id::{InputSet, Kind};
use ceremony::identifiers::Folder;
use ceremony::text::shown;
use ceremony::utc::Utc;
use ceremony::working_keys::place::{OrderPlace, OrderSet};
use step::ServiceError;
use storage::{Newest, ObjectError, read_newest_dated};

use crate::folder::{Contents, read_files};
use crate::reject::{self, Rejection};
use crate::start::{self, Asking, Start};
use crate::{Arrivals, Error, Output, none_left};

/// A document at its newest version. It may be secret, by mistake: no `Debug`.
pub struct Document {
    pub object: DroppedObject,
    /// When it was put there, seconds since 1970.
    pub dropped: i64,
    pub bytes: Vec<u8>,
}

/// Reads the document; or says why it cannot be read. `None` if it is not there any more.
pub async fn read_document(
    arrivals: &Arrivals,
    key: &str,
) -> Result<Option<Result<Document, String>>, Error> {
    match read_newest_dated(&arrivals.s3, &arrivals.inbox_bucket, key).await {
        Ok(Newest {
            version_id,
            modified,
            bytes,
        }) => Ok(Some(Ok(Document {
            object: DroppedObject {
                key: key.to_owned(),
                version_id,
                bytes: bytes.len() as u64,
                sha256: Sha256::of(&bytes),
            },
            dropped: modified,
            bytes,
        }))),
        Err(ObjectError::Missing { .. }) => Ok(None),
        Err(ObjectError::TooLarge { bytes, .. }) => Ok(Some(Err(format!(
            "the document has {bytes} bytes; at most {MAX_FILE_BYTES} are accepted"
        )))),
        // Encrypted with a key of the partner's own, for example.
        Err(ObjectError::Service(
            error @ (ServiceError::AccessDenied { .. } | ServiceError::ServiceRefused { .. }),
        )) => Ok(Some(Err(format!(
            "it cannot be read, or is not there any more: {error}"
        )))),
        Err(ObjectError::Service(error)) => Err(error.into()),
    }
}

/// Certificates beside an order, at most: they are objects of one execution with it.
const MAX_CERTIFICATES: usize = MAX_FILES - 1;

/// The files with certificates that lie beside an order, at their newest versions, each of which can be
/// read; or why they cannot be used. What they prove is seen in the ceremony.
pub async fn certificates_beside(
    arrivals: &Arrivals,
    place: &OrderPlace,
) -> Result<Result<Vec<DroppedObject>, String>, Error> {
    let prefix = place.attachments();
    let is_wanted = |key: &str| place.has_certificate_at(key);
    let contents = read_files(arrivals, &prefix, MAX_CERTIFICATES, is_wanted).await?;
    let Contents::Read { files, unread } = contents else {
        return Ok(Err(format!(
            "beside it lie too many files: at most {MAX_CERTIFICATES} with certificates are read"
        )));
    };
    let name = |key: &str| shown(key.strip_prefix(&prefix).unwrap_or(key));
    if let Some(unread) = unread.first() {
        let (name, why) = (name(&unread.key), &unread.reason);
        return Ok(Err(format!("`{name}` beside it cannot be used: {why}")));
    }
    let mut objects = Vec::with_capacity(files.len());
    for file in files {
        if let Err(why) = file.certificates {
            let name = name(&file.object.key);
            return Ok(Err(format!("`{name}` beside it cannot be used: {why}")));
        }
        objects.push(file.object);
    }
    if objects.is_empty() {
        return Ok(Err(
            "no certificate lies beside it: the partner's certificate and that of the CA that issued it \
             are needed there, as .pem, .crt or .cer files, before the document is dropped"
                .to_owned(),
        ));
    }
    Ok(Ok(objects))
}

/// Whether certificates lie beside an order that needs none. So they do for all that is known where there
/// are more files than one listing shows.
pub async fn has_certificates_beside(
    arrivals: &Arrivals,
    place: &OrderPlace,
) -> Result<bool, Error> {
    let is_wanted = |key: &str| place.has_certificate_at(key);
    let contents = read_files(arrivals, &place.attachments(), 0, is_wanted).await?;
    Ok(matches!(contents, Contents::TooManyFiles))
}

/// The ceremony that a document asks for, and what runs it.
#[derive(Clone, Copy, Debug)]
pub struct Machine<'a> {
    pub kind: Kind,
    pub arn: &'a str,
}

/// What a document comes to.
pub enum OrderDecision {
    Start {
        /// The document, then the certificates that lie beside it, if it needs any.
        objects: Vec<DroppedObject>,
        /// Of the document.
        sha256: Sha256,
        dropped: i64,
        /// How many ceremonies the folder may begin on one day.
        per_day: u32,
    },
    Reject {
        reason: String,
        remedy: &'static str,
    },
}

impl Arrivals {
    /// Carries a decision about a document out.
    pub async fn settle_order(
        &self,
        machine: Machine<'_>,
        place: &OrderPlace,
        decision: OrderDecision,
        now: Utc,
    ) -> Result<Output, Error> {
        let set = |sha256| OrderSet::new(machine.kind, place.clone(), sha256);
        self.settle_document(machine, (&place.folder, &place.key()), set, decision, now)
            .await
    }

    /// The same of whatever set the document is: that which lies there, in this folder, at this key.
    pub(crate) async fn settle_document<S: InputSet>(
        &self,
        machine: Machine<'_>,
        (folder, key): (&Folder, &str),
        set: impl FnOnce(Sha256) -> S,
        decision: OrderDecision,
        now: Utc,
    ) -> Result<Output, Error> {
        let kind = machine.kind;
        let (reason, remedy) = match decision {
            OrderDecision::Reject { reason, remedy } => (reason, remedy),
            OrderDecision::Start {
                objects,
                sha256,
                dropped,
                per_day,
            } => {
                let asking = Asking {
                    machine: machine.arn,
                    set: &set(sha256),
                    objects: &objects,
                    leaf: None,
                    dropped,
                    per_day,
                };
                match Box::pin(start::start(self, &asking, now)).await? {
                    Start::Started => return Ok(Output::Started),
                    Start::AlreadyStarted => return Ok(Output::AlreadyStarted),
                    // A document has no nonce.
                    Start::NonceAnswered { .. } => return Ok(Output::AlreadyStarted),
                    Start::NoneLeftToday => (none_left(folder, per_day, now), crate::remedy(kind)),
                }
            }
        };
        let rejection = Rejection::of(kind, folder, Some(key), reason, remedy);
        reject::reject(self, rejection, now).await
    }
}
