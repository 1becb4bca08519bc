//! Certificates of authorities, made from the layout alone (RFC 5280 section 4.1) and signed after
//! they were changed: what only a wrong signature would else keep from being looked at.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use der::asn1::UintRef;
use der::{Decode, Sequence};
use pem::Pem;
use serde_json::{Value, json};

use crate::forge::{RSA_ENCRYPTION, bytes, integer, octets, oid, sequence, tlv};

pub(super) static P256_ROOT: LazyLock<Root> =
    LazyLock::new(|| Root::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap()));
pub(super) static RSA_ROOT: LazyLock<Root> =
    LazyLock::new(|| Root::Rsa(rsa::KeyPair::generate(KeySize::Rsa2048).unwrap()));

/// An authority of the partner: its key.
pub(super) enum Root {
    P256(EcdsaKeyPair),
    Rsa(rsa::KeyPair),
}

impl Root {
    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            Self::P256(_) => "ECC_NIST_P256",
            Self::Rsa(_) => "RSA_2048",
        }
    }

    /// The fields of the part that is signed, in their order. The key is another in every process;
    /// a marker of the same length stands for it.
    pub(super) fn parts(&self) -> Vec<Vec<u8>> {
        let name = sequence(&[&tlv(
            0x31,
            &[&sequence(&[&oid(COMMON_NAME), &tlv(0x0C, &[b"Root"])])],
        )]);
        let dates = sequence(&[
            &tlv(0x17, &[b"200101000000Z"]),
            &tlv(0x17, &[b"491231235959Z"]),
        ]);
        let yes = bytes("0101FF");
        let constraints = octets(&sequence(&[&yes]));
        let constraints = sequence(&[&oid(BASIC_CONSTRAINTS), &yes, &constraints]);
        vec![
            tlv(0xA0, &[&integer(2)]),
            integer(1),
            self.signature_algorithm(),
            name.clone(),
            dates,
            name,
            sequence(&[&self.key_algorithm(), &self.key_with_marker()]),
            tlv(0xA3, &[&sequence(&[&constraints])]),
        ]
    }

    /// The part with the key as DER forbids it: the length has a byte more than it needs.
    pub(super) fn key_that_is_not_der(&self) -> Vec<u8> {
        let key = [self.key_algorithm(), self.key_with_marker()].concat();
        match u8::try_from(key.len()) {
            Ok(length) => [&[0x30, 0x81, length], &key[..]].concat(),
            Err(_) => [&[0x30, 0x83, 0], &key.len().to_be_bytes()[6..], &key].concat(),
        }
    }

    /// A certificate as the service takes it, with these parts; the signature is right in any case.
    pub(super) fn signed(&self, parts: &[Vec<u8>]) -> String {
        let mut contents = parts.concat();
        let (marker, key) = (self.marker(), self.key());
        let mut windows = contents.windows(marker.len());
        if let Some(position) = windows.position(|window| window == marker) {
            contents[position..position + marker.len()].copy_from_slice(&key);
        }
        let signed = sequence(&[&contents]);
        let signature = tlv(0x03, &[&[0], &self.sign(&signed)]);
        let certificate = sequence(&[&signed, &self.signature_algorithm(), &signature]);
        STANDARD.encode(pem::encode(&Pem::new("CERTIFICATE", certificate)))
    }

    /// The one without a mistake.
    pub(super) fn certificate(&self) -> String {
        self.signed(&self.parts())
    }

    /// What ImportKey takes to import it.
    pub(super) fn as_root(&self, certificate: &str) -> Value {
        json!({ "RootCertificatePublicKey": {
            "KeyAttributes": {
                "KeyUsage": "TR31_S0_ASYMMETRIC_KEY_FOR_DIGITAL_SIGNATURE",
                "KeyClass": "PUBLIC_KEY",
                "KeyAlgorithm": self.algorithm(),
                "KeyModesOfUse": { "Verify": true },
            },
            "PublicKeyCertificate": certificate,
        } })
    }

    fn signature_algorithm(&self) -> Vec<u8> {
        match self {
            Self::P256(_) => sequence(&[&oid(ECDSA_WITH_SHA_256)]),
            Self::Rsa(_) => sequence(&[&oid(RSA_WITH_SHA_256), &NULL]),
        }
    }

    fn key_algorithm(&self) -> Vec<u8> {
        match self {
            Self::P256(_) => sequence(&[&oid(EC_PUBLIC_KEY), &oid(P256)]),
            Self::Rsa(_) => sequence(&[&oid(RSA_ENCRYPTION), &NULL]),
        }
    }

    fn key_with_marker(&self) -> Vec<u8> {
        match self {
            Self::P256(_) => tlv(0x03, &[&[0, 4], &self.marker()]),
            Self::Rsa(_) => {
                let modulus = tlv(0x02, &[&[0], &self.marker()]);
                let exponent = tlv(0x02, &[&[1, 0, 1]]);
                tlv(0x03, &[&[0], &sequence(&[&modulus, &exponent])])
            }
        }
    }

    fn marker(&self) -> Vec<u8> {
        vec![b'K'; self.key().len()]
    }

    /// The point without its first byte, or the modulus.
    fn key(&self) -> Vec<u8> {
        match self {
            Self::P256(pair) => pair.public_key().as_ref()[1..].to_vec(),
            Self::Rsa(pair) => {
                let key = RsaPublicKey::from_der(pair.public_key().as_ref()).unwrap();
                key.modulus.as_bytes().to_vec()
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::P256(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .unwrap();
                signature
            }
        }
    }
}

#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    exponent: UintRef<'a>,
}

const NULL: [u8; 2] = [0x05, 0x00];

// Object identifiers, without tag and length.
const BASIC_CONSTRAINTS: &str = "551D13";
const COMMON_NAME: &str = "550403";
const EC_PUBLIC_KEY: &str = "2A8648CE3D0201";
const ECDSA_WITH_SHA_256: &str = "2A8648CE3D040302";
const P256: &str = "2A8648CE3D030107";
const RSA_WITH_SHA_256: &str = "2A864886F70D01010B";
