//! A KEK in a TR-34 block (ANSI X9.139), in the form that AWS Payment Cryptography calls
//! `X9_TR34_2012`: signed data whose contents are an envelope without a frame of its own.

use aws_lc_rs::rsa::OAEP_SHA256_MGF1SHA256;
use der::{Decode, Encode};
use x509_cert::Certificate;

use super::Receiver;
use super::cipher::Key;
use super::der_reader::{
    CONTEXT_0, CONTEXT_0_PRIMITIVE, INTEGER, NULL, OBJECT, OCTETS, Reader, SEQUENCE, SET, UTC_TIME,
};
use super::error::{BlockError, OpenError};
use super::{rsa_oaep, sender, sha256};
use crate::certificate::remade::tlv;
use crate::manifest::{How, Manifest};
use crate::{Package, signature};

// Contents of object identifiers; `wrap` writes them too.
pub(crate) const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
pub(crate) const ENVELOPED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 3];
pub(crate) const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
pub(crate) const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3];
pub(crate) const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4];
pub(crate) const SIGNING_TIME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 5];
pub(crate) const RANDOM_NONCE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 25, 3];
pub(crate) const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
pub(crate) const RSAES_OAEP: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 7];
pub(crate) const MGF1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8];
pub(crate) const P_SPECIFIED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 9];
pub(crate) const SHA_256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
pub(crate) const DES_EDE3_CBC: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 7];
pub(crate) const AES_128_CBC: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 2];

pub(super) fn open(
    package: &Package,
    manifest: &Manifest,
    receiver: &Receiver<'_>,
) -> Result<Vec<u8>, OpenError> {
    let How::Tr34 {
        key_block_bytes,
        header,
        nonce,
        ours,
    } = &manifest.wrapping.how
    else {
        return Err(BlockError::Form.into());
    };
    let block = package.both_forms("key-block", "der")?;
    if block.len() != *key_block_bytes {
        return Err(OpenError::CryptogramLength {
            expected: *key_block_bytes,
            found: block.len(),
        });
    }
    let files = ("kdh-certificate.pem", "kdh-chain.pem");
    let kdh = sender::certificate(package, files, ours, receiver)?;
    let told = nonce.as_ref().map(hex::decode);
    let told = told.transpose().map_err(|_| OpenError::NonceMismatch)?;
    if told.as_deref() != receiver.nonce {
        return Err(OpenError::NonceMismatch);
    }
    let Inside { key, header: found } = open_block(block, &kdh, receiver)?;
    if found != header.text.as_bytes() {
        return Err(BlockError::Header.into());
    }
    Ok(key)
}

/// What is in a block.
pub(crate) struct Inside {
    pub(crate) key: Vec<u8>,
    /// The sixteen characters that the sender signed.
    pub(crate) header: Vec<u8>,
}

/// IssuerAndSerialNumber of the sender that a block names, in DER.
pub(crate) fn sender_of(block: &[u8]) -> Option<Vec<u8>> {
    Signed::read(block).map(|signed| signed.sender.to_vec())
}

/// Verifies a block by the certificate of its sender, and opens it.
pub(crate) fn open_block(
    block: &[u8],
    kdh: &Certificate,
    receiver: &Receiver<'_>,
) -> Result<Inside, OpenError> {
    let signed = Signed::read(block).ok_or(BlockError::Form)?;
    signed.verify(kdh)?;
    let attributes = Attributes::read(signed.attributes).ok_or(BlockError::Form)?;
    if attributes.nonce != receiver.nonce {
        return Err(OpenError::NonceMismatch);
    }
    // Who sent no nonce is told the time instead.
    if attributes.signing_time.is_some() == attributes.nonce.is_some() {
        return Err(BlockError::Form.into());
    }
    if attributes.digest != hex::decode(sha256(signed.envelope)).unwrap_or_default() {
        return Err(BlockError::Digest.into());
    }
    let clear = decrypt(signed.envelope, receiver)?;
    let inside = Clear::read(&clear).ok_or(BlockError::Form)?;
    if inside.sender != signed.sender {
        return Err(BlockError::Sender.into());
    }
    if attributes.header != inside.header {
        return Err(BlockError::Header.into());
    }
    Ok(Inside {
        key: inside.key.to_vec(),
        header: inside.header.to_vec(),
    })
}

/// The frame of a block.
struct Signed<'a> {
    envelope: &'a [u8],
    /// IssuerAndSerialNumber.
    sender: &'a [u8],
    /// What is in the SET of attributes.
    attributes: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Signed<'a> {
    fn read(block: &'a [u8]) -> Option<Self> {
        let mut outer = Reader::new(block);
        let mut content = outer.enter(SEQUENCE)?;
        outer.is_at_end()?;
        content.is(OBJECT, SIGNED_DATA)?;
        let mut data = content.enter(CONTEXT_0)?;
        content.is_at_end()?;
        let mut signed = data.enter(SEQUENCE)?;
        data.is_at_end()?;
        signed.is(INTEGER, &[1])?;
        let mut digests = signed.enter(SET)?;
        sha256_algorithm(&mut digests)?;
        digests.is_at_end()?;
        let mut encapsulated = signed.enter(SEQUENCE)?;
        encapsulated.is(OBJECT, ENVELOPED_DATA)?;
        let mut contents = encapsulated.enter(CONTEXT_0)?;
        let envelope = contents.contents(OCTETS)?;
        contents.is_at_end()?;
        encapsulated.is_at_end()?;
        let mut signers = signed.enter(SET)?;
        signed.is_at_end()?;
        let mut signer = signers.enter(SEQUENCE)?;
        signers.is_at_end()?;
        signer.is(INTEGER, &[1])?;
        let sender = signer.element(SEQUENCE)?.whole;
        sha256_algorithm(&mut signer)?;
        let attributes = signer.contents(CONTEXT_0)?;
        let mut algorithm = signer.enter(SEQUENCE)?;
        algorithm.is(OBJECT, RSA_ENCRYPTION)?;
        algorithm.is(NULL, &[])?;
        algorithm.is_at_end()?;
        let signature = signer.contents(OCTETS)?;
        signer.is_at_end()?;
        Some(Self {
            envelope,
            sender,
            attributes,
            signature,
        })
    }

    /// The signature is over the attributes as a SET, and not as they stand (RFC 5652 §5.4).
    fn verify(&self, kdh: &Certificate) -> Result<(), BlockError> {
        if issuer_and_serial(kdh).as_deref() != Some(self.sender) {
            return Err(BlockError::Sender);
        }
        let message = tlv(SET, self.attributes);
        let key = kdh.tbs_certificate.subject_public_key_info.to_der();
        let key = key.map_err(|_| BlockError::Sender)?;
        let algorithm = "RSASSA_PKCS1_V1_5_SHA_256";
        match signature::verify(algorithm, &key, &message, self.signature) {
            Some(true) => Ok(()),
            _ => Err(BlockError::Signature),
        }
    }
}

fn sha256_algorithm(reader: &mut Reader<'_>) -> Option<()> {
    let mut algorithm = reader.enter(SEQUENCE)?;
    algorithm.is(OBJECT, SHA_256)?;
    algorithm.is_at_end()
}

/// What the sender signed.
struct Attributes<'a> {
    nonce: Option<&'a [u8]>,
    signing_time: Option<&'a [u8]>,
    header: &'a [u8],
    digest: &'a [u8],
}

impl<'a> Attributes<'a> {
    /// Each once, in whichever order.
    fn read(set: &'a [u8]) -> Option<Self> {
        let mut found: Vec<(&[u8], u8, &[u8])> = Vec::new();
        let mut set = Reader::new(set);
        while set.is_at_end().is_none() {
            let mut attribute = set.enter(SEQUENCE)?;
            let name = attribute.contents(OBJECT)?;
            let mut values = attribute.enter(SET)?;
            attribute.is_at_end()?;
            let value = values.any()?;
            values.is_at_end()?;
            if found.iter().any(|(other, _, _)| *other == name) {
                return None;
            }
            found.push((name, value.tag, value.contents));
        }
        let find = |name: &[u8], tag: u8| {
            let mut found = found.iter();
            let value = found.find(|it| it.0 == name && it.1 == tag);
            value.map(|it| it.2)
        };
        if find(CONTENT_TYPE, OBJECT)? != ENVELOPED_DATA {
            return None;
        }
        Some(Self {
            nonce: find(RANDOM_NONCE, OCTETS),
            signing_time: find(SIGNING_TIME, UTC_TIME),
            header: find(DATA, OCTETS)?,
            digest: find(MESSAGE_DIGEST, OCTETS)?,
        })
    }
}

/// Opens the envelope with the receiver's key: the clear key block, in DER.
fn decrypt(envelope: &[u8], receiver: &Receiver<'_>) -> Result<Vec<u8>, BlockError> {
    let envelope = Envelope::read(envelope).ok_or(BlockError::Form)?;
    let ours = Certificate::from_der(receiver.leaf.der()).ok();
    let ours = ours.and_then(|ours| issuer_and_serial(&ours));
    if ours.as_deref() != Some(envelope.receiver) {
        return Err(BlockError::Receiver);
    }
    let ephemeral = rsa_oaep::decrypt(&OAEP_SHA256_MGF1SHA256, receiver.leaf, envelope.wrapped_key)
        .ok_or(BlockError::Decryption)?;
    let algorithm = match envelope.cipher {
        DES_EDE3_CBC => "TDES_3KEY",
        AES_128_CBC => "AES_128",
        _ => return Err(BlockError::Form),
    };
    let key = Key::new(algorithm, &ephemeral).ok_or(BlockError::Decryption)?;
    let clear = key.cbc_decrypt(envelope.iv, envelope.ciphertext);
    unpadded(clear.ok_or(BlockError::Decryption)?).ok_or(BlockError::Decryption)
}

/// Takes off the padding of PKCS#7 (RFC 5652 §6.3).
fn unpadded(mut clear: Vec<u8>) -> Option<Vec<u8>> {
    let last = *clear.last()?;
    let length = clear.len().checked_sub(usize::from(last))?;
    let right = (1..=16).contains(&last) && clear[length..].iter().all(|byte| *byte == last);
    clear.truncate(length);
    right.then_some(clear)
}

struct Envelope<'a> {
    /// IssuerAndSerialNumber.
    receiver: &'a [u8],
    wrapped_key: &'a [u8],
    cipher: &'a [u8],
    iv: &'a [u8],
    ciphertext: &'a [u8],
}

impl<'a> Envelope<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut envelope = Reader::new(bytes);
        envelope.is(INTEGER, &[0])?;
        let mut receivers = envelope.enter(SET)?;
        let mut information = receivers.enter(SEQUENCE)?;
        receivers.is_at_end()?;
        information.is(INTEGER, &[0])?;
        let receiver = information.element(SEQUENCE)?.whole;
        oaep(&mut information)?;
        let wrapped_key = information.contents(OCTETS)?;
        information.is_at_end()?;
        let mut encrypted = envelope.enter(SEQUENCE)?;
        envelope.is_at_end()?;
        encrypted.is(OBJECT, DATA)?;
        // The ciphertext stands in the same sequence as its algorithm.
        let mut content = encrypted.enter(SEQUENCE)?;
        encrypted.is_at_end()?;
        let cipher = content.contents(OBJECT)?;
        let iv = content.contents(OCTETS)?;
        let ciphertext = content.contents(CONTEXT_0_PRIMITIVE)?;
        content.is_at_end()?;
        Some(Self {
            receiver,
            wrapped_key,
            cipher,
            iv,
            ciphertext,
        })
    }
}

/// RSAES-OAEP with SHA-256 for both hashes and no label, without the tags of RFC 8017.
fn oaep(reader: &mut Reader<'_>) -> Option<()> {
    let mut algorithm = reader.enter(SEQUENCE)?;
    algorithm.is(OBJECT, RSAES_OAEP)?;
    let mut parameters = algorithm.enter(SEQUENCE)?;
    algorithm.is_at_end()?;
    let mut hash = parameters.enter(SEQUENCE)?;
    hash.is(OBJECT, SHA_256)?;
    hash.is(NULL, &[])?;
    let mut mask = parameters.enter(SEQUENCE)?;
    mask.is(OBJECT, MGF1)?;
    sha256_algorithm(&mut mask)?;
    mask.is_at_end()?;
    let mut label = parameters.enter(SEQUENCE)?;
    label.is(OBJECT, P_SPECIFIED)?;
    label.is(OCTETS, &[])?;
    parameters.is_at_end()
}

/// What was encrypted.
struct Clear<'a> {
    /// IssuerAndSerialNumber.
    sender: &'a [u8],
    key: &'a [u8],
    header: &'a [u8],
}

impl<'a> Clear<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut outer = Reader::new(bytes);
        let mut block = outer.enter(SEQUENCE)?;
        outer.is_at_end()?;
        block.is(INTEGER, &[1])?;
        let sender = block.element(SEQUENCE)?.whole;
        let key = block.contents(OCTETS)?;
        let mut attribute = block.enter(SEQUENCE)?;
        block.is_at_end()?;
        attribute.is(OBJECT, DATA)?;
        let mut values = attribute.enter(SET)?;
        attribute.is_at_end()?;
        let header = values.contents(OCTETS)?;
        values.is_at_end()?;
        Some(Self {
            sender,
            key,
            header,
        })
    }
}

/// IssuerAndSerialNumber (RFC 5652 §10.2.4) of a certificate, in DER.
pub(crate) fn issuer_and_serial(certificate: &Certificate) -> Option<Vec<u8>> {
    let certificate = &certificate.tbs_certificate;
    let name = certificate.issuer.to_der().ok()?;
    let serial = certificate.serial_number.to_der().ok()?;
    let contents = [name, serial].concat();
    Some(tlv(SEQUENCE, &contents))
}
