//! Messages made without the codec, from the layout alone: what another implementation would send,
//! and, with anything in them changed, what a faulty or malicious one would.

use aes::Aes128;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    KeyPair, OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PrivateDecryptingKey,
};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use des::TdesEde3;
use keyblock::tr34::CertificateId;
use sha2::{Digest, Sha256};

use super::parties::Party;

/// Everything that goes into a message. The parts are DER, but for those that are said to be bytes.
#[derive(Clone)]
pub struct Draft<'a> {
    pub sender: &'a Party,
    pub recipient: &'a Party,

    pub key_block_version: Vec<u8>,
    pub key_block_sender: Vec<u8>,
    /// Bytes.
    pub key: Vec<u8>,
    pub key_block_attribute: Vec<u8>,
    /// Bytes.
    pub header: Vec<u8>,

    pub envelope_version: Vec<u8>,
    pub recipient_version: Vec<u8>,
    pub recipient_id: Vec<u8>,
    pub key_encryption: Vec<u8>,
    /// Bytes: 24 for TDES, 16 for AES.
    pub ephemeral_key: Vec<u8>,
    pub content_type: Vec<u8>,
    pub content_encryption: Vec<u8>,
    /// Bytes.
    pub iv: Vec<u8>,

    /// Bytes.
    pub signed_header: Vec<u8>,
    pub freshness: Vec<u8>,
    pub signed_content_type: Vec<u8>,

    pub message_type: Vec<u8>,
    pub message_version: Vec<u8>,
    pub digest_algorithm: Vec<u8>,
    pub envelope_type: Vec<u8>,
    pub signer_version: Vec<u8>,
    pub sender_id: Vec<u8>,
    pub signer_digest_algorithm: Vec<u8>,
    pub signature_algorithm: Vec<u8>,
}

impl<'a> Draft<'a> {
    /// A message without a mistake: a double-length TDES key with this header, in answer to a nonce.
    pub fn new(sender: &'a Party, recipient: &'a Party, header: &str, nonce: &[u8]) -> Self {
        Self {
            sender,
            recipient,
            key_block_version: integer(1),
            key_block_sender: id(sender),
            key: (0x50..0x60).collect(),
            key_block_attribute: oid(DATA),
            header: header.as_bytes().to_vec(),
            envelope_version: integer(0),
            recipient_version: integer(0),
            recipient_id: id(recipient),
            key_encryption: bytes(OAEP_SHA_256),
            ephemeral_key: (0..24).collect(),
            content_type: oid(DATA),
            content_encryption: oid(DES_EDE3_CBC),
            iv: vec![0x1F; 8],
            signed_header: header.as_bytes().to_vec(),
            freshness: attribute(RANDOM_NONCE, &octets(nonce)),
            signed_content_type: oid(ENVELOPED_DATA),
            message_type: oid(SIGNED_DATA),
            message_version: integer(1),
            digest_algorithm: sequence(&[&oid(SHA_256)]),
            envelope_type: oid(ENVELOPED_DATA),
            signer_version: integer(1),
            sender_id: id(sender),
            signer_digest_algorithm: sequence(&[&oid(SHA_256)]),
            signature_algorithm: sequence(&[&oid(RSA_ENCRYPTION), &[0x05, 0x00]]),
        }
    }

    /// The same with AES-128.
    pub fn with_aes(mut self) -> Self {
        self.ephemeral_key.truncate(16);
        self.content_encryption = oid(AES_128_CBC);
        self.iv = vec![0x1F; 16];
        self
    }

    pub fn message(&self) -> Vec<u8> {
        let envelope = self.envelope(&self.padded_key_block());
        self.signed(&envelope, &self.attributes(&envelope).concat())
    }

    pub fn key_block(&self) -> Vec<u8> {
        let header = sequence(&[
            &self.key_block_attribute,
            &tlv(0x31, &[&octets(&self.header)]),
        ]);
        sequence(&[
            &self.key_block_version,
            &self.key_block_sender,
            &octets(&self.key),
            &header,
        ])
    }

    pub fn padded_key_block(&self) -> Vec<u8> {
        let mut text = self.key_block();
        let block_length = self.iv.len().max(1);
        let padding = block_length - text.len() % block_length;
        text.resize(text.len() + padding, padding as u8);
        text
    }

    /// An envelope around any text of whole blocks.
    pub fn envelope(&self, text: &[u8]) -> Vec<u8> {
        let mut ciphertext = text.to_vec();
        let length = ciphertext.len();
        let (key, iv) = (&self.ephemeral_key, &self.iv);
        match key.len() {
            16 => cbc::Encryptor::<Aes128>::new_from_slices(key, iv).map(|cipher| {
                let _ = cipher.encrypt_padded::<NoPadding>(&mut ciphertext, length);
            }),
            _ => cbc::Encryptor::<TdesEde3>::new_from_slices(key, iv).map(|cipher| {
                let _ = cipher.encrypt_padded::<NoPadding>(&mut ciphertext, length);
            }),
        }
        // With a key or vector that is none, the text stays as it is: nobody will get to see it.
        .unwrap_or_default();
        let recipient = sequence(&[
            &self.recipient_version,
            &self.recipient_id,
            &self.key_encryption,
            &octets(&self.encrypted_key()),
        ]);
        let encryption = sequence(&[
            &self.content_encryption,
            &octets(iv),
            &tlv(0x80, &[&ciphertext]),
        ]);
        let content = sequence(&[&self.content_type, &encryption]);
        [
            self.envelope_version.clone(),
            tlv(0x31, &[&recipient]),
            content,
        ]
        .concat()
    }

    /// Another one every time.
    pub fn encrypted_key(&self) -> Vec<u8> {
        self.recipient.encrypt(&self.ephemeral_key)
    }

    /// The four attributes, in the order of the format.
    pub fn attributes(&self, envelope: &[u8]) -> Vec<Vec<u8>> {
        vec![
            attribute(CONTENT_TYPE, &self.signed_content_type),
            self.freshness.clone(),
            attribute(DATA, &octets(&self.signed_header)),
            attribute(MESSAGE_DIGEST, &octets(&Sha256::digest(envelope))),
        ]
    }

    /// A message with any envelope and attributes; the signature is right in any case.
    pub fn signed(&self, envelope: &[u8], attributes: &[u8]) -> Vec<u8> {
        let signature = self.sender.sign(&tlv(0x31, &[attributes]));
        let signer = sequence(&[
            &self.signer_version,
            &self.sender_id,
            &self.signer_digest_algorithm,
            &tlv(0xA0, &[attributes]),
            &self.signature_algorithm,
            &octets(&signature),
        ]);
        let content = sequence(&[&self.envelope_type, &tlv(0xA0, &[&octets(envelope)])]);
        let signed_data = sequence(&[
            &self.message_version,
            &tlv(0x31, &[&self.digest_algorithm]),
            &content,
            &tlv(0x31, &[&signer]),
        ]);
        sequence(&[&self.message_type, &tlv(0xA0, &[&signed_data])])
    }
}

impl Party {
    fn encrypt(&self, plaintext: &[u8]) -> Vec<u8> {
        let key = PrivateDecryptingKey::from_pkcs8(self.private_key.expose()).unwrap();
        let key = OaepPublicEncryptingKey::new(key.public_key()).unwrap();
        let mut ciphertext = vec![0; key.ciphertext_size()];
        key.encrypt(&OAEP_SHA256_MGF1SHA256, plaintext, &mut ciphertext, None)
            .unwrap();
        ciphertext
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let key = KeyPair::from_pkcs8(self.private_key.expose()).unwrap();
        let mut signature = vec![0; key.public_modulus_len()];
        let random = SystemRandom::new();
        key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
            .unwrap();
        signature
    }
}

/// The IssuerAndSerialNumber of a party's certificate.
pub fn id(party: &Party) -> Vec<u8> {
    let id = CertificateId::of_certificate(&party.certificate).unwrap();
    der::Encode::to_der(&id).unwrap()
}

pub fn attribute(kind: &str, value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(kind), &tlv(0x31, &[value])])
}

pub fn integer(value: u8) -> Vec<u8> {
    tlv(0x02, &[&[value]])
}

pub fn octets(contents: &[u8]) -> Vec<u8> {
    tlv(0x04, &[contents])
}

pub fn oid(hexadecimal: &str) -> Vec<u8> {
    tlv(0x06, &[&bytes(hexadecimal)])
}

pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, parts)
}

pub fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let contents = parts.concat();
    let length = contents.len();
    let mut encoded = vec![tag];
    match length {
        0..0x80 => encoded.push(length as u8),
        0x80..0x100 => encoded.extend([0x81, length as u8]),
        _ => encoded.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    encoded.extend(contents);
    encoded
}

pub fn bytes(hexadecimal: &str) -> Vec<u8> {
    hex::decode(hexadecimal).unwrap()
}

/// Object identifiers, without tag and length.
pub const DATA: &str = "2A864886F70D010701";
pub const SIGNED_DATA: &str = "2A864886F70D010702";
pub const ENVELOPED_DATA: &str = "2A864886F70D010703";
pub const CONTENT_TYPE: &str = "2A864886F70D010903";
pub const MESSAGE_DIGEST: &str = "2A864886F70D010904";
pub const SIGNING_TIME: &str = "2A864886F70D010905";
pub const RANDOM_NONCE: &str = "2A864886F70D01091903";
pub const RSA_ENCRYPTION: &str = "2A864886F70D010101";
pub const SHA_256: &str = "608648016503040201";
pub const DES_EDE3_CBC: &str = "2A864886F70D0307";
pub const AES_128_CBC: &str = "608648016503040102";

/// As in the messages of the service.
pub const OAEP_SHA_256: &str = "304506092A864886F70D0101073038300D06096086480165030402010500301806\
                                092A864886F70D010108300B0609608648016503040201300D06092A864886F70D\
                                0101090400";
