//! The file that was dropped, and the ceremony whose offer it names.

use arrivals::{Arrivals, CreatedObject};
use ceremony::digest::Sha256;
use ceremony::execution::DroppedObject;
use ceremony::id::CeremonyId;
use ceremony::key_import::encoding::{MAX_FILE_BYTES, secret_in};
use ceremony::key_import::place::{AnswerPlace, Pointer};
use step::ServiceError;
use storage::{ObjectError, read_newest, read_version};

use crate::Error;

/// What was seen of a file.
pub(crate) struct Seen {
    pub(crate) object: DroppedObject,
    /// Whether it may be a key in the clear.
    pub(crate) may_be_a_key: bool,
}

/// Reads the version that the event is about; or says why it cannot be read. `None` if it is not there any
/// more.
pub(crate) async fn read(
    arrivals: &Arrivals,
    object: &CreatedObject,
) -> Result<Option<Result<Seen, String>>, Error> {
    let (s3, inbox, key) = (&arrivals.s3, &arrivals.inbox_bucket, &object.key);
    let read = match &object.version_id {
        Some(id) => read_version(s3, inbox, key, id)
            .await
            .map(|bytes| (id.clone(), bytes)),
        None => read_newest(s3, inbox, key).await,
    };
    match read {
        Ok((_, bytes)) if bytes.len() > MAX_FILE_BYTES => {
            Ok(Some(Err(too_large(bytes.len() as u64))))
        }
        Ok((version_id, bytes)) => Ok(Some(Ok(Seen {
            may_be_a_key: secret_in(&bytes).is_some(),
            object: DroppedObject {
                key: key.clone(),
                version_id,
                bytes: bytes.len() as u64,
                sha256: Sha256::of(&bytes),
            },
        }))),
        Err(ObjectError::Missing { .. }) => Ok(None),
        Err(ObjectError::TooLarge { bytes, .. }) => Ok(Some(Err(too_large(bytes)))),
        // Encrypted with a key of the partner's own, for example.
        Err(ObjectError::Service(
            error @ (ServiceError::AccessDenied { .. } | ServiceError::ServiceRefused { .. }),
        )) => Ok(Some(Err(format!("it cannot be read: {error}")))),
        Err(ObjectError::Service(error)) => Err(error.into()),
    }
}

fn too_large(bytes: u64) -> String {
    format!("it has {bytes} bytes; at most {MAX_FILE_BYTES} are accepted")
}

/// The ceremony that has made the offer; none if nobody has.
pub(crate) async fn ceremony_of(
    arrivals: &Arrivals,
    place: &AnswerPlace,
) -> Result<Option<CeremonyId>, Error> {
    let key = place.pointer_key();
    let bytes = match read_newest(&arrivals.s3, &arrivals.evidence_bucket, &key).await {
        Ok((_, bytes)) => bytes,
        Err(ObjectError::Missing { .. }) => return Ok(None),
        Err(ObjectError::Service(error)) => return Err(error.into()),
        Err(error @ ObjectError::TooLarge { .. }) => return Err(malformed(key, error.to_string())),
    };
    let Pointer { ceremony_id } = match serde_json::from_slice(&bytes) {
        Ok(pointer) => pointer,
        Err(error) => return Err(malformed(key, error.to_string())),
    };
    if !ceremony_id.is_for(&place.folder) {
        let detail = format!("`{ceremony_id}` is not a ceremony id of this folder");
        return Err(malformed(key, detail));
    }
    Ok(Some(ceremony_id))
}

fn malformed(key: String, detail: String) -> Error {
    Error::PointerMalformed { key, detail }
}
