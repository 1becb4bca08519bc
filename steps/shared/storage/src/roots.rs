//! Roots that the partner need not send: in the profile, or proven by an earlier ceremony.

use aws_sdk_s3::Client;
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::execution::trusted_root_key;
use ceremony::profile::Profile;
use step::ServiceError;

use crate::objects::{ObjectError, read_newest};

/// The certificates of the profile's trust anchors, as far as they are known.
pub async fn supplied_roots(
    s3: &Client,
    evidence_bucket: &str,
    profile: &Profile,
) -> Result<Vec<Certificate>, ServiceError> {
    let (roots, anchors) = (&profile.root_certificates, &profile.trust_anchors);
    known_roots(s3, evidence_bucket, roots, anchors).await
}

/// The certificates of these trust anchors, as far as they are known: given, or proven before.
///
/// An earlier ceremony's copy is taken only if its fingerprint is the pinned one: where it lies
/// is a convenience, not a reason to trust it.
pub(crate) async fn known_roots(
    s3: &Client,
    evidence_bucket: &str,
    given: &[Certificate],
    anchors: &[Sha256],
) -> Result<Vec<Certificate>, ServiceError> {
    let mut roots = given.to_vec();
    for anchor in anchors {
        if given.iter().any(|root| root.sha256() == *anchor) {
            continue;
        }
        let pem = match read_newest(s3, evidence_bucket, &trusted_root_key(anchor)).await {
            Ok((_, bytes)) => String::from_utf8(bytes).unwrap_or_default(),
            // To a role that may not list the bucket, S3 tells a missing object as a denied one.
            // Without the root the set stays incomplete, which is the safe side.
            Err(
                ObjectError::Missing { .. }
                | ObjectError::TooLarge { .. }
                | ObjectError::Service(ServiceError::AccessDenied { .. }),
            ) => continue,
            Err(ObjectError::Service(error)) => return Err(error),
        };
        match Certificate::try_from(pem) {
            Ok(root) if root.sha256() == *anchor => roots.push(root),
            _ => {}
        }
    }
    Ok(roots)
}
