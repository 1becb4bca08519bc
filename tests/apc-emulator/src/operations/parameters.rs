//! GetParametersForImport and GetParametersForExport: a certified key pair of the service for
//! exchanging keys, and a token that stands for it.

use keyblock::SecretBytes;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::crypto::issuing::IssuerFamily;
use crate::crypto::material::KeyMaterial;
use crate::model::attributes::KeyAlgorithm;
use crate::model::certificate_text;
use crate::model::exchange_token::{Direction, ExchangeToken, KeyMaterialType};
use crate::operations::call::Call;
use crate::operations::issuers::issuer;
use crate::protocol::error::ServiceError;
use crate::store::{Parameters, ParametersPurpose, new_id};

/// A certificate to wrap keys under, for RSA wrap or TR-34.
///
/// The API reference has RSA_2048 only for TR-34; the service's own sample asks for RSA_3072, which
/// AES-128 needs, so all sizes are accepted.
pub fn get_parameters_for_import(
    call: &mut Call<'_>,
    input: GetParametersForImportInput,
) -> Result<GetParametersForImportOutput, ServiceError> {
    let GetParametersForImportInput {
        key_material_type,
        wrapping_key_algorithm,
        reuse_last_generated_token,
    } = input;

    match key_material_type {
        KeyMaterialType::KeyCryptogram | KeyMaterialType::Tr34KeyBlock => {}
        other => {
            return Err(ServiceError::Validation(format!(
                "KeyMaterialType: {other} is imported without parameters"
            )));
        }
    }
    let purpose = ParametersPurpose {
        direction: Direction::Import,
        material: key_material_type,
        algorithm: rsa("WrappingKeyAlgorithm", wrapping_key_algorithm)?,
    };
    let answer = parameters(call, purpose, reuse_last_generated_token)?;
    Ok(GetParametersForImportOutput {
        wrapping_key_certificate: answer.certificate,
        wrapping_key_certificate_chain: answer.certificate_chain,
        wrapping_key_algorithm,
        import_token: answer.token,
        parameters_valid_until_timestamp: answer.valid_until,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetParametersForImportInput {
    key_material_type: KeyMaterialType,
    wrapping_key_algorithm: KeyAlgorithm,
    #[serde(default)]
    reuse_last_generated_token: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetParametersForImportOutput {
    wrapping_key_certificate: String,
    wrapping_key_certificate_chain: String,
    wrapping_key_algorithm: KeyAlgorithm,
    import_token: ExchangeToken,
    parameters_valid_until_timestamp: Timestamp,
}

/// A certificate to verify signatures of the service with, for TR-34.
///
/// INFERRED: RSA_3072 and RSA_4096 are accepted too; only RSA_2048 is documented.
pub fn get_parameters_for_export(
    call: &mut Call<'_>,
    input: GetParametersForExportInput,
) -> Result<GetParametersForExportOutput, ServiceError> {
    let GetParametersForExportInput {
        key_material_type,
        signing_key_algorithm,
        reuse_last_generated_token,
    } = input;

    if key_material_type != KeyMaterialType::Tr34KeyBlock {
        return Err(ServiceError::Validation(format!(
            "KeyMaterialType: {key_material_type} is exported without parameters"
        )));
    }
    let purpose = ParametersPurpose {
        direction: Direction::Export,
        material: key_material_type,
        algorithm: rsa("SigningKeyAlgorithm", signing_key_algorithm)?,
    };
    let answer = parameters(call, purpose, reuse_last_generated_token)?;
    Ok(GetParametersForExportOutput {
        signing_key_certificate: answer.certificate,
        signing_key_certificate_chain: answer.certificate_chain,
        signing_key_algorithm,
        export_token: answer.token,
        parameters_valid_until_timestamp: answer.valid_until,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetParametersForExportInput {
    key_material_type: KeyMaterialType,
    signing_key_algorithm: KeyAlgorithm,
    #[serde(default)]
    reuse_last_generated_token: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetParametersForExportOutput {
    signing_key_certificate: String,
    signing_key_certificate_chain: String,
    signing_key_algorithm: KeyAlgorithm,
    export_token: ExchangeToken,
    parameters_valid_until_timestamp: Timestamp,
}

/// The key pair behind a token that came with a request for this.
///
/// INFERRED: a token that is unknown here is not found; one that has expired, or is for another
/// kind of key material, breaks a rule.
pub fn pair_of_token(
    call: &Call<'_>,
    token: &ExchangeToken,
    material: KeyMaterialType,
) -> Result<TokenPair, ServiceError> {
    let mut state = call.store.lock();
    let exchange = state.partition(&call.scope, call.now).exchange();
    let parameters = exchange
        .parameters(token)
        .ok_or_else(|| ServiceError::not_found(token))?;
    let present = parameters.purpose.material;
    if present != material {
        return Err(ServiceError::Validation(format!(
            "{token} is for {present} and not for {material}"
        )));
    }
    match &parameters.private_key {
        Some(private_key) if call.now <= parameters.valid_until => Ok(TokenPair {
            algorithm: parameters.purpose.algorithm,
            certificate: parameters.certificate.clone(),
            private_key: private_key.clone(),
        }),
        _ => Err(ServiceError::Validation(format!("{token} has expired"))),
    }
}

/// A certified pair that a token stands for.
pub struct TokenPair {
    pub algorithm: KeyAlgorithm,
    /// DER.
    pub certificate: Vec<u8>,
    /// PKCS#8, DER.
    pub private_key: SecretBytes,
}

/// How long parameters last. The API reference of 2023 says 7 days, the newer guide 30.
const VALID_DAYS: i64 = 30;
/// Parameters are reused as long as this is left of their time.
const REUSABLE_DAYS: i64 = 7;

struct Answer {
    certificate: String,
    certificate_chain: String,
    token: ExchangeToken,
    valid_until: Timestamp,
}

fn parameters(
    call: &Call<'_>,
    purpose: ParametersPurpose,
    reuse: bool,
) -> Result<Answer, ServiceError> {
    let issuer = issuer(call, IssuerFamily::for_key(purpose.algorithm))?;
    let answer = |token: &ExchangeToken, parameters: &Parameters| Answer {
        certificate: certificate_text::encode(&parameters.certificate),
        certificate_chain: certificate_text::encode(issuer.certificate()),
        token: token.clone(),
        valid_until: parameters.valid_until,
    };
    if reuse {
        let mut state = call.store.lock();
        let exchange = state.partition(&call.scope, call.now).exchange();
        let until = call.now.plus_days(REUSABLE_DAYS);
        if let Some((token, parameters)) = exchange.reusable_parameters(purpose, until) {
            return Ok(answer(token, parameters));
        }
    }

    let KeyMaterial::Pair {
        private_key,
        public_key,
    } = KeyMaterial::generate(purpose.algorithm)?
    else {
        let message = format!("{} is not made as a pair", purpose.algorithm);
        return Err(ServiceError::InternalServer(message));
    };
    let valid_until = call.now.plus_days(VALID_DAYS);
    let parameters = Parameters {
        purpose,
        certificate: issuer.certify(purpose.algorithm, &public_key, call.now, valid_until)?,
        private_key: Some(private_key),
        sequence: 0,
        valid_until,
    };
    let token = ExchangeToken::of(purpose.direction, &new_id()?);
    let answer = answer(&token, &parameters);
    let mut state = call.store.lock();
    let exchange = state.partition(&call.scope, call.now).exchange_mut();
    exchange.insert_parameters(token, parameters);
    Ok(answer)
}

fn rsa(member: &str, algorithm: KeyAlgorithm) -> Result<KeyAlgorithm, ServiceError> {
    if algorithm.is_rsa() {
        Ok(algorithm)
    } else {
        Err(ServiceError::Validation(format!(
            "{member}: {algorithm} is not RSA_2048, RSA_3072 or RSA_4096"
        )))
    }
}
