//! One ExportKey.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{
    ExportAttributes, ExportDukptInitialKey, ExportKeyMaterial, WrappedKey,
};
use ceremony::fleet::{Bdk, SerialNumber};
use payment_keys::Pace;
use step::ServiceError;

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
