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
use ceremony::digest::Sha256;
use ceremony::path::{Candidates, CertificatePath, Choice, NoPath, PassedOver};
use ceremony::profile::Profile;
use ceremony::utc::Utc;

/// The path that counts, and what of the drop does not.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Chosen {
    pub path: CertificatePath,
    /// Certificates newer than the leaf, and why each of them does not count.
    pub passed_over: Vec<PassedOver>,
    /// Fingerprints of all end-entity certificates of the drop.
    pub leaves: Vec<Sha256>,
}

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
    let now = Utc::now();
    let supplied;
    let mut candidates = Candidates::new(dropped.iter().copied());
    let Choice {
        leaf,
        passed_over,
        leaves,
    } = match candidates.newest_leaf(now) {
        Ok(choice) => choice,
        Err(error) => return Ok(Err(error)),
    };
    let mut path = candidates.path_from(leaf, pinned, now);
    let is_pinned = |path: &CertificatePath| pinned.contains(&path.root.sha256());
    if let (Some(profile), false) = (profile, path.as_ref().is_ok_and(is_pinned)) {
        supplied = supplied_roots(s3, evidence_bucket, profile).await?;
        candidates.add(&supplied);
        path = candidates.path_from(leaf, pinned, now);
    }
    Ok(path.map(|path| Chosen {
        path,
        passed_over,
        leaves,
    }))
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
