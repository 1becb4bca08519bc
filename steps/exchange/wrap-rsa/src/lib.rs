//! `WrapRsa`: the KEK under the proven leaf, by RSAES-OAEP.
//!
//! Exports the KEK as a cryptogram and checks what comes back before passing it on: its
//! form, its length against the leaf's modulus, and its KCV against the KEK's. Leaves nothing
//! behind; another run makes another cryptogram of the same KEK.

use std::time::Duration;

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::operation::export_key::ExportKeyOutput;
use aws_sdk_paymentcryptography::types::{
    ExportKeyCryptogram, ExportKeyMaterial, WrappedKey, WrappedKeyMaterialFormat, WrappingKeySpec,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::algorithms::OaepHash;
use ceremony::certificate::Certificate;
use ceremony::clearance::{Clearance, NotCleared};
use ceremony::evidence::{Deed, Recordable};
use ceremony::exchange::{Method, Wrapped};
use ceremony::id::Ceremony;
use ceremony::keys::{KekFacts, Origin};
use ceremony::path::CertificatePath;
use ceremony::profile::{Exchange, Policy};
use ceremony::proof::{Refusal, prove};
use ceremony::utc::Utc;
use payment_keys::Pace;
use serde::{Deserialize, Serialize};
use step::{Journal, ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};
use tokio::time::Instant;

/// How long a new key's tags may take to be seen by IAM, which allows ExportKey by them (AWS gives
/// no figure: "Tag changes take time").
const TAGS_SEEN_WITHIN: Duration = Duration::from_secs(20);

/// What may lie between the look at revocation and an export that is throttled, in seconds: the machine
/// tries sixty times more, with up to half a minute in between, and a try may take as long.
const AFTER_THE_LOOK: i64 = 60 * 60;

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
        return Err(Error::OtherMethod(input.policy.exchange.method()));
    };
    // Once more, from the certificates themselves: a document can say anything.
    let (trust, load) = (&input.policy.trust, input.policy.load());
    let proof = prove(input.path, trust, load, Utc::now());
    let proven = proof.verdict.map_err(Error::PathNotProven)?;
    let (cleared, rules) = (&input.revocation, &input.policy.revocation);
    cleared.covers(proven.path(), rules)?;
    cleared.is_recent(rules, Utc::now(), AFTER_THE_LOOK)?;
    let leaf = &proven.path().leaf;
    let modulus_bytes =
        leaf.key_algorithm()
            .modulus_bytes()
            .ok_or_else(|| Error::LeafKeyUnsuitable {
                algorithm: leaf.key_algorithm().to_string(),
            })?;
    let material = material(leaf, &input.issuing_ca_key_arn, hash);
    let answer = export(client, &input.kek, material).await;
    let answer =
        answer.map_err(|error| explained(error, &input.issuing_ca_key_arn, &input.policy))?;
    journal.note(Deed::ExportedKey {
        key_arn: input.kek.key_arn,
        certificate_sha256: leaf.sha256(),
    });
    let wrapped = answer.wrapped_key.ok_or(Error::CryptogramMissing)?;
    let cryptogram = checked(wrapped, modulus_bytes, &input.kek.kcv)?;
    Ok(Output(Wrapped::RsaOaep { cryptogram, hash }))
}

/// Asks again where that can help: exporting twice does no harm.
async fn export(
    client: &Client,
    kek: &KekFacts,
    material: ExportKeyMaterial,
) -> Result<ExportKeyOutput, ServiceError> {
    let pace = Pace::patient();
    let start = Instant::now();
    loop {
        let exported = pace
            .repeat(async || {
                let request = client.export_key().export_key_identifier(&kek.key_arn);
                let answer = request.key_material(material.clone()).send().await;
                answer.map_err(|error| ServiceError::new("payment-cryptography:ExportKey", &error))
            })
            .await;
        match exported {
            Err(ServiceError::AccessDenied { .. })
                if kek.origin == Origin::Created && start.elapsed() < TAGS_SEEN_WITHIN =>
            {
                tokio::time::sleep(TAGS_SEEN_WITHIN / 8).await;
            }
            done => return done,
        }
    }
}

/// The service says that a CA does not fit, but not where the wrong one came from.
fn explained(error: ServiceError, ca_key_arn: &str, policy: &Policy) -> Error {
    if !matches!(error, ServiceError::ServiceRefused { .. }) {
        return error.into();
    }
    let by_profile = policy.ca_key_arns.values().any(|named| named == ca_key_arn);
    let ca = if by_profile {
        format!("{ca_key_arn}, which `caKeyArns` of the profile names")
    } else {
        format!("{ca_key_arn}, found by the alias of the CA")
    };
    Error::ExportRefused {
        ca,
        refusal: error.to_string(),
    }
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
fn checked(wrapped: WrappedKey, modulus_bytes: usize, kek_kcv: &str) -> Result<String, Error> {
    if wrapped.wrapped_key_material_format != WrappedKeyMaterialFormat::KeyCryptogram {
        let found = wrapped.wrapped_key_material_format.as_str().to_owned();
        return Err(Error::CryptogramFormatWrong { found });
    }
    let bytes = hex::decode(&wrapped.key_material).map_err(|_| Error::CryptogramNotHex)?;
    if bytes.len() != modulus_bytes {
        return Err(Error::CryptogramLengthWrong {
            bytes: bytes.len(),
            modulus_bytes,
        });
    }
    let found = wrapped.key_check_value.ok_or(Error::KcvMissing)?;
    if !found.eq_ignore_ascii_case(kek_kcv) {
        return Err(Error::KcvMismatch {
            found,
            kek: kek_kcv.to_owned(),
        });
    }
    Ok(hex::encode_upper(bytes))
}

/// Why there is no cryptogram to pass on. None of these carries a byte of it.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("the wrapped key has format {found}, KEY_CRYPTOGRAM was asked for")]
    CryptogramFormatWrong { found: String },
    #[error("the cryptogram has {bytes} bytes, the leaf's modulus {modulus_bytes}")]
    CryptogramLengthWrong { bytes: usize, modulus_bytes: usize },
    #[error("the answer of ExportKey has no wrapped key")]
    CryptogramMissing,
    #[error("the cryptogram is not hex")]
    CryptogramNotHex,
    #[error("with {ca}, for the issuing CA: {refusal}")]
    ExportRefused { ca: String, refusal: String },
    #[error("the KCV of the wrapped key is {found}, that of the KEK is {kek}")]
    KcvMismatch { found: String, kek: String },
    #[error("the answer of ExportKey has no KCV to compare with the KEK's")]
    KcvMissing,
    #[error("the leaf's key is {algorithm}; an RSA key is needed to wrap under")]
    LeafKeyUnsuitable { algorithm: String },
    #[error("the profile says {0}, this step wraps by rsa-oaep")]
    OtherMethod(Method),
    #[error("the certificate path is not proven (any more): {}", .0.what)]
    PathNotProven(Refusal),
    #[error("{0}")]
    RevocationNotProven(#[from] NotCleared),
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::KcvMismatch { .. } => {
                "Do not send anything: another key than the KEK was wrapped. Keep the record and \
                 find out which, with AWS Support if need be."
            }
            Self::CryptogramFormatWrong { .. }
            | Self::CryptogramLengthWrong { .. }
            | Self::CryptogramMissing
            | Self::CryptogramNotHex
            | Self::KcvMissing => {
                "Payment Cryptography answered in a form this software does not know, and nothing \
                 was passed on: look for a newer version, and report it with the record."
            }
            Self::ExportRefused { .. } => {
                "The key named here must hold the CA that issued the leaf, and be enabled; the KEK \
                 must be enabled and exportable. Correct or remove a wrong entry in `caKeyArns` of \
                 the profile, or restore or enable the key in Payment Cryptography."
            }
            Self::OtherMethod(_) => "This is a defect of the software: report it with the record.",
            Self::LeafKeyUnsuitable { .. } => {
                "This is a defect of the software (the validation should have refused the leaf): \
                 report it with the record."
            }
            Self::PathNotProven(_) => {
                "Compare with the checks of the state Validate in the record: a certificate may have \
                 expired since, or somebody invoked this step by hand."
            }
            Self::RevocationNotProven(_) => {
                "Compare with the findings of the state CheckRevocation in the record: somebody \
                 invoked this step by hand, or it was tried again for too long."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(material: &str, kcv: Option<&str>) -> WrappedKey {
        WrappedKey::builder()
            .wrapping_key_arn("arn")
            .wrapped_key_material_format(WrappedKeyMaterialFormat::KeyCryptogram)
            .key_material(material)
            .set_key_check_value(kcv.map(str::to_owned))
            .build()
            .unwrap()
    }

    #[test]
    fn a_cryptogram_of_the_modulus_length_with_the_keks_kcv_passes_in_upper_case() {
        let cryptogram = checked(wrapped("00ff", Some("9a1b2a")), 2, "9A1B2A");
        assert_eq!(cryptogram, Ok("00FF".to_owned()));
    }

    #[test]
    fn a_cryptogram_of_another_length_is_not_passed_on() {
        assert_eq!(
            checked(wrapped("00FF00", Some("9A1B2A")), 2, "9A1B2A"),
            Err(Error::CryptogramLengthWrong {
                bytes: 3,
                modulus_bytes: 2
            })
        );
    }

    #[test]
    fn a_cryptogram_in_base64_is_not_passed_on() {
        assert_eq!(
            checked(wrapped("AP8=", Some("9A1B2A")), 2, "9A1B2A"),
            Err(Error::CryptogramNotHex)
        );
    }

    #[test]
    fn a_cryptogram_of_another_key_is_not_passed_on() {
        assert_eq!(
            checked(wrapped("00FF", Some("000000")), 2, "9A1B2A"),
            Err(Error::KcvMismatch {
                found: "000000".to_owned(),
                kek: "9A1B2A".to_owned()
            })
        );
        assert_eq!(
            checked(wrapped("00FF", None), 2, "9A1B2A"),
            Err(Error::KcvMissing)
        );
    }

    #[test]
    fn a_key_block_is_no_cryptogram() {
        let block = WrappedKey::builder()
            .wrapping_key_arn("arn")
            .wrapped_key_material_format(WrappedKeyMaterialFormat::Tr31KeyBlock)
            .key_material("00FF")
            .key_check_value("9A1B2A")
            .build()
            .unwrap();
        assert_eq!(
            checked(block, 2, "9A1B2A"),
            Err(Error::CryptogramFormatWrong {
                found: "TR31_KEY_BLOCK".to_owned()
            })
        );
    }
}
