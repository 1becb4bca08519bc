//! A private key in the inbox: announced at once, by itself, and never a word of it.

use ceremony::announcement::{Announcement, PrivateKeyReceived, Severity, VERSION};
use ceremony::bundle::{UnusableFile, private_key_in};
use ceremony::id::{Kind, Place};
use ceremony::identifiers::Folder;
use ceremony::text::shown;
use step::ServiceError;
use storage::{Beginning, ObjectError, read_beginning, read_newest, read_version};

use crate::decision::Decision;
use crate::folder::{Contents, File, Unread};
use crate::{Arrivals, CreatedObject, Error, Output};

/// Where a private key was found.
#[derive(Clone, Debug)]
pub struct Found {
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
///
/// Of a file that lies in no folder there are no contents.
pub(crate) async fn of_event(
    arrivals: &Arrivals,
    contents: Option<&Contents>,
    object: &CreatedObject,
) -> Result<Option<Found>, Error> {
    let CreatedObject { key, version_id } = object;
    if let Some(Contents::Read { files, unread }) = contents {
        let is_asked = |id: &str| version_id.as_ref().is_none_or(|asked| asked == id);
        let read = files.iter().find(|file| file.object.key == *key);
        if let Some(file) = read
            && is_asked(&file.object.version_id)
        {
            return Ok(found(file));
        }
        let unread = unread.iter().find(|file| file.key == *key);
        if let Some(found) = unread.and_then(|file| file.private_key.as_ref())
            && is_asked(&found.version_id)
        {
            return Ok(Some(found.clone()));
        }
        // All that is known of it has been read, or cannot be.
        if version_id.is_none() {
            return Ok(None);
        }
    }
    let (s3, inbox) = (&arrivals.s3, &arrivals.inbox_bucket);
    let read = match version_id {
        Some(id) => read_version(s3, inbox, key, id)
            .await
            .map(|bytes| (id.clone(), bytes)),
        None => read_newest(s3, inbox, key).await,
    };
    match read {
        Ok((version_id, bytes)) => Ok(private_key_in(&bytes).map(|form| Found {
            key: key.clone(),
            version_id,
            bytes: bytes.len() as u64,
            form,
        })),
        Err(ObjectError::TooLarge { .. }) => {
            at_beginning(arrivals, key, version_id.as_deref()).await
        }
        Err(error) => none_if_out_of_reach(error),
    }
}

/// The private key with which a file begins that is too large to be read: a keystore, or many keys in
/// one.
pub(crate) async fn at_beginning(
    arrivals: &Arrivals,
    key: &str,
    version_id: Option<&str>,
) -> Result<Option<Found>, Error> {
    match read_beginning(&arrivals.s3, &arrivals.inbox_bucket, key, version_id).await {
        Ok(Beginning {
            version_id,
            bytes,
            of_bytes,
        }) => Ok(private_key_in(&bytes).map(|form| Found {
            key: key.to_owned(),
            version_id,
            bytes: of_bytes,
            form,
        })),
        Err(error) => none_if_out_of_reach(error),
    }
}

/// Deleted for good, or closed to us: there is nothing to look at.
fn none_if_out_of_reach(error: ObjectError) -> Result<Option<Found>, Error> {
    match error {
        ObjectError::Missing { .. }
        | ObjectError::TooLarge { .. }
        | ObjectError::Service(
            ServiceError::AccessDenied { .. } | ServiceError::ServiceRefused { .. },
        ) => Ok(None),
        ObjectError::Service(error) => Err(error.into()),
    }
}

impl Found {
    /// A private key that lies in the folder.
    pub fn among(files: &[File], unread: &[Unread]) -> Option<Self> {
        let mut too_large = unread.iter().filter_map(|file| file.private_key.as_ref());
        files
            .iter()
            .find_map(found)
            .or_else(|| too_large.next().cloned())
    }

    /// What is said of another file of the folder: briefly, since the key has been announced.
    pub fn blocks<P: Place>(&self, place: &P) -> Decision<P> {
        let reason = format!(
            "no ceremony of this folder starts as long as `{}` lies there, which holds a private key",
            shown(&self.key)
        );
        Decision::Unusable {
            reason,
            file: Some(self.key.clone()),
            remedy: remedy(false, place.folder().is_some()),
        }
    }
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

/// Announces a key that lies in a folder.
pub(crate) async fn announce<P: Place>(
    arrivals: &Arrivals,
    kind: Kind,
    place: &P,
    found: &Found,
) -> Result<Output, Error> {
    let (remedy, consequence) = match kind {
        Kind::KekImport | Kind::WorkingKeyExport | Kind::WorkingKeyImport => {
            let remedy = "Tell whoever sent it to replace that key, since others may have read it. A \
                          responder must delete every version of the object, by the command in \
                          `deleteVersions`. Then drop a file without a key.";
            (remedy, "It starts no ceremony.")
        }
        _ => (
            remedy(true, place.folder().is_some()),
            "No ceremony of this folder starts as long as it lies there.",
        ),
    };
    let detail = PrivateKeyReceived {
        ceremony: Some(kind),
        latest_ceremony: arrivals.runs.latest(kind, place).await?,
        ..detail(arrivals, place.folder(), found, consequence, remedy)
    };
    tell(arrivals, detail).await
}

/// Announces a key that lies in no folder.
pub(crate) async fn announce_outside(arrivals: &Arrivals, found: &Found) -> Result<Output, Error> {
    let consequence = "It lies in no drop folder, and stops no ceremony.";
    let detail = detail(arrivals, None, found, consequence, remedy(true, true));
    tell(arrivals, detail).await
}

/// What is to be done about a key as it arrives, or about a file that it stands in the way of.
fn remedy(arrives: bool, from_partner: bool) -> &'static str {
    match (arrives, from_partner) {
        (true, true) => {
            "Tell the partner to replace that key and every certificate for it, since others may \
             have read it. A responder must delete every version of the object, by the command in \
             `deleteVersions`. Then drop the leaf again."
        }
        (true, false) => {
            "Find out whose key it is, and have it replaced with every certificate for it, since others \
             may have read it: no key of ours ever leaves its service. A responder must delete every \
             version of the object, by the command in `deleteVersions`. Then drop the certificate again."
        }
        (false, true) => {
            "Have a responder delete every version of that file, by the command in the event Private \
             Key Received, then drop the leaf again."
        }
        (false, false) => {
            "Have a responder delete every version of that file, by the command in the event Private \
             Key Received, then drop the certificate again."
        }
    }
}

fn detail(
    arrivals: &Arrivals,
    folder: Option<&Folder>,
    found: &Found,
    consequence: &str,
    remedy: &str,
) -> PrivateKeyReceived {
    let Found {
        key,
        version_id,
        bytes,
        form,
    } = found;
    PrivateKeyReceived {
        version: VERSION,
        severity: Severity::High,
        ceremony: None,
        ceremony_id: None,
        partner: folder.map(|folder| folder.partner.clone()),
        environment: folder.map(|folder| folder.environment),
        data_type: folder.map(|folder| folder.data_type),
        what: format!(
            "The inbox has received a file that holds a private key ({form}). {consequence}"
        ),
        file: shown(key),
        version_id: version_id.clone(),
        bytes: *bytes,
        remedy: remedy.to_owned(),
        delete_versions: delete_versions(&arrivals.inbox_bucket, key),
        latest_ceremony: None,
    }
}

async fn tell(arrivals: &Arrivals, detail: PrivateKeyReceived) -> Result<Output, Error> {
    let announcement = Announcement::PrivateKeyReceived(detail);
    arrivals.bus.announce(&announcement).await?;
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
