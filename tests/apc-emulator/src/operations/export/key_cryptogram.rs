//! RSA wrap: the raw key under RSA-OAEP to the key of a certificate.

use serde::Deserialize;

use super::moved_key::MovedKey;
use super::{Wrapped, WrappedKeyMaterialFormat};
use crate::crypto::oaep::{self, WrappingKeySpec};
use crate::model::certificate_text::CertificateText;
use crate::model::identifiers::KeyIdentifier;
use crate::model::strength;
use crate::operations::authorities::certified;
use crate::operations::call::Call;
use crate::protocol::error::ServiceError;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyCryptogram {
    certificate_authority_public_key_identifier: KeyIdentifier,
    wrapping_key_certificate: CertificateText,
    #[serde(default)]
    wrapping_spec: WrappingKeySpec,
}

impl KeyCryptogram {
    /// Nothing is asked of the wrapping certificate but a good signature by the authority, its
    /// dates and a strong enough RSA key: the service's samples use certificates without any
    /// extension, and even the self-signed authority itself.
    pub(super) fn wrap(
        self,
        call: &mut Call<'_>,
        moved: &MovedKey,
    ) -> Result<Wrapped, ServiceError> {
        let Self {
            certificate_authority_public_key_identifier: authority,
            wrapping_key_certificate,
            wrapping_spec,
        } = self;

        let (certificate, authority_arn) = certified(call, &wrapping_key_certificate, &authority)?;
        let wrapping = certificate.algorithm();
        strength::check(strength::rsa_may_wrap, wrapping, moved.algorithm)?;

        let public_key = certificate.subject_public_key_info();
        let block = oaep::wrap(public_key, wrapping_spec, &moved.key)?;
        Ok(Wrapped {
            format: WrappedKeyMaterialFormat::KeyCryptogram,
            key_material: hex::encode_upper(block),
            wrapping_key_arn: authority_arn,
        })
    }
}
