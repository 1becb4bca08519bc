//! `ProveEnrolment`: a certificate is proven to be the one that was asked for, for the key as it is
//! now, or every reason why not is named.
//!
//! The proof itself is the domain's ([`ceremony::proof`]). Beyond it, the key is asked for its public
//! key, where it lives: KMS, or Payment Cryptography, which tells it in a certificate of its own. To
//! ask takes no right to use the key. Leaves nothing behind; what is to be recorded of a proven
//! certificate is handed on to `Publish`.

mod live_key;
mod publication;

use ceremony::digest::Sha256;
use ceremony::enrolment::{Enrolment, Policy};
use ceremony::evidence::Recordable;
use ceremony::path::CertificatePath;
use ceremony::proof::{Check, Refusal, is_live_key, prove_signer};
use ceremony::publication::{Publication, PublicationDigests};
use ceremony::utc::Utc;
use serde::{Deserialize, Serialize};
use step::{ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Enrolment,
    pub path: CertificatePath,
    pub policy: Policy,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    /// Every check with its result, in the order made.
    pub checks: Vec<Check>,
    /// Fingerprint of the certificate, whatever became of it.
    pub certificate_sha256: Sha256,
    pub subject: String,
    pub not_after: Utc,
    /// Null where no check failed but those that only note something.
    pub refused: Option<Refusal>,
    /// Null where it is refused.
    pub publication: Option<Publication>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    checks: &'a [Check],
    certificate_sha256: &'a Sha256,
    refused: Option<&'a Refusal>,
    publication: Option<PublicationDigests>,
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        View {
            checks: &self.checks,
            certificate_sha256: &self.certificate_sha256,
            refused: self.refused.as_ref(),
            publication: self.publication.as_ref().map(Publication::digests),
        }
    }
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub kms: aws_sdk_kms::Client,
    pub payment_cryptography: aws_sdk_paymentcryptography::Client,
}

/// Proves at `now`.
pub async fn handle(context: &Context, input: Input, now: Utc) -> Result<Output, Error> {
    let Input {
        ceremony,
        path,
        policy,
    } = input;
    let request = &policy.request;
    if request.key != ceremony.key {
        return Err(Error::InputMalformed {
            detail: format!("the request is for `{}`", request.key),
        });
    }
    let public_key = live_key::public_key(context, request).await?;
    let live = is_live_key(&path, &request.key_arn, &public_key);
    let leaf = path.leaf.clone();
    let proof = prove_signer(path, &policy, Some(live), now);
    let (refused, publication) = match proof.verdict {
        Ok(proven) => {
            let made = publication::publication(&ceremony, proven.path(), request)?;
            (None, Some(made))
        }
        Err(refusal) => (Some(refusal), None),
    };
    Ok(Output {
        checks: proof.checks,
        certificate_sha256: leaf.sha256(),
        subject: leaf.subject().to_owned(),
        not_after: leaf.not_after(),
        refused,
        publication,
    })
}

/// Why nothing was proven. What is wrong with certificates is the step's result.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("the manifest could not be written: {0}")]
    DocumentUnwritable(String),
    #[error("the step's input cannot be used: {detail}")]
    InputMalformed { detail: String },
    #[error("{operation} tells no public key of {key_arn} that can be read")]
    PublicKeyMissing {
        operation: &'static str,
        key_arn: String,
    },
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::DocumentUnwritable(error.to_string())
    }
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::DocumentUnwritable(_) => {
                "This is a defect of the software: report it with the record."
            }
            Self::InputMalformed { .. } => {
                "Executions are started by dropping files into the inbox, not by hand."
            }
            Self::PublicKeyMissing { .. } => {
                "Find out what became of the key: one that was disabled or deleted signs nothing, and needs \
                 no certificate."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
