//! The public key of a signing key, from where the key lives.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::certificate::Certificate;
use ceremony::enrolment::CertificateRequest;
use payment_keys::Pace;
use step::ServiceError;

use crate::{Context, Error};

/// The SubjectPublicKeyInfo in DER.
pub(crate) async fn public_key(
    context: &Context,
    request: &CertificateRequest,
) -> Result<Vec<u8>, Error> {
    if request.key.is_payment_key() {
        of_payment_cryptography(context, &request.key_arn).await
    } else {
        of_kms(context, &request.key_arn).await
    }
}

async fn of_kms(context: &Context, key_arn: &str) -> Result<Vec<u8>, Error> {
    let operation = "kms:GetPublicKey";
    let answer = context.kms.get_public_key().key_id(key_arn).send().await;
    let answer = answer.map_err(|error| ServiceError::new(operation, &error))?;
    let key = answer.public_key.map(|key| key.into_inner());
    key.ok_or_else(|| missing(operation, key_arn))
}

/// The service certifies the key itself, by its own CA: the certificate says nothing to us but the
/// key. It is PEM, in Base64 (API reference, GetPublicKeyCertificate).
async fn of_payment_cryptography(context: &Context, key_arn: &str) -> Result<Vec<u8>, Error> {
    let operation = "payment-cryptography:GetPublicKeyCertificate";
    let client = &context.payment_cryptography;
    let ask = async || {
        let request = client.get_public_key_certificate().key_identifier(key_arn);
        let answer = request.send().await;
        answer.map_err(|error| ServiceError::new(operation, &error))
    };
    let answer = Pace::patient().repeat(ask).await?;
    let pem = STANDARD.decode(answer.key_certificate).ok();
    let pem = pem.and_then(|bytes| String::from_utf8(bytes).ok());
    let certificate = pem.and_then(|pem| Certificate::try_from(pem).ok());
    let certificate = certificate.ok_or_else(|| missing(operation, key_arn))?;
    Ok(certificate.public_key_info().to_vec())
}

fn missing(operation: &'static str, key_arn: &str) -> Error {
    Error::PublicKeyMissing {
        operation,
        key_arn: key_arn.to_owned(),
    }
}
