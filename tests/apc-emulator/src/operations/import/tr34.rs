//! TR-34 key transport to the service.

use keyblock::tr34::{self, Nonce, Recipient};
use serde::Deserialize;

use super::Imported;
use crate::crypto::certificates::Certificate;
use crate::model::attributes::{KeyAlgorithm, KeyModesOfUse, KeyUsage};
use crate::model::certificate_text::CertificateText;
use crate::model::exchange_token::{ImportToken, KeyMaterialType};
use crate::model::hex_text::{RandomNonce, Tr34WrappedKeyBlock};
use crate::model::identifiers::KeyIdentifier;
use crate::model::key_block::Tr34KeyBlockFormat;
use crate::model::strength;
use crate::operations::authorities::certified;
use crate::operations::call::Call;
use crate::operations::key_pairs::key_pair_for;
use crate::operations::parameters::{TokenPair, pair_of_token};
use crate::protocol::error::ServiceError;

/// A key that a key distribution host (KDH) signed and encrypted for the service, which is the key
/// receiving device (KRD).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tr34KeyBlock {
    certificate_authority_public_key_identifier: KeyIdentifier,
    signing_key_certificate: CertificateText,
    #[serde(default)]
    import_token: ImportToken,
    wrapping_key_identifier: Option<KeyIdentifier>,
    wrapping_key_certificate: Option<CertificateText>,
    wrapped_key_block: Tr34WrappedKeyBlock,
    #[expect(dead_code, reason = "checked for its only value")]
    key_block_format: Tr34KeyBlockFormat,
    random_nonce: Option<RandomNonce>,
}

impl Tr34KeyBlock {
    pub(super) fn open(self, call: &mut Call<'_>) -> Result<Imported, ServiceError> {
        let (host, _) = certified(
            call,
            &self.signing_key_certificate,
            &self.certificate_authority_public_key_identifier,
        )?;
        let device = device(
            call,
            self.import_token,
            self.wrapping_key_identifier,
            self.wrapping_key_certificate,
        )?;
        let recipient = Recipient {
            certificate: &device.certificate,
            private_key: &device.private_key,
        };
        let nonce = self.random_nonce;
        let nonce = nonce.map(|nonce| Nonce::new(nonce.bytes())).transpose()?;
        let message = self.wrapped_key_block.bytes();
        let unwrapped = tr34::unwrap(message, host.der(), &recipient, nonce.as_ref())?;

        let moved = KeyAlgorithm::of_symmetric(unwrapped.key.algorithm());
        strength::check(strength::rsa_may_wrap, device.algorithm, moved)?;
        Imported::from_key_block(&unwrapped.header, unwrapped.key)
    }
}

/// The receiving side: a pair behind an import token, or one whose certificate the caller had made.
fn device(
    call: &mut Call<'_>,
    ImportToken(token): ImportToken,
    identifier: Option<KeyIdentifier>,
    certificate: Option<CertificateText>,
) -> Result<TokenPair, ServiceError> {
    match (token, identifier, certificate) {
        (Some(token), None, None) => pair_of_token(call, &token, KeyMaterialType::Tr34KeyBlock),
        (None, Some(identifier), Some(certificate)) => {
            let pair = key_pair_for(
                call,
                "WrappingKeyIdentifier",
                &identifier,
                KeyUsage::K2,
                &[
                    KeyModesOfUse::DECRYPT_UNWRAP,
                    KeyModesOfUse::ENCRYPT_DECRYPT_WRAP_UNWRAP,
                ],
            )?;
            let certificate = Certificate::from_der(certificate.der())?;
            pair.check_certificate(call, "WrappingKeyCertificate", &certificate)?;
            Ok(TokenPair {
                algorithm: pair.attributes.key_algorithm,
                certificate: certificate.der().to_vec(),
                private_key: pair.private_key,
            })
        }
        _ => Err(ServiceError::Validation(
            "either ImportToken, or WrappingKeyIdentifier and WrappingKeyCertificate together, \
                 is required"
                .to_owned(),
        )),
    }
}
