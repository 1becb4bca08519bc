//! `MakeOffer`: what the partner needs to wrap its KEK for us.
//!
//! By ECDH that is our key on the curve of the partner's certificate, which is proven before anything is
//! made, with fresh shared information; by TR-34 and RSA-OAEP a key of the service's, the shortest that may
//! carry the KEK. The token behind that key, and the ARN of ours, are no part of the offer.
//!
//! Another attempt makes another offer: its random is another, and so is its name. Only the one whose
//! answer came through is published, and of any other nobody has heard. Our key stays the same; the
//! service's parameters of an attempt whose answer was lost have their time unused.

mod terms;

use agreement::{CounterpartError, proven_counterpart};
use aws_sdk_paymentcryptography::Client;
use ceremony::algorithms::KekAlgorithm;
use ceremony::clearance::Clearance;
use ceremony::digest::Sha256;
use ceremony::evidence::Recordable;
use ceremony::id::Ceremony;
use ceremony::key_import::offer::Offer;
use ceremony::key_import::request::{ImportMethod, ImportRequest};
use ceremony::key_import::rules::ImportPolicy;
use ceremony::key_import::run::MadeOffer;
use ceremony::path::CertificatePath;
use ceremony::utc::Utc;
use ceremony::working_keys::place::OrderPlace;
use payment_keys::Pace;
use serde::{Deserialize, Serialize};
use step::{Journal, ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};

use terms::{Made, Making};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    /// Where the request lies, and the digest of its document.
    pub place: OrderPlace,
    pub request_sha256: Sha256,
    pub request: ImportRequest,
    pub policy: ImportPolicy,
    /// Of the partner's certificate; null where the method needs none.
    pub path: Option<CertificatePath>,
    /// That nothing on it is revoked.
    pub revocation: Option<Clearance>,
    /// The first offer is 1.
    pub number: u32,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Output(pub MadeOffer);

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self.0.recordable()
    }
}

pub async fn handle(client: &Client, input: Input, journal: &Journal) -> Result<Output, Error> {
    let Input {
        ceremony,
        place,
        request_sha256,
        request,
        policy,
        path,
        revocation,
        number,
    } = input;
    let now = Utc::now();
    if place.folder != ceremony.folder() {
        let detail = "the request lies in another folder than the ceremony's".to_owned();
        return Err(Error::InputMalformed { detail });
    }
    if let Some(reason) = policy.why_not(&request) {
        return Err(Error::RequestNotAllowed { reason });
    }
    let counterpart = proven_counterpart(path, revocation.as_ref(), &request, &policy, now)?;
    let making = Making {
        client,
        ceremony: &ceremony,
        request: &request,
        policy: &policy,
        pace: Pace::patient(),
        journal,
    };
    // Boxed: its future is large, and its type deep.
    let made = Box::pin(making.terms(&counterpart, now)).await?;
    let Made {
        terms,
        ours,
        parameters_until,
    } = made;
    let offered = terms.ours();
    let expires_at = Offer::expiry(now, policy.deadline_hours, offered, parameters_until);
    let offer = Offer {
        version: Offer::VERSION,
        request: place.clone(),
        request_sha256: request_sha256.clone(),
        number,
        made_at: now,
        expires_at,
        expected: request.expected.clone(),
        terms,
    };
    let answers = offer.answers(&place, &request_sha256, &request);
    answers.map_err(|reason| Error::OfferUnfit { reason })?;
    if offer.has_had_its_time(now) {
        return Err(Error::OfferTooShort { expires_at });
    }
    Ok(Output(MadeOffer {
        id: offer.id(),
        offer,
        ours,
    }))
}

/// Why there is nothing to offer. None of these carries a token.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error(transparent)]
    Agreement(#[from] agreement::Error),
    #[error(transparent)]
    Counterpart(#[from] CounterpartError),
    #[error("the input cannot be used: {detail}")]
    InputMalformed { detail: String },
    #[error("a KEK cannot come by {method} yet: there is nothing to offer for it")]
    MethodNotOffered { method: ImportMethod },
    #[error("no key may carry {kek} by {method}: it takes {required}")]
    NoKeyStrongEnough {
        kek: KekAlgorithm,
        method: ImportMethod,
        required: &'static str,
    },
    /// Not to be expected: the service certifies for 90 days, and its parameters last for 30.
    #[error("the offer would have had its time at {expires_at}, before it is made")]
    OfferTooShort { expires_at: Utc },
    /// Not to be expected either: all that it is of was checked.
    #[error("the offer does not answer the request: {reason}")]
    OfferUnfit { reason: String },
    #[error("what the service answered for an import is of no use: {reason}")]
    ParametersUnusable { reason: String },
    #[error("the profile does not allow what is asked for: {reason}")]
    RequestNotAllowed { reason: String },
}

impl From<ServiceError> for Error {
    fn from(error: ServiceError) -> Self {
        Self::Agreement(error.into())
    }
}

impl StepError for Error {
    step::step_error_names!(Agreement, agreement::Error; Counterpart, CounterpartError);

    fn remedy(&self) -> &'static str {
        match self {
            Self::Agreement(error) => error.remedy(),
            Self::Counterpart(error) => error.remedy(),
            Self::InputMalformed { .. } | Self::OfferUnfit { .. } => {
                "This is a defect of the software: report it with the record."
            }
            Self::MethodNotOffered { .. } | Self::NoKeyStrongEnough { .. } => {
                "Ask for the KEK by another `method`, or for one of another algorithm."
            }
            Self::OfferTooShort { .. } => {
                "Look at the validity of the certificates in the answer of GetPublicKeyCertificate or \
                 GetParametersForImport: a CA of the service's own may be about to be replaced."
            }
            Self::ParametersUnusable { .. } => {
                "Payment Cryptography answered in a form this software does not know: look for a newer \
                 version, and report it with the record."
            }
            Self::RequestNotAllowed { .. } => {
                "Compare request and profile with what FetchImport read, in the record: somebody invoked \
                 this step by hand."
            }
        }
    }
}
