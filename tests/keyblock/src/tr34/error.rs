//! What can be wrong with a message.

use std::fmt;

use crate::SymmetricAlgorithm;
use crate::tr31::Tr31Error;

/// Why a message was not opened, or not made. Nothing in it is secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Tr34Error {
    /// The format carries keys for block ciphers only.
    #[error("a key for {algorithm:?} does not travel in this format")]
    Algorithm {
        /// What the key is for.
        algorithm: SymmetricAlgorithm,
    },
    /// A signed attribute stands there twice, or beside the one it excludes.
    #[error("{0} is there once too often")]
    Duplicate(Field),
    /// The bytes are not the DER of what the format has there.
    #[error("{0} is not the DER of what the format has there")]
    Encoding(Field),
    /// The key block header is none, or is not one of the key.
    #[error("{field}: {0}", field = Field::KeyBlockHeader)]
    KeyBlockHeader(Tr31Error),
    /// The field does not agree with what the caller expects, or with another field.
    #[error("{0} is not the expected one")]
    Mismatch(Field),
    /// A signed attribute is missing, or the nonce is that was asked for.
    #[error("{0} is missing")]
    Missing(Field),
    /// A nonce has 8 to 16 bytes.
    #[error("{}: {length} bytes, not 8 to 16", Field::Nonce)]
    NonceLength {
        /// How many bytes there are.
        length: usize,
    },
    /// The signature is not the sender's over these attributes.
    #[error("the signature does not verify with the sender's certificate")]
    Signature,
    /// The message has a nonce that nobody asked for: it answers somebody else.
    #[error("{0} is there though none was asked for")]
    Unexpected(Field),
    /// The encrypted key block does not open to one. Why is not told: of a message whose signature
    /// is right only its sender could know more, and one who makes messages to learn from the
    /// answers must not.
    #[error("{} does not open with the recipient's private key", Field::KeyBlock)]
    Unreadable,
    /// A key of the caller's is no RSA key, or not of a length between 2048 and 8192 bits.
    #[error("{0} is not that of a usable RSA key")]
    UnusableKey(Field),
    /// The field does not have the value that the format prescribes.
    #[error("{0} does not have its value")]
    Value(Field),
}

/// A part of a message, or of what the caller gives, as [`Tr34Error`] names it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Field {
    /// A certificate of which only the id is wanted.
    Certificate,
    /// How the key block is encrypted.
    ContentEncryption,
    /// The type of a content: in the message, in the envelope, or as an attribute.
    ContentType,
    /// What the attributes and the envelope are hashed with.
    DigestAlgorithm,
    /// The enveloped data as a whole.
    Envelope,
    /// The initialisation vector of the content encryption.
    InitializationVector,
    /// The decrypted key block.
    KeyBlock,
    /// The attributes of the key: signed, and once more with the key.
    KeyBlockHeader,
    /// The issuer and serial number of the sender's certificate, with the key.
    KeyBlockSender,
    /// How the ephemeral key is encrypted.
    KeyEncryption,
    /// The message as a whole.
    Message,
    /// The hash of the envelope, as an attribute.
    MessageDigest,
    /// The receiver's nonce, as an attribute.
    Nonce,
    /// The issuer and serial number of the recipient's certificate.
    Recipient,
    /// The recipient's certificate, as given by the caller.
    RecipientCertificate,
    /// The recipient's private key, as given by the caller.
    RecipientPrivateKey,
    /// The issuer and serial number of the sender's certificate, beside the signature.
    Sender,
    /// The sender's certificate, as given by the caller.
    SenderCertificate,
    /// The sender's private key, as given by the caller.
    SenderPrivateKey,
    /// How the attributes are signed.
    SignatureAlgorithm,
    /// The signed attributes as a whole.
    SignedAttributes,
    /// When the message was signed, as an attribute.
    SigningTime,
    /// The version of the message, of the signer's information, of the envelope or of the
    /// recipient's information.
    Version,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "certificate",
            Self::ContentEncryption => "content encryption algorithm",
            Self::ContentType => "content type",
            Self::DigestAlgorithm => "digest algorithm",
            Self::Envelope => "envelope",
            Self::InitializationVector => "initialisation vector",
            Self::KeyBlock => "key block",
            Self::KeyBlockHeader => "key block header",
            Self::KeyBlockSender => "sender in the key block",
            Self::KeyEncryption => "key encryption algorithm",
            Self::Message => "message",
            Self::MessageDigest => "message digest",
            Self::Nonce => "nonce",
            Self::Recipient => "recipient",
            Self::RecipientCertificate => "recipient's certificate",
            Self::RecipientPrivateKey => "recipient's private key",
            Self::Sender => "sender",
            Self::SenderCertificate => "sender's certificate",
            Self::SenderPrivateKey => "sender's private key",
            Self::SignatureAlgorithm => "signature algorithm",
            Self::SignedAttributes => "signed attributes",
            Self::SigningTime => "signing time",
            Self::Version => "version",
        })
    }
}
