//! The drop folder at its newest versions.

use ceremony::aws::ServiceError;
use ceremony::bundle::{MAX_FILE_BYTES, MAX_FILES, UnusableFile, certificates_in};
use ceremony::certificate::Certificate;
use ceremony::contract::execution::DroppedObject;
use ceremony::digest::Sha256;
use ceremony::identifiers::Drop;
use inbox::{ObjectError, read_newest};

use crate::{Context, Error};

/// One file of the folder, read and unpacked.
pub(crate) struct File {
    pub(crate) object: DroppedObject,
    /// When it was put there, seconds since 1970.
    pub(crate) modified: i64,
    pub(crate) certificates: Result<Vec<Certificate>, UnusableFile>,
}

/// A file that was not read, and why.
pub(crate) struct Unread {
    pub(crate) key: String,
    pub(crate) reason: String,
}

pub(crate) enum Folder {
    Read {
        files: Vec<File>,
        unread: Vec<Unread>,
    },
    TooManyFiles,
}

/// Lists and reads the folder; more than [`MAX_FILES`] files, or more than [`MAX_FILE_BYTES`] in
/// one, are not read. Folders below it are not looked into.
pub(crate) async fn read_folder(context: &Context, drop: &Drop) -> Result<Folder, Error> {
    let (mut files, mut unread) = (Vec::new(), Vec::new());
    let listed = list(context, drop).await?;
    if listed.len() > MAX_FILES {
        return Ok(Folder::TooManyFiles);
    }
    for Listed {
        key,
        bytes,
        modified,
    } in listed
    {
        if bytes > MAX_FILE_BYTES {
            unread.push(Unread {
                key,
                reason: too_large(bytes),
            });
            continue;
        }
        match read_newest(&context.s3, &context.inbox_bucket, &key).await {
            Ok((version_id, contents)) => files.push(File {
                certificates: certificates_in(&contents),
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
                unread.push(Unread {
                    key,
                    reason: too_large(bytes),
                });
            }
            Err(ObjectError::Missing { .. }) => {}
            // Encrypted with a key of the partner's own, for example.
            Err(ObjectError::Service(
                error @ (ServiceError::AccessDenied { .. } | ServiceError::ServiceRefused { .. }),
            )) => unread.push(Unread {
                key,
                reason: format!("it cannot be read: {error}"),
            }),
            Err(ObjectError::Service(error)) => return Err(error.into()),
        }
    }
    Ok(Folder::Read { files, unread })
}

fn too_large(bytes: u64) -> String {
    format!("the file has {bytes} bytes; at most {MAX_FILE_BYTES} are accepted")
}

struct Listed {
    key: String,
    bytes: u64,
    modified: i64,
}

/// At most one more than the limit: enough to know that it is passed.
async fn list(context: &Context, drop: &Drop) -> Result<Vec<Listed>, Error> {
    let prefix = drop.prefix();
    // One more for a folder marker, which the S3 console leaves behind.
    let limit = i32::try_from(MAX_FILES + 2).unwrap_or(i32::MAX);
    let answer = context
        .s3
        .list_objects_v2()
        .bucket(&context.inbox_bucket)
        .prefix(&prefix)
        .delimiter("/")
        .max_keys(limit)
        .send()
        .await
        .map_err(|error| ServiceError::new("s3:ListBucket", &error))?;
    let listed = answer.contents().iter().filter_map(|object| {
        Some(Listed {
            key: object.key()?.to_owned(),
            bytes: object.size().and_then(|size| u64::try_from(size).ok())?,
            modified: object.last_modified().map_or(i64::MAX, |time| time.secs()),
        })
    });
    Ok(listed.filter(|object| object.key != prefix).collect())
}
