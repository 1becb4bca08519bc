//! What every step does by which a key leaves AWS Payment Cryptography, whatever the method.
//!
//! Before: the path is proven once more, and the proof of revocation held to path and age. Then
//! ExportKey, asked again where that can help. After: the answer is held to the form that was asked for
//! and to the KCV of the key. What else there is to an answer is the method's own.

mod error;

use std::time::Duration;

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::operation::export_key::ExportKeyOutput;
use aws_sdk_paymentcryptography::types::{ExportKeyMaterial, WrappedKeyMaterialFormat};
use ceremony::clearance::Clearance;
use ceremony::keys::{KekFacts, Origin};
use ceremony::path::CertificatePath;
use ceremony::profile::Policy;
use ceremony::proof::{ProvenPath, prove};
use ceremony::utc::Utc;
use payment_keys::Pace;
use step::ServiceError;
use tokio::time::Instant;

pub use error::{Error, unknown_form};

/// How long a new key's tags may take to be seen by IAM, which allows calls by them (AWS gives
/// no figure: "Tag changes take time").
const TAGS_SEEN_WITHIN: Duration = Duration::from_secs(20);

/// What may lie between the look at revocation and an export that is throttled, in seconds: the machine
/// tries sixty times more, with up to half a minute in between, and a try may take as long.
const AFTER_THE_LOOK: i64 = 60 * 60;

/// Proves the path from the certificates themselves, since a document can say anything, and holds to it
/// what was found of revocation.
pub fn proven(
    path: CertificatePath,
    policy: &Policy,
    cleared: &Clearance,
) -> Result<ProvenPath, Error> {
    let proof = prove(path, &policy.trust, policy.load(), Utc::now());
    let proven = proof.verdict.map_err(Error::PathNotProven)?;
    let rules = &policy.revocation;
    cleared.covers(proven.path(), rules)?;
    cleared.is_recent(rules, Utc::now(), AFTER_THE_LOOK)?;
    Ok(proven)
}

/// Asks again where that can help: exporting twice does no harm. All calls of a step share one pace.
pub async fn export(
    client: &Client,
    pace: &Pace,
    kek: &KekFacts,
    material: &ExportKeyMaterial,
) -> Result<ExportKeyOutput, ServiceError> {
    once_tags_are_seen(kek.origin, pace, async || {
        let request = client.export_key().export_key_identifier(&kek.key_arn);
        let answer = request.key_material(material.clone()).send().await;
        answer.map_err(|error| ServiceError::new("payment-cryptography:ExportKey", &error))
    })
    .await
}

/// Makes a call that may be carried out twice, and again while IAM may not have seen the tags of the key,
/// if this ceremony has made it.
pub async fn once_tags_are_seen<T>(
    origin: Origin,
    pace: &Pace,
    call: impl AsyncFn() -> Result<T, ServiceError>,
) -> Result<T, ServiceError> {
    let start = Instant::now();
    loop {
        match pace.repeat(&call).await {
            Err(ServiceError::AccessDenied { .. })
                if origin == Origin::Created && start.elapsed() < TAGS_SEEN_WITHIN =>
            {
                tokio::time::sleep(TAGS_SEEN_WITHIN / 8).await;
            }
            done => return done,
        }
    }
}

/// The service says that a CA does not fit, but not where the wrong one came from.
pub fn explained(error: ServiceError, ca_key_arn: &str, policy: &Policy) -> Error {
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

/// The wrapped key, if it has the format that was asked for and is the KEK by its KCV.
pub fn key_material(
    answer: ExportKeyOutput,
    format: &WrappedKeyMaterialFormat,
    kek: &KekFacts,
) -> Result<String, Error> {
    let wrapped = answer.wrapped_key.ok_or(Error::WrappedKeyMissing)?;
    if wrapped.wrapped_key_material_format != *format {
        return Err(Error::WrappedKeyFormatWrong {
            found: wrapped.wrapped_key_material_format.as_str().to_owned(),
            asked: format.as_str().to_owned(),
        });
    }
    let found = wrapped.key_check_value.ok_or(Error::KcvMissing)?;
    if !found.eq_ignore_ascii_case(&kek.kcv) {
        return Err(Error::KcvMismatch {
            found,
            kek: kek.kcv.clone(),
        });
    }
    Ok(wrapped.key_material)
}

#[cfg(test)]
mod tests {
    use aws_sdk_paymentcryptography::types::WrappedKey;
    use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm};

    use super::*;

    const CRYPTOGRAM: WrappedKeyMaterialFormat = WrappedKeyMaterialFormat::KeyCryptogram;

    fn kek() -> KekFacts {
        KekFacts {
            key_arn: "arn".to_owned(),
            algorithm: KekAlgorithm::AES_128,
            kcv: "9A1B2A".to_owned(),
            kcv_algorithm: KcvAlgorithm::CMAC,
            origin: Origin::Created,
            replaces_key_arn: None,
        }
    }

    fn answer(format: WrappedKeyMaterialFormat, kcv: Option<&str>) -> ExportKeyOutput {
        let wrapped = WrappedKey::builder()
            .wrapping_key_arn("arn")
            .wrapped_key_material_format(format)
            .key_material("00FF")
            .set_key_check_value(kcv.map(str::to_owned))
            .build();
        let wrapped = wrapped.expect("every required member");
        ExportKeyOutput::builder().wrapped_key(wrapped).build()
    }

    #[test]
    fn a_key_of_the_format_with_the_keks_kcv_passes() {
        let passed = key_material(answer(CRYPTOGRAM, Some("9a1b2a")), &CRYPTOGRAM, &kek());
        assert_eq!(passed, Ok("00FF".to_owned()));
    }

    #[test]
    fn another_key_is_not_passed_on() {
        let refused = |kcv| key_material(answer(CRYPTOGRAM, kcv), &CRYPTOGRAM, &kek());
        let (found, of_kek) = ("000000".to_owned(), "9A1B2A".to_owned());
        let mismatch = Error::KcvMismatch { found, kek: of_kek };
        assert_eq!(refused(Some("000000")), Err(mismatch));
        assert_eq!(refused(None), Err(Error::KcvMissing));
    }

    #[test]
    fn a_key_in_another_format_is_not_passed_on() {
        let block = answer(WrappedKeyMaterialFormat::Tr31KeyBlock, Some("9A1B2A"));
        assert_eq!(
            key_material(block, &CRYPTOGRAM, &kek()),
            Err(Error::WrappedKeyFormatWrong {
                found: "TR31_KEY_BLOCK".to_owned(),
                asked: "KEY_CRYPTOGRAM".to_owned(),
            })
        );
        let empty = ExportKeyOutput::builder().build();
        assert_eq!(
            key_material(empty, &CRYPTOGRAM, &kek()),
            Err(Error::WrappedKeyMissing)
        );
    }
}
