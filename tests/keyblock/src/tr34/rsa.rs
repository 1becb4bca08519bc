//! The two RSA schemes of the format: RSAES-OAEP and RSASSA-PKCS1-v1_5 (RFC 8017), both with
//! SHA-256, with keys of 2048 to 8192 bits.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    KeyPair, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey,
    PrivateDecryptingKey, PublicEncryptingKey,
};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use zeroize::Zeroizing;

use super::certificate::ParsedCertificate;
use super::{Field, Tr34Error};
use crate::SecretBytes;

/// Encrypts for the holder of the certificate's key. The randomness is the library's.
pub(super) fn encrypt(
    certificate: &ParsedCertificate,
    plaintext: &[u8],
) -> Result<Vec<u8>, Tr34Error> {
    let unusable = || Tr34Error::UnusableKey(Field::RecipientCertificate);
    let key = PublicEncryptingKey::from_der(&certificate.public_key)
        .and_then(|key| Ok(OaepPublicEncryptingKey::new(key)?))
        .map_err(|_| unusable())?;
    let mut ciphertext = vec![0; key.ciphertext_size()];
    key.encrypt(&OAEP_SHA256_MGF1SHA256, plaintext, &mut ciphertext, None)
        .map_err(|_| unusable())?;
    Ok(ciphertext)
}

pub(super) fn decrypt(
    private_key: &SecretBytes,
    ciphertext: &[u8],
) -> Result<SecretBytes, Tr34Error> {
    let key = PrivateDecryptingKey::from_pkcs8(private_key.expose())
        .and_then(|key| Ok(OaepPrivateDecryptingKey::new(key)?))
        .map_err(|_| Tr34Error::UnusableKey(Field::RecipientPrivateKey))?;
    let mut plaintext = Zeroizing::new(vec![0; key.min_output_size()]);
    let length = key
        .decrypt(&OAEP_SHA256_MGF1SHA256, ciphertext, &mut plaintext, None)
        .map_err(|_| Tr34Error::Unreadable)?
        .len();
    plaintext.truncate(length);
    Ok(std::mem::take(&mut *plaintext).into())
}

pub(super) fn sign(private_key: &SecretBytes, message: &[u8]) -> Result<Vec<u8>, Tr34Error> {
    let unusable = || Tr34Error::UnusableKey(Field::SenderPrivateKey);
    let key = KeyPair::from_pkcs8(private_key.expose()).map_err(|_| unusable())?;
    let mut signature = vec![0; key.public_modulus_len()];
    let random = SystemRandom::new();
    key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
        .map_err(|_| unusable())?;
    Ok(signature)
}

pub(super) fn verify(
    certificate: &ParsedCertificate,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Tr34Error> {
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &certificate.public_key)
        .verify(message, signature)
        .map_err(|_| Tr34Error::Signature)
}
