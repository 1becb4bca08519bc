//! The partner of an import, before anything of ours rests on it: its certificate is proven from the
//! certificates themselves, since a document can say anything, and what was found of revocation is held to
//! it.

use ceremony::clearance::{Clearance, NotCleared};
use ceremony::key_import::counterpart::{Counterpart, Unproven};
use ceremony::key_import::request::ImportRequest;
use ceremony::key_import::rules::ImportPolicy;
use ceremony::path::CertificatePath;
use ceremony::utc::Utc;
use step::StepError;
use strum::{IntoStaticStr, VariantNames};

/// What may lie between the look at revocation and an import that is throttled, in seconds: the machine
/// tries sixty times more, with up to half a minute in between, and a try may take as long.
const AFTER_THE_LOOK: i64 = 60 * 60;

/// The partner, with a path and its clearance where the method needs them.
pub fn proven_counterpart(
    path: Option<CertificatePath>,
    cleared: Option<&Clearance>,
    request: &ImportRequest,
    policy: &ImportPolicy,
    now: Utc,
) -> Result<Counterpart, CounterpartError> {
    let counterpart = Counterpart::prove(path, request, &policy.trust, now)?;
    let path = match &counterpart {
        Counterpart::Agrees(proven) => proven.path(),
        Counterpart::Signs(proven) => proven.path(),
        Counterpart::Nobody => return Ok(counterpart),
    };
    let cleared = cleared.ok_or(CounterpartError::RevocationMissing)?;
    let rules = &policy.revocation;
    cleared.covers(path, rules)?;
    cleared.is_recent(rules, now, AFTER_THE_LOOK)?;
    Ok(counterpart)
}

/// Why nothing may rest on the partner's certificate.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum CounterpartError {
    #[error("the partner's certificate proves nothing now: {0}")]
    CounterpartUnproven(#[from] Unproven),
    #[error("there is a certificate of the partner's, and nobody has looked whether it is revoked")]
    RevocationMissing,
    #[error("{0}")]
    RevocationNotProven(#[from] NotCleared),
}

impl StepError for CounterpartError {
    fn name(&self) -> &'static str {
        self.into()
    }

    fn remedy(&self) -> &'static str {
        match self {
            Self::CounterpartUnproven(_) => {
                "Ask the partner for a renewed certificate; it belongs into the same folder."
            }
            Self::RevocationMissing => {
                "This is a defect of the software: report it with the record."
            }
            Self::RevocationNotProven(_) => {
                "Compare with the findings of the state CheckRevocation in the record: somebody \
                 invoked this step by hand, or it was tried again for too long."
            }
        }
    }

    fn names() -> Vec<&'static str> {
        Self::VARIANTS.to_vec()
    }
}
