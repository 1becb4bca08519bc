//! Certificate signatures: RSA PKCS#1 v1.5, RSA-PSS and ECDSA, with SHA-256, SHA-384 or SHA-512.
//!
//! Anything else, SHA-1 and MD5 above all, does not verify. INFERRED: the service lists no
//! algorithms; these are the ones its own documentation and samples use.

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use x509_parser::der_parser::oid::Oid;
use x509_parser::oid_registry::{
    OID_NIST_HASH_SHA256, OID_NIST_HASH_SHA384, OID_NIST_HASH_SHA512, OID_PKCS1_RSASSAPSS,
    OID_PKCS1_SHA256WITHRSA, OID_PKCS1_SHA384WITHRSA, OID_PKCS1_SHA512WITHRSA,
    OID_SIG_ECDSA_WITH_SHA256, OID_SIG_ECDSA_WITH_SHA384, OID_SIG_ECDSA_WITH_SHA512,
};
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::AlgorithmIdentifier;

use crate::model::attributes::KeyAlgorithm;

/// Verifies a signature with the signer's key.
pub fn verify(
    signer: SignerKey<'_>,
    algorithm: &AlgorithmIdentifier<'_>,
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    let scheme = Scheme::of(algorithm).ok_or(SignatureError::UnsupportedAlgorithm)?;
    let verification = scheme
        .verification(signer.algorithm)
        .ok_or(SignatureError::Invalid)?;
    UnparsedPublicKey::new(verification, signer.public_key)
        .verify(message, signature)
        .map_err(|_| SignatureError::Invalid)
}

/// A public key: the bits of the SubjectPublicKeyInfo, and what kind they are.
#[derive(Clone, Copy)]
pub struct SignerKey<'a> {
    pub algorithm: KeyAlgorithm,
    pub public_key: &'a [u8],
}

/// Why a signature does not count.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SignatureError {
    #[error("the signature does not verify")]
    Invalid,
    #[error("the signature is by an algorithm that is not supported")]
    UnsupportedAlgorithm,
}

/// Signature scheme and hash, independent of the key.
enum Scheme {
    Ecdsa(Hash),
    Pkcs1(Hash),
    Pss(Hash),
}

impl Scheme {
    /// RFC 8017 appendix A.2 and RFC 5758 section 3.2.
    fn of(identifier: &AlgorithmIdentifier<'_>) -> Option<Self> {
        let oid = &identifier.algorithm;
        let fixed = [
            (OID_PKCS1_SHA256WITHRSA, Self::Pkcs1(Hash::Sha256)),
            (OID_PKCS1_SHA384WITHRSA, Self::Pkcs1(Hash::Sha384)),
            (OID_PKCS1_SHA512WITHRSA, Self::Pkcs1(Hash::Sha512)),
            (OID_SIG_ECDSA_WITH_SHA256, Self::Ecdsa(Hash::Sha256)),
            (OID_SIG_ECDSA_WITH_SHA384, Self::Ecdsa(Hash::Sha384)),
            (OID_SIG_ECDSA_WITH_SHA512, Self::Ecdsa(Hash::Sha512)),
        ];
        if *oid == OID_PKCS1_RSASSAPSS {
            return pss_hash(identifier).map(Self::Pss);
        }
        fixed
            .into_iter()
            .find_map(|(known, scheme)| (known == *oid).then_some(scheme))
    }

    fn verification(&self, key: KeyAlgorithm) -> Option<&'static dyn VerificationAlgorithm> {
        use KeyAlgorithm::{EccNistP256, EccNistP384, EccNistP521};
        let algorithm: &'static dyn VerificationAlgorithm = match (self, key) {
            (Self::Pkcs1(Hash::Sha256), rsa) if rsa.is_rsa() => {
                &signature::RSA_PKCS1_2048_8192_SHA256
            }
            (Self::Pkcs1(Hash::Sha384), rsa) if rsa.is_rsa() => {
                &signature::RSA_PKCS1_2048_8192_SHA384
            }
            (Self::Pkcs1(Hash::Sha512), rsa) if rsa.is_rsa() => {
                &signature::RSA_PKCS1_2048_8192_SHA512
            }
            (Self::Pss(Hash::Sha256), rsa) if rsa.is_rsa() => &signature::RSA_PSS_2048_8192_SHA256,
            (Self::Pss(Hash::Sha384), rsa) if rsa.is_rsa() => &signature::RSA_PSS_2048_8192_SHA384,
            (Self::Pss(Hash::Sha512), rsa) if rsa.is_rsa() => &signature::RSA_PSS_2048_8192_SHA512,
            (Self::Ecdsa(Hash::Sha256), EccNistP256) => &signature::ECDSA_P256_SHA256_ASN1,
            (Self::Ecdsa(Hash::Sha384), EccNistP256) => &signature::ECDSA_P256_SHA384_ASN1,
            (Self::Ecdsa(Hash::Sha512), EccNistP256) => &signature::ECDSA_P256_SHA512_ASN1,
            (Self::Ecdsa(Hash::Sha256), EccNistP384) => &signature::ECDSA_P384_SHA256_ASN1,
            (Self::Ecdsa(Hash::Sha384), EccNistP384) => &signature::ECDSA_P384_SHA384_ASN1,
            (Self::Ecdsa(Hash::Sha512), EccNistP384) => &signature::ECDSA_P384_SHA512_ASN1,
            (Self::Ecdsa(Hash::Sha256), EccNistP521) => &signature::ECDSA_P521_SHA256_ASN1,
            (Self::Ecdsa(Hash::Sha384), EccNistP521) => &signature::ECDSA_P521_SHA384_ASN1,
            (Self::Ecdsa(Hash::Sha512), EccNistP521) => &signature::ECDSA_P521_SHA512_ASN1,
            _ => return None,
        };
        Some(algorithm)
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn from_oid(oid: &Oid<'_>) -> Option<Self> {
        [
            (OID_NIST_HASH_SHA256, Self::Sha256),
            (OID_NIST_HASH_SHA384, Self::Sha384),
            (OID_NIST_HASH_SHA512, Self::Sha512),
        ]
        .into_iter()
        .find_map(|(known, hash)| (known == *oid).then_some(hash))
    }

    fn length(self) -> u32 {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// The hash of RSASSA-PSS parameters whose mask generation uses the same hash and whose salt is as
/// long as the hash; other combinations are not supported.
fn pss_hash(identifier: &AlgorithmIdentifier<'_>) -> Option<Hash> {
    let parameters = RsaSsaPssParams::try_from(identifier.parameters.as_ref()?).ok()?;
    let hash = Hash::from_oid(parameters.hash_algorithm_oid())?;
    let mask = parameters.mask_gen_algorithm().ok()?;
    let same_hash = Hash::from_oid(&mask.hash) == Some(hash);
    (same_hash && parameters.salt_length() == hash.length()).then_some(hash)
}
