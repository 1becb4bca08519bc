//! Public keys in certificates: authorities, and keys to encrypt with.

use serde::Deserialize;

use super::Imported;
use crate::crypto::certificates::Certificate;
use crate::crypto::material::KeyMaterial;
use crate::model::attributes::{KeyAttributes, KeyUsage};
use crate::model::certificate_text::CertificateText;
use crate::model::identifiers::KeyIdentifier;
use crate::model::legality;
use crate::operations::authorities::{certificate_authority, check_certified};
use crate::operations::call::Call;
use crate::protocol::error::ServiceError;

/// A self-signed certificate authority, trusted because the caller says so.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RootCertificatePublicKey {
    key_attributes: KeyAttributes,
    public_key_certificate: CertificateText,
}

impl RootCertificatePublicKey {
    pub(super) fn verify(self, call: &Call<'_>) -> Result<Imported, ServiceError> {
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
        Ok(public_key(key_attributes, certificate))
    }
}

/// A certificate under an authority that was imported before: an intermediate authority, or a
/// public key to encrypt with.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TrustedCertificatePublicKey {
    key_attributes: KeyAttributes,
    public_key_certificate: CertificateText,
    certificate_authority_public_key_identifier: KeyIdentifier,
}

impl TrustedCertificatePublicKey {
    pub(super) fn verify(self, call: &mut Call<'_>) -> Result<Imported, ServiceError> {
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
        Ok(public_key(key_attributes, certificate))
    }
}

fn public_key(attributes: KeyAttributes, certificate: Certificate) -> Imported {
    Imported {
        attributes,
        // INFERRED: ExportKey never gives out a public key, so it counts as not exportable.
        exportable: false,
        material: KeyMaterial::Certificate(certificate),
    }
}

/// INFERRED: every sample agrees that the attributes name the algorithm of the certified key.
fn check_algorithm(
    attributes: &KeyAttributes,
    certificate: &Certificate,
) -> Result<(), ServiceError> {
    let (asked, found) = (attributes.key_algorithm, certificate.algorithm());
    if asked == found {
        Ok(())
    } else {
        Err(ServiceError::Validation(format!(
            "KeyAlgorithm is {asked}, and the key in the certificate is {found}"
        )))
    }
}
