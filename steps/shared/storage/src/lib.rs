//! S3 and Parameter Store, as steps use them: exact versions, write once, profiles, the roots that were
//! proven before, and what certificates were asked for.
//!
//! `intake` reads to decide, `fetch-certs` reads to act; both must see the same path, so both
//! read, and choose, by these functions.

mod error;
mod installed;
mod objects;
mod pages;
mod profiles;
mod requests;
mod roots;
mod rules;
mod stream;
mod write_once;

pub use error::StorageError;
pub use installed::{
    InstalledError, NotInstalled, installed, installed_chain, installed_until, put_installed,
};
pub use objects::{
    Beginning, Differs, DroppedError, Newest, ObjectError, read_beginning, read_dropped,
    read_newest, read_newest_dated, read_version,
};
pub use pages::{Keys, count_keys, is_listed, list_after, read_own, write_over};
pub use profiles::{LoadedProfile, ProfileError, load_profile};
pub use requests::{Slot, put_request, request_for, requests_of};
pub use roots::supplied_roots;
pub use rules::{RulesError, load_rules, path_of};
pub use stream::{
    CopyError, Pieces, Upload, Written, copy_once, open_newest, open_own, open_version,
};
pub use write_once::{Found, WriteError, is_there, write_once};

use aws_sdk_s3::Client as S3;
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::exchange::Method;
use ceremony::path::{CertificatePath, Choosing, Chosen, NoPath};
use ceremony::profile::Profile;
use ceremony::utc::Utc;
use step::ServiceError;

use roots::known_roots;

/// The path from the newest leaf among `dropped`, with the roots that the profile or an earlier
/// ceremony supplies if the drop alone has none.
///
/// Without a profile (none, or a malformed one) nothing is supplied and no root is preferred.
pub async fn choose(
    s3: &S3,
    evidence_bucket: &str,
    dropped: &[&Certificate],
    profile: Option<&Profile>,
) -> Result<Result<Chosen, NoPath>, ServiceError> {
    let choosing = Choosing::new(dropped, pinned(profile), method(profile), Utc::now());
    chosen(s3, evidence_bucket, choosing, profile.map(roots_of)).await
}

/// The path of [`choose`], or that from a leaf which has been chosen before.
pub async fn newest_path(
    s3: &S3,
    evidence_bucket: &str,
    dropped: &[&Certificate],
    profile: Option<&Profile>,
    leaf: Option<&Sha256>,
) -> Result<Result<CertificatePath, NoPath>, ServiceError> {
    let method = method(profile);
    newest_path_for(s3, evidence_bucket, dropped, profile, (method, leaf)).await
}

/// The same where the method is another one than that by which the profile sends KEKs.
pub async fn newest_path_for(
    s3: &S3,
    evidence_bucket: &str,
    dropped: &[&Certificate],
    profile: Option<&Profile>,
    (method, leaf): (Method, Option<&Sha256>),
) -> Result<Result<CertificatePath, NoPath>, ServiceError> {
    let (pinned, now) = (pinned(profile), Utc::now());
    let choosing = match leaf {
        Some(leaf) => Choosing::from_leaf(leaf, dropped, pinned, now),
        None => Choosing::new(dropped, pinned, method, now),
    };
    let chosen = chosen(s3, evidence_bucket, choosing, profile.map(roots_of)).await?;
    Ok(chosen.map(|chosen| chosen.path))
}

fn pinned(profile: Option<&Profile>) -> &[Sha256] {
    profile
        .map(|profile| profile.trust_anchors.as_slice())
        .unwrap_or_default()
}

fn method(profile: Option<&Profile>) -> Method {
    profile.map_or(Method::RsaOaep, Profile::method)
}

/// The roots that a profile gives, and all that it pins.
fn roots_of(profile: &Profile) -> (&[Certificate], &[Sha256]) {
    (&profile.root_certificates, &profile.trust_anchors)
}

/// Roots from elsewhere are fetched only if they make a difference: those that are given, and of those
/// that are pinned what was proven before.
async fn chosen(
    s3: &S3,
    evidence_bucket: &str,
    choosing: Result<Choosing<'_>, NoPath>,
    roots: Option<(&[Certificate], &[Sha256])>,
) -> Result<Result<Chosen, NoPath>, ServiceError> {
    let choosing = match choosing {
        Ok(choosing) => choosing,
        Err(error) => return Ok(Err(error)),
    };
    match roots {
        Some((given, anchors)) if choosing.lacks_a_root() => {
            let supplied = known_roots(s3, evidence_bucket, given, anchors).await?;
            let mut choosing = choosing;
            choosing.supply(&supplied);
            Ok(choosing.chosen())
        }
        _ => Ok(choosing.chosen()),
    }
}
