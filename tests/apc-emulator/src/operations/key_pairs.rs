//! Keys with a public half, found for an operation.

use keyblock::SecretBytes;

use crate::crypto::certificates::Certificate;
use crate::crypto::material::KeyMaterial;
use crate::model::attributes::{KeyAttributes, KeyModesOfUse, KeyUsage};
use crate::model::identifiers::{KeyArn, KeyIdentifier};
use crate::operations::call::Call;
use crate::protocol::error::ServiceError;

/// A pair of the service.
pub struct KeyPair {
    pub arn: KeyArn,
    pub attributes: KeyAttributes,
    /// PKCS#8, DER.
    pub private_key: SecretBytes,
    /// SubjectPublicKeyInfo, DER.
    pub public_key: Vec<u8>,
}

/// The usable pair that an identifier means; the member says which part of the request named it.
pub fn key_pair(
    call: &mut Call<'_>,
    member: &str,
    identifier: &KeyIdentifier,
) -> Result<KeyPair, ServiceError> {
    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    let record = call.resolve(partition, identifier)?;
    record.check_usable()?;
    match &record.material {
        KeyMaterial::Pair {
            private_key,
            public_key,
        } => Ok(KeyPair {
            arn: record.arn.clone(),
            attributes: record.attributes,
            private_key: private_key.clone(),
            public_key: public_key.clone(),
        }),
        _ => Err(ServiceError::Validation(format!(
            "{member}: {identifier} is not a key pair"
        ))),
    }
}

/// A pair that was made for this: of the usage, and with one of the sets of modes.
pub fn key_pair_for(
    call: &mut Call<'_>,
    member: &str,
    identifier: &KeyIdentifier,
    usage: KeyUsage,
    modes: &[KeyModesOfUse],
) -> Result<KeyPair, ServiceError> {
    let pair = key_pair(call, member, identifier)?;
    let attributes = &pair.attributes;
    if attributes.key_usage == usage && modes.contains(&attributes.key_modes_of_use) {
        Ok(pair)
    } else {
        Err(ServiceError::Validation(format!(
            "{member}: {identifier} is not a {usage} with a mode of use that allows this"
        )))
    }
}

impl KeyPair {
    /// The guide's most common error with one's own certificates: the certificate is of another
    /// key. Its dates count too, its issuer is the caller's business.
    pub fn check_certificate(
        &self,
        call: &Call<'_>,
        member: &str,
        certificate: &Certificate,
    ) -> Result<(), ServiceError> {
        if certificate.subject_public_key_info() != self.public_key {
            return Err(ServiceError::Validation(format!(
                "{member}: the certificate is not that of {}",
                self.arn
            )));
        }
        Ok(certificate.check_dates(call.now)?)
    }
}
