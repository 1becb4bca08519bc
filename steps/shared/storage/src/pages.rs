//! What there is in a bucket, page by page, and objects that only last a while.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumAlgorithm;
use ceremony::execution::{JSON, Location};
use step::ServiceError;

/// A page of a bucket's keys.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Keys {
    pub keys: Vec<String>,
    /// Whether there are more after the last one.
    pub more: bool,
}

/// The first keys with a prefix after `after`, in the order of their bytes: at most a thousand.
pub async fn list_after(
    client: &Client,
    bucket: &str,
    prefix: &str,
    after: Option<&str>,
    most: i32,
) -> Result<Keys, ServiceError> {
    let request = client.list_objects_v2().bucket(bucket).prefix(prefix);
    let request = request.max_keys(most);
    let answer = request.set_start_after(after.map(str::to_owned)).send();
    let answer = answer.await;
    let page = answer.map_err(|error| ServiceError::new("s3:ListBucket", &error))?;
    let objects = page.contents.unwrap_or_default();
    Ok(Keys {
        keys: objects
            .into_iter()
            .filter_map(|object| object.key)
            .collect(),
        more: page.is_truncated.unwrap_or_default(),
    })
}

/// Whether something lies under exactly that key.
///
/// A list says so for certain. Reading does not where the caller may not list the bucket: what is not
/// there looks as what is denied.
pub async fn is_listed(client: &Client, bucket: &str, key: &str) -> Result<bool, ServiceError> {
    // Of all keys that begin with it, it is the first.
    let page = list_after(client, bucket, key, None, 1).await?;
    Ok(page.keys.iter().any(|there| there == key))
}

/// How many keys there are with a prefix.
pub async fn count_keys(client: &Client, bucket: &str, prefix: &str) -> Result<u32, ServiceError> {
    let (mut count, mut after) = (0, None);
    loop {
        let page = list_after(client, bucket, prefix, after.as_deref(), 1000).await?;
        count += page.keys.len();
        after = page.keys.last().cloned();
        if !page.more {
            return Ok(u32::try_from(count).unwrap_or(u32::MAX));
        }
    }
}

/// The bytes of an object that this system wrote, however many.
pub async fn read_own(client: &Client, bucket: &str, key: &str) -> Result<Vec<u8>, ServiceError> {
    let answer = client.get_object().bucket(bucket).key(key).send().await;
    let object = answer.map_err(|error| ServiceError::new("s3:GetObject", &error))?;
    let body = object.body.collect().await;
    let body = body.map_err(|error| ServiceError::ServiceUnavailable {
        operation: "s3:GetObject",
        detail: format!("{key} broke off: {error}"),
    })?;
    Ok(body.to_vec())
}

/// Writes what another attempt may write again: nothing that is evidence.
pub async fn write_over(
    client: &Client,
    location: &Location,
    bytes: Vec<u8>,
) -> Result<(), ServiceError> {
    let request = client.put_object().bucket(&location.bucket);
    let request = request.key(&location.key).content_type(JSON);
    let request = request.checksum_algorithm(ChecksumAlgorithm::Sha256);
    let written = request.body(ByteStream::from(bytes)).send().await;
    written
        .map(drop)
        .map_err(|error| ServiceError::new("s3:PutObject", &error))
}
