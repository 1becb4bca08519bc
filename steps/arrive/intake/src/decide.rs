//! Whether the folder is a complete certificate set, and which objects it is made of.

use std::collections::BTreeMap;

use ceremony::bundle::{MAX_CERTIFICATES_IN_FOLDER, MAX_FILES};
use ceremony::certificate::Certificate;
use ceremony::execution::DroppedObject;
use ceremony::id::{CertificateSet, Kind};
use ceremony::identifiers::Folder;
use ceremony::path::{CertificatePath, NoPath, is_end_entity, neither_ca_nor_leaf};
use ceremony::profile::{CEREMONIES_PER_DAY, Profile};
use storage::{ProfileError, load_profile, newest_path};

use crate::folder::{Contents, File, Unread, read_folder};
use crate::{Context, Error};

/// What lies in the folder.
#[derive(Clone, Debug)]
pub(crate) enum Decision {
    Complete(Complete),
    Incomplete {
        missing: String,
    },
    Unusable {
        reason: String,
        file: Option<String>,
    },
}

/// A certificate set, and the drop that it came with.
#[derive(Clone, Debug)]
pub(crate) struct Complete {
    pub(crate) set: CertificateSet,
    /// The objects that carry its path.
    pub(crate) objects: Vec<DroppedObject>,
    /// The newest object that carries the leaf.
    pub(crate) leaf_key: String,
    /// When that was put there, seconds since 1970: when the set was dropped, as far as it asks for
    /// a ceremony.
    pub(crate) dropped: i64,
    /// How many ceremonies the folder may begin on one day.
    pub(crate) per_day: u32,
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
            let per_day = profile
                .as_ref()
                .map(|profile| profile.max_ceremonies_per_day);
            let per_day = per_day.unwrap_or(CEREMONIES_PER_DAY);
            Decision::Complete(complete(folder, &path, &files, per_day))
        }
        Err(missing @ (NoPath::IssuerMissing { .. } | NoPath::NoLeaf)) => Decision::Incomplete {
            missing: explain(&missing, profile.as_ref(), folder, &certificates),
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

/// What is missing; with the certificates that were meant to be it and are not.
fn explain(
    missing: &NoPath,
    profile: Option<&Profile>,
    folder: &Folder,
    certificates: &[&Certificate],
) -> String {
    match (missing, profile) {
        (NoPath::IssuerMissing { .. }, None) => format!(
            "{missing} (and no readable profile in `{}` supplies a root)",
            folder.profile_parameter()
        ),
        (NoPath::NoLeaf, _) => {
            let unfit = certificates.iter().find_map(|certificate| {
                neither_ca_nor_leaf(certificate).map(|why| format!("; of {certificate}: {why}"))
            });
            format!("{missing}{}", unfit.unwrap_or_default())
        }
        _ => missing.to_string(),
    }
}

/// Names the set and the objects that carry its path.
///
/// Of several objects with the same certificate the one that lay there first is taken; when the set
/// was dropped, the newest one with the leaf says.
fn complete(folder: &Folder, path: &CertificatePath, files: &[File], per_day: u32) -> Complete {
    let mut by_age: Vec<&File> = files.iter().collect();
    by_age.sort_by_key(|file| (file.modified, &file.object.key));
    let mut objects = BTreeMap::new();
    for (_, certificate) in path.certificates() {
        let carrier = by_age
            .iter()
            .find(|file| usable(file).contains(certificate));
        // A root that was supplied lies in no file.
        if let Some(file) = carrier {
            objects.insert(file.object.key.clone(), file.object.clone());
        }
    }
    let newest = by_age
        .iter()
        .rfind(|file| usable(file).contains(&path.leaf));
    let cas = path.cas().map(Certificate::sha256);
    Complete {
        set: CertificateSet::new(Kind::KekExport, folder, path.leaf.sha256(), cas),
        objects: objects.into_values().collect(),
        leaf_key: newest
            .map(|file| file.object.key.clone())
            .unwrap_or_default(),
        dropped: newest.map_or(0, |file| file.modified),
        per_day,
    }
}
