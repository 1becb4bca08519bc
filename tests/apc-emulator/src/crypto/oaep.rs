//! RSAES-OAEP (RFC 8017 section 7.1), MGF1 with the same hash, empty label.

use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OAEP_SHA512_MGF1SHA512, OaepAlgorithm, OaepPublicEncryptingKey,
    PublicEncryptingKey,
};
use keyblock::ClearKey;

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

/// Encrypts the raw bytes of a key, without header, DER or change of parity, to the public key.
pub fn wrap(
    subject_public_key_info: &[u8],
    spec: WrappingKeySpec,
    key: &ClearKey,
) -> Result<Vec<u8>, WrapFailed> {
    let algorithm: &'static OaepAlgorithm = match spec {
        WrappingKeySpec::RsaOaepSha256 => &OAEP_SHA256_MGF1SHA256,
        WrappingKeySpec::RsaOaepSha512 => &OAEP_SHA512_MGF1SHA512,
    };
    let public_key = PublicEncryptingKey::from_der(subject_public_key_info)
        .map_err(|_| WrapFailed)
        .and_then(|key| OaepPublicEncryptingKey::new(key).map_err(|_| WrapFailed))?;
    let mut block = vec![0; public_key.ciphertext_size()];
    let written = public_key
        .encrypt(algorithm, key.bytes().expose(), &mut block, None)
        .map_err(|_| WrapFailed)?
        .len();
    block.truncate(written);
    Ok(block)
}

/// The public key is not an RSA key that can encrypt.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the public key of the wrapping certificate cannot encrypt")]
pub struct WrapFailed;
