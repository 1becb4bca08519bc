//! What private keys do: sign, and agree on secrets. They decrypt in [`super::oaep`].

use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::digest::{self, Digest, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, RsaEncoding, RsaKeyPair};
use keyblock::SecretBytes;
use rsa::pkcs8::DecodePrivateKey;
use sha2::{Digest as _, Sha224};

use crate::model::attributes::{KeyAlgorithm, wire_enum};

wire_enum! {
    /// The hash of a signature.
    SigningHash {
        Sha224 = "SHA224",
        Sha256 = "SHA256",
        Sha384 = "SHA384",
        Sha512 = "SHA512",
    }
}

/// Signs with RSA PKCS#1 v1.5 (RFC 8017 section 8.2) or ECDSA (FIPS 186-5 section 6.4), whichever
/// the key is for.
pub fn sign(
    algorithm: KeyAlgorithm,
    private_key: &SecretBytes,
    hash: SigningHash,
    message: &[u8],
) -> Result<Vec<u8>, PrivateKeyError> {
    match algorithm {
        KeyAlgorithm::EccNistP256 | KeyAlgorithm::EccNistP384 | KeyAlgorithm::EccNistP521 => {
            sign_ecdsa(algorithm, private_key, hash, message)
        }
        KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => {
            sign_rsa(private_key, hash, message)
        }
        _ => Err(PrivateKeyError),
    }
}

/// The shared secret Z (NIST SP 800-56A rev. 3 section 5.7.1.2): the x-coordinate of the shared
/// point, as long as the field, so 66 bytes on P-521.
pub fn agree_on_secret(
    algorithm: KeyAlgorithm,
    private_key: &SecretBytes,
    peer_public_key: &[u8],
) -> Result<SecretBytes, PrivateKeyError> {
    let curve = match algorithm {
        KeyAlgorithm::EccNistP256 => &agreement::ECDH_P256,
        KeyAlgorithm::EccNistP384 => &agreement::ECDH_P384,
        KeyAlgorithm::EccNistP521 => &agreement::ECDH_P521,
        _ => return Err(PrivateKeyError),
    };
    let key = PrivateKey::from_private_key_der(curve, private_key.expose())
        .map_err(|_| PrivateKeyError)?;
    let peer = UnparsedPublicKey::new(curve, peer_public_key);
    agree(&key, peer, PrivateKeyError, |secret| {
        Ok(secret.to_vec().into())
    })
}

/// The key is of another kind, or what it was given is not for it. It does not say which: an oracle
/// begins with two different answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the private key cannot be used with this")]
pub struct PrivateKeyError;

fn sign_rsa(
    private_key: &SecretBytes,
    hash: SigningHash,
    message: &[u8],
) -> Result<Vec<u8>, PrivateKeyError> {
    let encoding: &'static dyn RsaEncoding = match hash {
        SigningHash::Sha224 => return sign_rsa_sha224(private_key, message),
        SigningHash::Sha256 => &signature::RSA_PKCS1_SHA256,
        SigningHash::Sha384 => &signature::RSA_PKCS1_SHA384,
        SigningHash::Sha512 => &signature::RSA_PKCS1_SHA512,
    };
    let key = RsaKeyPair::from_pkcs8(private_key.expose()).map_err(|_| PrivateKeyError)?;
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(encoding, &SystemRandom::new(), message, &mut signature)
        .map_err(|_| PrivateKeyError)?;
    Ok(signature)
}

/// The other library has no RSA signatures with SHA-224.
fn sign_rsa_sha224(private_key: &SecretBytes, message: &[u8]) -> Result<Vec<u8>, PrivateKeyError> {
    let key = rsa::PrivateKey::from_pkcs8_der(private_key.expose()).map_err(|_| PrivateKeyError)?;
    let padding = rsa::Pkcs1v15Sign::new::<Sha224>();
    key.sign(padding, &Sha224::digest(message))
        .map_err(|_| PrivateKeyError)
}

fn sign_ecdsa(
    algorithm: KeyAlgorithm,
    private_key: &SecretBytes,
    hash: SigningHash,
    message: &[u8],
) -> Result<Vec<u8>, PrivateKeyError> {
    let (curve, usual): (&'static EcdsaSigningAlgorithm, _) = match algorithm {
        KeyAlgorithm::EccNistP256 => (&signature::ECDSA_P256_SHA256_ASN1_SIGNING, &digest::SHA256),
        KeyAlgorithm::EccNistP384 => (&signature::ECDSA_P384_SHA384_ASN1_SIGNING, &digest::SHA384),
        KeyAlgorithm::EccNistP521 => (&signature::ECDSA_P521_SHA512_ASN1_SIGNING, &digest::SHA512),
        _ => return Err(PrivateKeyError),
    };
    let hash = match hash {
        SigningHash::Sha224 => &digest::SHA224,
        SigningHash::Sha256 => &digest::SHA256,
        SigningHash::Sha384 => &digest::SHA384,
        SigningHash::Sha512 => &digest::SHA512,
    };
    let key = EcdsaKeyPair::from_pkcs8(curve, private_key.expose()).map_err(|_| PrivateKeyError)?;
    let digest = as_long_as(usual, digest(hash, message).as_ref())?;
    let signature = key.sign_digest(&digest).map_err(|_| PrivateKeyError)?;
    Ok(signature.as_ref().to_vec())
}

/// ECDSA reads a digest as a number and keeps its leftmost bits (FIPS 186-5 section 6.4.1), so one
/// of another length may be given the length that the library demands for the curve.
pub(super) fn as_long_as(
    algorithm: &'static digest::Algorithm,
    digest: &[u8],
) -> Result<Digest, PrivateKeyError> {
    let length = algorithm.output_len();
    let mut fitting = vec![0; length.saturating_sub(digest.len())];
    fitting.extend(digest.iter().take(length));
    Digest::import_less_safe(&fitting, algorithm).map_err(|_| PrivateKeyError)
}
