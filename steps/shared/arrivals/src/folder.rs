//! The drop folder at its newest versions.

use aws_sdk_s3::types::EncodingType;
use ceremony::bundle::{MAX_FILE_BYTES, MAX_FILES, UnusableFile, certificates_in};
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::exchange::{MalformedNonce, Nonce};
use ceremony::execution::DroppedObject;
use percent_encoding::percent_decode_str;
use step::ServiceError;
use storage::{ObjectError, read_newest};

use crate::private_key::{self, Found};
use crate::{Arrivals, Error};

/// One file of the folder, read and unpacked.
pub struct File {
    pub object: DroppedObject,
    /// When it was put there, seconds since 1970.
    pub modified: i64,
    /// Whatever the file is called: a private key is one under any name.
    pub certificates: Result<Vec<Certificate>, UnusableFile>,
    /// Of a file that is to hold a nonce by its name; its certificates do not count.
    pub nonce: Option<Result<Nonce, MalformedNonce>>,
}

/// A file that was not read, and why.
pub struct Unread {
    pub key: String,
    pub reason: String,
    /// What its beginning holds, if it is too large.
    pub private_key: Option<Found>,
}

/// What lies in a folder.
pub enum Contents {
    Read {
        files: Vec<File>,
        unread: Vec<Unread>,
    },
    TooManyFiles,
}

/// Lists and reads the folder of that prefix; more than [`MAX_FILES`] files, or more than [`MAX_FILE_BYTES`] in
/// one, are not read. Of a larger one the beginning is looked at for a private key. Folders below are
/// not looked into.
pub async fn read_folder(arrivals: &Arrivals, prefix: &str) -> Result<Contents, Error> {
    read_files(arrivals, prefix, MAX_FILES, |_| true).await
}

/// The same of the files whose keys are wanted; the others are not counted, and not looked at.
pub(crate) async fn read_files(
    arrivals: &Arrivals,
    prefix: &str,
    most: usize,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Contents, Error> {
    let (mut files, mut unread) = (Vec::new(), Vec::new());
    let Some(mut listed) = list(arrivals, prefix).await? else {
        return Ok(Contents::TooManyFiles);
    };
    listed.retain(|object| is_wanted(&object.key));
    if listed.len() > most {
        return Ok(Contents::TooManyFiles);
    }
    for Listed {
        key,
        bytes,
        modified,
    } in listed
    {
        if bytes > MAX_FILE_BYTES {
            unread.push(too_large(arrivals, key, bytes).await?);
            continue;
        }
        match read_newest(&arrivals.s3, &arrivals.inbox_bucket, &key).await {
            Ok((version_id, contents)) => files.push(File {
                certificates: certificates_in(&contents),
                nonce: Nonce::is_expected_in(&key).then(|| Nonce::in_file(&contents)),
                modified,
                object: DroppedObject {
                    bytes: contents.len() as u64,
                    key,
                    sha256: Sha256::of(&contents),
                    version_id,
                },
            }),
            // Replaced by a larger one, or deleted, between listing and reading.
            Err(ObjectError::TooLarge { key, bytes }) => {
                unread.push(too_large(arrivals, key, bytes).await?);
            }
            Err(ObjectError::Missing { .. }) => {}
            // Encrypted with a key of the partner's own, for example.
            Err(ObjectError::Service(
                error @ (ServiceError::AccessDenied { .. } | ServiceError::ServiceRefused { .. }),
            )) => unread.push(Unread {
                key,
                reason: format!("it cannot be read: {error}"),
                private_key: None,
            }),
            Err(ObjectError::Service(error)) => return Err(error.into()),
        }
    }
    Ok(Contents::Read { files, unread })
}

async fn too_large(arrivals: &Arrivals, key: String, bytes: u64) -> Result<Unread, Error> {
    Ok(Unread {
        private_key: private_key::at_beginning(arrivals, &key, None).await?,
        reason: format!("the file has {bytes} bytes; at most {MAX_FILE_BYTES} are accepted"),
        key,
    })
}

/// Keys in one listing: the files, and as many folders below, which count too.
const LISTING: i32 = 100;

struct Listed {
    key: String,
    bytes: u64,
    modified: i64,
}

/// `None` if there is more than one listing shows: that is over the limit, whatever it is.
async fn list(arrivals: &Arrivals, prefix: &str) -> Result<Option<Vec<Listed>>, Error> {
    let answer = arrivals
        .s3
        .list_objects_v2()
        .bucket(&arrivals.inbox_bucket)
        .prefix(prefix)
        .delimiter("/")
        .max_keys(LISTING)
        // XML has no way to write all characters that a key may have.
        .encoding_type(EncodingType::Url)
        .send()
        .await
        .map_err(|error| ServiceError::new("s3:ListBucket", &error))?;
    if answer.is_truncated() == Some(true) {
        return Ok(None);
    }
    let is_encoded = answer.encoding_type() == Some(&EncodingType::Url);
    let listed = answer.contents().iter().filter_map(|object| {
        let key = object.key()?;
        Some(Listed {
            key: if is_encoded {
                decoded(key)
            } else {
                key.to_owned()
            },
            bytes: object.size().and_then(|size| u64::try_from(size).ok())?,
            modified: object.last_modified().map_or(0, |time| time.secs()),
        })
    });
    // Not the folder marker that the S3 console leaves behind.
    Ok(Some(listed.filter(|object| object.key != prefix).collect()))
}

/// A key as it is. In a listing a space is a plus sign, and a plus sign is written with a percent.
fn decoded(key: &str) -> String {
    let spaced = key.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_a_listing_is_decoded() {
        for (listed, key) in [
            (
                "acme/production/pin/leaf.pem",
                "acme/production/pin/leaf.pem",
            ),
            ("a+b%2Bc%20d%25e", "a b+c d%e"),
            ("%01%1B%EF%BF%BE%00", "\u{1}\u{1b}\u{fffe}\0"),
            ("%E6%97%A5%252F", "日%2F"),
        ] {
            assert_eq!(decoded(listed), key);
        }
    }
}
