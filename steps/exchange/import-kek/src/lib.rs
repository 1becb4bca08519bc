//! `ImportKek`: the KEK of a checked block is in Payment Cryptography, under an alias of its own.
//!
//! One block makes one key, found again by the digest of the file that it came in, however often this runs.
//! What the service then says of the key is held to the request, and its check value to the announced one. A
//! key that is another is scheduled for deletion, and a responder can restore it for a week.
//!
//! A block that does not open, and a key that is not the one that was asked for, are results and no errors:
//! the ceremony goes on waiting for a right one. So is a block whose key is here already, but not by this
//! ceremony: it was made for another offer, and nothing else would say so, as the service is not asked to
//! open it again.
//!
//! Another attempt comes to the same result, wherever the one before ended: a key without its alias is found
//! by its tags, and so is one that was scheduled for deletion, from which the alias was taken.

mod import;
mod material;
mod refused;
mod verdict;
mod words;

use agreement::{CounterpartError, proven_counterpart};
use aws_sdk_paymentcryptography::Client;
use ceremony::clearance::Clearance;
use ceremony::evidence::Recordable;
use ceremony::execution::DroppedObject;
use ceremony::id::Ceremony;
use ceremony::key_import::block::CheckedBlock;
use ceremony::key_import::offer::OfferId;
use ceremony::key_import::request::ImportRequest;
use ceremony::key_import::rules::ImportPolicy;
use ceremony::key_import::run::{MadeOffer, ReceivedKek};
use ceremony::path::CertificatePath;
use ceremony::proof::Refusal;
use ceremony::utc::Utc;
use payment_keys::Pace;
use serde::{Deserialize, Serialize};
use step::{Journal, ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};

use import::{Import, Wrong};
use material::attributes;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub request: ImportRequest,
    pub policy: ImportPolicy,
    /// Of the partner's certificate; null where the method needs none. So are the next two.
    pub path: Option<CertificatePath>,
    pub revocation: Option<Clearance>,
    pub issuing_ca_key_arn: Option<String>,
    pub made: MadeOffer,
    pub block: DroppedObject,
    pub checked: CheckedBlock,
}

/// Either `imported` or `refused` is null.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    pub block: DroppedObject,
    pub offer: OfferId,
    pub imported: Option<ReceivedKek>,
    /// Why the service, or the key that came, says that the block is a wrong one: the ceremony goes on
    /// waiting.
    pub refused: Option<Refusal>,
    /// The key that came in it, if it was another than was asked for; null where none came, or the right one.
    pub deleted: Option<DeletedKek>,
}

/// A key that is scheduled for deletion, and the alias that it had.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeletedKek {
    pub key_arn: String,
    pub alias: String,
}

/// The block itself is no part of it.
impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self
    }
}

pub async fn handle(client: &Client, input: Input, journal: &Journal) -> Result<Output, Error> {
    is_of_one_ceremony(&input).map_err(|detail| Error::InputMalformed { detail })?;
    let Input {
        ceremony,
        request,
        policy,
        path,
        revocation,
        issuing_ca_key_arn,
        made,
        block,
        checked,
    } = input;
    let now = Utc::now();
    let counterpart = proven_counterpart(path, revocation.as_ref(), &request, &policy, now)?;
    let is_of_offer = counterpart.is_of(&made.offer);
    is_of_offer.map_err(CounterpartError::from)?;
    let ca = issuing_ca_key_arn.as_deref();
    let material = material::of(&checked, &made, &counterpart, ca);
    let material = material.map_err(|detail| Error::InputMalformed { detail })?;
    let import = Import {
        client,
        alias: ceremony.folder().received_kek_alias(&block.sha256),
        attributes: attributes(&request.expected),
        ceremony: &ceremony,
        request: &request,
        made: &made,
        checked: &checked,
        pace: Pace::patient(),
        journal,
    };
    // Boxed: its future is large, and its type deep.
    let verdict = Box::pin(import.verdict(&material, now)).await?;
    let (imported, refused, deleted) = match verdict {
        Ok(kek) => (Some(kek), None, None),
        Err(Wrong { refusal, deleted }) => (None, Some(refusal), deleted),
    };
    Ok(Output {
        block,
        offer: made.id,
        imported,
        refused,
        deleted,
    })
}

/// Whoever wrote the input.
fn is_of_one_ceremony(input: &Input) -> Result<(), String> {
    let Input {
        ceremony,
        request,
        policy,
        made,
        ..
    } = input;
    let offer = &made.offer;
    if offer.request.folder != ceremony.folder() {
        return Err("the offer was made in another folder than the ceremony's".to_owned());
    }
    if made.id != offer.id() {
        return Err(format!("the offer is not the one that {} names", made.id));
    }
    let answers = offer.answers(&offer.request, &offer.request_sha256, request);
    answers.map_err(|why| format!("the offer is none for this request: {why}"))?;
    // Among others, that a check value was announced where it alone says which key came.
    match policy.why_not(request) {
        None => Ok(()),
        Some(why) => Err(format!(
            "the profile does not allow what is asked for: {why}"
        )),
    }
}

/// Why it is not known what came. None of these carries a byte of a block, or a token.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error(transparent)]
    Counterpart(#[from] CounterpartError),
    #[error("the input cannot be used: {detail}")]
    InputMalformed { detail: String },
    /// Somebody has stopped its use since it came.
    #[error("the KEK {key_arn} came in the block and cannot be used: {reason}")]
    KekOutOfUse { key_arn: String, reason: String },
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl StepError for Error {
    step::step_error_names!(Counterpart, CounterpartError; Service, ServiceError);

    fn remedy(&self) -> &'static str {
        match self {
            Self::Counterpart(error) => error.remedy(),
            Self::InputMalformed { .. } => {
                "This is a defect of the software: report it with the record."
            }
            Self::KekOutOfUse { .. } => {
                "Find out who stopped it and why, by the CloudTrail events of the key, and start its use \
                 again if that was a mistake."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
