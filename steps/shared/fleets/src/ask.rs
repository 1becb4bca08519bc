//! One ExportKey.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{
    ExportAttributes, ExportDukptInitialKey, ExportKeyMaterial, KeyState, WrappedKey,
};
use ceremony::fleet::{Bdk, Outcome, SerialNumber};
use payment_keys::{Pace, inspect, is_bdk};
use step::ServiceError;

use crate::Error;

/// What the service says to one terminal.
#[derive(Clone, Debug)]
pub enum Answer {
    Wrapped(Option<WrappedKey>),
    /// It takes something of the request not. Its words are left out, as they may repeat the serial
    /// number, and every reason would be another one.
    NotTaken,
}

impl Answer {
    /// Why a terminal failed that the service does not take.
    pub const NOT_TAKEN: &'static str = "ExportKey was refused with ValidationException";
}

/// Has the initial key of one terminal exported. An error is none of the terminal's own.
pub async fn ask(
    client: &Client,
    bdk: &Bdk,
    number: &SerialNumber,
    material: &ExportKeyMaterial,
) -> Result<Answer, ServiceError> {
    let attributes = attributes(number);
    let answer = Pace::patient()
        .repeat(async || {
            let request = client
                .export_key()
                .export_key_identifier(&bdk.key_arn)
                .export_attributes(attributes.clone())
                .key_material(material.clone());
            let answer = request.send().await;
            answer.map_err(|error| ServiceError::new("payment-cryptography:ExportKey", &error))
        })
        .await;
    match answer {
        Ok(answer) => Ok(Answer::Wrapped(answer.wrapped_key)),
        Err(ServiceError::ServiceRefused { code, .. }) if code == "ValidationException" => {
            Ok(Answer::NotTaken)
        }
        Err(error) => Err(error),
    }
}

/// Whether what the service did not take are the terminals' own faults. They are none if a key is not as it
/// was found, for which AWS documents the same ValidationException; and a result stays, so that it must
/// not say of terminals what is true of a key. `under` is the key under which they leave, or that of the
/// CA which says whose it is.
pub async fn are_terminals_own(
    client: &Client,
    outcomes: &[Outcome],
    bdk: &Bdk,
    under: &str,
) -> Result<(), Error> {
    let failed = |outcome: &Outcome| matches!(outcome, Outcome::Failed { .. });
    if !outcomes.iter().any(failed) {
        return Ok(());
    }
    let pace = Pace::patient();
    let unusable = |key_arn: &str, why: String| Error::KeyUnusable {
        key_arn: key_arn.to_owned(),
        why,
    };
    let facts = inspect(client, &bdk.key_arn, &pace).await?;
    is_bdk(&facts, bdk.algorithm).map_err(|why| unusable(&bdk.key_arn, why.to_string()))?;
    let facts = inspect(client, under, &pace).await?;
    if facts.state != KeyState::CreateComplete || !facts.enabled {
        let why = "it is disabled or not (any more) complete".to_owned();
        return Err(unusable(under, why));
    }
    Ok(())
}

fn attributes(number: &SerialNumber) -> ExportAttributes {
    let initial_key = ExportDukptInitialKey::builder().key_serial_number(number.as_str());
    let initial_key = initial_key.build().expect("every required member is set");
    ExportAttributes::builder()
        .export_dukpt_initial_key(initial_key)
        .build()
}

/// The check value of the initial key, upper-case hex; none where the answer has none of the right form.
pub fn check_value(wrapped: &WrappedKey) -> Option<String> {
    let kcv = wrapped.key_check_value.as_deref()?;
    let digits = kcv.bytes().filter(u8::is_ascii_hexdigit).count();
    (digits == kcv.len() && matches!(digits, 6 | 10)).then(|| kcv.to_ascii_uppercase())
}
