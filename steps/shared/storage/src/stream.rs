//! Objects that are larger than memory: read and written piece by piece.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use ceremony::digest::{Hasher, Sha256};
use ceremony::execution::Location;
use ceremony::text::shown;
use step::ServiceError;

use crate::objects::{ObjectError, missing_or};
use crate::write_once::{Found, WriteError};

/// The bytes of one object, as they arrive.
pub struct Pieces {
    key: String,
    body: ByteStream,
}

impl Pieces {
    /// The next piece; none at the end.
    pub async fn next(&mut self) -> Result<Option<impl AsRef<[u8]> + use<>>, ServiceError> {
        self.body.try_next().await.map_err(|error| {
            let key = shown(&self.key);
            ServiceError::ServiceUnavailable {
                operation: "s3:GetObject",
                detail: format!("`{key}` broke off: {error}"),
            }
        })
    }
}

/// Begins to read the newest version of an object, and says which that is.
pub async fn open_newest(
    client: &Client,
    bucket: &str,
    key: &str,
) -> Result<(String, Pieces), ObjectError> {
    let answer = client.get_object().bucket(bucket).key(key).send().await;
    let object =
        answer.map_err(|error| missing_or(key, ServiceError::new("s3:GetObject", &error)))?;
    let version = object.version_id().unwrap_or("null").to_owned();
    let pieces = Pieces {
        key: key.to_owned(),
        body: object.body,
    };
    Ok((version, pieces))
}

/// Begins to read exactly one version of an object.
pub async fn open_version(
    client: &Client,
    bucket: &str,
    key: &str,
    version_id: &str,
) -> Result<Pieces, ObjectError> {
    let request = client.get_object().bucket(bucket).key(key);
    let answer = request.version_id(version_id).send().await;
    let object = answer
        .map_err(|error| missing_or(key, ServiceError::new("s3:GetObjectVersion", &error)))?;
    Ok(Pieces {
        key: key.to_owned(),
        body: object.body,
    })
}

/// Begins to read an object that this system wrote.
pub async fn open_own(client: &Client, location: &Location) -> Result<Pieces, ObjectError> {
    let (_, pieces) = open_newest(client, &location.bucket, &location.key).await?;
    Ok(pieces)
}

/// What of an upload is in memory. S3 takes parts of 5 MiB or more, ten thousand of them at most.
const PART_BYTES: usize = 8 * 1024 * 1024;

/// An object that is written while it comes into being: in one request if it fits in one part, in several
/// otherwise.
pub struct Upload<'a> {
    client: &'a Client,
    location: Location,
    content_type: String,
    once: bool,
    part: Vec<u8>,
    hasher: Hasher,
    bytes: u64,
    multipart: Option<Multipart>,
}

struct Multipart {
    id: String,
    parts: Vec<CompletedPart>,
}

/// What has been written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Written {
    pub bytes: u64,
    pub sha256: Sha256,
}

impl<'a> Upload<'a> {
    /// Replaces what lies there, when it is finished: nothing that is evidence.
    pub fn over(client: &'a Client, location: Location, content_type: &str) -> Self {
        Self {
            client,
            location,
            content_type: content_type.to_owned(),
            once: false,
            part: Vec::new(),
            hasher: Hasher::default(),
            bytes: 0,
            multipart: None,
        }
    }

    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<(), ServiceError> {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        while self.part.len() + bytes.len() >= PART_BYTES {
            let (now, later) = bytes.split_at(PART_BYTES - self.part.len());
            self.part.extend_from_slice(now);
            bytes = later;
            self.send_part().await?;
        }
        self.part.extend_from_slice(bytes);
        Ok(())
    }

    /// The digest of all that was written so far.
    pub fn digest(&self) -> Sha256 {
        self.hasher.clone().finish()
    }

    /// Ends it: the object is there.
    pub async fn finish(mut self) -> Result<Written, ServiceError> {
        if self.multipart.is_none() {
            self.put().await?;
        } else {
            if !self.part.is_empty() {
                self.send_part().await?;
            }
            self.complete().await?;
        }
        Ok(Written {
            bytes: self.bytes,
            sha256: self.hasher.finish(),
        })
    }

    /// Leaves nothing of it. What cannot be removed is, after a week, by the bucket's own rule.
    pub async fn abandon(self) {
        if let Some(Multipart { id, .. }) = self.multipart {
            let request = self.client.abort_multipart_upload();
            let request = request.bucket(&self.location.bucket);
            let request = request.key(&self.location.key).upload_id(id);
            drop(request.send().await);
        }
    }

    async fn put(&mut self) -> Result<(), ServiceError> {
        let request = self.client.put_object().bucket(&self.location.bucket);
        let request = request.key(&self.location.key);
        let request = request.content_type(&self.content_type);
        let request = request.checksum_algorithm(ChecksumAlgorithm::Sha256);
        let request = request.set_if_none_match(self.once.then(|| "*".to_owned()));
        let body = ByteStream::from(std::mem::take(&mut self.part));
        let answer = request.body(body).send().await;
        answer
            .map(drop)
            .map_err(|error| ServiceError::new("s3:PutObject", &error))
    }

    async fn send_part(&mut self) -> Result<(), ServiceError> {
        if self.multipart.is_none() {
            self.multipart = Some(self.begin().await?);
        }
        let Some(Multipart { id, parts }) = &mut self.multipart else {
            return Ok(());
        };
        let number = i32::try_from(parts.len() + 1).unwrap_or(i32::MAX);
        let body = std::mem::take(&mut self.part);
        let request = self.client.upload_part().bucket(&self.location.bucket);
        let request = request.key(&self.location.key).upload_id(&*id);
        let request = request.part_number(number);
        let request = request.checksum_algorithm(ChecksumAlgorithm::Sha256);
        let answer = request.body(ByteStream::from(body)).send().await;
        let sent = answer.map_err(|error| ServiceError::new("s3:PutObject", &error))?;
        let part = CompletedPart::builder()
            .part_number(number)
            .set_e_tag(sent.e_tag)
            .set_checksum_sha256(sent.checksum_sha256);
        parts.push(part.build());
        Ok(())
    }

    async fn begin(&self) -> Result<Multipart, ServiceError> {
        let request = self.client.create_multipart_upload();
        let request = request.bucket(&self.location.bucket);
        let request = request.key(&self.location.key);
        let request = request.content_type(&self.content_type);
        let request = request.checksum_algorithm(ChecksumAlgorithm::Sha256);
        let answer = request.send().await;
        let begun = answer.map_err(|error| ServiceError::new("s3:PutObject", &error))?;
        let id = begun.upload_id.unwrap_or_default();
        Ok(Multipart {
            id,
            parts: Vec::new(),
        })
    }

    async fn complete(&mut self) -> Result<(), ServiceError> {
        let Some(Multipart { id, parts }) = &self.multipart else {
            return Ok(());
        };
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.clone()));
        let request = self.client.complete_multipart_upload();
        let request = request.bucket(&self.location.bucket);
        let request = request.key(&self.location.key).upload_id(id);
        let request = request.set_if_none_match(self.once.then(|| "*".to_owned()));
        let answer = request.multipart_upload(parts.build()).send().await;
        answer
            .map(drop)
            .map_err(|error| ServiceError::new("s3:PutObject", &error))
    }
}

/// Copies an object of this system to where nothing lies yet, if it is the one with this digest, and reads
/// it back. S3's own copy is refused by the policies of the buckets that are written once.
pub async fn copy_once(
    client: &Client,
    from: &Location,
    to: &Location,
    content_type: &str,
    sha256: &Sha256,
) -> Result<(), CopyError> {
    let mut upload = Upload::over(client, to.clone(), content_type);
    upload.once = true;
    let mut pieces = open_own(client, from).await?;
    while let Some(piece) = pieces.next().await? {
        upload.write(piece.as_ref()).await?;
    }
    if upload.digest() != *sha256 {
        upload.abandon().await;
        return Err(CopyError::Changed(from.clone()));
    }
    match upload.finish().await {
        Ok(_) => {}
        Err(ServiceError::ServiceRefused { code, .. }) if code == "PreconditionFailed" => {}
        // Two writers at once: ask again later, and find what the other wrote.
        Err(ServiceError::ServiceRefused {
            code,
            detail,
            operation,
        }) if code == "ConditionalRequestConflict" => {
            return Err(ServiceError::ServiceUnavailable { operation, detail }.into());
        }
        Err(error) => return Err(error.into()),
    }
    let there = digest_of(client, to).await?;
    if there != *sha256 {
        return Err(CopyError::Write(WriteError::AlreadyExists {
            location: to.clone(),
            there: Found::Digest(there),
            ours: sha256.clone(),
        }));
    }
    Ok(())
}

/// The digest of an object of this system, however large.
async fn digest_of(client: &Client, location: &Location) -> Result<Sha256, CopyError> {
    let (mut hasher, mut pieces) = (Hasher::default(), open_own(client, location).await?);
    while let Some(piece) = pieces.next().await? {
        hasher.update(piece.as_ref());
    }
    Ok(hasher.finish())
}

/// Why an object was not copied.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CopyError {
    #[error("s3://{}/{} is not (any more) the object that was to be copied", .0.bucket, .0.key)]
    Changed(Location),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Write(WriteError),
}

impl From<ServiceError> for CopyError {
    fn from(error: ServiceError) -> Self {
        Self::Write(WriteError::Service(error))
    }
}
