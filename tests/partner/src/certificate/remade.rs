//! Certificates that no sound software makes: a right one, with parts of it replaced.

use der::{Decode, Reader, SliceReader};
use rcgen::SigningKey;

use super::Certified;
use crate::PrivateKey;

/// The fields of a TBSCertificate in their order (RFC 5280 section 4.1), each as its DER.
#[derive(Clone, Debug)]
pub struct Parts {
    pub version: Vec<u8>,
    pub serial: Vec<u8>,
    pub algorithm: Vec<u8>,
    pub issuer: Vec<u8>,
    pub validity: Vec<u8>,
    pub subject: Vec<u8>,
    pub key: Vec<u8>,
    /// All extensions, under their tag; empty where there are none.
    pub extensions: Vec<u8>,
}

impl Certified {
    /// The same certificate with parts replaced, signed anew by `issuer`.
    pub fn remade(&self, issuer: &PrivateKey, change: impl FnOnce(&mut Parts)) -> Self {
        let mut parts = Parts::of(&self.der);
        change(&mut parts);
        let fields = [
            &parts.version,
            &parts.serial,
            &parts.algorithm,
            &parts.issuer,
            &parts.validity,
            &parts.subject,
            &parts.key,
            &parts.extensions,
        ];
        let signed = tlv(SEQUENCE, &fields.map(Vec::as_slice).concat());
        let signature = issuer.pair().sign(&signed).expect("signing a certificate");
        let signature = tlv(BIT_STRING, &[&[0], &signature[..]].concat());
        let der = tlv(SEQUENCE, &[signed, parts.algorithm, signature].concat());
        Self {
            der,
            ..self.clone()
        }
    }
}

impl Parts {
    fn of(der: &[u8]) -> Self {
        let read = || {
            let fields = contents(contents(der)?)?;
            let mut reader = SliceReader::new(fields)?;
            let mut next = || reader.tlv_bytes().map(<[u8]>::to_vec);
            der::Result::Ok(Self {
                version: next()?,
                serial: next()?,
                algorithm: next()?,
                issuer: next()?,
                validity: next()?,
                subject: next()?,
                key: next()?,
                extensions: next().unwrap_or_default(),
            })
        };
        read().expect("a certificate of our own")
    }
}

/// The contents of the first value in `der`.
fn contents(der: &[u8]) -> der::Result<&[u8]> {
    let mut reader = SliceReader::new(der)?;
    let header = der::Header::decode(&mut reader)?;
    reader.read_slice(header.length)
}

pub const SEQUENCE: u8 = 0x30;
pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const UTC_TIME: u8 = 0x17;
pub const GENERALIZED_TIME: u8 = 0x18;

/// A value in DER: its tag, its length, its contents.
pub fn tlv(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = contents.len();
    let mut value = vec![tag];
    match u16::try_from(length).expect("a short value") {
        short @ 0..=0x7f => value.push(short as u8),
        short @ 0x80..=0xff => value.extend([0x81, short as u8]),
        long => value.extend([&[0x82], &long.to_be_bytes()[..]].concat()),
    }
    value.extend(contents);
    value
}

/// The SubjectPublicKeyInfo of an RSA key of any two numbers, each the contents of an INTEGER: with
/// a first bit that is set it is negative.
pub fn rsa_key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    const RSA_ENCRYPTION: [u8; 15] = [
        0x30, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 0x05, 0,
    ];
    let key = tlv(
        SEQUENCE,
        &[tlv(INTEGER, modulus), tlv(INTEGER, exponent)].concat(),
    );
    let key = tlv(BIT_STRING, &[&[0], &key[..]].concat());
    tlv(SEQUENCE, &[&RSA_ENCRYPTION, &key[..]].concat())
}

/// The modulus in an RSA key's SubjectPublicKeyInfo, as the contents of an INTEGER.
pub fn modulus_of(key: &[u8]) -> Vec<u8> {
    let read = || {
        let mut fields = SliceReader::new(contents(key)?)?;
        let _algorithm = fields.tlv_bytes()?;
        let numbers = contents(fields.tlv_bytes()?)?;
        contents(contents(&numbers[1..])?)
    };
    read().expect("an RSA key").to_vec()
}
