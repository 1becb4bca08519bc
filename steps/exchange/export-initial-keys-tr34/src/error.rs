//! Why a batch has no result.

use ceremony::clearance::NotCleared;
use ceremony::fleet::Unproven;
use step::StepError;
use strum::{IntoStaticStr, VariantNames};

/// None of these carries a key block.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error(transparent)]
    Batch(#[from] fleets::Error),
    #[error("with {ca}, for the issuing CA: {refusal}")]
    ExportRefused { ca: String, refusal: String },
    #[error(transparent)]
    Host(#[from] kdh::Error),
    #[error("the run is one by TR-31, this step exports by TR-34")]
    NoReceiver,
    #[error("{0}")]
    OtherReceiver(String),
    #[error("the certificate path is not proven (any more): {0}")]
    PathNotProven(String),
    #[error("{0}")]
    RevocationNotProven(NotCleared),
}

impl From<Unproven> for Error {
    fn from(error: Unproven) -> Self {
        match error {
            Unproven::NoSigner | Unproven::OtherLeaf => Self::OtherReceiver(error.to_string()),
            Unproven::Path(refusal) => Self::PathNotProven(refusal.what),
            Unproven::Revocation(error) => Self::RevocationNotProven(error),
        }
    }
}

impl StepError for Error {
    step::step_error_names!(Batch, fleets::Error; Host, kdh::Error);

    fn remedy(&self) -> &'static str {
        match self {
            Self::Batch(error) => error.remedy(),
            Self::ExportRefused { .. } => {
                "The key named here must hold the CA that issued the leaf, and the base derivation key must \
                 be exportable; both must be enabled until the run has ended. Correct or remove a wrong \
                 entry in `caKeyArns` of the profile, or restore or enable the key in Payment \
                 Cryptography."
            }
            Self::Host(error) => error.remedy(),
            Self::NoReceiver | Self::OtherReceiver(_) => {
                "This is a defect of the software: report it with the record."
            }
            Self::PathNotProven(_) => {
                "Compare with the checks of the state Validate in the record: a certificate may have \
                 expired since, or somebody invoked this step by hand."
            }
            Self::RevocationNotProven(_) => {
                "A run relies for a day on what was proven of revocation when it began: the next run of \
                 the same order proves it anew, and goes on from there."
            }
        }
    }
}
