//! An authority that the services answer for: its certificate, and the key that signs.

use std::sync::Arc;

use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use der::asn1::{Any, BitString, Null, ObjectIdentifier};
use der::{Decode, Encode};
use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512,
    PKCS_RSA_SHA256, SigningKey,
};
use x509_cert::Certificate;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_ocsp::CertId;

use super::address;
use crate::Certified;

/// SHA-1 and SHA-256, by which a CertID may name an issuer.
pub(crate) const SHA_1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
pub(crate) const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

#[derive(Clone, Debug)]
pub(crate) struct Authority {
    pub(crate) certificate: Certificate,
    /// What its CRL is called.
    pub(crate) id: String,
    key: Arc<KeyPair>,
}

impl Authority {
    pub(crate) fn of(certified: &Certified) -> Self {
        Self::new(certified.der(), certified.key().shared())
            .expect("a certificate of our own making")
    }

    pub(crate) fn new(certificate: &[u8], key: Arc<KeyPair>) -> der::Result<Self> {
        Ok(Self {
            certificate: Certificate::from_der(certificate)?,
            id: address::key_id(certificate),
            key,
        })
    }

    /// The same authority, but for the key that signs.
    pub(crate) fn forged(&self) -> Self {
        let key = KeyPair::generate().expect("key generation");
        Self {
            key: Arc::new(key),
            ..self.clone()
        }
    }

    /// Whether a CertID names it as the issuer.
    pub(crate) fn is_named_by(&self, id: &CertId) -> bool {
        let algorithm = match id.hash_algorithm.oid {
            SHA_1 => &SHA1_FOR_LEGACY_USE_ONLY,
            SHA_256 => &SHA256,
            _ => return false,
        };
        let name = self.certificate.tbs_certificate.subject.to_der();
        let name = name.expect("a name that was decoded");
        id.issuer_name_hash.as_bytes() == digest(algorithm, &name).as_ref()
            && id.issuer_key_hash.as_bytes() == self.key_hash(algorithm)
    }

    /// A digest over the key as RFC 6960 section 4.1.1 takes it: without tag, length and algorithm.
    pub(crate) fn key_hash(&self, algorithm: &'static Algorithm) -> Vec<u8> {
        let key = &self.certificate.tbs_certificate.subject_public_key_info;
        let key = key.subject_public_key.raw_bytes();
        digest(algorithm, key).as_ref().to_vec()
    }

    pub(crate) fn signature_algorithm(&self) -> AlgorithmIdentifierOwned {
        let (oid, parameters) = match self.key.algorithm() {
            algorithm if algorithm == &PKCS_RSA_SHA256 => {
                ("1.2.840.113549.1.1.11", Some(Any::from(Null)))
            }
            algorithm if algorithm == &PKCS_ECDSA_P256_SHA256 => ("1.2.840.10045.4.3.2", None),
            algorithm if algorithm == &PKCS_ECDSA_P384_SHA384 => ("1.2.840.10045.4.3.3", None),
            algorithm if algorithm == &PKCS_ECDSA_P521_SHA512 => ("1.2.840.10045.4.3.4", None),
            other => panic!("no authority signs with {other:?}"),
        };
        AlgorithmIdentifierOwned {
            oid: ObjectIdentifier::new_unwrap(oid),
            parameters,
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> BitString {
        let signature = self.key.sign(message).expect("signing");
        BitString::from_bytes(&signature).expect("a signature as a bit string")
    }
}
