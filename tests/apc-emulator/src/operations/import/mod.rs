//! ImportKey.

mod as2805;
mod certificates;
mod key_cryptogram;
mod tr31;
mod tr34;

use keyblock::ClearKey;
use keyblock::tr31::Header;
use serde::Deserialize;

use as2805::As2805KeyCryptogram;
use certificates::{RootCertificatePublicKey, TrustedCertificatePublicKey};
use key_cryptogram::KeyCryptogram;
use tr31::{DiffieHellmanTr31KeyBlock, Tr31KeyBlock};
use tr34::Tr34KeyBlock;

use crate::crypto::material::KeyMaterial;
use crate::model::attributes::{KeyAttributes, KeyCheckValueAlgorithm};
use crate::model::key::KeyOrigin;
use crate::model::key_block::imported_attributes;
use crate::model::limits::RequesterComment;
use crate::model::replication::ReplicationRegions;
use crate::model::tags::Tags;
use crate::operations::call::Call;
use crate::operations::keys::KeyOutput;
use crate::protocol::error::ServiceError;
use crate::store::NewKey;

/// Imports key material of one of seven kinds. A root waits for the approval team, if there is one;
/// what is wrong with it is said before.
pub fn import_key(call: &mut Call<'_>, input: ImportKeyInput) -> Result<KeyOutput, ServiceError> {
    let ImportKeyInput {
        key_material,
        // Samples send CMAC or ANSI_X9_24 with certificates, and succeed.
        key_check_value_algorithm: _,
        enabled,
        tags,
        replication_regions,
        requester_comment,
    } = input;

    let is_root = matches!(key_material, ImportKeyMaterial::RootCertificatePublicKey(_));
    let Imported {
        attributes,
        exportable,
        material,
    } = key_material.open(call)?;

    let new = NewKey {
        attributes,
        derive_key_usage: None,
        enabled: enabled.unwrap_or(true),
        exportable,
        material,
        origin: KeyOrigin::External,
        tags: tags.into_map(),
    };
    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    let protection = if is_root {
        partition.protection(requester_comment)?
    } else {
        None
    };
    let key = state.add_key(&call.scope, new, replication_regions, call.now)?;
    let key = match protection {
        Some(protection) => state.partition(&call.scope, call.now).await_approval(
            &key.key_arn,
            protection,
            call.now,
        )?,
        None => key,
    };
    call.touch_key(&key.key_arn);
    Ok(KeyOutput { key })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ImportKeyInput {
    key_material: ImportKeyMaterial,
    #[expect(dead_code, reason = "checked for its form, then ignored")]
    key_check_value_algorithm: Option<KeyCheckValueAlgorithm>,
    enabled: Option<bool>,
    #[serde(default)]
    tags: Tags,
    replication_regions: Option<ReplicationRegions>,
    requester_comment: Option<RequesterComment>,
}

/// The union: exactly one member, which is how serde reads an enum from an object.
#[derive(Deserialize)]
enum ImportKeyMaterial {
    As2805KeyCryptogram(As2805KeyCryptogram),
    DiffieHellmanTr31KeyBlock(DiffieHellmanTr31KeyBlock),
    KeyCryptogram(KeyCryptogram),
    RootCertificatePublicKey(RootCertificatePublicKey),
    Tr31KeyBlock(Tr31KeyBlock),
    Tr34KeyBlock(Tr34KeyBlock),
    TrustedCertificatePublicKey(TrustedCertificatePublicKey),
}

impl ImportKeyMaterial {
    /// Everything that must hold of the material is checked before a key is made of it.
    fn open(self, call: &mut Call<'_>) -> Result<Imported, ServiceError> {
        match self {
            Self::As2805KeyCryptogram(cryptogram) => cryptogram.open(call),
            Self::DiffieHellmanTr31KeyBlock(block) => block.open(call),
            Self::KeyCryptogram(cryptogram) => cryptogram.open(call),
            Self::RootCertificatePublicKey(root) => root.verify(call),
            Self::Tr31KeyBlock(block) => block.open(call),
            Self::Tr34KeyBlock(block) => block.open(call),
            Self::TrustedCertificatePublicKey(trusted) => trusted.verify(call),
        }
    }
}

/// A key that came in and may become one of the service's.
struct Imported {
    attributes: KeyAttributes,
    exportable: bool,
    material: KeyMaterial,
}

impl Imported {
    /// A key that brought its attributes along.
    fn from_key_block(header: &Header, key: ClearKey) -> Result<Self, ServiceError> {
        let (attributes, exportable) = imported_attributes(header, key.algorithm())?;
        Ok(Self {
            attributes,
            exportable,
            material: KeyMaterial::Symmetric(key),
        })
    }
}
