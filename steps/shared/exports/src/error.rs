//! Why no key is passed on, for the reasons that all methods have.

use ceremony::clearance::NotCleared;
use ceremony::exchange::Method;
use ceremony::proof::Refusal;
use step::{ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};

/// None of these carries a byte of what was wrapped.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("with {ca}, for the issuing CA: {refusal}")]
    ExportRefused { ca: String, refusal: String },
    #[error("the KCV of the wrapped key is {found}, that of the KEK is {kek}")]
    KcvMismatch { found: String, kek: String },
    #[error("the answer of ExportKey has no KCV to compare with the KEK's")]
    KcvMissing,
    #[error("the profile says {profile}, this step wraps by {step}")]
    OtherMethod { profile: Method, step: Method },
    #[error("the certificate path is not proven (any more): {}", .0.what)]
    PathNotProven(Refusal),
    #[error("{0}")]
    RevocationNotProven(#[from] NotCleared),
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("the wrapped key has format {found}, {asked} was asked for")]
    WrappedKeyFormatWrong { found: String, asked: String },
    #[error("the answer of ExportKey has no wrapped key")]
    WrappedKeyMissing,
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::KcvMismatch { .. } => {
                "Do not send anything: another key than the KEK was wrapped. Keep the record and \
                 find out which, with AWS Support if need be."
            }
            Self::KcvMissing | Self::WrappedKeyFormatWrong { .. } | Self::WrappedKeyMissing => {
                unknown_form::remedy()
            }
            Self::ExportRefused { .. } => {
                "The key named here must hold the CA that issued the leaf, and be enabled; the KEK \
                 must be enabled and exportable. Correct or remove a wrong entry in `caKeyArns` of \
                 the profile, or restore or enable the key in Payment Cryptography."
            }
            Self::OtherMethod { .. } => {
                "This is a defect of the software: report it with the record."
            }
            Self::PathNotProven(_) => {
                "Compare with the checks of the state Validate in the record: a certificate may have \
                 expired since, or somebody invoked this step by hand."
            }
            Self::RevocationNotProven(_) => {
                "Compare with the findings of the state CheckRevocation in the record: somebody \
                 invoked this step by hand, or it was tried again for too long."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}

/// An answer that is not of the form that was asked for, whichever way a method notices it.
pub mod unknown_form {
    /// What to do about it.
    pub fn remedy() -> &'static str {
        "Payment Cryptography answered in a form this software does not know, and nothing was passed \
         on: look for a newer version, and report it with the record."
    }
}
