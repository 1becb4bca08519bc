//! Objects of the inbox, within limits.

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use ceremony::bundle::MAX_FILE_BYTES;
use step::ServiceError;

/// Reads the newest version of an object, and says which that is.
pub async fn read_newest(
    client: &Client,
    bucket: &str,
    key: &str,
) -> Result<(String, Vec<u8>), ObjectError> {
    let answer = client.get_object().bucket(bucket).key(key).send().await;
    let object =
        answer.map_err(|error| missing_or(key, ServiceError::new("s3:GetObject", &error)))?;
    let version = object.version_id().unwrap_or("null").to_owned();
    Ok((version, body(key, object).await?))
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
            detail: format!("{key} broke off: {error}"),
        })?;
    Ok(read.to_vec())
}

fn missing_or(key: &str, error: ServiceError) -> ObjectError {
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
    #[error("`{key}` is not there (any more)")]
    Missing { key: String },
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("`{key}` has {bytes} bytes; at most {MAX_FILE_BYTES} are accepted")]
    TooLarge { key: String, bytes: u64 },
}
