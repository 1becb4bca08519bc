//! Imported certificate authorities, and what they vouch for.

use crate::crypto::certificates::Certificate;
use crate::crypto::material::KeyMaterial;
use crate::model::attributes::KeyUsage;
use crate::model::certificate_text::CertificateText;
use crate::model::identifiers::{KeyArn, KeyIdentifier};
use crate::model::strength;
use crate::operations::call::Call;
use crate::protocol::error::ServiceError;
use crate::store::KeyRecord;

/// The imported certificate authority that an identifier means, in a state to be used.
///
/// The guide demands that "all certificates must be unexpired at the time of import". INFERRED: that
/// the authority's own is one of them, and that an export is no different.
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
        } if attributes.key_usage == KeyUsage::S0 => {
            certificate.check_dates(call.now)?;
            Ok((record.arn.clone(), certificate.clone()))
        }
        _ => Err(ServiceError::Validation(format!(
            "CertificateAuthorityPublicKeyIdentifier: {identifier} is not a certificate authority"
        ))),
    }
}

/// A certificate that came with a request, in force and vouched for by the authority that the
/// request names; and the ARN of that authority.
pub fn certified(
    call: &mut Call<'_>,
    certificate: &CertificateText,
    authority: &KeyIdentifier,
) -> Result<(Certificate, KeyArn), ServiceError> {
    let certificate = Certificate::from_der(certificate.der())?;
    let (authority_arn, authority) = certificate_authority(call, authority)?;
    check_certified(&certificate, &authority)?;
    certificate.check_dates(call.now)?;
    Ok((certificate, authority_arn))
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
