//! GetPublicKeyCertificate and GetCertificateSigningRequest.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::crypto::certificate_parts::name;
use crate::crypto::issuing::{self, IssuerFamily};
use crate::crypto::material::KeyMaterial;
use crate::crypto::private_keys::SigningHash;
use crate::model::attributes::KeyAlgorithm;
use crate::model::certificate_subject::CertificateSubject;
use crate::model::certificate_text;
use crate::model::identifiers::{KeyArn, KeyIdentifier};
use crate::operations::call::Call;
use crate::operations::issuers::issuer;
use crate::operations::key_pairs::key_pair;
use crate::operations::keys::KeyInput;
use crate::protocol::error::ServiceError;
use crate::store::IssuedCertificate;

/// A certificate of the service for a public key, its own or an imported one; the same one as long
/// as enough of its time is left.
pub fn get_public_key_certificate(
    call: &mut Call<'_>,
    input: KeyInput,
) -> Result<GetPublicKeyCertificateOutput, ServiceError> {
    let KeyInput { key_identifier } = input;

    let key = public_key(call, &key_identifier)?;
    let issuer = issuer(call, IssuerFamily::for_key(key.algorithm))?;
    let certificate = match reusable_certificate(call, &key.arn) {
        Some(certificate) => certificate,
        None => {
            // Made without the lock, as it is signed with RSA. Of two that are made at once, the
            // first counts.
            let valid_until = call.now.plus_days(VALID_DAYS);
            let made = IssuedCertificate {
                certificate: issuer.certify(
                    key.algorithm,
                    &key.public_key,
                    call.now,
                    valid_until,
                )?,
                valid_until,
            };
            let mut state = call.store.lock();
            let exchange = state.partition(&call.scope, call.now).exchange_mut();
            let kept = exchange.keep_public_key_certificate(key.arn, made, renewal(call.now));
            kept.certificate.clone()
        }
    };
    Ok(GetPublicKeyCertificateOutput {
        key_certificate: certificate_text::encode(&certificate),
        key_certificate_chain: certificate_text::encode(issuer.certificate()),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetPublicKeyCertificateOutput {
    key_certificate: String,
    key_certificate_chain: String,
}

/// A request for a certificate by somebody else's authority, signed with a key pair of the service.
pub fn get_certificate_signing_request(
    call: &mut Call<'_>,
    input: GetCertificateSigningRequestInput,
) -> Result<GetCertificateSigningRequestOutput, ServiceError> {
    let GetCertificateSigningRequestInput {
        key_identifier,
        signing_algorithm,
        certificate_subject,
    } = input;

    let pair =
        key_pair(call, "KeyIdentifier", &key_identifier).map_err(ServiceError::without_conflict)?;
    let request = issuing::certificate_request(
        pair.attributes.key_algorithm,
        &pair.private_key,
        &pair.public_key,
        signing_algorithm,
        name(&certificate_subject.attributes())?,
    )?;
    Ok(GetCertificateSigningRequestOutput {
        certificate_signing_request: certificate_text::encode_pem(&request),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetCertificateSigningRequestInput {
    key_identifier: KeyIdentifier,
    signing_algorithm: SigningHash,
    certificate_subject: CertificateSubject,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetCertificateSigningRequestOutput {
    certificate_signing_request: String,
}

/// How long a certificate lasts (user guide, "Getting the public key certificate").
const VALID_DAYS: i64 = 90;
/// A certificate is given out again as long as this is left of its time.
const REUSABLE_DAYS: i64 = 30;

/// A certificate is renewed when it does not last until then.
fn renewal(now: Timestamp) -> Timestamp {
    now.plus_days(REUSABLE_DAYS)
}

fn reusable_certificate(call: &Call<'_>, arn: &KeyArn) -> Option<Vec<u8>> {
    let mut state = call.store.lock();
    let exchange = state.partition(&call.scope, call.now).exchange();
    let issued = exchange.public_key_certificate(arn)?;
    (issued.valid_until >= renewal(call.now)).then(|| issued.certificate.clone())
}

struct PublicKey {
    algorithm: KeyAlgorithm,
    arn: KeyArn,
    public_key: Vec<u8>,
}

/// INFERRED: a disabled key still shows its public half, one on its way to deletion does not. The
/// operations here have no ConflictException.
fn public_key(call: &mut Call<'_>, identifier: &KeyIdentifier) -> Result<PublicKey, ServiceError> {
    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    let record = call.resolve(partition, identifier)?;
    record
        .check_complete()
        .map_err(ServiceError::without_conflict)?;
    let public_key = match &record.material {
        KeyMaterial::Certificate(certificate) => certificate.subject_public_key_info().to_vec(),
        KeyMaterial::Pair { public_key, .. } => public_key.clone(),
        KeyMaterial::Gone | KeyMaterial::Symmetric(_) => {
            return Err(ServiceError::Validation(format!(
                "KeyIdentifier: {identifier} has no public key"
            )));
        }
    };
    Ok(PublicKey {
        algorithm: record.attributes.key_algorithm,
        arn: record.arn.clone(),
        public_key,
    })
}
