//! Whether the folder is a complete certificate set, and which objects it is made of.

use arrivals::{
    Complete, Contents, CreatedObject, Error, File, Found, dropped, read_folder, usable,
    why_unusable,
};
use ceremony::bundle::{MAX_CERTIFICATES_IN_FOLDER, MAX_FILES};
use ceremony::certificate::Certificate;
use ceremony::id::Kind;
use ceremony::identifiers::Folder;
use ceremony::path::{CertificatePath, Chosen, NoPath, TWO_LEAVES_IN_ONE_FILE};
use ceremony::profile::CEREMONIES_PER_DAY;
use storage::{ProfileError, choose, load_profile};

use crate::Context;
use crate::nonce::{self, Wanted};

pub(crate) type Decision = arrivals::Decision<Folder>;

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
    let arrivals = &context.arrivals;
    let contents = read_folder(arrivals, &folder.prefix()).await?;
    if let Some(found) = arrivals.private_key_of_event(&contents, object).await? {
        return Ok(Decision::PrivateKey(found));
    }
    let (files, unread) = match contents {
        Contents::Read { files, unread } => (files, unread),
        Contents::TooManyFiles => {
            return Ok(Decision::unusable(
                None,
                format!(
                    "the folder holds more than {MAX_FILES} files: remove those of earlier years"
                ),
            ));
        }
    };
    let key = object.key.as_str();
    if let Some(reason) = why_unusable(key, &files, &unread) {
        return Ok(Decision::unusable(Some(key), reason));
    }
    if let Some(found) = Found::among(&files, &unread) {
        return Ok(found.blocks(folder));
    }
    let certificates: Vec<&Certificate> = files.iter().flat_map(usable).collect();
    if certificates.len() > MAX_CERTIFICATES_IN_FOLDER {
        return Ok(Decision::unusable(
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
        &arrivals.s3,
        &arrivals.evidence_bucket,
        &certificates,
        profile.as_ref(),
    );
    Ok(match chosen.await? {
        Ok(chosen) => {
            if let Some(file) = chosen.two_leaves_in_one_file(&dropped(&files)) {
                return Ok(Decision::unusable(
                    Some(file),
                    TWO_LEAVES_IN_ONE_FILE.to_owned(),
                ));
            }
            if let Wanted::Missing = wanted {
                return Ok(nonce::missing());
            }
            let per_day = profile
                .as_ref()
                .map(|profile| profile.max_ceremonies_per_day);
            Decision::Complete(Box::new(Complete {
                per_day: per_day.unwrap_or(CEREMONIES_PER_DAY),
                passed_over: passed_over(&chosen, key, &files),
                ..complete(folder, &chosen.path, &wanted, &files)
            }))
        }
        Err(reason) => no_path(reason, profile.is_some(), &wanted, folder, &files),
    })
}

fn is_nonce(key: &str, files: &[File]) -> bool {
    let mut files = files.iter().filter(|file| file.nonce.is_some());
    files.any(|file| file.object.key == key)
}

/// The file of this event, if it holds a newer certificate that does not count. It is told when the
/// file arrives, and not with each other one.
fn passed_over(chosen: &Chosen, key: &str, files: &[File]) -> Option<(String, String)> {
    let dropped = dropped(files);
    let file = dropped.iter().find(|file| file.name == key)?;
    let reason = chosen.passed_over_in(*file)?;
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
        return Decision::unusable(None, error.to_string());
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

/// The set and the objects that carry its path, and its nonce.
fn complete(
    folder: &Folder,
    path: &CertificatePath,
    wanted: &Wanted<'_>,
    files: &[File],
) -> Complete<Folder> {
    let complete = Complete::new(Kind::KekExport, folder, path, files);
    match wanted {
        Wanted::Here(_, file) => complete.answering(wanted.nonce(), file),
        Wanted::No | Wanted::Missing => complete,
    }
}
