//! What KMS signed, and its verification with a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).

use crate::algorithms::SignatureAlgorithm;
use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use serde::{Deserialize, Serialize};
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

/// A signature that KMS made, and what verifies it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignatureFacts {
    /// Upper-case hex.
    pub signature: String,
    pub algorithm: SignatureAlgorithm,
    pub message_type: MessageType,
    pub key_arn: String,
    /// PEM of the SubjectPublicKeyInfo that verified the signature.
    pub public_key: String,
}

/// What KMS was given: the message itself, or (over 4096 bytes) its digest.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum MessageType {
    Digest,
    Raw,
}

/// False for anything that cannot be verified, a key that cannot be read included.
pub fn verifies(
    algorithm: SignatureAlgorithm,
    public_key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> bool {
    let Ok((_, key)) = SubjectPublicKeyInfo::from_der(public_key) else {
        return false;
    };
    let bytes = &key.subject_public_key.data;
    UnparsedPublicKey::new(verification(algorithm), bytes)
        .verify(message, signature)
        .is_ok()
}

/// KMS offers each ECDSA hash for one curve only.
fn verification(algorithm: SignatureAlgorithm) -> &'static dyn VerificationAlgorithm {
    use SignatureAlgorithm as A;
    match algorithm {
        A::ECDSA_SHA_256 => &signature::ECDSA_P256_SHA256_ASN1,
        A::ECDSA_SHA_384 => &signature::ECDSA_P384_SHA384_ASN1,
        A::ECDSA_SHA_512 => &signature::ECDSA_P521_SHA512_ASN1,
        A::RSASSA_PKCS1_V1_5_SHA_256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        A::RSASSA_PKCS1_V1_5_SHA_384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        A::RSASSA_PKCS1_V1_5_SHA_512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        A::RSASSA_PSS_SHA_256 => &signature::RSA_PSS_2048_8192_SHA256,
        A::RSASSA_PSS_SHA_384 => &signature::RSA_PSS_2048_8192_SHA384,
        A::RSASSA_PSS_SHA_512 => &signature::RSA_PSS_2048_8192_SHA512,
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::KeyPair as _;
    use rcgen::{KeyPair, PublicKeyData as _};

    use super::*;

    #[test]
    fn every_flipped_byte_of_an_ecdsa_signature_is_noticed() {
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let signer = signature::EcdsaKeyPair::from_pkcs8(
            &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
            &key.serialize_der(),
        )
        .unwrap();
        assert_eq!(signer.public_key().as_ref(), key.public_key_raw());
        let good = signer.sign(&SystemRandom::new(), b"message").unwrap();
        let spki = key.subject_public_key_info();
        let algorithm = SignatureAlgorithm::ECDSA_SHA_256;
        assert!(verifies(algorithm, &spki, b"message", good.as_ref()));
        assert!(!verifies(algorithm, &spki, b"massage", good.as_ref()));
        assert!(!verifies(
            SignatureAlgorithm::ECDSA_SHA_384,
            &spki,
            b"message",
            good.as_ref()
        ));
        for position in 0..good.as_ref().len() {
            let mut bad = good.as_ref().to_vec();
            bad[position] ^= 1;
            assert!(
                !verifies(algorithm, &spki, b"message", &bad),
                "byte {position}"
            );
        }
    }

    #[test]
    fn a_key_that_cannot_be_read_verifies_nothing() {
        assert!(!verifies(
            SignatureAlgorithm::ECDSA_SHA_256,
            b"no key",
            b"message",
            b"signature"
        ));
    }
}
