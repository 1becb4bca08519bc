//! What a CA's key is in Payment Cryptography.

use aws_sdk_paymentcryptography::types::{
    ImportKeyMaterial, KeyAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse, KeyState, KeyUsage,
    RootCertificatePublicKey, TrustedCertificatePublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::certificate::Certificate;
use payment_keys::KeyFacts;

use crate::Error;

/// `PublicKeyCertificate` is base64 of the PEM text.
pub(crate) fn root(ca: &Certificate, attributes: &KeyAttributes) -> ImportKeyMaterial {
    ImportKeyMaterial::RootCertificatePublicKey(
        RootCertificatePublicKey::builder()
            .key_attributes(attributes.clone())
            .public_key_certificate(STANDARD.encode(ca.to_pem()))
            .build()
            .expect("every required member is set"),
    )
}

pub(crate) fn trusted(
    ca: &Certificate,
    attributes: &KeyAttributes,
    above: &str,
) -> ImportKeyMaterial {
    ImportKeyMaterial::TrustedCertificatePublicKey(
        TrustedCertificatePublicKey::builder()
            .key_attributes(attributes.clone())
            .public_key_certificate(STANDARD.encode(ca.to_pem()))
            .certificate_authority_public_key_identifier(above)
            .build()
            .expect("every required member is set"),
    )
}

/// A CA verifies signatures, and nothing else.
pub(crate) fn attributes_of(ca: &Certificate) -> Result<KeyAttributes, Error> {
    let algorithm = ca.key_algorithm();
    let name = algorithm
        .service_name()
        .ok_or_else(|| Error::CaKeyUnsupported {
            subject: ca.subject().to_owned(),
            algorithm: algorithm.to_string(),
        })?;
    Ok(KeyAttributes::builder()
        .key_algorithm(KeyAlgorithm::from(name))
        .key_class(KeyClass::PublicKey)
        .key_modes_of_use(KeyModesOfUse::builder().verify(true).build())
        .key_usage(KeyUsage::Tr31S0AsymmetricKeyForDigitalSignature)
        .build()
        .expect("every required member is set"))
}

/// That the key really holds this CA is proven by the export: Payment Cryptography verifies the
/// leaf's signature with it.
pub(crate) fn why_unsuitable(facts: &KeyFacts, expected: &KeyAttributes) -> Option<String> {
    if facts.state != KeyState::CreateComplete || !facts.enabled {
        return Some(format!(
            "it is {} and enabled: {}",
            facts.state, facts.enabled
        ));
    }
    let found = &facts.attributes;
    if found.key_class != KeyClass::PublicKey
        || found.key_usage != expected.key_usage
        || found.key_algorithm != expected.key_algorithm
    {
        return Some(format!(
            "it is a {} {} {}, expected a {} {} {}",
            found.key_algorithm,
            found.key_class,
            found.key_usage,
            expected.key_algorithm,
            expected.key_class,
            expected.key_usage
        ));
    }
    None
}
