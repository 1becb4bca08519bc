//! The middle part: the key block, encrypted for one recipient.

use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Encode, Reader, Sequence, SliceReader};
use zeroize::Zeroizing;

use super::asn1::{DATA, SetOfOne, check, decode};
use super::certificate::{CertificateId, ParsedCertificate};
use super::content_cipher::ContentCipher;
use super::key_block::KeyBlock;
use super::{Field, RANDOM_LENGTH, Recipient, Tr34Error, rsa};

/// Checks that an envelope is for this recipient, and decrypts what is in it.
pub(super) fn open(envelope: &[u8], recipient: &Recipient<'_>) -> Result<Opened, Tr34Error> {
    let (version, infos, content) = decode_parts(envelope)?;
    check(version, 0, Field::Version)?;
    let SetOfOne(info) = infos;
    check(info.version, 0, Field::Version)?;
    let certificate = ParsedCertificate::new(recipient.certificate, Field::RecipientCertificate)?;
    if info.id != certificate.id {
        return Err(Tr34Error::Mismatch(Field::Recipient));
    }
    let oaep = decode(OAEP_SHA_256, Field::KeyEncryption)?;
    check(info.key_encryption, oaep, Field::KeyEncryption)?;
    check(content.kind, DATA, Field::ContentType)?;
    let cipher = ContentCipher::of_identifier(content.encryption.algorithm)
        .ok_or(Tr34Error::Value(Field::ContentEncryption))?;
    let iv = content.encryption.iv.as_bytes();
    check(iv.len(), cipher.block_length(), Field::InitializationVector)?;

    let key = rsa::decrypt(recipient.private_key, info.encrypted_key.as_bytes())?;
    let text = cipher
        .decrypt(key, iv, content.encryption.ciphertext.as_bytes())
        .ok_or(Tr34Error::Unreadable)?;
    Ok(Opened {
        text,
        block_length: cipher.block_length(),
    })
}

/// A decrypted key block, still encoded.
pub(super) struct Opened {
    text: Zeroizing<Vec<u8>>,
    block_length: usize,
}

impl Opened {
    pub(super) fn key_block(&self) -> Result<KeyBlock<'_>, Tr34Error> {
        KeyBlock::decode(&self.text, self.block_length)
    }
}

/// Encrypts a key block for the holder of a certificate.
pub(super) fn seal(
    key_block: &KeyBlock<'_>,
    cipher: ContentCipher,
    recipient_certificate: &[u8],
    random: &[u8; RANDOM_LENGTH],
) -> Result<Vec<u8>, Tr34Error> {
    let malformed = |_| Tr34Error::Encoding(Field::Envelope);
    let certificate = ParsedCertificate::new(recipient_certificate, Field::RecipientCertificate)?;
    let (key, iv) = cipher.split_random(random);
    let encrypted_key = rsa::encrypt(&certificate, key.expose())?;
    let text = key_block.encode(cipher.block_length())?;
    let ciphertext = cipher
        .encrypt(key, iv, text)
        .ok_or(Tr34Error::Encoding(Field::Envelope))?;

    let mut envelope = Vec::new();
    0_u8.encode_to_vec(&mut envelope).map_err(malformed)?;
    SetOfOne(RecipientInfo {
        version: 0,
        id: certificate.id,
        key_encryption: decode(OAEP_SHA_256, Field::KeyEncryption)?,
        encrypted_key: OctetStringRef::new(&encrypted_key).map_err(malformed)?,
    })
    .encode_to_vec(&mut envelope)
    .map_err(malformed)?;
    EncryptedContentInfo {
        kind: DATA,
        encryption: ContentEncryption {
            algorithm: cipher.identifier(),
            iv: OctetStringRef::new(iv).map_err(malformed)?,
            ciphertext: OctetStringRef::new(&ciphertext).map_err(malformed)?,
        },
    }
    .encode_to_vec(&mut envelope)
    .map_err(malformed)?;
    Ok(envelope)
}

/// The three parts of an envelope (RFC 5652 section 6.1), which follow each other without the
/// SEQUENCE that would make them one:
///
/// ```text
/// version               INTEGER                   -- 0
/// recipientInfos        SET { RecipientInfo }
/// encryptedContentInfo  EncryptedContentInfo
/// ```
fn decode_parts(
    envelope: &[u8],
) -> Result<(u8, SetOfOne<RecipientInfo<'_>>, EncryptedContentInfo<'_>), Tr34Error> {
    let parts = SliceReader::new(envelope).and_then(|mut reader| {
        let parts = (reader.decode()?, reader.decode()?, reader.decode()?);
        reader.finish(parts)
    });
    parts.map_err(|_| Tr34Error::Encoding(Field::Envelope))
}

/// ```text
/// RecipientInfo ::= SEQUENCE {                    -- RFC 5652 section 6.2.1
///     version                 INTEGER,            -- 0
///     rid                     IssuerAndSerialNumber,  -- of the recipient's certificate
///     keyEncryptionAlgorithm  AlgorithmIdentifier,
///     encryptedKey            OCTET STRING }      -- the ephemeral key
/// ```
#[derive(Sequence)]
struct RecipientInfo<'a> {
    version: u8,
    id: CertificateId,
    key_encryption: AnyRef<'a>,
    encrypted_key: OctetStringRef<'a>,
}

/// ```text
/// EncryptedContentInfo ::= SEQUENCE {             -- RFC 5652 section 6.1
///     contentType  OBJECT IDENTIFIER,             -- data
///     encryption   ContentEncryption }
/// ```
#[derive(Sequence)]
struct EncryptedContentInfo<'a> {
    kind: ObjectIdentifier,
    encryption: ContentEncryption<'a>,
}

/// Where RFC 5652 has an AlgorithmIdentifier, and the ciphertext after it.
///
/// ```text
/// ContentEncryption ::= SEQUENCE {
///     algorithm   OBJECT IDENTIFIER,
///     iv          OCTET STRING,                   -- one block of the cipher
///     ciphertext  [0] IMPLICIT OCTET STRING }     -- of the key block
/// ```
#[derive(Sequence)]
struct ContentEncryption<'a> {
    algorithm: ObjectIdentifier,
    iv: OctetStringRef<'a>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    ciphertext: OctetStringRef<'a>,
}

/// RSAES-OAEP with SHA-256, MGF1 with SHA-256 and an empty label. Unlike in RFC 4055 section 4.1,
/// the parameters are not tagged, and all three are present.
///
/// ```text
/// AlgorithmIdentifier ::= SEQUENCE {
///     rsaesOaep,
///     SEQUENCE {
///         hashFunc     SEQUENCE { sha256, NULL },
///         maskGenFunc  SEQUENCE { mgf1, SEQUENCE { sha256 } },
///         pSourceFunc  SEQUENCE { pSpecified, OCTET STRING "" } } }
/// ```
#[rustfmt::skip]
const OAEP_SHA_256: &[u8] = &[
    0x30, 0x45,
    0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x07,
    0x30, 0x38,
    0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
    0x30, 0x18, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x08,
    0x30, 0x0B, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
    0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x09, 0x04, 0x00,
];
