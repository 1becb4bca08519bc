//! A KEK under the leaf's own key (RFC 8017, RSAES-OAEP), with the signature that was agreed on.

use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OAEP_SHA512_MGF1SHA512, OaepAlgorithm, OaepPrivateDecryptingKey,
    PrivateDecryptingKey,
};

use super::error::{OpenError, unknown_signature};
use super::sha256;
use crate::manifest::{Manifest, ReferenceSignature};
use crate::{Certified, Package, signature};

pub(super) fn open(
    package: &Package,
    manifest: &Manifest,
    hash: &str,
    expected: usize,
    leaf: &Certified,
) -> Result<Vec<u8>, OpenError> {
    let prefix = package.both_forms("signed-prefix", "bin")?;
    let cryptogram = package.both_forms("wrapped-kek", "bin")?;
    let signature = package.both_forms("signature", "bin")?;
    let reference = manifest.reference_signature.as_ref();
    let reference = reference.ok_or_else(|| OpenError::ManifestUnreadable {
        reason: "it has no reference signature".into(),
    })?;
    let told = &reference.signed_prefix;
    if hex::decode(&told.hex).ok().as_deref() != Some(prefix) || told.ascii.as_bytes() != prefix {
        return Err(OpenError::PrefixMismatch);
    }
    if cryptogram.len() != expected {
        return Err(OpenError::CryptogramLength {
            expected,
            found: cryptogram.len(),
        });
    }
    verify(
        package,
        reference,
        &[prefix, cryptogram].concat(),
        signature,
    )?;
    let algorithm = match hash {
        "SHA_256" => &OAEP_SHA256_MGF1SHA256,
        "SHA_512" => &OAEP_SHA512_MGF1SHA512,
        other => {
            return Err(OpenError::Unknown {
                what: "OAEP hash",
                name: other.into(),
            });
        }
    };
    decrypt(algorithm, leaf, cryptogram).ok_or(OpenError::Decryption)
}

fn verify(
    package: &Package,
    reference: &ReferenceSignature,
    message: &[u8],
    signature: &[u8],
) -> Result<(), OpenError> {
    let public_key = package.public_key()?;
    if sha256(&public_key) != reference.public_key_sha256 {
        return Err(OpenError::SignerMismatch);
    }
    let algorithm = &reference.algorithm;
    match signature::verify(algorithm, &public_key, message, signature) {
        Some(true) => Ok(()),
        Some(false) => Err(OpenError::SignatureInvalid),
        None => Err(unknown_signature(algorithm)),
    }
}

/// `None` for what is not for this key, or was not made by this algorithm.
pub(super) fn decrypt(
    algorithm: &'static OaepAlgorithm,
    leaf: &Certified,
    cryptogram: &[u8],
) -> Option<Vec<u8>> {
    let key = PrivateDecryptingKey::from_pkcs8(leaf.key().der()).ok()?;
    let key = OaepPrivateDecryptingKey::new(key).ok()?;
    let mut space = vec![0; key.min_output_size()];
    let plaintext = key.decrypt(algorithm, cryptogram, &mut space, None).ok()?;
    Some(plaintext.to_vec())
}
