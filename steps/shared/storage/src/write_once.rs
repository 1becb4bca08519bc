//! S3 objects that are written once and never overwritten.

use std::fmt;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumAlgorithm;
use ceremony::digest::Sha256;
use ceremony::execution::Location;
use step::ServiceError;

use crate::StorageError;
use crate::objects::{ObjectError, read_newest};

/// Writes `bytes` where nothing lies yet (`If-None-Match: *`).
///
/// What lies there afterwards is read back and compared, so that success means that these very
/// bytes are there: written now, or by an earlier attempt. Anything else there stays, and is an
/// error.
pub async fn write_once(
    client: &Client,
    location: &Location,
    content_type: &str,
    bytes: &[u8],
) -> Result<(), WriteError> {
    let written = client
        .put_object()
        .bucket(&location.bucket)
        .key(&location.key)
        .content_type(content_type)
        .if_none_match("*")
        // Object Lock asks for a checksum; SHA-256 is the one that evidence speaks of.
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .body(ByteStream::from(bytes.to_vec()))
        .send()
        .await;
    let error = match written {
        Ok(_) => return compare(client, location, bytes).await,
        Err(error) => ServiceError::new("s3:PutObject", &error),
    };
    match &error {
        ServiceError::ServiceRefused { code, .. } if code == "PreconditionFailed" => {
            compare(client, location, bytes).await
        }
        // Two writers at once: ask again later, and find what the other wrote.
        ServiceError::ServiceRefused {
            code,
            detail,
            operation,
        } if code == "ConditionalRequestConflict" => Err(ServiceError::ServiceUnavailable {
            operation,
            detail: detail.clone(),
        }
        .into()),
        _ => Err(error.into()),
    }
}

/// Whether something lies there.
///
/// To a role that may not list the bucket, S3 tells a missing object as a denied one. A denial of
/// another cause shows when it is written.
pub async fn is_there(client: &Client, location: &Location) -> Result<bool, ServiceError> {
    match read_newest(client, &location.bucket, &location.key).await {
        Ok(_) | Err(ObjectError::TooLarge { .. }) => Ok(true),
        Err(
            ObjectError::Missing { .. } | ObjectError::Service(ServiceError::AccessDenied { .. }),
        ) => Ok(false),
        Err(ObjectError::Service(error)) => Err(error),
    }
}

async fn compare(client: &Client, location: &Location, bytes: &[u8]) -> Result<(), WriteError> {
    let unreadable = |detail: String| ServiceError::ServiceUnavailable {
        operation: "s3:GetObject",
        detail,
    };
    let object = client
        .get_object()
        .bucket(&location.bucket)
        .key(&location.key)
        .send()
        .await
        .map_err(|error| ServiceError::new("s3:GetObject", &error))?;
    let ours = Sha256::of(bytes);
    let foreign = |there| {
        Err(WriteError::AlreadyExists {
            location: location.clone(),
            there,
            ours: ours.clone(),
        })
    };
    // Nothing of an object of another length is read: there is no telling how long it is.
    match object.content_length() {
        Some(length) if usize::try_from(length) == Ok(bytes.len()) => {}
        length => return foreign(Found::Length(length.unwrap_or_default())),
    }
    let there = object
        .body
        .collect()
        .await
        .map_err(|error| unreadable(error.to_string()))?;
    let there = Sha256::of(&there.into_bytes());
    if there != ours {
        return foreign(Found::Digest(there));
    }
    Ok(())
}

/// What lies where something was to be written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Found {
    /// As long as what was to be written, and different.
    Digest(Sha256),
    /// Of another length, in bytes.
    Length(i64),
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digest(digest) => write!(f, "sha256 {digest}"),
            Self::Length(bytes) => write!(f, "{bytes} bytes"),
        }
    }
}

/// Why an object was not written.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum WriteError {
    #[error(
        "s3://{}/{} exists with other contents ({there}; to be written: sha256 {ours}) and was not \
         overwritten", location.bucket, location.key
    )]
    AlreadyExists {
        location: Location,
        there: Found,
        ours: Sha256,
    },
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl StorageError for WriteError {
    fn of_service(self) -> Result<ServiceError, Self> {
        match self {
            Self::Service(error) => Ok(error),
            other => Err(other),
        }
    }
}
