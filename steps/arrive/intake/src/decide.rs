//! Whether the folder is a complete certificate set, and which objects it is made of.

use std::collections::BTreeMap;

use ceremony::bundle::{MAX_CERTIFICATES_IN_FOLDER, MAX_FILES};
use ceremony::certificate::Certificate;
use ceremony::execution::DroppedObject;
use ceremony::id::{CertificateSet, Kind};
use ceremony::identifiers::Folder;
use ceremony::path::{CertificatePath, Chosen, DroppedFile, NoPath, TWO_LEAVES_IN_ONE_FILE};
use ceremony::profile::CEREMONIES_PER_DAY;
use storage::{ProfileError, choose, load_profile};

use crate::folder::{Contents, File, Unread, read_folder};
use crate::nonce::{self, Wanted};
use crate::private_key::{self, Found};
use crate::{Context, CreatedObject, Error};

/// What lies in the folder.
#[derive(Clone, Debug)]
pub(crate) enum Decision {
    Complete(Complete),
    Incomplete {
        missing: String,
        remedy: &'static str,
    },
    PrivateKey(Found),
    Unusable {
        reason: String,
        file: Option<String>,
        remedy: &'static str,
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
    /// That the file whose arrival is the occasion holds a newer certificate, and why that does not
    /// count.
    pub(crate) passed_over: Option<(String, String)>,
}

/// Decides about the folder; `object` is the file whose arrival is the occasion.
///
/// A file that cannot be used is rejected when it arrives. It does not stop a set that is complete
/// without it: whether it came first or last must make no difference. A private key does: who sends
/// one may have more to set right than a file, and nothing is begun before that has been looked at.
pub(crate) async fn decide(
    context: &Context,
    folder: &Folder,
    object: &CreatedObject,
) -> Result<Decision, Error> {
    let contents = read_folder(context, folder).await?;
    if let Some(found) = private_key::of_event(context, Some(&contents), object).await? {
        return Ok(Decision::PrivateKey(found));
    }
    let (files, unread) = match contents {
        Contents::Read { files, unread } => (files, unread),
        Contents::TooManyFiles => {
            return Ok(unusable(
                None,
                format!(
                    "the folder holds more than {MAX_FILES} files: remove those of earlier years"
                ),
            ));
        }
    };
    let key = object.key.as_str();
    if let Some(reason) = why_unusable(key, &files, &unread) {
        return Ok(unusable(Some(key), reason));
    }
    if let Some(found) = private_key::among(&files, &unread) {
        return Ok(private_key::blocks(&found));
    }
    let certificates: Vec<&Certificate> = files.iter().flat_map(usable).collect();
    if certificates.len() > MAX_CERTIFICATES_IN_FOLDER {
        return Ok(unusable(
            None,
            format!(
                "the folder holds {} certificates; at most {MAX_CERTIFICATES_IN_FOLDER} are accepted: \
             remove those of earlier years",
                certificates.len()
            ),
        ));
    }
    let profile = match load_profile(&context.ssm, folder).await {
        Ok(loaded) => Some(loaded.profile),
        // Of no use here, and said so by `fetch-certs`, with a record, once the set is complete.
        Err(ProfileError::PartnerUnknown(_) | ProfileError::ProfileMalformed { .. }) => None,
        Err(ProfileError::Service(error)) => return Err(error.into()),
    };
    let wanted = Wanted::new(profile.as_ref(), &files);
    if let (Wanted::No, Some(profile)) = (&wanted, &profile)
        && is_nonce(key, &files)
    {
        return Ok(nonce::unwanted(profile, key));
    }
    let chosen = choose(
        &context.s3,
        &context.evidence_bucket,
        &certificates,
        profile.as_ref(),
    );
    Ok(match chosen.await? {
        Ok(chosen) => {
            if let Some(file) = chosen.two_leaves_in_one_file(&dropped(&files)) {
                return Ok(unusable(Some(file), TWO_LEAVES_IN_ONE_FILE.to_owned()));
            }
            if let Wanted::Missing = wanted {
                return Ok(nonce::missing());
            }
            let per_day = profile
                .as_ref()
                .map(|profile| profile.max_ceremonies_per_day);
            Decision::Complete(Complete {
                per_day: per_day.unwrap_or(CEREMONIES_PER_DAY),
                passed_over: passed_over(&chosen, key, &files),
                ..complete(folder, &chosen.path, &wanted, &files)
            })
        }
        Err(reason) => no_path(reason, profile.is_some(), &wanted, folder, &files),
    })
}

fn unusable(file: Option<&str>, reason: String) -> Decision {
    let remedy = "Correct the file and drop it again.";
    Decision::Unusable {
        reason,
        file: file.map(str::to_owned),
        remedy,
    }
}

fn usable(file: &File) -> &[Certificate] {
    match (&file.nonce, &file.certificates) {
        (None, Ok(certificates)) => certificates,
        _ => &[],
    }
}

fn is_nonce(key: &str, files: &[File]) -> bool {
    let mut files = files.iter().filter(|file| file.nonce.is_some());
    files.any(|file| file.object.key == key)
}

fn why_unusable(key: &str, files: &[File], unread: &[Unread]) -> Option<String> {
    if let Some(file) = unread.iter().find(|file| file.key == key) {
        return Some(file.reason.clone());
    }
    let file = files.iter().find(|file| file.object.key == key)?;
    match &file.nonce {
        Some(nonce) => nonce.as_ref().err().map(ToString::to_string),
        None => file.certificates.as_ref().err().map(ToString::to_string),
    }
}

fn dropped(files: &[File]) -> Vec<DroppedFile<'_>> {
    files.iter().map(as_dropped).collect()
}

fn as_dropped(file: &File) -> DroppedFile<'_> {
    DroppedFile {
        name: &file.object.key,
        certificates: usable(file),
    }
}

/// The file of this event, if it holds a newer certificate that does not count. It is told when the
/// file arrives, and not with each other one.
fn passed_over(chosen: &Chosen, key: &str, files: &[File]) -> Option<(String, String)> {
    let file = files.iter().find(|file| file.object.key == key)?;
    let reason = chosen.passed_over_in(as_dropped(file))?;
    Some((key.to_owned(), reason))
}

/// What is missing; with the certificates that were meant to be it and are not, and their files.
fn no_path(
    error: NoPath,
    has_profile: bool,
    wanted: &Wanted<'_>,
    folder: &Folder,
    files: &[File],
) -> Decision {
    let error = error.told_with(&dropped(files));
    let Some(remedy) = error.what_to_add() else {
        return unusable(None, error.to_string());
    };
    let supplied = match (&error, has_profile) {
        (NoPath::IssuerMissing { .. }, false) => format!(
            " (and no readable profile in `{}` supplies a root)",
            folder.profile_parameter()
        ),
        _ => String::new(),
    };
    let nonce = match wanted {
        Wanted::Missing => format!("; and {}", nonce::MISSING),
        Wanted::No | Wanted::Here(..) => String::new(),
    };
    Decision::Incomplete {
        missing: format!("{error}{supplied}{nonce}"),
        remedy,
    }
}

/// Names the set and the objects that carry its path, and its nonce.
///
/// Of several objects with the same certificate the one that lay there first is taken; when the set
/// was dropped, the newest one with the leaf says.
fn complete(
    folder: &Folder,
    path: &CertificatePath,
    wanted: &Wanted<'_>,
    files: &[File],
) -> Complete {
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
    if let Wanted::Here(_, file) = wanted {
        objects.insert(file.object.key.clone(), file.object.clone());
    }
    let newest = by_age
        .iter()
        .rfind(|file| usable(file).contains(&path.leaf));
    let cas = path.cas().map(Certificate::sha256);
    Complete {
        set: CertificateSet::new(Kind::KekExport, folder, path.leaf.sha256(), cas)
            .answering(wanted.nonce()),
        objects: objects.into_values().collect(),
        leaf_key: newest
            .map(|file| file.object.key.clone())
            .unwrap_or_default(),
        dropped: newest.map_or(0, |file| file.modified),
        per_day: CEREMONIES_PER_DAY,
        passed_over: None,
    }
}
