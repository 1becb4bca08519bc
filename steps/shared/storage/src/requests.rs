//! Which certificates were asked for, for which of our signing keys.
//!
//! The first request for a key has a place by the key alone, one under another subject a place by both:
//! in neither bucket is anything ever overwritten, and a CA may have the first in hand already.

use aws_sdk_s3::Client;
use ceremony::digest::Sha256;
use ceremony::enrolment::{CertificateRequest, OwnKey};
use ceremony::execution::{JSON, Location};
use step::ServiceError;

use crate::objects::{ObjectError, read_newest};
use crate::pages::{list_after, read_own};
use crate::write_once::{WriteError, write_once};

/// The two places in which something about one key and one subject may lie.
pub struct Slot<'a> {
    pub bucket: &'a str,
    pub first: String,
    pub renamed: String,
}

impl Slot<'_> {
    /// What lies there already, if `read` takes it for the thing; and where it lies, or is to be put.
    pub async fn find<T>(
        &self,
        client: &Client,
        read: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<(Option<T>, Location), ServiceError> {
        for key in [&self.first, &self.renamed] {
            match Box::pin(read_newest(client, self.bucket, key)).await {
                Ok((_, bytes)) => {
                    if let Some(thing) = read(&bytes) {
                        return Ok((Some(thing), self.location(key)));
                    }
                }
                // To a role that may not list the bucket, S3 tells a missing object as a denied one.
                // If it is there after all, writing it does not succeed.
                Err(
                    ObjectError::Missing { .. }
                    | ObjectError::Service(ServiceError::AccessDenied { .. }),
                ) => return Ok((None, self.location(key))),
                Err(ObjectError::TooLarge { .. }) => {}
                Err(ObjectError::Service(error)) => return Err(error),
            }
        }
        Ok((None, self.location(&self.renamed)))
    }

    fn location(&self, key: &str) -> Location {
        Location {
            bucket: self.bucket.to_owned(),
            key: key.to_owned(),
        }
    }
}

/// Writes down that a certificate was asked for, unless that is known already; answers what is known.
pub async fn put_request(
    client: &Client,
    evidence_bucket: &str,
    request: CertificateRequest,
    subject_der: &[u8],
) -> Result<CertificateRequest, WriteError> {
    let slot = slot(
        evidence_bucket,
        request.key,
        &request.public_key_sha256,
        subject_der,
    );
    let read = |bytes: &[u8]| {
        let there: CertificateRequest = serde_json::from_slice(bytes).ok()?;
        there.asks_the_same_as(&request).then_some(there)
    };
    let location = match Box::pin(slot.find(client, read)).await? {
        (Some(there), _) => return Ok(there),
        (None, location) => location,
    };
    let unwritable = |error: serde_json::Error| ServiceError::ServiceUnavailable {
        operation: "s3:PutObject",
        detail: error.to_string(),
    };
    let bytes = serde_json::to_vec(&request).map_err(unwritable)?;
    Box::pin(write_once(client, &location, JSON, &bytes)).await?;
    Ok(request)
}

/// The request for the key and under the subject of a certificate, if there was one.
pub async fn request_for(
    client: &Client,
    evidence_bucket: &str,
    key: OwnKey,
    public_key_sha256: &Sha256,
    subject_der: &[u8],
) -> Result<Option<CertificateRequest>, ServiceError> {
    let slot = slot(evidence_bucket, key, public_key_sha256, subject_der);
    let subject = hex::encode(subject_der);
    let read = |bytes: &[u8]| {
        let there: CertificateRequest = serde_json::from_slice(bytes).ok()?;
        let same = there.version == CertificateRequest::VERSION
            && there.key == key
            && there.public_key_sha256 == *public_key_sha256
            && there.subject_der == subject;
        same.then_some(there)
    };
    Ok(slot.find(client, read).await?.0)
}

/// Every request for the keys of one name, the oldest first.
pub async fn requests_of(
    client: &Client,
    evidence_bucket: &str,
    key: OwnKey,
) -> Result<Vec<CertificateRequest>, ServiceError> {
    let prefix = key.requests_prefix();
    let (mut requests, mut after) = (Vec::<CertificateRequest>::new(), None);
    loop {
        let page = list_after(client, evidence_bucket, &prefix, after.as_deref(), 1000).await?;
        for key in &page.keys {
            let bytes = read_own(client, evidence_bucket, key).await?;
            // One of another form is a finding of the next reconciliation.
            requests.extend(serde_json::from_slice::<CertificateRequest>(&bytes).ok());
        }
        after = page.keys.last().cloned();
        if !page.more {
            break;
        }
    }
    requests.sort_by_key(|request| request.requested_at);
    Ok(requests)
}

fn slot<'a>(
    evidence_bucket: &'a str,
    key: OwnKey,
    public_key_sha256: &Sha256,
    subject_der: &[u8],
) -> Slot<'a> {
    Slot {
        bucket: evidence_bucket,
        first: key.request_key(public_key_sha256),
        renamed: key.renamed_request_key(public_key_sha256, subject_der),
    }
}
