//! A private key in the inbox: announced at once, by itself, and never a word of it.

use ceremony::announcement::{Announcement, PrivateKeyReceived, Severity, VERSION};
use ceremony::bundle::{UnusableFile, certificates_in};
use ceremony::id::Kind;
use ceremony::identifiers::Folder;
use ceremony::text::shown;
use step::ServiceError;
use storage::{ObjectError, read_newest, read_version};

use crate::decide::Decision;
use crate::folder::{Contents, File};
use crate::{Context, CreatedObject, Error, Output};

/// Where a private key was found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    key: String,
    version_id: String,
    bytes: u64,
    /// In which form, in words.
    form: &'static str,
}

/// The private key whose arrival this event tells.
///
/// Nothing of what has arrived is passed over: neither a version that another one has covered or a
/// deletion has hidden since, nor a file too many.
pub(crate) async fn of_event(
    context: &Context,
    contents: &Contents,
    object: &CreatedObject,
) -> Result<Option<Found>, Error> {
    let CreatedObject { key, version_id } = object;
    if let Contents::Read { files, .. } = contents {
        let read = files.iter().find(|file| file.object.key == *key);
        if let Some(file) = read
            && version_id
                .as_ref()
                .is_none_or(|id| *id == file.object.version_id)
        {
            return Ok(found(file));
        }
        // All that is known of it has been read, or cannot be.
        if version_id.is_none() {
            return Ok(None);
        }
    }
    let (s3, inbox) = (&context.s3, &context.inbox_bucket);
    let read = match version_id {
        Some(id) => read_version(s3, inbox, key, id)
            .await
            .map(|bytes| (id.clone(), bytes)),
        None => read_newest(s3, inbox, key).await,
    };
    match read {
        Ok((version_id, bytes)) => Ok(match certificates_in(&bytes) {
            Err(UnusableFile::PrivateKey(form)) => Some(Found {
                key: key.clone(),
                version_id,
                bytes: bytes.len() as u64,
                form,
            }),
            _ => None,
        }),
        // Deleted for good, too large to be a key, or closed to us: there is nothing to look at.
        Err(
            ObjectError::Missing { .. }
            | ObjectError::TooLarge { .. }
            | ObjectError::Service(
                ServiceError::AccessDenied { .. } | ServiceError::ServiceRefused { .. },
            ),
        ) => Ok(None),
        Err(ObjectError::Service(error)) => Err(error.into()),
    }
}

/// A private key that lies in the folder.
pub(crate) fn among(files: &[File]) -> Option<Found> {
    files.iter().find_map(found)
}

fn found(file: &File) -> Option<Found> {
    let Err(UnusableFile::PrivateKey(form)) = file.certificates else {
        return None;
    };
    Some(Found {
        key: file.object.key.clone(),
        version_id: file.object.version_id.clone(),
        bytes: file.object.bytes,
        form,
    })
}

/// What is said of another file of the folder: briefly, since the key has been announced.
pub(crate) fn blocks(found: &Found) -> Decision {
    let reason = format!(
        "no ceremony of this folder starts as long as `{}` lies there, which holds a private key",
        shown(&found.key)
    );
    let remedy = "Have a responder delete every version of that file, by the command in the event \
                  Private Key Received, then drop the leaf again.";
    Decision::Unusable {
        reason,
        file: Some(found.key.clone()),
        remedy,
    }
}

pub(crate) async fn announce(
    context: &Context,
    folder: &Folder,
    found: &Found,
) -> Result<Output, Error> {
    let remedy = "Tell the partner to replace that key and every certificate for it, since others may \
                  have read it. A responder must delete every version of the object, by the command \
                  in `deleteVersions`. Then drop the leaf again.";
    let Found {
        key,
        version_id,
        bytes,
        form,
    } = found;
    let detail = PrivateKeyReceived {
        version: VERSION,
        severity: Severity::High,
        ceremony: Kind::KekExport,
        ceremony_id: None,
        partner: folder.partner.clone(),
        environment: folder.environment,
        data_type: folder.data_type,
        what: format!(
            "The inbox has received a file that holds a private key ({form}). No ceremony of this \
             folder starts as long as it lies there."
        ),
        file: shown(key),
        version_id: version_id.clone(),
        bytes: *bytes,
        remedy: remedy.to_owned(),
        delete_versions: delete_versions(&context.inbox_bucket, key),
        latest_ceremony: context.runs.latest(Kind::KekExport, folder).await?,
    };
    let announcement = Announcement::PrivateKeyReceived(detail);
    context.bus.announce(&announcement).await?;
    Ok(Output::PrivateKeyReceived)
}

/// Deletes versions and delete markers of exactly this key. What begins like it and is longer is
/// listed too: its versions are none of this object, and deleting them here does nothing.
fn delete_versions(bucket: &str, key: &str) -> String {
    format!(
        "key={}; aws s3api list-object-versions --bucket {bucket} --prefix \"$key\" --query \
         '[Versions, DeleteMarkers][].[VersionId]' --output text | while read -r version; do \
         aws s3api delete-object --bucket {bucket} --key \"$key\" --version-id \"$version\"; done | cat",
        quoted(key)
    )
}

/// A word of bash or zsh, whatever is in it; without a character that does anything elsewhere.
fn quoted(key: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    if key.bytes().all(plain) {
        return format!("'{key}'");
    }
    let mut word = "$'".to_owned();
    for byte in key.bytes() {
        if plain(byte) {
            word.push(char::from(byte));
        } else {
            // Octal, of three digits: what follows may be a digit.
            word.push_str(&format!("\\{byte:03o}"));
        }
    }
    word.push('\'');
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_becomes_one_word_of_a_shell() {
        assert_eq!(quoted("a/b-c_d.pem"), "'a/b-c_d.pem'");
        for key in [
            "a b'c\"d$(touch x)`e`\\f;g",
            "\u{1}1\u{1b}[31m\n\u{fffe}日\t",
            "-n '",
        ] {
            let word = quoted(key);
            assert!(word.bytes().all(|byte| byte.is_ascii_graphic()), "{word}");
            let script = format!("printf %s {word}");
            let printed = std::process::Command::new("bash")
                .args(["-c", &script])
                .output();
            assert_eq!(printed.unwrap().stdout, key.as_bytes(), "{word}");
        }
    }
}
