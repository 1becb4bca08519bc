//! Why no certificate was asked for.

use ceremony::enrolment::OwnKey;
use ceremony::text::shown;
use step::{ServiceError, StepError};
use storage::{InstalledError, StorageError, WriteError};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error(transparent)]
    Csr(#[from] csr::Error),
    #[error("{0}")]
    InstalledMalformed(String),
    #[error("the algorithm of a key in KMS is not ordered: the deployment says it")]
    KeyAlgorithmFixed,
    #[error("the installed key {0} is none of this deployment")]
    KeyNotDeployed(String),
    #[error("the installed key {0} is found by none of its aliases")]
    KeyWithoutAlias(String),
    #[error("of the {0} signing keys that are deployed, the newest is installed already")]
    NoFurtherKey(usize),
    #[error(
        "Payment Cryptography's request for {key_arn} is not what was asked for: {}",
        shown(reason)
    )]
    RequestNotAsAsked { key_arn: String, reason: String },
    #[error("{0}")]
    RequestNotWritten(String),
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("the key {key_arn} cannot sign: {reason}")]
    SigningKeyUnsuitable { key_arn: String, reason: String },
    #[error("no certificate was ever asked for a key `{0}`, so that there is no name to repeat")]
    SubjectMissing(OwnKey),
    #[error("Payment Cryptography takes no name with {0}")]
    SubjectNotOffered(String),
}

impl From<InstalledError> for Error {
    fn from(error: InstalledError) -> Self {
        error.told_as(Self::InstalledMalformed)
    }
}

impl From<WriteError> for Error {
    fn from(error: WriteError) -> Self {
        error.told_as(Self::RequestNotWritten)
    }
}

impl StepError for Error {
    csr::csr_step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::Csr(error) => error.remedy(),
            Self::InstalledMalformed(_) => {
                "Find out who wrote it: what is installed is written by an enrolment alone."
            }
            Self::KeyAlgorithmFixed => "Leave `--key-algorithm` out.",
            Self::KeyNotDeployed(_) => {
                "Deploy with the context value `signingKeys` of the deployment that had this key."
            }
            Self::KeyWithoutAlias(_) => {
                "Find out who did it and why, by the CloudTrail events of key and alias; a new key \
                 takes its place with `--new-key`."
            }
            Self::NoFurtherKey(_) => {
                "Deploy with one more in the context value `signingKeys`, then order it again."
            }
            Self::RequestNotAsAsked { .. } => {
                "Nothing was written: find out which, with AWS Support if need be."
            }
            Self::RequestNotWritten(_) => {
                "Find out who wrote it: requests are written by two steps alone."
            }
            Self::Service(error) => error.remedy(),
            Self::SigningKeyUnsuitable { .. } => {
                "Correct the order, or the state of the key in Payment Cryptography; a new key takes \
                 its place with `--new-key`."
            }
            Self::SubjectMissing(_) => {
                "Name it with `--subject`, as in `CN=Key Signing,O=Example,C=BR`."
            }
            Self::SubjectNotOffered(_) => {
                "Name a `--subject` of one `CN` and at most one each of `OU`, `O`, `L`, `ST`, `C` and \
                 `emailAddress`."
            }
        }
    }
}
