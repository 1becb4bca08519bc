//! `CheckBlock`: whether a block that the partner dropped may go to the service.
//!
//! Reads exactly the version that was seen when it arrived, and holds it to the offer that it names: its
//! encoding and size, what it says of its key in clear, by TR-34 its sender, receiver, signature and
//! nonce too. The partner's certificate is proven once more, since weeks may lie between an offer and its
//! block. A block that is refused is a result and no error: the ceremony goes on waiting for a right one.
//! Opens nothing, and leaves nothing behind.

use ceremony::digest::Sha256;
use ceremony::evidence::Recordable;
use ceremony::execution::DroppedObject;
use ceremony::key_import::block::{Awaited, CheckedBlock};
use ceremony::key_import::counterpart::{Counterpart, Unproven};
use ceremony::key_import::offer::{Offer, OfferId};
use ceremony::key_import::place::{BlockPlace, BlockRole};
use ceremony::key_import::refused::Refused;
use ceremony::key_import::request::ImportRequest;
use ceremony::key_import::rules::ImportPolicy;
use ceremony::path::CertificatePath;
use ceremony::proof::Refusal;
use ceremony::text::shown;
use ceremony::utc::Utc;
use ceremony::working_keys::place::OrderPlace;
use serde::{Deserialize, Serialize};
use step::{ServiceError, StepError};
use storage::{Differs, DroppedError, ObjectError, read_dropped};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    /// Where the request lies, and the digest of its document.
    pub place: OrderPlace,
    pub request_sha256: Sha256,
    pub request: ImportRequest,
    pub policy: ImportPolicy,
    /// Of the partner's certificate; null where the method needs none.
    pub path: Option<CertificatePath>,
    /// The one that stands.
    pub offer: Offer,
    /// Those of the same request that had their time.
    pub earlier_offers: Vec<OfferId>,
    /// The version of the object that was seen when it arrived.
    pub block: DroppedObject,
}

/// Either of the two is null.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    pub block: DroppedObject,
    /// The offer that it was held to.
    pub offer: OfferId,
    pub checked: Option<CheckedBlock>,
    pub refused: Option<Refusal>,
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct View<'a, C> {
            block: &'a DroppedObject,
            offer: &'a OfferId,
            checked: Option<C>,
            refused: Option<&'a Refusal>,
        }
        View {
            block: &self.block,
            offer: &self.offer,
            checked: self.checked.as_ref().map(CheckedBlock::recordable),
            refused: self.refused.as_ref(),
        }
    }
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub s3: aws_sdk_s3::Client,
    pub inbox_bucket: String,
}

pub async fn handle(context: &Context, input: Input, now: Utc) -> Result<Output, Error> {
    let place = place_of(&input)?;
    let Input {
        request,
        policy,
        path,
        offer,
        earlier_offers,
        block,
        ..
    } = input;
    let counterpart = Counterpart::prove(path, &request, &policy.trust, now)?;
    counterpart.is_of(&offer)?;
    let awaited = Awaited {
        offer: &offer,
        earlier_offers: &earlier_offers,
        counterpart: &counterpart,
        kcv: request.kcv.as_ref(),
        now,
    };
    let verdict = match read_dropped(&context.s3, &context.inbox_bucket, &block).await {
        Ok(file) => awaited.check(&place, &file),
        Err(error) => Err(unread(error)?),
    };
    let (checked, refused) = match verdict {
        Ok(checked) => (Some(checked), None),
        Err(refused) => (None, Some(refused.into_refusal())),
    };
    Ok(Output {
        block,
        offer: offer.id(),
        checked,
        refused,
    })
}

/// Where the block lies; and that the input is of one ceremony, whoever wrote it.
fn place_of(input: &Input) -> Result<BlockPlace, Error> {
    let malformed = |detail: String| Error::InputMalformed { detail };
    let answers = input
        .offer
        .answers(&input.place, &input.request_sha256, &input.request);
    answers.map_err(|why| malformed(format!("the offer is none for this request: {why}")))?;
    match BlockPlace::of_inbox_key(&input.block.key) {
        Some(BlockRole::Block(place)) if place.folder == input.place.folder => Ok(place),
        _ => {
            let key = shown(&input.block.key);
            Err(malformed(format!("`{key}` is no block of this folder")))
        }
    }
}

/// What can be wrong with the object is the block's fault, but for bytes that have changed.
fn unread(error: DroppedError) -> Result<Refused, Error> {
    match error {
        DroppedError::Differs(differs) => Err(Error::DigestMismatch(differs)),
        DroppedError::Object(ObjectError::Missing { .. }) => Ok(Refused::BlockGone),
        DroppedError::Object(ObjectError::TooLarge { bytes, .. }) => Ok(Refused::of_size(bytes)),
        DroppedError::Object(ObjectError::Service(error)) => Err(error.into()),
    }
}

/// Why no block can be checked.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    /// The partner's certificate is not, or is no longer, what the offer was made to.
    #[error("the partner's certificate proves nothing now: {0}")]
    CounterpartUnproven(#[from] Unproven),
    #[error(transparent)]
    DigestMismatch(Differs),
    #[error("the input cannot be used: {detail}")]
    InputMalformed { detail: String },
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::CounterpartUnproven(_) => {
                "Ask the partner for a renewed certificate; it belongs into the same folder."
            }
            Self::DigestMismatch(differs) => differs.remedy(),
            Self::InputMalformed { .. } => {
                "This is a defect of the software: report it with the record."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
