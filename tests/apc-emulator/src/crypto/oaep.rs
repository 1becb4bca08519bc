//! RSAES-OAEP (RFC 8017 section 7.1), MGF1 with the same hash, empty label.

use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OAEP_SHA512_MGF1SHA512, OaepAlgorithm, OaepPrivateDecryptingKey,
    OaepPublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
};
use keyblock::{ClearKey, SecretBytes};
use zeroize::Zeroizing;

use crate::model::attributes::wire_enum;

wire_enum! {
    /// Which OAEP: the hash is used for the label, for MGF1, and nowhere else.
    WrappingKeySpec {
        RsaOaepSha256 = "RSA_OAEP_SHA_256",
        RsaOaepSha512 = "RSA_OAEP_SHA_512",
    }
}

impl Default for WrappingKeySpec {
    /// SHA-256, which the user guide and every sample use.
    fn default() -> Self {
        Self::RsaOaepSha256
    }
}

impl WrappingKeySpec {
    fn algorithm(self) -> &'static OaepAlgorithm {
        match self {
            Self::RsaOaepSha256 => &OAEP_SHA256_MGF1SHA256,
            Self::RsaOaepSha512 => &OAEP_SHA512_MGF1SHA512,
        }
    }
}

/// Encrypts the raw bytes of a key, without header, DER or change of parity, to the public key.
pub fn wrap(
    subject_public_key_info: &[u8],
    spec: WrappingKeySpec,
    key: &ClearKey,
) -> Result<Vec<u8>, WrapFailed> {
    let public_key = PublicEncryptingKey::from_der(subject_public_key_info)
        .map_err(|_| WrapFailed)
        .and_then(|key| OaepPublicEncryptingKey::new(key).map_err(|_| WrapFailed))?;
    let mut block = vec![0; public_key.ciphertext_size()];
    let written = public_key
        .encrypt(spec.algorithm(), key.bytes().expose(), &mut block, None)
        .map_err(|_| WrapFailed)?
        .len();
    block.truncate(written);
    Ok(block)
}

/// Decrypts what [`wrap`] or a partner encrypted; the length of the key is for the caller to check.
pub fn unwrap(
    private_key: &SecretBytes,
    spec: WrappingKeySpec,
    cryptogram: &[u8],
) -> Result<SecretBytes, UnwrapFailed> {
    let key = PrivateDecryptingKey::from_pkcs8(private_key.expose())
        .map_err(|_| UnwrapFailed)
        .and_then(|key| OaepPrivateDecryptingKey::new(key).map_err(|_| UnwrapFailed))?;
    let mut plaintext = Zeroizing::new(vec![0; key.min_output_size()]);
    let key = key
        .decrypt(spec.algorithm(), cryptogram, &mut plaintext, None)
        .map_err(|_| UnwrapFailed)?;
    Ok(key.to_vec().into())
}

/// The cryptogram was not made for this key and hash. It does not say more: an oracle begins with
/// two different answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the cryptogram cannot be decrypted")]
pub struct UnwrapFailed;

/// The public key is not an RSA key that can encrypt.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the public key of the wrapping certificate cannot encrypt")]
pub struct WrapFailed;
