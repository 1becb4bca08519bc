//! S3 and Parameter Store, as steps use them: exact versions, write once, profiles, and the roots
//! that were proven before.
//!
//! `intake` reads to decide, `fetch-certs` reads to act; both must see the same path, so both
//! read, and choose, by these functions.

mod objects;
mod pages;
mod profiles;
mod roots;
mod write_once;

pub use objects::{ObjectError, read_newest, read_version};
pub use pages::{Keys, list_after, read_own, write_over};
pub use profiles::{LoadedProfile, ProfileError, load_profile};
pub use roots::supplied_roots;
pub use write_once::{Found, WriteError, write_once};

use aws_sdk_s3::Client as S3;
use ceremony::certificate::Certificate;
use ceremony::path::{CertificatePath, Choosing, Chosen, NoPath};
use ceremony::profile::Profile;
use ceremony::utc::Utc;

/// The path from the newest leaf among `dropped`, with the roots that the profile or an earlier
/// ceremony supplies if the drop alone has none.
///
/// Without a profile (none, or a malformed one) nothing is supplied and no root is preferred.
pub async fn choose(
    s3: &S3,
    evidence_bucket: &str,
    dropped: &[&Certificate],
    profile: Option<&Profile>,
) -> Result<Result<Chosen, NoPath>, step::ServiceError> {
    let pinned = profile
        .map(|profile| profile.trust_anchors.as_slice())
        .unwrap_or_default();
    let supplied;
    let mut choosing = match Choosing::new(dropped, pinned, Utc::now()) {
        Ok(choosing) => choosing,
        Err(error) => return Ok(Err(error)),
    };
    if let (Some(profile), true) = (profile, choosing.lacks_a_root()) {
        supplied = supplied_roots(s3, evidence_bucket, profile).await?;
        choosing.supply(&supplied);
    }
    Ok(choosing.chosen())
}

/// The path of [`choose`].
pub async fn newest_path(
    s3: &S3,
    evidence_bucket: &str,
    dropped: &[&Certificate],
    profile: Option<&Profile>,
) -> Result<Result<CertificatePath, NoPath>, step::ServiceError> {
    let chosen = choose(s3, evidence_bucket, dropped, profile).await?;
    Ok(chosen.map(|chosen| chosen.path))
}
