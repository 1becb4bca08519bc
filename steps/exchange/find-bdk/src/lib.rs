//! `FindBdk`: the base derivation key that the request names and the profile allows, and with it what the
//! run is made of.
//!
//! Holds the key to its usage, to the algorithm that the profile says, and to what its initial keys leave
//! under: never a weaker KEK, and never a certificate that is not proven or may be revoked. One call; leaves
//! nothing behind.

use aws_sdk_paymentcryptography::Client;
use ceremony::clearance::NotCleared;
use ceremony::evidence::Recordable;
use ceremony::fleet::run::Kek;
use ceremony::fleet::{
    AllowedBdk, Bdk, Derivation, Exchange, FleetAsked, Receiver, Run, Under, UnfitBdk, Unproven,
};
use ceremony::id::Ceremony;
use ceremony::utc::Utc;
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
    /// What they are to leave under by TR-31; null by TR-34.
    pub kek: Option<EstablishedKekFacts>,
    /// Whose key they are to leave under by TR-34; null by TR-31.
    pub receiver: Option<Receiver>,
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
        receiver,
        ..
    } = input;
    // What is wrong with it is refused before anything is asked.
    let under = match (bdk.exchange, kek, receiver) {
        (Exchange::Tr31, Some(kek), None) => under_kek(&bdk, kek)?,
        (Exchange::Tr34, None, Some(receiver)) => under_leaf(&receiver)?,
        _ => return Err(Error::OtherExchange(bdk.exchange)),
    };
    let unfit = |why: UnfitBdk| Error::BdkUnsuitable {
        key_arn: bdk.key_arn.clone(),
        why,
    };
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
            under,
            serial_number_in_block: bdk.serial_number_in_block,
        },
        inventory,
        max_terminals: bdk.most_terminals(),
        key_set: bdk.key_set,
    }))
}

fn under_kek(bdk: &AllowedBdk, kek: EstablishedKekFacts) -> Result<Under, Error> {
    if !bdk.algorithm.may_travel_under(kek.algorithm) {
        return Err(Error::BdkUnsuitable {
            key_arn: bdk.key_arn.clone(),
            why: UnfitBdk::StrongerThanKek {
                bdk: bdk.algorithm,
                kek: kek.algorithm,
            },
        });
    }
    Ok(Under::Kek(Kek {
        key_arn: kek.key_arn,
        algorithm: kek.algorithm,
        kcv: kek.kcv,
    }))
}

/// Strength is one of the checks of the path.
fn under_leaf(receiver: &Receiver) -> Result<Under, Error> {
    receiver.proven_for_run(Utc::now())?;
    Ok(Under::Leaf(receiver.leaf()?))
}

/// Why there is no base derivation key.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("{key_arn} cannot be the base derivation key: {why}")]
    BdkUnsuitable { key_arn: String, why: UnfitBdk },
    #[error("the profile says {0:?}, and what such initial keys leave under is not what came")]
    OtherExchange(Exchange),
    #[error("the certificate path is not proven (any more): {0}")]
    PathNotProven(String),
    #[error("{0}")]
    RevocationNotProven(NotCleared),
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("{0}")]
    SignerMissing(Unproven),
}

impl From<Unproven> for Error {
    fn from(error: Unproven) -> Self {
        match error {
            Unproven::NoSigner | Unproven::OtherLeaf => Self::SignerMissing(error),
            Unproven::Path(refusal) => Self::PathNotProven(refusal.what),
            Unproven::Revocation(error) => Self::RevocationNotProven(error),
        }
    }
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::BdkUnsuitable { .. } => {
                "No key was exported. Have an operator correct the entry in `bdks` of the profile, \
                 or establish a stronger KEK by another `kek-export`."
            }
            Self::OtherExchange(_) | Self::SignerMissing(_) => {
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
