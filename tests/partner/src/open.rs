//! How the partner opens a package: check everything, then decrypt, then compare the KCV.

mod cipher;
mod der_reader;
pub(crate) mod ecdh;
mod error;
pub(crate) mod key_derivation;
mod rsa_oaep;
pub(crate) mod sender;
pub(crate) mod tr34;

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};

use crate::manifest::{How, Manifest, SCHEMA_VERSION};
use crate::sums::{SUMS, SUMS_SIGNATURE};
use crate::{Certified, Package};

pub use cipher::check_value;
pub(crate) use cipher::key_bytes;
pub(crate) use error::unknown_signature;
pub use error::{BlockError, OpenError};

const MANIFEST: &str = "manifest.json";
const PUBLIC_KEY: &str = "signing-public-key.pem";
const SIGNER_CERTIFICATES: &str = "signing-certificates.pem";
/// What makes packages with a wrapped KEK in them.
const CEREMONY: &str = "kek-export";
/// The KEK in the clear. Neither `Debug` nor anything else here shows it.
#[derive(Clone)]
pub struct Kek(Vec<u8>);

impl Kek {
    /// The key itself: for a test that compares it with the one in the emulator.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Kek {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Kek({} bytes)", self.0.len())
    }
}

/// A package of which all is true.
#[derive(Clone, Debug)]
pub struct Opened {
    pub manifest: Manifest,
    pub kek: Kek,
    /// The check value as recomputed from the KEK, in upper-case hex.
    pub kcv: String,
    /// SHA-256 over the signer's public key (its SubjectPublicKeyInfo in DER), in hex. Whoever has
    /// the signer's key from elsewhere compares it with this.
    pub signer_sha256: String,
    /// How many files the signed list covers: all but itself and its signature.
    pub files: usize,
}

/// Who opens a package, and what it knows from elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Receiver<'a> {
    /// The leaf that the package was made for.
    pub leaf: &'a Certified,
    /// The nonce that was sent: a package answers it, or answers none if none was sent.
    pub nonce: Option<&'a [u8]>,
    /// The CA that certifies the sender's keys, where the receiver knows one.
    pub trusts: Option<&'a Certified>,
}

impl<'a> Receiver<'a> {
    pub fn new(leaf: &'a Certified) -> Self {
        Self {
            leaf,
            nonce: None,
            trusts: None,
        }
    }
}

impl Package {
    /// Opens the package with the leaf that it was made for.
    pub fn open(&self, leaf: &Certified) -> Result<Opened, OpenError> {
        self.open_as(&Receiver::new(leaf))
    }

    /// Opens the package.
    ///
    /// Of the manifest nothing is believed but the name of the algorithm, until the list of files,
    /// with the manifest on it, has been verified.
    pub fn open_as(&self, receiver: &Receiver<'_>) -> Result<Opened, OpenError> {
        let leaf = receiver.leaf;
        let manifest = self.manifest()?;
        let public_key = self.public_key()?;
        let files = self.verify_sums(&manifest.signature.algorithm, &public_key)?;
        self.check_files(&manifest)?;
        if manifest.wrapping.leaf_sha256 != leaf.sha256() {
            let found = manifest.wrapping.leaf_sha256;
            return Err(OpenError::WrongLeaf {
                ours: leaf.sha256(),
                found,
            });
        }
        let kek = Kek(match &manifest.wrapping.how {
            How::RsaOaep { .. } | How::Ecdh { .. } if receiver.nonce.is_some() => {
                // They have no place for one.
                return Err(OpenError::NonceMismatch);
            }
            How::RsaOaep {
                hash,
                cryptogram_bytes,
            } => rsa_oaep::open(self, &manifest, hash, *cryptogram_bytes, leaf)?,
            How::Tr34 { .. } => tr34::open(self, &manifest, receiver)?,
            How::Ecdh { .. } => ecdh::open(self, &manifest, receiver)?,
        });
        let kcv = check_value(&manifest.kek.algorithm, kek.expose())?;
        let text = String::from_utf8_lossy(self.file("kcv.txt")?)
            .trim()
            .to_owned();
        for given in [&manifest.kek.kcv, &text] {
            if *given != kcv {
                return Err(OpenError::KcvMismatch {
                    given: given.clone(),
                    computed: kcv,
                });
            }
        }
        Ok(Opened {
            files,
            manifest,
            kek,
            kcv,
            signer_sha256: sha256(&public_key),
        })
    }

    pub fn manifest(&self) -> Result<Manifest, OpenError> {
        let manifest: Manifest = serde_json::from_slice(self.file(MANIFEST)?).map_err(|error| {
            OpenError::ManifestUnreadable {
                reason: error.to_string(),
            }
        })?;
        if manifest.schema_version != SCHEMA_VERSION {
            return Err(OpenError::ManifestVersion {
                found: manifest.schema_version,
            });
        }
        if manifest.ceremony != CEREMONY {
            let (what, name) = ("ceremony", manifest.ceremony);
            return Err(OpenError::Unknown { what, name });
        }
        Ok(manifest)
    }

    /// Every file is listed, and every listed file is there as listed.
    fn check_files(&self, manifest: &Manifest) -> Result<(), OpenError> {
        for entry in &manifest.files {
            let (file, bytes) = (entry.name.clone(), self.file(&entry.name)?);
            let found = bytes.len() as u64;
            if found != entry.bytes {
                return Err(OpenError::SizeMismatch {
                    file,
                    expected: entry.bytes,
                    found,
                });
            }
            if sha256(bytes) != entry.sha256 {
                return Err(OpenError::DigestMismatch { file });
            }
        }
        let listed = |name: &str| manifest.files.iter().any(|entry| entry.name == name);
        let made_later = [
            MANIFEST,
            PUBLIC_KEY,
            SIGNER_CERTIFICATES,
            SUMS,
            SUMS_SIGNATURE,
        ];
        match self
            .names()
            .find(|name| !made_later.contains(name) && !listed(name))
        {
            Some(name) => Err(OpenError::FileUnlisted { file: name.into() }),
            None => Ok(()),
        }
    }

    /// The bytes of a file that comes both as hex and as they are, under this extension.
    fn both_forms(&self, stem: &str, extension: &str) -> Result<&[u8], OpenError> {
        let (text, binary) = (format!("{stem}.hex"), format!("{stem}.{extension}"));
        let bytes = self.file(&binary)?;
        if self.file(&text)? != format!("{}\n", hex::encode_upper(bytes)).as_bytes() {
            return Err(OpenError::HexMismatch { text, binary });
        }
        Ok(bytes)
    }

    /// The signer's SubjectPublicKeyInfo in DER.
    pub(crate) fn public_key(&self) -> Result<Vec<u8>, OpenError> {
        match der::pem::decode_vec(self.file(PUBLIC_KEY)?) {
            Ok(("PUBLIC KEY", public_key)) => Ok(public_key),
            _ => Err(OpenError::PublicKeyUnreadable),
        }
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
}

#[cfg(test)]
mod tests;
