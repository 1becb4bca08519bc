//! `FindBdk`: the base derivation key that the request names and the profile allows, and with it what the
//! run is made of.
//!
//! Holds the key to its usage, to the algorithm that the profile says, and to the KEK: initial keys never
//! leave under a weaker one. One call; leaves nothing behind.

use aws_sdk_paymentcryptography::Client;
use ceremony::evidence::Recordable;
use ceremony::fleet::run::Kek;
use ceremony::fleet::{Bdk, Derivation, FleetAsked, Run, UnfitBdk};
use ceremony::id::Ceremony;
use ceremony::working_keys::plan::{EstablishedKekFacts, OrderFacts};
use payment_keys::{Pace, inspect, is_bdk};
use serde::{Deserialize, Serialize};
use step::{Journal, ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub request: OrderFacts,
    pub initial_keys: FleetAsked,
    /// What they are to leave under.
    pub kek: EstablishedKekFacts,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Output(pub Run);

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self
    }
}

pub async fn handle(client: &Client, input: Input, _: &Journal) -> Result<Output, Error> {
    let Input {
        request,
        initial_keys: FleetAsked { bdk, inventory },
        kek,
        ..
    } = input;
    let unfit = |why: UnfitBdk| Error::BdkUnsuitable {
        key_arn: bdk.key_arn.clone(),
        why,
    };
    // What the profile says is refused before anything is asked.
    if !bdk.algorithm.may_travel_under(kek.algorithm) {
        return Err(unfit(UnfitBdk::StrongerThanKek {
            bdk: bdk.algorithm,
            kek: kek.algorithm,
        }));
    }
    let facts = inspect(client, &bdk.key_arn, &Pace::patient()).await?;
    is_bdk(&facts, bdk.algorithm).map_err(unfit)?;
    Ok(Output(Run {
        request_sha256: request.object.sha256,
        derivation: Derivation {
            bdk: Bdk {
                key_arn: facts.key_arn,
                algorithm: bdk.algorithm,
                kcv: facts.kcv,
            },
            kek: Kek {
                key_arn: kek.key_arn,
                algorithm: kek.algorithm,
                kcv: kek.kcv,
            },
            serial_number_in_block: bdk.serial_number_in_block,
        },
        inventory,
        key_set: bdk.key_set,
        max_terminals: bdk.max_terminals,
    }))
}

/// Why there is no base derivation key.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("{key_arn} cannot be the base derivation key: {why}")]
    BdkUnsuitable { key_arn: String, why: UnfitBdk },
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::BdkUnsuitable { .. } => {
                "No key was exported. Have an operator correct the entry in `bdks` of the profile, \
                 or establish a stronger KEK by another `kek-export`."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
