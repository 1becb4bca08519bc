//! Certificates for the unit tests, made while they run: every kind of signature and of key, also
//! those that no certificate builder makes.

use std::str::FromStr;
use std::sync::LazyLock;
use std::time::Duration;

use aws_lc_rs::digest::{self, Digest, digest};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaEncoding,
};
use der::asn1::{Any, BitString, Null, ObjectIdentifier, Uint};
use der::oid::AssociatedOid;
use der::oid::db::{rfc5912, rfc8410};
use der::{Decode, Encode, Sequence};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::BasicConstraints;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::Validity;
use x509_cert::{Certificate, TbsCertificate, Version};

use super::private_keys::as_long_as;

/// RSA keys take long to make, so the tests of one run share it.
static RSA_2048: LazyLock<rsa::KeyPair> =
    LazyLock::new(|| rsa::KeyPair::generate(KeySize::Rsa2048).unwrap());

#[derive(Clone, Copy, Debug)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(super) const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    fn of(self, message: &[u8]) -> Digest {
        let algorithm = match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        digest(algorithm, message)
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
    Secp256k1,
}

/// Self-signed with RSA PKCS#1 v1.5.
pub(super) fn rsa_pkcs1(hash: Hash) -> Vec<u8> {
    let encoding = match hash {
        Hash::Sha256 => &signature::RSA_PKCS1_SHA256,
        Hash::Sha384 => &signature::RSA_PKCS1_SHA384,
        Hash::Sha512 => &signature::RSA_PKCS1_SHA512,
    };
    rsa_self_signed(&pkcs1_identifier(hash), encoding)
}

/// Self-signed with RSA-PSS, everything by the same hash and the salt as long as it.
pub(super) fn rsa_pss(hash: Hash) -> Vec<u8> {
    let (encoding, salt_length) = match hash {
        Hash::Sha256 => (&signature::RSA_PSS_SHA256, 32),
        Hash::Sha384 => (&signature::RSA_PSS_SHA384, 48),
        Hash::Sha512 => (&signature::RSA_PSS_SHA512, 64),
    };
    rsa_self_signed(&pss_identifier(hash, hash, salt_length), encoding)
}

/// Self-signed with ECDSA.
pub(super) fn ecdsa(curve: Curve, hash: Hash) -> Vec<u8> {
    let oid = match hash {
        Hash::Sha256 => rfc5912::ECDSA_WITH_SHA_256,
        Hash::Sha384 => rfc5912::ECDSA_WITH_SHA_384,
        Hash::Sha512 => rfc5912::ECDSA_WITH_SHA_512,
    };
    // The library signs with one hash per curve; given a hash to sign, it does not know which.
    let (algorithm, usual): (&'static EcdsaSigningAlgorithm, _) = match curve {
        Curve::P256 => (&signature::ECDSA_P256_SHA256_ASN1_SIGNING, &digest::SHA256),
        Curve::P384 => (&signature::ECDSA_P384_SHA384_ASN1_SIGNING, &digest::SHA384),
        Curve::P521 => (&signature::ECDSA_P521_SHA512_ASN1_SIGNING, &digest::SHA512),
        Curve::Secp256k1 => (
            &signature::ECDSA_P256K1_SHA256_ASN1_SIGNING,
            &digest::SHA256,
        ),
    };
    let key = EcdsaKeyPair::generate(algorithm).unwrap();
    let identifier = identifier(oid, None);
    certificate(public_key_info(key.public_key()), &identifier, |tbs| {
        let signed = as_long_as(usual, hash.of(tbs).as_ref()).unwrap();
        key.sign_digest(&signed).unwrap().as_ref().to_vec()
    })
}

/// Self-signed with Ed25519.
pub(super) fn ed25519() -> Vec<u8> {
    let key = Ed25519KeyPair::generate().unwrap();
    let identifier = identifier(rfc8410::ID_ED_25519, None);
    certificate(public_key_info(key.public_key()), &identifier, |tbs| {
        key.sign(tbs).as_ref().to_vec()
    })
}

/// Self-signed with RSA PKCS#1 v1.5 and SHA-256, but saying, inside and outside, that the signature
/// is of another kind.
pub(super) fn rsa_stating(stated: &AlgorithmIdentifierOwned) -> Vec<u8> {
    rsa_self_signed(stated, &signature::RSA_PKCS1_SHA256)
}

/// For an RSA key of that many bits, at most 2048, which nobody holds; signed with another.
pub(super) fn rsa_of_size(bits: usize) -> Vec<u8> {
    let mut numbers = Vec::<Uint>::from_der(RSA_2048.public_key().as_ref()).unwrap();
    let mut modulus = numbers[0].as_bytes()[..bits.div_ceil(8)].to_vec();
    modulus[0] = 0xff >> (modulus.len() * 8 - bits);
    numbers[0] = Uint::new(&modulus).unwrap();

    let mut key = public_key_info(RSA_2048.public_key());
    key.subject_public_key = BitString::from_bytes(&numbers.to_der().unwrap()).unwrap();
    let encoding = &signature::RSA_PKCS1_SHA256;
    certificate(key, &pkcs1_identifier(Hash::Sha256), |tbs| {
        rsa_sign(encoding, tbs)
    })
}

/// The identifier of RSA PKCS#1 v1.5.
pub(super) fn pkcs1_identifier(hash: Hash) -> AlgorithmIdentifierOwned {
    let oid = match hash {
        Hash::Sha256 => rfc5912::SHA_256_WITH_RSA_ENCRYPTION,
        Hash::Sha384 => rfc5912::SHA_384_WITH_RSA_ENCRYPTION,
        Hash::Sha512 => rfc5912::SHA_512_WITH_RSA_ENCRYPTION,
    };
    identifier(oid, Some(Null.into()))
}

/// The identifier of RSA PKCS#1 v1.5 with SHA-1.
pub(super) fn pkcs1_sha1_identifier() -> AlgorithmIdentifierOwned {
    identifier(rfc5912::SHA_1_WITH_RSA_ENCRYPTION, Some(Null.into()))
}

/// The identifier of RSA-PSS (RFC 4055 section 3.1).
pub(super) fn pss_identifier(hash: Hash, mask: Hash, salt_length: u8) -> AlgorithmIdentifierOwned {
    let parameters = PssParameters {
        hash: hash_identifier(hash),
        mask: identifier(
            rfc5912::ID_MGF_1,
            Some(Any::encode_from(&hash_identifier(mask)).unwrap()),
        ),
        salt_length,
    };
    identifier(
        rfc5912::ID_RSASSA_PSS,
        Some(Any::encode_from(&parameters).unwrap()),
    )
}

#[derive(Sequence)]
struct PssParameters {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    hash: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT")]
    mask: AlgorithmIdentifierOwned,
    #[asn1(
        context_specific = "2",
        tag_mode = "EXPLICIT",
        default = "default_salt_length"
    )]
    salt_length: u8,
}

fn default_salt_length() -> u8 {
    20
}

fn hash_identifier(hash: Hash) -> AlgorithmIdentifierOwned {
    let oid = match hash {
        Hash::Sha256 => rfc5912::ID_SHA_256,
        Hash::Sha384 => rfc5912::ID_SHA_384,
        Hash::Sha512 => rfc5912::ID_SHA_512,
    };
    identifier(oid, Some(Null.into()))
}

fn identifier(oid: ObjectIdentifier, parameters: Option<Any>) -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid, parameters }
}

fn rsa_self_signed(
    stated: &AlgorithmIdentifierOwned,
    encoding: &'static dyn RsaEncoding,
) -> Vec<u8> {
    let key = public_key_info(RSA_2048.public_key());
    certificate(key, stated, |tbs| rsa_sign(encoding, tbs))
}

fn rsa_sign(encoding: &'static dyn RsaEncoding, message: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; RSA_2048.public_modulus_len()];
    RSA_2048
        .sign(encoding, &SystemRandom::new(), message, &mut signature)
        .unwrap();
    signature
}

fn public_key_info(key: &impl AsDer<PublicKeyX509Der<'static>>) -> SubjectPublicKeyInfoOwned {
    SubjectPublicKeyInfoOwned::from_der(key.as_der().unwrap().as_ref()).unwrap()
}

/// A certificate authority's certificate, as DER.
fn certificate(
    subject_public_key_info: SubjectPublicKeyInfoOwned,
    signature_algorithm: &AlgorithmIdentifierOwned,
    sign: impl FnOnce(&[u8]) -> Vec<u8>,
) -> Vec<u8> {
    let name = Name::from_str("CN=Root").unwrap();
    let constraints = BasicConstraints {
        ca: true,
        path_len_constraint: None,
    };
    let tbs_certificate = TbsCertificate {
        version: Version::V3,
        serial_number: SerialNumber::from(1_u8),
        signature: signature_algorithm.clone(),
        issuer: name.clone(),
        validity: Validity::from_now(Duration::from_hours(1)).unwrap(),
        subject: name,
        subject_public_key_info,
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(vec![Extension {
            extn_id: BasicConstraints::OID,
            critical: true,
            extn_value: der::asn1::OctetString::new(constraints.to_der().unwrap()).unwrap(),
        }]),
    };
    let signature = sign(&tbs_certificate.to_der().unwrap());
    Certificate {
        tbs_certificate,
        signature_algorithm: signature_algorithm.clone(),
        signature: BitString::from_bytes(&signature).unwrap(),
    }
    .to_der()
    .unwrap()
}
