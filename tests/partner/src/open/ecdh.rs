//! A KEK in a TR-31 block, under a key that both sides derive from an agreement on a curve.

use aws_lc_rs::agreement::{
    Algorithm, ECDH_P256, ECDH_P384, ECDH_P521, PrivateKey, UnparsedPublicKey, agree,
};

use super::Receiver;
use super::cipher::key_bytes;
use super::error::{BlockError, OpenError};
use super::key_derivation::derive;
use super::sender;
use crate::manifest::{How, Manifest};
use crate::{KeyKind, Package, tr31};

pub(super) fn open(
    package: &Package,
    manifest: &Manifest,
    receiver: &Receiver<'_>,
) -> Result<Vec<u8>, OpenError> {
    let How::Ecdh {
        key_block_characters,
        header,
        shared_information,
        key_derivation_function,
        key_derivation_hash,
        derived_key,
        ours,
    } = &manifest.wrapping.how
    else {
        return Err(BlockError::Form.into());
    };
    let block = package.file("key-block.txt")?;
    if block.len() != *key_block_characters {
        return Err(OpenError::CryptogramLength {
            expected: *key_block_characters,
            found: block.len(),
        });
    }
    let told = format!("{shared_information}\n");
    if package.file("shared-information.hex")? != told.as_bytes() {
        return Err(OpenError::HexMismatch {
            text: "shared-information.hex".into(),
            binary: "manifest.json".into(),
        });
    }
    let files = ("agreement-certificate.pem", "agreement-chain.pem");
    let certificate = sender::certificate(package, files, ours, receiver)?;
    let key = certificate.tbs_certificate.subject_public_key_info;
    let point = key.subject_public_key.as_bytes();
    let secret = point.and_then(|point| shared_secret(receiver.leaf.key(), point));
    let secret = secret.ok_or(OpenError::Decryption)?;
    let unknown = |what, name: &str| OpenError::Unknown {
        what,
        name: name.into(),
    };
    let length = key_bytes(derived_key).ok_or_else(|| unknown("derived key", derived_key))?;
    let (function, hash) = (key_derivation_function, key_derivation_hash);
    let information = hex::decode(shared_information).map_err(|_| BlockError::Form)?;
    let protection = derive(function, hash, &secret, &information, length)
        .ok_or_else(|| unknown("key derivation", &format!("{function} with {hash}")))?;
    let text = std::str::from_utf8(block).map_err(|_| BlockError::Form)?;
    let opened = tr31::open(text, derived_key, &protection)?;
    let is_as_told = opened.usage() == header.usage
        && opened.mode() == header.mode.to_string()
        && opened.exportability() == header.exportability.to_string()
        && text.starts_with(&header.text);
    if !is_as_told {
        return Err(BlockError::Header.into());
    }
    Ok(opened.expose().to_vec())
}

/// The x-coordinate on which a key of the partner's and this point agree, as long as the curve's field.
pub(crate) fn shared_secret(own: &crate::PrivateKey, point: &[u8]) -> Option<Vec<u8>> {
    let curve: &'static Algorithm = match own.kind() {
        KeyKind::EccP256 => &ECDH_P256,
        KeyKind::EccP384 => &ECDH_P384,
        KeyKind::EccP521 => &ECDH_P521,
        KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => return None,
    };
    let own = PrivateKey::from_private_key_der(curve, own.der()).ok()?;
    let theirs = UnparsedPublicKey::new(curve, point);
    agree(&own, theirs, (), |secret| Ok(secret.to_vec())).ok()
}
