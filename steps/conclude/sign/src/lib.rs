//! `Sign`: prefix and cryptogram under the KMS key.
//!
//! What is signed is the prefix that the partner wants, followed by the cryptogram's bytes. Needs
//! kms:Sign and kms:GetPublicKey on the signing keys; creates nothing.

use ceremony::algorithms::SignatureAlgorithm;
use ceremony::enrolment::Installed;
use ceremony::evidence::Recordable;
use ceremony::id::Ceremony;
use ceremony::signature::SignatureFacts;
use ceremony::signed_prefix::SignedPrefix;
use ceremony::utc::Utc;
use serde::{Deserialize, Serialize};
use signing::{SigningError, SigningKeys};
use step::{Journal, StepError};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub signed_prefix: SignedPrefix,
    /// Hex, as `WrapRsa` made it.
    pub cryptogram: String,
    pub algorithm: SignatureAlgorithm,
    /// The certificate that says which key signs, if one was enrolled.
    pub signer: Option<Installed>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Output(pub SignatureFacts);

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self
    }
}

pub async fn handle(keys: &SigningKeys, input: Input, journal: &Journal) -> Result<Output, Error> {
    let cryptogram = hex::decode(&input.cryptogram).map_err(|_| Error::CryptogramNotHex)?;
    let message = [input.signed_prefix.bytes(), &cryptogram].concat();
    let signer = keys.signer(input.signer.as_ref(), Utc::now())?;
    let key = signer.public_key(input.algorithm).await?;
    let signed = signer.sign(&key, &message, journal).await?;
    Ok(Output(SignatureFacts {
        signature: hex::encode_upper(signed.signature),
        algorithm: input.algorithm,
        message_type: signed.message_type,
        key_arn: signer.key_arn.to_owned(),
        public_key: key.to_pem(),
    }))
}

/// Why there is no signature.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("the cryptogram is not hex")]
    CryptogramNotHex,
    #[error(transparent)]
    Signing(#[from] SigningError),
}

impl StepError for Error {
    signing::signing_step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::CryptogramNotHex => {
                "This is a defect of the software: report it with the record."
            }
            Self::Signing(error) => error.remedy(),
        }
    }
}
