//! An execution of a ceremony's state machine: what starts it, and where things lie.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::bundle::MAX_FILES;
use crate::digest::Sha256;
use crate::id::{AnyCeremony, Ceremony};
use crate::text::shown;
use crate::utc::Utc;

/// The input of an execution that files in the inbox start: written by an intake step, read by the
/// first step.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Start<C = Ceremony> {
    /// Version of this document's form.
    pub version: u32,
    pub ceremony: C,
    /// The objects that the ceremony is about: exactly these versions are read. One whose name ends in
    /// `.nonce` holds the partner's nonce, the others hold certificates.
    pub objects: Vec<DroppedObject>,
    /// Fingerprint of the leaf that the ceremony is named for. Another one may lie in the same objects
    /// and become valid by the time they are read. Inputs of before it was written have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaf: Option<Sha256>,
}

/// The only version of the form of [`Start`].
const VERSION: u32 = 1;

impl Start {
    /// The only version of the form.
    pub const VERSION: u32 = VERSION;
}

impl<C: Clone + Into<AnyCeremony>> Start<C> {
    /// The input of the ceremony's execution.
    pub fn new(ceremony: C, objects: Vec<DroppedObject>, leaf: Option<Sha256>) -> Self {
        Self {
            version: VERSION,
            ceremony,
            objects,
            leaf,
        }
    }

    /// Whether it names the ceremony and its objects as it must, or why not: an object of another
    /// folder is not this ceremony's, whoever wrote the input.
    pub fn check(&self) -> Result<(), String> {
        if self.version != VERSION {
            return Err(format!(
                "it has version {}, this software reads {VERSION}",
                self.version
            ));
        }
        if self.objects.is_empty() || self.objects.len() > MAX_FILES {
            return Err(format!(
                "it names {} objects; 1 to {MAX_FILES} are expected",
                self.objects.len()
            ));
        }
        let ceremony: AnyCeremony = self.ceremony.clone().into();
        if !ceremony.is_consistent() {
            let id = ceremony.id();
            return Err(format!("`{id}` is not a ceremony id of this folder"));
        }
        let prefix = ceremony.inbox_prefix();
        let mut keys = HashSet::new();
        for object in &self.objects {
            if !object.key.starts_with(&prefix) {
                return Err(format!(
                    "`{}` is not in the folder of this ceremony",
                    shown(&object.key)
                ));
            }
            if !keys.insert(&object.key) {
                return Err(format!("`{}` is named twice", shown(&object.key)));
            }
        }
        Ok(())
    }
}

/// One version of an object in the inbox.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DroppedObject {
    pub key: String,
    pub version_id: String,
    pub bytes: u64,
    pub sha256: Sha256,
}

/// What Step Functions says of the execution.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Execution {
    pub arn: String,
    pub started_at: Utc,
}

/// Where an object lies in S3, or where several do.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Location {
    pub bucket: String,
    /// A key; or a prefix, where it ends in a slash.
    pub key: String,
}

/// A file on its way to a bucket.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct File {
    pub name: String,
    pub content_type: String,
    #[serde(with = "base64_text")]
    pub contents: Vec<u8>,
}

impl File {
    pub fn new(name: &str, content_type: &str, contents: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.to_owned(),
            content_type: content_type.to_owned(),
            contents: contents.into(),
        }
    }

    pub fn digest(&self) -> FileDigest {
        FileDigest {
            name: self.name.clone(),
            bytes: self.contents.len(),
            sha256: Sha256::of(&self.contents),
        }
    }
}

/// What is told of a file.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileDigest {
    pub name: String,
    pub bytes: usize,
    pub sha256: Sha256,
}

pub const BINARY: &str = "application/octet-stream";
pub const JSON: &str = "application/json";
pub const MARKDOWN: &str = "text/markdown";
pub const PEM: &str = "application/x-pem-file";
pub const TEXT: &str = "text/plain";

/// Where a root that has once been proven is kept in the evidence bucket, so that the partner need
/// not send it again.
pub fn trusted_root_key(certificate: &Sha256) -> String {
    format!("trusted-roots/{certificate}.pem")
}

mod base64_text {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(reader: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(reader)?;
        STANDARD.decode(text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_travels_as_base64_and_is_told_of_by_its_digest() {
        let file = File::new("kek.bin", BINARY, [0, 255]);
        let document = serde_json::to_value(&file).unwrap();
        assert_eq!(document["contents"], "AP8=");
        assert_eq!(serde_json::from_value::<File>(document).unwrap(), file);
        let digest = file.digest();
        assert_eq!((digest.bytes, digest.sha256), (2, Sha256::of(&[0, 255])));
    }

    #[test]
    fn a_trusted_root_lies_under_its_fingerprint() {
        let root = Sha256::of(b"root");
        assert_eq!(trusted_root_key(&root), format!("trusted-roots/{root}.pem"));
    }
}
