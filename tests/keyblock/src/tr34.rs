//! TR-34 key transport (ANSI X9 TR-34-2012): a symmetric key on its way from one party's key
//! distribution host (KDH, here the [`Sender`]) to another's key receiving device (KRD, here the
//! [`Recipient`]), encrypted with the one's RSA key and signed with the other's.
//!
//! The format is the one that the service calls `X9_TR34_2012`. It looks like CMS (RFC 5652), but no
//! CMS library reads it: it is older than that profile. All of it is DER, and this is all of it:
//!
//! ```text
//! Message ::= SEQUENCE {                          -- ContentInfo
//!   signedData,
//!   [0] SEQUENCE {                                -- SignedData
//!     INTEGER 1,
//!     SET { SEQUENCE { sha256 } },
//!     SEQUENCE { envelopedData, [0] { OCTET STRING <Envelope> } },
//!     SET { SEQUENCE {                            -- SignerInfo
//!       INTEGER 1,
//!       IssuerAndSerialNumber,                    -- of the sender's certificate
//!       SEQUENCE { sha256 },
//!       [0] {                                     -- signed attributes, in place of their SET
//!         SEQUENCE { contentType,   SET { envelopedData } },
//!         SEQUENCE { randomNonce,   SET { OCTET STRING } },  -- or signingTime and UTCTime
//!         SEQUENCE { data,          SET { OCTET STRING <key block header> } },
//!         SEQUENCE { messageDigest, SET { OCTET STRING <SHA-256 of Envelope> } } },
//!       SEQUENCE { rsaEncryption, NULL },
//!       OCTET STRING <signature> } } } }          -- RSASSA-PKCS1-v1_5 with SHA-256
//!
//! Envelope ::=                                    -- one after another, in no SEQUENCE
//!   INTEGER 0,
//!   SET { SEQUENCE {                              -- RecipientInfo
//!     INTEGER 0,
//!     IssuerAndSerialNumber,                      -- of the recipient's certificate
//!     SEQUENCE { rsaesOaep, SEQUENCE {            -- the parameters without their tags
//!       SEQUENCE { sha256, NULL },
//!       SEQUENCE { mgf1, SEQUENCE { sha256 } },
//!       SEQUENCE { pSpecified, OCTET STRING "" } } },
//!     OCTET STRING <ephemeral key, encrypted> } },
//!   SEQUENCE {                                    -- EncryptedContentInfo
//!     data,
//!     SEQUENCE {
//!       des-ede3-cbc or aes128-CBC,
//!       OCTET STRING <initialisation vector>,
//!       [0] <KeyBlock, encrypted> } }             -- primitive, and inside the algorithm
//!
//! KeyBlock ::= SEQUENCE {                         -- with PKCS#7 padding
//!   INTEGER 1,
//!   IssuerAndSerialNumber,                        -- of the sender's certificate
//!   OCTET STRING <the key>,
//!   SEQUENCE { data, SET { OCTET STRING <key block header> } } }
//! ```
//!
//! The signature is over the attributes as they were sent, with the tag of a SET, 31, in place of
//! A0. The key block header is the [`Header`] of a TR-31 block, which stands twice: signed, and with
//! the key. The algorithm of the key is that of the header, with the length of the key.
//!
//! With one pass, the sender says when it signed; with two, it repeats a nonce that the recipient
//! made: [`Freshness`].
//!
//! INFERRED, as no message of the service shows it: that AES keys go under AES-128; the order of the
//! attributes with a nonce longer than 8 bytes; and that optional blocks stand in the key block
//! header as they would in a TR-31 block, padding included.
//!
//! What is *not* done here: whether a certificate is valid, and by whom it was issued; whether a
//! signing time is recent; and which key may protect which. All three are for the caller to decide.

mod asn1;
mod attributes;
mod certificate;
mod content_cipher;
mod envelope;
mod error;
mod freshness;
mod key_block;
mod rsa;
mod signed_data;

pub use certificate::CertificateId;
pub use error::{Field, Tr34Error};
pub use freshness::{Freshness, Nonce};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::tr31::{self, Header, LengthMasking};
use crate::{ClearKey, SecretBytes, SymmetricAlgorithm};
use attributes::SignedAttributes;
use certificate::ParsedCertificate;
use content_cipher::ContentCipher;
use key_block::KeyBlock;

/// Sends a key: encrypts it for the recipient and signs it as the sender.
///
/// TDES keys are encrypted with triple DES, AES keys with AES-128; HMAC keys are refused. The length
/// in the key block header is that of the TR-31 block which would have this header and hide the
/// length of the key; no such block is made, but this is what the service writes (`D0112…` for
/// TDES, `D0144…` for AES).
///
/// The random bytes become the ephemeral key, the initialisation vector and padding; they must be
/// new for every message.
pub fn wrap(
    key: &ClearKey,
    header: &Header,
    sender: &Sender<'_>,
    recipient_certificate: &[u8],
    freshness: &Freshness,
    random: &[u8; RANDOM_LENGTH],
) -> Result<Vec<u8>, Tr34Error> {
    let algorithm = key.algorithm();
    let cipher = ContentCipher::for_key(algorithm).ok_or(Tr34Error::Algorithm { algorithm })?;
    tr31::check_agreement(key, header).map_err(Tr34Error::KeyBlockHeader)?;
    let remaining_length = tr31::remaining_length(key, header.version, LengthMasking::Maximum);
    let (_, header_padding) = random.split_at(RANDOM_LENGTH - 16);
    let header = header
        .encode(remaining_length, header_padding)
        .map_err(Tr34Error::KeyBlockHeader)?;

    let sender_id = ParsedCertificate::new(sender.certificate, Field::SenderCertificate)?.id;
    let key_block = KeyBlock {
        sender: sender_id,
        key: key.bytes().expose(),
        header: header.as_bytes(),
    };
    let envelope = envelope::seal(&key_block, cipher, recipient_certificate, random)?;
    let attributes = SignedAttributes {
        freshness: freshness.clone(),
        key_block_header: header.as_bytes(),
        message_digest: &Sha256::digest(&envelope),
    };
    signed_data::sign(&envelope, &attributes.encode()?, sender)
}

/// Receives a key: everything about the message is checked before anything of it is returned.
///
/// In this order: that the sender signed the attributes and is named in the message; that they are
/// of this envelope, and answer the expected nonce (with none expected, that there is none); that
/// the envelope is for the recipient, and encrypted the way the format says; and, once it is
/// decrypted, that the key inside comes from the same sender with the same header.
///
/// The length in the key block header is not looked at, nor does its version bind anything: senders
/// write there what they like, such as `D9999…`.
pub fn unwrap(
    message: &[u8],
    sender_certificate: &[u8],
    recipient: &Recipient<'_>,
    expected_nonce: Option<&Nonce>,
) -> Result<UnwrappedKey, Tr34Error> {
    let sender = ParsedCertificate::new(sender_certificate, Field::SenderCertificate)?;
    let verified = signed_data::verify(message, &sender)?;
    let attributes = SignedAttributes::decode(verified.attributes)?;
    let digest = Sha256::digest(verified.envelope);
    if !bool::from(digest.ct_eq(attributes.message_digest)) {
        return Err(Tr34Error::Mismatch(Field::MessageDigest));
    }
    attributes.freshness.check(expected_nonce)?;

    let opened = envelope::open(verified.envelope, recipient)?;
    let key_block = opened.key_block()?;
    if key_block.sender != sender.id {
        return Err(Tr34Error::Mismatch(Field::KeyBlockSender));
    }
    if key_block.header != attributes.key_block_header {
        return Err(Tr34Error::Mismatch(Field::KeyBlockHeader));
    }
    let header = decode_header(key_block.header)?;
    let algorithm = header
        .key_algorithm(key_block.key.len())
        .map_err(Tr34Error::KeyBlockHeader)?;
    if let SymmetricAlgorithm::Hmac(_) = algorithm {
        return Err(Tr34Error::Algorithm { algorithm });
    }
    Ok(UnwrappedKey {
        header,
        key: ClearKey::new(algorithm, key_block.key.to_vec().into())
            .map_err(|_| Tr34Error::Unreadable)?,
        freshness: attributes.freshness,
    })
}

/// The key distribution host (KDH): who sends.
pub struct Sender<'a> {
    /// Its certificate, in DER.
    pub certificate: &'a [u8],
    /// The RSA key of the certificate, in PKCS#8 DER.
    pub private_key: &'a SecretBytes,
}

/// The key receiving device (KRD): who receives.
pub struct Recipient<'a> {
    /// Its certificate, in DER.
    pub certificate: &'a [u8],
    /// The RSA key of the certificate, in PKCS#8 DER.
    pub private_key: &'a SecretBytes,
}

/// What was in a message.
#[derive(Clone)]
pub struct UnwrappedKey {
    /// The attributes of the key.
    pub header: Header,
    /// The key, or a component of one: [`tr31::KeyVersion::is_component`] tells.
    pub key: ClearKey,
    /// What the message says of its moment.
    pub freshness: Freshness,
}

/// How many random bytes [`wrap`] is given; it uses no more.
///
/// ```text
/// offset length
///      0     24  ephemeral key
///     24     16  initialisation vector
///     40     16  padding of the key block header
/// ```
pub const RANDOM_LENGTH: usize = 56;

fn decode_header(text: &[u8]) -> Result<Header, Tr34Error> {
    let text = std::str::from_utf8(text)
        .map_err(|_| Tr34Error::KeyBlockHeader(tr31::Tr31Error::NotAscii))?;
    let decoded = Header::decode(text).map_err(Tr34Error::KeyBlockHeader)?;
    if decoded.encoded_length != text.len() {
        return Err(Tr34Error::Encoding(Field::KeyBlockHeader));
    }
    Ok(decoded.header)
}
