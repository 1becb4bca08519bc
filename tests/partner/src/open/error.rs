//! Why a package is not to be trusted, or cannot be opened.

use std::path::PathBuf;

use crate::tr31::Tr31Error;

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
    #[error("the key block is not as it must be: {0}")]
    KeyBlock(#[from] BlockError),
    #[error("the key block cannot be opened: {0}")]
    KeyBlockUnopened(#[from] Tr31Error),
    #[error("the manifest cannot be read: {reason}")]
    ManifestUnreadable { reason: String },
    #[error("the manifest has schema version {found}")]
    ManifestVersion { found: u32 },
    #[error("the package answers another nonce than the one that was sent")]
    NonceMismatch,
    #[error("the signed prefix is not the one in the manifest")]
    PrefixMismatch,
    #[error("the public key cannot be read")]
    PublicKeyUnreadable,
    #[error("{file}: {reason}")]
    SenderCertificate {
        file: &'static str,
        reason: &'static str,
    },
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

pub(crate) fn unknown_signature(algorithm: &str) -> OpenError {
    OpenError::Unknown {
        what: "signature algorithm",
        name: algorithm.to_owned(),
    }
}

/// What is wrong with a key block. None of these has a byte of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BlockError {
    #[error("it is for another algorithm, or of another form")]
    Form,
    #[error("it does not decrypt")]
    Decryption,
    #[error("what its sender signed names another digest of the envelope")]
    Digest,
    #[error("the header inside differs from the one outside, or from the manifest's")]
    Header,
    #[error("it is for another receiver")]
    Receiver,
    #[error("it names another sender than the certificate")]
    Sender,
    #[error("its signature does not verify")]
    Signature,
}
