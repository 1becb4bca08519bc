//! TR-34 key transport from the service.

use keyblock::SecretBytes;
use keyblock::tr31::Version;
use keyblock::tr34::{self, Freshness, Nonce, Sender};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::moved_key::MovedKey;
use super::{Wrapped, WrappedKeyMaterialFormat};
use crate::crypto::certificates::Certificate;
use crate::crypto::material::random_bytes;
use crate::model::attributes::{KeyAlgorithm, KeyModesOfUse, KeyUsage};
use crate::model::certificate_text::CertificateText;
use crate::model::exchange_token::{ExportToken, KeyMaterialType};
use crate::model::hex_text::RandomNonce;
use crate::model::identifiers::KeyIdentifier;
use crate::model::key_block::Tr34KeyBlockFormat;
use crate::model::key_block_headers::KeyBlockHeaders;
use crate::model::strength;
use crate::operations::authorities::certified;
use crate::operations::call::Call;
use crate::operations::key_pairs::key_pair_for;
use crate::operations::parameters::pair_of_token;
use crate::protocol::error::ServiceError;

/// The service is the key distribution host (KDH), the certificate is that of the key receiving
/// device (KRD). With a nonce of the device the message takes part in two passes, without in one.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tr34KeyBlock {
    certificate_authority_public_key_identifier: KeyIdentifier,
    wrapping_key_certificate: CertificateText,
    #[serde(default)]
    export_token: ExportToken,
    signing_key_identifier: Option<KeyIdentifier>,
    signing_key_certificate: Option<CertificateText>,
    #[expect(dead_code, reason = "checked for its only value")]
    key_block_format: Tr34KeyBlockFormat,
    random_nonce: Option<RandomNonce>,
    key_block_headers: Option<KeyBlockHeaders>,
}

impl Tr34KeyBlock {
    pub(super) fn wrap(
        self,
        call: &mut Call<'_>,
        moved: &MovedKey,
    ) -> Result<Wrapped, ServiceError> {
        let (device, authority_arn) = certified(
            call,
            &self.wrapping_key_certificate,
            &self.certificate_authority_public_key_identifier,
        )?;
        let wrapping = device.algorithm();
        strength::check(strength::rsa_may_wrap, wrapping, moved.algorithm)?;

        let host = Host::find(
            call,
            moved.algorithm,
            self.export_token,
            self.signing_key_identifier,
            self.signing_key_certificate,
        )?;
        let sender = Sender {
            certificate: &host.certificate,
            private_key: &host.private_key,
        };
        let freshness = match self.random_nonce {
            Some(nonce) => Freshness::Nonce(Nonce::new(nonce.bytes())?),
            None => Freshness::SigningTime(call.now.as_seconds()),
        };
        // Blocks of the service are seen with version D, whatever the algorithm of the key.
        let header = moved.header(Version::D, self.key_block_headers)?;
        // The key that encrypts the message is made of these.
        let random = Zeroizing::new(random_bytes()?);
        let key = &moved.key;
        let message = tr34::wrap(key, &header, &sender, device.der(), &freshness, &random)?;
        Ok(Wrapped {
            format: WrappedKeyMaterialFormat::Tr34KeyBlock,
            key_material: hex::encode_upper(message),
            wrapping_key_arn: authority_arn,
        })
    }
}

/// The signing side: a pair behind an export token, or one whose certificate the caller had made.
struct Host {
    certificate: Vec<u8>,
    private_key: SecretBytes,
}

impl Host {
    fn find(
        call: &mut Call<'_>,
        moved: KeyAlgorithm,
        ExportToken(token): ExportToken,
        identifier: Option<KeyIdentifier>,
        certificate: Option<CertificateText>,
    ) -> Result<Self, ServiceError> {
        match (token, identifier, certificate) {
            (Some(token), None, None) => {
                let pair = pair_of_token(call, &token, KeyMaterialType::Tr34KeyBlock)?;
                Ok(Self {
                    certificate: pair.certificate,
                    private_key: pair.private_key,
                })
            }
            (None, Some(identifier), Some(certificate)) => {
                let member = "SigningKeyIdentifier";
                let modes = [KeyModesOfUse::SIGN];
                let pair = key_pair_for(call, member, &identifier, KeyUsage::S0, &modes)?;
                let certificate = Certificate::from_der(certificate.der())?;
                pair.check_certificate(call, "SigningKeyCertificate", &certificate)?;
                // The guide on one's own certificates: RSA-3072 at least, on both sides, for AES.
                // It does not say so of the service's own, which are documented as RSA-2048.
                let signing = pair.attributes.key_algorithm;
                if !strength::rsa_may_wrap(signing, moved) {
                    return Err(ServiceError::Validation(format!(
                        "SigningKeyIdentifier: {signing} is too weak to sign for a key of {moved}"
                    )));
                }
                Ok(Self {
                    certificate: certificate.der().to_vec(),
                    private_key: pair.private_key,
                })
            }
            _ => Err(ServiceError::Validation(
                "either ExportToken, or SigningKeyIdentifier and SigningKeyCertificate together, is \
                 required"
                    .to_owned(),
            )),
        }
    }
}
