//! Objects of the inbox, within limits.

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use ceremony::bundle::MAX_FILE_BYTES;
use ceremony::digest::Sha256;
use ceremony::execution::DroppedObject;
use ceremony::text::shown;
use step::ServiceError;

use crate::StorageError;

/// Reads the newest version of an object, and says which that is.
pub async fn read_newest(
    client: &Client,
    bucket: &str,
    key: &str,
) -> Result<(String, Vec<u8>), ObjectError> {
    let newest = read_newest_dated(client, bucket, key).await?;
    Ok((newest.version_id, newest.bytes))
}

/// The newest version of an object.
pub struct Newest {
    pub version_id: String,
    /// When it was put there, seconds since 1970.
    pub modified: i64,
    pub bytes: Vec<u8>,
}

/// Reads the newest version of an object, and says which that is and since when.
pub async fn read_newest_dated(
    client: &Client,
    bucket: &str,
    key: &str,
) -> Result<Newest, ObjectError> {
    let answer = client.get_object().bucket(bucket).key(key).send().await;
    let object =
        answer.map_err(|error| missing_or(key, ServiceError::new("s3:GetObject", &error)))?;
    Ok(Newest {
        version_id: object.version_id().unwrap_or("null").to_owned(),
        modified: object.last_modified().map_or(0, |time| time.secs()),
        bytes: body(key, object).await?,
    })
}

/// Reads exactly one version of an object.
pub async fn read_version(
    client: &Client,
    bucket: &str,
    key: &str,
    version_id: &str,
) -> Result<Vec<u8>, ObjectError> {
    let answer = client
        .get_object()
        .bucket(bucket)
        .key(key)
        .version_id(version_id)
        .send()
        .await;
    let object = answer
        .map_err(|error| missing_or(key, ServiceError::new("s3:GetObjectVersion", &error)))?;
    body(key, object).await
}

/// Reads exactly the version of an object that an execution's input names, and holds it to the digest
/// that it names.
pub async fn read_dropped(
    client: &Client,
    bucket: &str,
    object: &DroppedObject,
) -> Result<Vec<u8>, DroppedError> {
    let bytes = read_version(client, bucket, &object.key, &object.version_id).await?;
    let found = Sha256::of(&bytes);
    if found != object.sha256 {
        return Err(DroppedError::Differs(Differs {
            key: object.key.clone(),
            version_id: object.version_id.clone(),
            expected: object.sha256.clone(),
            found,
        }));
    }
    Ok(bytes)
}

/// Why an object of an execution's input was not read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DroppedError {
    #[error(transparent)]
    Differs(#[from] Differs),
    #[error(transparent)]
    Object(#[from] ObjectError),
}

/// An object version does not hold the bytes that were seen when it arrived.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "`{}` version {} has SHA-256 {found}, the input names {expected}",
    shown(key),
    shown(version_id)
)]
pub struct Differs {
    pub key: String,
    pub version_id: String,
    pub expected: Sha256,
    pub found: Sha256,
}

impl Differs {
    pub fn remedy(&self) -> &'static str {
        "An object version never changes: find out who started this execution, and with which input, \
         before anything else."
    }
}

/// The beginning of an object that is too large to be read as a whole. It may be secret: no `Debug`.
pub struct Beginning {
    pub version_id: String,
    /// Not more than [`MAX_FILE_BYTES`].
    pub bytes: Vec<u8>,
    /// How many the object has.
    pub of_bytes: u64,
}

/// Reads the first [`MAX_FILE_BYTES`] of an object's version, or of its newest one.
pub async fn read_beginning(
    client: &Client,
    bucket: &str,
    key: &str,
    version_id: Option<&str>,
) -> Result<Beginning, ObjectError> {
    let answer = client
        .get_object()
        .bucket(bucket)
        .key(key)
        .set_version_id(version_id.map(str::to_owned))
        .range(format!("bytes=0-{}", MAX_FILE_BYTES - 1))
        .send()
        .await;
    let operation = match version_id {
        Some(_) => "s3:GetObjectVersion",
        None => "s3:GetObject",
    };
    let object = answer.map_err(|error| missing_or(key, ServiceError::new(operation, &error)))?;
    let version_id = object.version_id().unwrap_or("null").to_owned();
    // `bytes 0-65535/70000`
    let range = object
        .content_range()
        .and_then(|range| range.rsplit_once('/'));
    let total = range.and_then(|(_, total)| total.parse().ok());
    let bytes = body(key, object).await?;
    Ok(Beginning {
        version_id,
        of_bytes: total.unwrap_or(bytes.len() as u64),
        bytes,
    })
}

/// Nothing of a larger object is read beyond its headers.
async fn body(key: &str, object: GetObjectOutput) -> Result<Vec<u8>, ObjectError> {
    let bytes = object
        .content_length()
        .and_then(|length| u64::try_from(length).ok());
    match bytes {
        Some(bytes) if bytes <= MAX_FILE_BYTES => {}
        _ => {
            return Err(ObjectError::TooLarge {
                key: key.to_owned(),
                bytes: bytes.unwrap_or(u64::MAX),
            });
        }
    }
    let read = object
        .body
        .collect()
        .await
        .map_err(|error| ServiceError::ServiceUnavailable {
            operation: "s3:GetObject",
            detail: format!("`{}` broke off: {error}", shown(key)),
        })?;
    Ok(read.to_vec())
}

pub(crate) fn missing_or(key: &str, error: ServiceError) -> ObjectError {
    match &error {
        ServiceError::ServiceRefused { code, .. }
            if code == "NoSuchKey" || code == "NoSuchVersion" =>
        {
            ObjectError::Missing {
                key: key.to_owned(),
            }
        }
        _ => error.into(),
    }
}

/// Why an object was not read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ObjectError {
    #[error("`{}` is not there (any more)", shown(key))]
    Missing { key: String },
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error(
        "`{}` has {bytes} bytes; at most {MAX_FILE_BYTES} are accepted",
        shown(key)
    )]
    TooLarge { key: String, bytes: u64 },
}

impl StorageError for ObjectError {
    fn of_service(self) -> Result<ServiceError, Self> {
        match self {
            Self::Service(error) => Ok(error),
            other => Err(other),
        }
    }
}
