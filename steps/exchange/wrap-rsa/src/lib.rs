//! `WrapRsa`: the KEK under the proven leaf, by RSAES-OAEP.
//!
//! Exports the KEK as a cryptogram and checks what comes back before passing it on: its
//! form, its length against the leaf's modulus, and its KCV against the KEK's. Leaves nothing
//! behind; another run makes another cryptogram of the same KEK.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{
    ExportKeyCryptogram, ExportKeyMaterial, WrappedKeyMaterialFormat, WrappingKeySpec,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::algorithms::OaepHash;
use ceremony::certificate::Certificate;
use ceremony::clearance::Clearance;
use ceremony::evidence::{Deed, Recordable};
use ceremony::exchange::{Method, Wrapped};
use ceremony::id::Ceremony;
use ceremony::keys::KekFacts;
use ceremony::path::CertificatePath;
use ceremony::profile::{Exchange, Policy};
use payment_keys::Pace;
use serde::{Deserialize, Serialize};
use step::{Journal, StepError};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub path: CertificatePath,
    pub policy: Policy,
    /// That nothing on the path is revoked.
    pub revocation: Clearance,
    pub issuing_ca_key_arn: String,
    pub kek: KekFacts,
}

/// A [`Wrapped::RsaOaep`].
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Output(pub Wrapped);

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self.0.recordable()
    }
}

pub async fn handle(client: &Client, input: Input, journal: &Journal) -> Result<Output, Error> {
    let Exchange::RsaOaep { hash, .. } = input.policy.exchange else {
        return Err(Error::Export(exports::Error::OtherMethod {
            profile: input.policy.exchange.method(),
            step: Method::RsaOaep,
        }));
    };
    let proven = exports::proven(input.path, &input.policy, &input.revocation)?;
    let leaf = &proven.path().leaf;
    let modulus_bytes =
        leaf.key_algorithm()
            .modulus_bytes()
            .ok_or_else(|| Error::LeafKeyUnsuitable {
                algorithm: leaf.key_algorithm().to_string(),
            })?;
    let material = material(leaf, &input.issuing_ca_key_arn, hash);
    let answer = exports::export(client, &Pace::patient(), &input.kek, &material).await;
    let answer = answer
        .map_err(|error| exports::explained(error, &input.issuing_ca_key_arn, &input.policy))?;
    journal.note(Deed::ExportedKey {
        key_arn: input.kek.key_arn.clone(),
        certificate_sha256: leaf.sha256(),
    });
    let format = WrappedKeyMaterialFormat::KeyCryptogram;
    let cryptogram = exports::key_material(answer, &format, &input.kek)?;
    let cryptogram = checked(&cryptogram, modulus_bytes)?;
    Ok(Output(Wrapped::RsaOaep { cryptogram, hash }))
}

/// `WrappingKeyCertificate` is base64 of the PEM text: of the leaf that was proven, alone.
fn material(leaf: &Certificate, issuing_ca: &str, hash: OaepHash) -> ExportKeyMaterial {
    let spec = match hash {
        OaepHash::SHA_256 => WrappingKeySpec::RsaOaepSha256,
        OaepHash::SHA_512 => WrappingKeySpec::RsaOaepSha512,
    };
    ExportKeyMaterial::KeyCryptogram(
        ExportKeyCryptogram::builder()
            .certificate_authority_public_key_identifier(issuing_ca)
            .wrapping_key_certificate(STANDARD.encode(leaf.to_pem()))
            .wrapping_spec(spec)
            .build()
            .expect("every required member is set"),
    )
}

/// The cryptogram, if it is what was asked for. It is hex: read as base64, which hex digits are
/// too, it would silently become other bytes.
fn checked(cryptogram: &str, modulus_bytes: usize) -> Result<String, Error> {
    let bytes = hex::decode(cryptogram).map_err(|_| Error::CryptogramNotHex)?;
    if bytes.len() != modulus_bytes {
        return Err(Error::CryptogramLengthWrong {
            bytes: bytes.len(),
            modulus_bytes,
        });
    }
    Ok(hex::encode_upper(bytes))
}

/// Why there is no cryptogram to pass on. None of these carries a byte of it.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("the cryptogram has {bytes} bytes, the leaf's modulus {modulus_bytes}")]
    CryptogramLengthWrong { bytes: usize, modulus_bytes: usize },
    #[error("the cryptogram is not hex")]
    CryptogramNotHex,
    #[error(transparent)]
    Export(#[from] exports::Error),
    #[error("the leaf's key is {algorithm}; an RSA key is needed to wrap under")]
    LeafKeyUnsuitable { algorithm: String },
}

impl StepError for Error {
    step::step_error_names!(Export, exports::Error);

    fn remedy(&self) -> &'static str {
        match self {
            Self::CryptogramLengthWrong { .. } | Self::CryptogramNotHex => {
                exports::unknown_form::remedy()
            }
            Self::Export(error) => error.remedy(),
            Self::LeafKeyUnsuitable { .. } => {
                "This is a defect of the software (the validation should have refused the leaf): \
                 report it with the record."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cryptogram_of_the_modulus_length_passes_in_upper_case() {
        assert_eq!(checked("00ff", 2), Ok("00FF".to_owned()));
    }

    #[test]
    fn a_cryptogram_of_another_length_is_not_passed_on() {
        let wrong = Error::CryptogramLengthWrong {
            bytes: 3,
            modulus_bytes: 2,
        };
        assert_eq!(checked("00FF00", 2), Err(wrong));
    }

    #[test]
    fn a_cryptogram_in_base64_is_not_passed_on() {
        assert_eq!(checked("AP8=", 2), Err(Error::CryptogramNotHex));
    }
}
