//! `ExportInitialKeys`: the initial keys of one batch of terminals, each as a TR-31 block under the KEK.
//!
//! How a batch is worked off is the crate `fleets`; this step may export in this one form and in no other.

mod block;
mod export;

use ceremony::fleet::SerialNumber;
use fleets::{Exported, Turns};
use step::{Journal, StepError};
use strum::{IntoStaticStr, VariantNames};

pub use fleets::{Context, Input, Output};

pub async fn handle(context: &Context, input: Input, _: &Journal) -> Result<Output, Error> {
    let (client, derivation) = (&context.payment_cryptography, &input.derivation);
    let export = async |terminals: &[SerialNumber], turns: &Turns<'_>| {
        let kek = derivation.kek().ok_or(Error::NoKek)?;
        let one = async |number: &SerialNumber| export::one(client, derivation, kek, number).await;
        let terminals = turns.each(terminals, one).await?;
        fleets::are_terminals_own(client, &terminals, &derivation.bdk, &kek.key_arn).await?;
        Ok(Exported {
            terminals,
            host: None,
        })
    };
    fleets::handle(context, &input, export).await
}

/// Why a batch has no result. None of these carries a key block.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error(transparent)]
    Batch(#[from] fleets::Error),
    #[error("a key block is not what was asked for: {0}")]
    BlockDiffers(String),
    #[error("{0}")]
    ExportRefused(String),
    #[error("the run is one by TR-34, this step exports by TR-31")]
    NoKek,
}

impl StepError for Error {
    step::step_error_names!(Batch, fleets::Error);

    fn remedy(&self) -> &'static str {
        match self {
            Self::Batch(error) => error.remedy(),
            Self::BlockDiffers(_) => {
                "Payment Cryptography answered in a form this software does not know, and nothing \
                 was passed on: look for a newer version, and report it with the record."
            }
            Self::ExportRefused(_) => {
                "The KEK must be enabled and exportable until the run has ended, and so must the base \
                 derivation key: restore or enable the key in Payment Cryptography."
            }
            Self::NoKek => "This is a defect of the software: report it with the record.",
        }
    }
}
