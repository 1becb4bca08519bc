//! ImportKey.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::crypto::certificates::Certificate;
use crate::crypto::material::KeyMaterial;
use crate::model::attributes::{KeyAttributes, KeyCheckValueAlgorithm, KeyUsage};
use crate::model::certificate_text::CertificateText;
use crate::model::identifiers::{KeyArn, KeyIdentifier, Region};
use crate::model::key::KeyOrigin;
use crate::model::limits::RequesterComment;
use crate::model::tags::Tags;
use crate::model::{legality, strength};
use crate::operations::call::Call;
use crate::operations::keys::KeyOutput;
use crate::protocol::error::ServiceError;
use crate::protocol::input::not_emulated;
use crate::store::{KeyRecord, NewKey};

/// Imports key material of one of seven kinds.
pub fn import_key(call: &mut Call<'_>, input: ImportKeyInput) -> Result<KeyOutput, ServiceError> {
    let ImportKeyInput {
        key_material,
        // Samples send CMAC or ANSI_X9_24 with certificates, and succeed.
        key_check_value_algorithm: _,
        enabled,
        tags,
        replication_regions,
        requester_comment: _,
    } = input;

    let replication_regions = replication_regions.filter(|regions| !regions.is_empty());
    not_emulated(replication_regions, "ReplicationRegions")?;
    let (attributes, certificate) = match key_material {
        ImportKeyMaterial::NotEmulated(kind) => {
            return Err(ServiceError::NotEmulated(format!("ImportKey with {kind}")));
        }
        ImportKeyMaterial::RootCertificatePublicKey(root) => root.verify(call)?,
        ImportKeyMaterial::TrustedCertificatePublicKey(trusted) => trusted.verify(call)?,
    };

    let new = NewKey {
        attributes,
        derive_key_usage: None,
        enabled: enabled.unwrap_or(true),
        // INFERRED: ExportKey never gives out a public key, so it counts as not exportable.
        exportable: false,
        material: KeyMaterial::Certificate(certificate),
        origin: KeyOrigin::External,
        tags: tags.into_map(),
    };
    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    let key = partition.insert_key(&call.scope, new, call.now)?.to_key();
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
    replication_regions: Option<Vec<Region>>,
    #[expect(dead_code, reason = "checked for its form, then ignored")]
    requester_comment: Option<RequesterComment>,
}

/// The union: exactly one member.
#[derive(Deserialize)]
#[serde(try_from = "ImportKeyMaterialWire")]
enum ImportKeyMaterial {
    NotEmulated(String),
    RootCertificatePublicKey(RootCertificatePublicKey),
    TrustedCertificatePublicKey(TrustedCertificatePublicKey),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ImportKeyMaterialWire {
    root_certificate_public_key: Option<RootCertificatePublicKey>,
    trusted_certificate_public_key: Option<TrustedCertificatePublicKey>,
    tr31_key_block: Option<IgnoredAny>,
    tr34_key_block: Option<IgnoredAny>,
    key_cryptogram: Option<IgnoredAny>,
    diffie_hellman_tr31_key_block: Option<IgnoredAny>,
    as2805_key_cryptogram: Option<IgnoredAny>,
}

impl TryFrom<ImportKeyMaterialWire> for ImportKeyMaterial {
    type Error = &'static str;

    fn try_from(wire: ImportKeyMaterialWire) -> Result<Self, Self::Error> {
        let later = |name: &str, member: Option<IgnoredAny>| {
            member.map(|_| Self::NotEmulated(name.to_owned()))
        };
        let mut members = [
            wire.root_certificate_public_key
                .map(Self::RootCertificatePublicKey),
            wire.trusted_certificate_public_key
                .map(Self::TrustedCertificatePublicKey),
            later("Tr31KeyBlock", wire.tr31_key_block),
            later("Tr34KeyBlock", wire.tr34_key_block),
            later("KeyCryptogram", wire.key_cryptogram),
            later(
                "DiffieHellmanTr31KeyBlock",
                wire.diffie_hellman_tr31_key_block,
            ),
            later("As2805KeyCryptogram", wire.as2805_key_cryptogram),
        ]
        .into_iter()
        .flatten();
        match (members.next(), members.next()) {
            (Some(material), None) => Ok(material),
            _ => Err("exactly one kind of key material is required"),
        }
    }
}

/// A self-signed certificate authority, trusted because the caller says so.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RootCertificatePublicKey {
    key_attributes: KeyAttributes,
    public_key_certificate: CertificateText,
}

impl RootCertificatePublicKey {
    fn verify(self, call: &Call<'_>) -> Result<(KeyAttributes, Certificate), ServiceError> {
        let Self {
            key_attributes,
            public_key_certificate,
        } = self;

        legality::check_imported_public_key(&key_attributes)?;
        let certificate = Certificate::from_der(public_key_certificate.der())?;
        check_algorithm(&key_attributes, &certificate)?;
        certificate.check_dates(call.now)?;
        certificate.check_authority()?;
        certificate.check_signed_by(&certificate)?;
        Ok((key_attributes, certificate))
    }
}

/// A certificate under an authority that was imported before: an intermediate authority, or a
/// public key to encrypt with.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TrustedCertificatePublicKey {
    key_attributes: KeyAttributes,
    public_key_certificate: CertificateText,
    certificate_authority_public_key_identifier: KeyIdentifier,
}

impl TrustedCertificatePublicKey {
    fn verify(self, call: &mut Call<'_>) -> Result<(KeyAttributes, Certificate), ServiceError> {
        let Self {
            key_attributes,
            public_key_certificate,
            certificate_authority_public_key_identifier: authority,
        } = self;

        legality::check_imported_public_key(&key_attributes)?;
        let certificate = Certificate::from_der(public_key_certificate.der())?;
        check_algorithm(&key_attributes, &certificate)?;
        certificate.check_dates(call.now)?;
        // INFERRED: a key that is to verify signatures on certificates must be an authority's; one
        // that is to encrypt need not be.
        if key_attributes.key_usage == KeyUsage::S0 {
            certificate.check_authority()?;
        }
        let (_, authority) = certificate_authority(call, &authority)?;
        check_certified(&certificate, &authority)?;
        Ok((key_attributes, certificate))
    }
}

/// The imported certificate authority that an identifier means, in a state to be used.
pub fn certificate_authority(
    call: &mut Call<'_>,
    identifier: &KeyIdentifier,
) -> Result<(KeyArn, Certificate), ServiceError> {
    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    let record = call.resolve(partition, identifier)?;
    record.check_usable()?;
    match record {
        KeyRecord {
            material: KeyMaterial::Certificate(certificate),
            attributes,
            ..
        } if attributes.key_usage == KeyUsage::S0 => Ok((record.arn.clone(), certificate.clone())),
        _ => Err(ServiceError::Validation(format!(
            "CertificateAuthorityPublicKeyIdentifier: {identifier} is not a certificate authority"
        ))),
    }
}

/// A certificate is signed by the authority, and the authority's key is strong enough to do so.
pub fn check_certified(
    certificate: &Certificate,
    authority: &Certificate,
) -> Result<(), ServiceError> {
    certificate.check_signed_by(authority)?;
    let (strong, weak) = (authority.algorithm(), certificate.algorithm());
    if !strength::authority_may_certify(strong, weak) {
        return Err(ServiceError::Validation(format!(
            "a certificate authority with {strong} cannot certify {weak}"
        )));
    }
    Ok(())
}

/// INFERRED: every sample agrees that the attributes name the algorithm of the certified key.
fn check_algorithm(
    attributes: &KeyAttributes,
    certificate: &Certificate,
) -> Result<(), ServiceError> {
    let (asked, found) = (attributes.key_algorithm, certificate.algorithm());
    match asked == found {
        true => Ok(()),
        false => Err(ServiceError::Validation(format!(
            "KeyAlgorithm is {asked}, and the key in the certificate is {found}"
        ))),
    }
}
