//! S3: versioned buckets, PutObject, GetObject, ListObjectsV2, and uploads in several parts.
//!
//! Every bucket is there already. ETags are not MD5: nobody may rely on that.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use ceremony::utc::Utc;

use super::call::{Answer, Call, Service, flip};

/// One version of an object, or of its absence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stored {
    pub version: String,
    pub bytes: Vec<u8>,
    pub content_type: String,
    /// That the writer asked for SHA-256 to be kept with it.
    pub sha256_kept: bool,
    pub is_delete_marker: bool,
    /// Seconds since 1970: S3 tells no fractions.
    pub modified: i64,
}

#[derive(Debug, Default)]
pub(super) struct Buckets {
    objects: BTreeMap<(String, String), Vec<Stored>>,
    /// What time it is.
    pub(super) now: i64,
    written: usize,
    listing_forbidden: bool,
    /// Parts of uploads that have not ended, by the id of the upload.
    uploads: BTreeMap<String, BTreeMap<u32, Vec<u8>>>,
}

impl Buckets {
    pub(super) fn put(&mut self, bucket: &str, key: &str, bytes: Vec<u8>) -> String {
        let (version, modified) = (self.next_version(), self.now);
        self.versions_mut(bucket, key).push(Stored {
            version: version.clone(),
            bytes,
            content_type: "binary/octet-stream".to_owned(),
            sha256_kept: true,
            is_delete_marker: false,
            modified,
        });
        version
    }

    pub(super) fn delete(&mut self, bucket: &str, key: &str) {
        let (version, modified) = (self.next_version(), self.now);
        self.versions_mut(bucket, key).push(Stored {
            version,
            bytes: Vec::new(),
            content_type: String::new(),
            sha256_kept: false,
            is_delete_marker: true,
            modified,
        });
    }

    pub(super) fn delete_version(&mut self, bucket: &str, key: &str, version: &str) {
        let versions = self.versions_mut(bucket, key);
        versions.retain(|stored| stored.version != version);
    }

    /// Of the newest version; its checksums change with it.
    pub(super) fn change_byte(&mut self, bucket: &str, key: &str) {
        if let Some(newest) = self.versions_mut(bucket, key).last_mut() {
            flip(&mut newest.bytes);
        }
    }

    pub(super) fn forbid_listing(&mut self) {
        self.listing_forbidden = true;
    }

    pub(super) fn versions(&self, bucket: &str, key: &str) -> Vec<Stored> {
        let found = self.objects.get(&(bucket.to_owned(), key.to_owned()));
        found.cloned().unwrap_or_default()
    }

    pub(super) fn keys(&self, bucket: &str) -> Vec<String> {
        let objects = self.objects.iter();
        objects
            .filter(|((of, _), versions)| of == bucket && !versions.is_empty())
            .map(|((_, key), _)| key.clone())
            .collect()
    }

    pub(super) fn answer(&mut self, call: &Call) -> Answer {
        match call.operation.as_str() {
            "GetObject" => self.get_object(call),
            "ListObjectsV2" => self.list_objects(call),
            "PutObject" => self.put_object(call),
            "CreateMultipartUpload" => self.begin_upload(),
            "UploadPart" => self.put_part(call),
            "CompleteMultipartUpload" => self.complete_upload(call),
            "AbortMultipartUpload" => self.abort_upload(call),
            other => panic!("{other} is not emulated"),
        }
    }

    fn get_object(&self, call: &Call) -> Answer {
        let versions = self.versions(&call.bucket, &call.key);
        let wanted = call.parameter("versionId");
        let found = match wanted {
            Some(id) => versions.iter().find(|stored| stored.version == id),
            None => versions.last(),
        };
        match (found, wanted) {
            (Some(marker), Some(_)) if marker.is_delete_marker => no(405, "MethodNotAllowed"),
            (Some(stored), _) if !stored.is_delete_marker => content(call, stored),
            (_, Some(id)) if !id.starts_with(VERSION) => no(400, "InvalidArgument"),
            _ if self.listing_forbidden => no(403, "AccessDenied"),
            (_, Some(_)) => no(404, "NoSuchVersion"),
            (_, None) => no(404, "NoSuchKey"),
        }
    }

    /// What lies there, in the order of the keys' bytes, and the folders below: both count.
    fn list_objects(&self, call: &Call) -> Answer {
        if self.listing_forbidden {
            return no(403, "AccessDenied");
        }
        let asked = |name: &str| call.parameter(name).unwrap_or_default();
        let (prefix, after) = (asked("prefix"), asked("start-after"));
        let most = call.parameter("max-keys").unwrap_or("1000");
        let most = most.parse::<usize>().expect("a number").min(1000);
        let encoding = call.parameter("encoding-type");
        let written = match encoding {
            None => escaped,
            Some("url") => url_encoded,
            Some(_) => return no(400, "InvalidArgument"),
        };
        let encoding = encoding.map(|url| format!("<EncodingType>{url}</EncodingType>"));
        let encoding = encoding.unwrap_or_default();
        let mut listed = BTreeMap::new();
        for ((bucket, key), versions) in &self.objects {
            let Some(rest) = key.strip_prefix(prefix).filter(|_| *bucket == call.bucket) else {
                continue;
            };
            if key.as_str() <= after {
                continue;
            }
            let newest = versions.last().filter(|newest| !newest.is_delete_marker);
            let Some(newest) = newest else { continue };
            let delimiter = call.parameter("delimiter");
            let below = delimiter.and_then(|at| Some((rest.split_once(at)?.0, at)));
            let (entry, name) = match below {
                Some((below, delimiter)) => {
                    let folder = format!("{prefix}{below}{delimiter}");
                    let entry = format!("<Prefix>{}</Prefix>", written(&folder));
                    (format!("<CommonPrefixes>{entry}</CommonPrefixes>"), folder)
                }
                None => {
                    let entry = format!(
                        "<Contents><Key>{}</Key><LastModified>{}</LastModified>\
                         <Size>{}</Size></Contents>",
                        written(key),
                        Utc::of_unix_seconds(newest.modified).expect("a time"),
                        newest.bytes.len()
                    );
                    (entry, key.clone())
                }
            };
            listed.insert(name, entry);
        }
        let truncated = listed.len() > most;
        let entries: String = listed.into_values().take(most).collect();
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult>\
             {encoding}<IsTruncated>{truncated}</IsTruncated>{entries}</ListBucketResult>"
        );
        Answer::of(200, Vec::new(), body.into_bytes())
    }

    fn put_object(&mut self, call: &Call) -> Answer {
        let mut headers = Vec::new();
        for (algorithm, value) in call.headers_of("x-amz-checksum-") {
            assert_eq!(algorithm, "sha256", "this checksum is not emulated");
            if value != sha256(&call.body) {
                return no(400, "BadDigest");
            }
            headers.push(("x-amz-checksum-sha256", value.to_owned()));
        }
        match call.header("if-none-match") {
            None => {}
            Some("*") => {
                let versions = self.versions(&call.bucket, &call.key);
                if versions
                    .last()
                    .is_some_and(|newest| !newest.is_delete_marker)
                {
                    return no(412, "PreconditionFailed");
                }
            }
            // "Expects the '*' (asterisk) character."
            Some(_) => return no(501, "NotImplemented"),
        }
        let version = self.put(&call.bucket, &call.key, call.body.clone());
        if let Some(stored) = self.versions_mut(&call.bucket, &call.key).last_mut() {
            stored.sha256_kept = !headers.is_empty();
            if let Some(content_type) = call.header("content-type") {
                content_type.clone_into(&mut stored.content_type);
            }
        }
        headers.push(("x-amz-version-id", version));
        Answer::of(200, headers, Vec::new())
    }

    fn begin_upload(&mut self) -> Answer {
        self.written += 1;
        let id = format!("upload-{}", self.written);
        self.uploads.insert(id.clone(), BTreeMap::new());
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<InitiateMultipartUploadResult>\
             <UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
        );
        Answer::of(200, Vec::new(), body.into_bytes())
    }

    fn put_part(&mut self, call: &Call) -> Answer {
        let number = call.parameter("partNumber").and_then(|it| it.parse().ok());
        let number: u32 = number.expect("the number of a part");
        let upload = call.parameter("uploadId").unwrap_or_default();
        let Some(parts) = self.uploads.get_mut(upload) else {
            return no(404, "NoSuchUpload");
        };
        let digest = sha256(&call.body);
        if call.header("x-amz-checksum-sha256") != Some(&digest) {
            return no(400, "BadDigest");
        }
        parts.insert(number, call.body.clone());
        let headers = vec![
            ("etag", format!("\"part-{number}\"")),
            ("x-amz-checksum-sha256", digest),
        ];
        Answer::of(200, headers, Vec::new())
    }

    /// "Part numbers must be in ascending order", and each but the last has 5 MiB or more.
    fn complete_upload(&mut self, call: &Call) -> Answer {
        const LEAST: usize = 5 * 1024 * 1024;
        let upload = call.parameter("uploadId").unwrap_or_default();
        let Some(parts) = self.uploads.get(upload) else {
            return no(404, "NoSuchUpload");
        };
        let all_but_last = parts.len().saturating_sub(1);
        if parts.values().take(all_but_last).any(|it| it.len() < LEAST) {
            return no(400, "EntityTooSmall");
        }
        let named = String::from_utf8_lossy(&call.body)
            .matches("<PartNumber>")
            .count();
        if named != parts.len() {
            return no(400, "InvalidPart");
        }
        let there = self.versions(&call.bucket, &call.key);
        let there = there.last().is_some_and(|newest| !newest.is_delete_marker);
        if call.header("if-none-match") == Some("*") && there {
            return no(412, "PreconditionFailed");
        }
        let parts = self.uploads.remove(upload).unwrap_or_default();
        let bytes = parts.into_values().flatten().collect();
        let version = self.put(&call.bucket, &call.key, bytes);
        let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                    <CompleteMultipartUploadResult></CompleteMultipartUploadResult>";
        let headers = vec![("x-amz-version-id", version)];
        Answer::of(200, headers, body.as_bytes().to_vec())
    }

    fn abort_upload(&mut self, call: &Call) -> Answer {
        self.uploads
            .remove(call.parameter("uploadId").unwrap_or_default());
        Answer::of(204, Vec::new(), Vec::new())
    }

    fn versions_mut(&mut self, bucket: &str, key: &str) -> &mut Vec<Stored> {
        let name = (bucket.to_owned(), key.to_owned());
        self.objects.entry(name).or_default()
    }

    fn next_version(&mut self) -> String {
        self.written += 1;
        format!("{VERSION}{}", self.written)
    }
}

/// How the ids of versions begin; others were never one.
const VERSION: &str = "version-";

fn content(call: &Call, stored: &Stored) -> Answer {
    let modified = DateTime::from_secs(stored.modified).fmt(Format::HttpDate);
    let mut headers = vec![
        ("content-type", stored.content_type.clone()),
        ("etag", format!("\"{}\"", stored.version)),
        ("last-modified", modified.expect("a time of our days")),
        ("x-amz-version-id", stored.version.clone()),
    ];
    if let Some(range) = call.header("range") {
        return part(stored, range, headers);
    }
    if stored.sha256_kept && call.header("x-amz-checksum-mode") == Some("ENABLED") {
        headers.push(("x-amz-checksum-sha256", sha256(&stored.bytes)));
        headers.push(("x-amz-checksum-type", "FULL_OBJECT".to_owned()));
    }
    Answer::of(200, headers, stored.bytes.clone())
}

/// From the first byte on; other ranges are not emulated.
fn part(stored: &Stored, range: &str, mut headers: Vec<(&'static str, String)>) -> Answer {
    let last = range.strip_prefix("bytes=0-");
    let last: usize = last.and_then(|last| last.parse().ok()).expect("bytes=0-N");
    let length = stored.bytes.len();
    let Some(last) = length.checked_sub(1).map(|end| end.min(last)) else {
        return no(416, "InvalidRange");
    };
    headers.push(("content-range", format!("bytes 0-{last}/{length}")));
    Answer::of(206, headers, stored.bytes[..=last].to_vec())
}

/// What XML 1.0 cannot carry is written all the same, as S3 does: a parser refuses it.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;");
    let text = text.replace('<', "&lt;").replace('>', "&gt;");
    text.chars()
        .map(|character| match character {
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                format!("&#x{:x};", u32::from(character))
            }
            plain => plain.to_string(),
        })
        .collect()
}

/// As S3 does it where `encoding-type=url` is asked for.
fn url_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b' ' => "+".to_owned(),
            b'-' | b'.' | b'_' | b'*' | b'/' => char::from(byte).to_string(),
            plain if plain.is_ascii_alphanumeric() => char::from(plain).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

fn sha256(bytes: &[u8]) -> String {
    STANDARD.encode(digest(&SHA256, bytes))
}

fn no(status: u16, code: &str) -> Answer {
    Answer::error(Service::S3, status, code, "S3 says no")
}
