//! S3 objects that are written once and never overwritten.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumAlgorithm;
use ceremony::digest::Sha256;
use ceremony::execution::Location;
use step::ServiceError;

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
    let there = object
        .body
        .collect()
        .await
        .map_err(|error| unreadable(error.to_string()))?;
    let (there, ours) = (Sha256::of(&there.into_bytes()), Sha256::of(bytes));
    if there == ours {
        return Ok(());
    }
    Err(WriteError::AlreadyExists {
        location: location.clone(),
        there,
        ours,
    })
}

/// Why an object was not written.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum WriteError {
    #[error(
        "s3://{}/{} exists with other contents (sha256 {there}, to be written {ours}) and was not \
         overwritten", location.bucket, location.key
    )]
    AlreadyExists {
        location: Location,
        there: Sha256,
        ours: Sha256,
    },
    #[error(transparent)]
    Service(#[from] ServiceError),
}
