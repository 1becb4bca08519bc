//! Whether the folder is a complete certificate set, and which objects it is made of.

use std::collections::BTreeMap;

use ceremony::bundle::{MAX_CERTIFICATES_IN_FOLDER, MAX_FILES};
use ceremony::certificate::Certificate;
use ceremony::execution::Start;
use ceremony::id::{Ceremony, CeremonyId, Kind};
use ceremony::identifiers::Folder;
use ceremony::path::{CertificatePath, NoPath, is_end_entity};
use ceremony::profile::Profile;
use ceremony::utc::Utc;
use storage::{ProfileError, load_profile, newest_path};

use crate::folder::{Contents, File, Unread, read_folder};
use crate::{Context, Error};

/// What lies in the folder.
#[derive(Clone, Debug)]
pub enum Decision {
    Complete(Start),
    Incomplete {
        missing: String,
    },
    Unusable {
        reason: String,
        file: Option<String>,
    },
}

/// Decides about the folder; `key` is the file whose arrival is the occasion.
///
/// A file that cannot be used is rejected when it arrives. It does not stop a set that is complete
/// without it: whether it came first or last must make no difference.
pub(crate) async fn decide(
    context: &Context,
    folder: &Folder,
    key: &str,
) -> Result<Decision, Error> {
    let (files, unread) = match read_folder(context, folder).await? {
        Contents::Read { files, unread } => (files, unread),
        Contents::TooManyFiles => {
            let reason = format!(
                "the folder holds more than {MAX_FILES} files: remove those of earlier years"
            );
            return Ok(Decision::Unusable { reason, file: None });
        }
    };
    if let Some(reason) = why_unusable(key, &files, &unread) {
        return Ok(Decision::Unusable {
            reason,
            file: Some(key.to_owned()),
        });
    }
    let certificates: Vec<&Certificate> = files.iter().flat_map(usable).collect();
    if certificates.len() > MAX_CERTIFICATES_IN_FOLDER {
        let reason = format!(
            "the folder holds {} certificates; at most {MAX_CERTIFICATES_IN_FOLDER} are accepted: \
             remove those of earlier years",
            certificates.len()
        );
        return Ok(Decision::Unusable { reason, file: None });
    }
    let profile = match load_profile(&context.ssm, folder).await {
        Ok(loaded) => Some(loaded.profile),
        // Of no use here, and said so by `fetch-certs`, with a record, once the set is complete.
        Err(ProfileError::PartnerUnknown(_) | ProfileError::ProfileMalformed { .. }) => None,
        Err(ProfileError::Service(error)) => return Err(error.into()),
    };
    let path = newest_path(
        &context.s3,
        &context.evidence_bucket,
        &certificates,
        profile.as_ref(),
    );
    Ok(match path.await? {
        Ok(path) => {
            if let Some((reason, file)) = two_leaves_in_one_file(&path, &files) {
                return Ok(Decision::Unusable {
                    reason,
                    file: Some(file),
                });
            }
            if let Some(missing) = stale(&path, &files, Utc::now()) {
                return Ok(Decision::Incomplete { missing });
            }
            Decision::Complete(execution_input(folder, &path, &files))
        }
        Err(missing @ (NoPath::IssuerMissing { .. } | NoPath::NoLeaf)) => Decision::Incomplete {
            missing: explain(&missing, profile.as_ref(), folder),
        },
        Err(error @ (NoPath::SelfSignedLeaf(_) | NoPath::TwoLeaves { .. })) => Decision::Unusable {
            reason: error.to_string(),
            file: None,
        },
    })
}

fn usable(file: &File) -> &[Certificate] {
    file.certificates.as_deref().unwrap_or_default()
}

fn why_unusable(key: &str, files: &[File], unread: &[Unread]) -> Option<String> {
    if let Some(file) = unread.iter().find(|file| file.key == key) {
        return Some(file.reason.clone());
    }
    let file = files.iter().find(|file| file.object.key == key)?;
    file.certificates.as_ref().err().map(ToString::to_string)
}

/// Years may lie side by side, but in a file of its own each: a file with two leaves leaves it
/// open which of them the partner means.
fn two_leaves_in_one_file(path: &CertificatePath, files: &[File]) -> Option<(String, String)> {
    let all: Vec<&Certificate> = files.iter().flat_map(usable).collect();
    let file = files.iter().find(|file| {
        let certificates = usable(file);
        certificates.contains(&path.leaf)
            && certificates
                .iter()
                .any(|other| *other != path.leaf && is_end_entity(other, &all))
    })?;
    let reason = "the file holds more than one end-entity certificate, and there is no telling \
                  which is meant: send one leaf per file";
    Some((reason.to_owned(), file.object.key.clone()))
}

/// A leaf that has lain there for long had its ceremony long ago, and Step Functions forgets names
/// after 90 days: a file that arrives beside it, the first of next year's say, must not start the
/// same ceremony again.
fn stale(path: &CertificatePath, files: &[File], now: Utc) -> Option<String> {
    let newest = files
        .iter()
        .filter(|file| usable(file).contains(&path.leaf))
        .map(|file| file.modified)
        .max()?;
    let days = (now.unix_seconds() - newest) / (24 * 60 * 60);
    (days >= NAMES_KEPT_DAYS).then(|| {
        format!(
            "the newest end-entity certificate, {}, was dropped {days} days ago; drop it again, or \
             a renewed one, to start a ceremony",
            path.leaf
        )
    })
}

/// Well below the 90 days for which an execution's name is kept.
const NAMES_KEPT_DAYS: i64 = 80;

fn explain(missing: &NoPath, profile: Option<&Profile>, folder: &Folder) -> String {
    match (missing, profile) {
        (NoPath::IssuerMissing { .. }, None) => format!(
            "{missing} (and no readable profile in `{}` supplies a root)",
            folder.profile_parameter()
        ),
        _ => missing.to_string(),
    }
}

/// Names the ceremony and the objects that carry its path.
///
/// Of several objects with the same certificate the one that lay there first is taken: what
/// arrives later must not make another set of it.
fn execution_input(folder: &Folder, path: &CertificatePath, files: &[File]) -> Start {
    let mut by_age: Vec<&File> = files.iter().collect();
    by_age.sort_by_key(|file| (file.modified, &file.object.key));
    let carrier = |certificate: &Certificate| {
        by_age
            .iter()
            .find(|file| usable(file).contains(certificate))
            .map(|file| &file.object)
    };
    let mut objects = BTreeMap::new();
    for (_, certificate) in path.certificates() {
        // A root that was supplied lies in no file.
        if let Some(object) = carrier(certificate) {
            objects.insert(object.key.clone(), object.clone());
        }
    }
    let leaf_version = carrier(&path.leaf).map(|object| object.version_id.as_str());
    let cas: Vec<_> = path.cas().map(Certificate::sha256).collect();
    let ceremony_id = CeremonyId::new(
        Kind::KekExport,
        folder,
        leaf_version.unwrap_or_default(),
        &cas,
    );
    Start {
        version: Start::VERSION,
        ceremony: Ceremony::new(Kind::KekExport, ceremony_id, folder.clone()),
        objects: objects.into_values().collect(),
    }
}
