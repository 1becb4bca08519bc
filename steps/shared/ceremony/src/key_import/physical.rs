//! AWS's physical key exchange: custodians carry components to a facility, where an HSM combines them and
//! wraps the key for a key pair of ours.
//!
//! Written from AWS's sample (samples-for-payment-cryptography-service, `physical-key-exchange`). INFERRED is
//! what the facility makes of the document: what comes back is documented as a TR-31 block by ECDH, and
//! neither under which name nor with which derivation.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::offer::OfferedKey;
use super::request::ExpectedKek;
use crate::certificate::Certificate;
use crate::working_keys::attributes::{Allowed, Exportability};

/// The key of the document in the bucket that the facility reads.
pub const INPUT: &str = "key-exchange-input.json";

/// What the facility is told: which key is to come, and for which pair.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExchangeInput {
    account_id: String,
    /// Of the key that is to come.
    key_algorithm: &'static str,
    key_usage: &'static str,
    /// Of our pair.
    key_arn: String,
    key_modes_of_use: ModesOfUse,
    exportable: bool,
    /// Base64 of PEM, as GetPublicKeyCertificate answers.
    key_certificate: String,
    key_certificate_chain: String,
}

/// Every one of them said: what is left out is not known to mean no.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ModesOfUse {
    encrypt: bool,
    decrypt: bool,
    wrap: bool,
    unwrap: bool,
    generate: bool,
    verify: bool,
    derive_key: bool,
    no_restrictions: bool,
}

impl ExchangeInput {
    pub fn new(account_id: &str, key_arn: &str, expected: &ExpectedKek, ours: &OfferedKey) -> Self {
        let Allowed {
            encrypt,
            decrypt,
            wrap,
            unwrap,
            generate,
            verify,
            derive_key,
            no_restrictions,
        } = expected.modes.allowed();
        let chain = ours.chain.iter().map(Certificate::to_pem);
        Self {
            account_id: account_id.to_owned(),
            key_algorithm: expected.algorithm.as_str(),
            key_usage: expected.usage.service_name(),
            key_arn: key_arn.to_owned(),
            key_modes_of_use: ModesOfUse {
                encrypt,
                decrypt,
                wrap,
                unwrap,
                generate,
                verify,
                derive_key,
                no_restrictions,
            },
            exportable: expected.exportability != Exportability::N,
            key_certificate: STANDARD.encode(ours.certificate.to_pem()),
            key_certificate_chain: STANDARD.encode(chain.collect::<String>()),
        }
    }
}
