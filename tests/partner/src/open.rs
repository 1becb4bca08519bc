//! How the partner opens a package: check everything, then decrypt, then compare the KCV.

use std::fmt;
use std::path::PathBuf;

use aws_lc_rs::cmac;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OAEP_SHA512_MGF1SHA512, OaepPrivateDecryptingKey, PrivateDecryptingKey,
};
use keyblock::{ClearKey, SymmetricAlgorithm};

use crate::manifest::{Manifest, SCHEMA_VERSION};
use crate::sums::{SUMS, SUMS_SIGNATURE};
use crate::{Certified, Package, signature};

const MANIFEST: &str = "manifest.json";
/// What makes packages with a wrapped KEK in them.
const CEREMONY: &str = "kek-export";
/// How many bytes of a check value are given (ANSI X9.24-1-2017 annex A).
const KCV_BYTES: usize = 3;

/// Why a package is not to be trusted, or cannot be opened.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum OpenError {
    #[error("the cryptogram has {found} bytes, the manifest says {expected}")]
    CryptogramLength { expected: usize, found: usize },
    #[error("the cryptogram does not decrypt under the leaf's private key")]
    Decryption,
    #[error("{file} does not have the digest that the manifest gives")]
    DigestMismatch { file: String },
    #[error("{file} is missing")]
    FileMissing { file: String },
    #[error("{file} is not named in the manifest")]
    FileUnlisted { file: String },
    #[error("{file} is not on the signed list")]
    FileUnsigned { file: String },
    #[error("{text} and {binary} do not hold the same bytes")]
    HexMismatch { text: String, binary: String },
    #[error("the KEK has the check value {computed}, the package says {given}")]
    KcvMismatch { given: String, computed: String },
    #[error("the decrypted KEK has {found} bytes, which does not fit {algorithm}")]
    KekLength { algorithm: String, found: usize },
    #[error("the manifest cannot be read: {reason}")]
    ManifestUnreadable { reason: String },
    #[error("the manifest has schema version {found}")]
    ManifestVersion { found: u32 },
    #[error("the signed prefix is not the one in the manifest")]
    PrefixMismatch,
    #[error("the public key cannot be read")]
    PublicKeyUnreadable,
    #[error("the signature does not verify")]
    SignatureInvalid,
    #[error("the public key is not the one named in the manifest")]
    SignerMismatch,
    #[error("{file} has {found} bytes, the manifest says {expected}")]
    SizeMismatch {
        file: String,
        expected: u64,
        found: u64,
    },
    #[error("{file} does not have the digest that the signed list gives")]
    SumMismatch { file: String },
    #[error("the signature over the list of files does not verify")]
    SumsSignatureInvalid,
    #[error("line {line} of the list of files is not one of a file and its digest")]
    SumsUnreadable { line: usize },
    #[error("cannot read {}: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error("{what} {name} is unknown")]
    Unknown { what: &'static str, name: String },
    #[error("the package is for the certificate {found}, ours is {ours}")]
    WrongLeaf { ours: String, found: String },
}

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

impl Package {
    /// Opens the package with the leaf that it was made for.
    ///
    /// Of the manifest nothing is believed but the name of the algorithm, until the list of files,
    /// with the manifest on it, has been verified.
    pub fn open(&self, leaf: &Certified) -> Result<Opened, OpenError> {
        let manifest = self.manifest()?;
        let files = self.verify_sums(&manifest.signature.algorithm, &self.public_key()?)?;
        self.check_files(&manifest)?;
        if manifest.wrapping.leaf_sha256 != leaf.sha256() {
            let found = manifest.wrapping.leaf_sha256;
            return Err(OpenError::WrongLeaf {
                ours: leaf.sha256(),
                found,
            });
        }
        let prefix = self.both_forms("signed-prefix")?;
        let cryptogram = self.both_forms("wrapped-kek")?;
        let signature = self.both_forms("signature")?;
        if hex::decode(&manifest.signed_prefix.hex).ok().as_deref() != Some(prefix)
            || manifest.signed_prefix.ascii.as_bytes() != prefix
        {
            return Err(OpenError::PrefixMismatch);
        }
        let expected = manifest.wrapping.cryptogram_bytes;
        if cryptogram.len() != expected {
            return Err(OpenError::CryptogramLength {
                expected,
                found: cryptogram.len(),
            });
        }
        let signer_sha256 = self.verify(&manifest, &[prefix, cryptogram].concat(), signature)?;
        let kek = decrypt(&manifest.wrapping.hash, leaf, cryptogram)?;
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
            signer_sha256,
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
        let known = [
            ("ceremony", &manifest.ceremony, CEREMONY),
            ("wrapping method", &manifest.wrapping.method, "rsa-oaep"),
        ];
        for (what, name, expected) in known {
            if name != expected {
                let name = name.clone();
                return Err(OpenError::Unknown { what, name });
            }
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
        let made_later = [MANIFEST, SUMS, SUMS_SIGNATURE];
        match self
            .names()
            .find(|name| !made_later.contains(name) && !listed(name))
        {
            Some(name) => Err(OpenError::FileUnlisted { file: name.into() }),
            None => Ok(()),
        }
    }

    /// The bytes of a file that comes both as `.bin` and as `.hex`.
    fn both_forms(&self, stem: &str) -> Result<&[u8], OpenError> {
        let (text, binary) = (format!("{stem}.hex"), format!("{stem}.bin"));
        let bytes = self.file(&binary)?;
        if self.file(&text)? != format!("{}\n", hex::encode_upper(bytes)).as_bytes() {
            return Err(OpenError::HexMismatch { text, binary });
        }
        Ok(bytes)
    }

    /// Verifies the signature and returns the digest of the signer's public key.
    fn verify(
        &self,
        manifest: &Manifest,
        message: &[u8],
        signature: &[u8],
    ) -> Result<String, OpenError> {
        let public_key = self.public_key()?;
        let signer = sha256(&public_key);
        if signer != manifest.signature.public_key_sha256 {
            return Err(OpenError::SignerMismatch);
        }
        let algorithm = &manifest.signature.algorithm;
        match signature::verify(algorithm, &public_key, message, signature) {
            Some(true) => Ok(signer),
            Some(false) => Err(OpenError::SignatureInvalid),
            None => Err(unknown_signature(algorithm)),
        }
    }

    /// The signer's SubjectPublicKeyInfo in DER.
    pub(crate) fn public_key(&self) -> Result<Vec<u8>, OpenError> {
        match der::pem::decode_vec(self.file("signing-public-key.pem")?) {
            Ok(("PUBLIC KEY", public_key)) => Ok(public_key),
            _ => Err(OpenError::PublicKeyUnreadable),
        }
    }
}

pub(crate) fn unknown_signature(algorithm: &str) -> OpenError {
    OpenError::Unknown {
        what: "signature algorithm",
        name: algorithm.to_owned(),
    }
}

fn decrypt(hash: &str, leaf: &Certified, cryptogram: &[u8]) -> Result<Kek, OpenError> {
    let algorithm = match hash {
        "SHA_256" => &OAEP_SHA256_MGF1SHA256,
        "SHA_512" => &OAEP_SHA512_MGF1SHA512,
        other => {
            return Err(OpenError::Unknown {
                what: "OAEP hash",
                name: other.into(),
            });
        }
    };
    let key = PrivateDecryptingKey::from_pkcs8(leaf.key().der())
        .map_err(|_| OpenError::Decryption)
        .and_then(|key| OaepPrivateDecryptingKey::new(key).map_err(|_| OpenError::Decryption))?;
    let mut space = vec![0; key.min_output_size()];
    let plaintext = key
        .decrypt(algorithm, cryptogram, &mut space, None)
        .map_err(|_| OpenError::Decryption)?;
    Ok(Kek(plaintext.to_vec()))
}

/// The check value by the method that belongs to the algorithm.
pub(crate) fn check_value(algorithm: &str, key: &[u8]) -> Result<String, OpenError> {
    let wrong_length = || OpenError::KekLength {
        algorithm: algorithm.into(),
        found: key.len(),
    };
    // AES by another library than the emulator's, which uses `keyblock` for everything.
    let aes = |mac: cmac::Algorithm| {
        let key = cmac::Key::new(mac, key).map_err(|_| wrong_length())?;
        let tag = cmac::sign(&key, &[0; 16]).map_err(|_| wrong_length())?;
        Ok(hex::encode_upper(&tag.as_ref()[..KCV_BYTES]))
    };
    let tdes = |algorithm: SymmetricAlgorithm| {
        let key = ClearKey::new(algorithm, key.to_vec().into());
        Ok(key
            .map_err(|_| wrong_length())?
            .key_check_value()
            .to_string())
    };
    match algorithm {
        "AES_128" => aes(cmac::AES_128),
        "AES_192" => aes(cmac::AES_192),
        "AES_256" => aes(cmac::AES_256),
        "TDES_2KEY" => tdes(SymmetricAlgorithm::Tdes2Key),
        "TDES_3KEY" => tdes(SymmetricAlgorithm::Tdes3Key),
        other => Err(OpenError::Unknown {
            what: "KEK algorithm",
            name: other.into(),
        }),
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
}

#[cfg(test)]
mod tests;
