//! Why an order that brings a KEK back cannot be carried out.

use ceremony::proof::Refusal;
use strum::IntoStaticStr;

#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("the KEK from before, {key_arn}, cannot be used: {reason}")]
    PreviousUnusable { key_arn: String, reason: String },
    #[error("the alias `{alias}` names {}", .key_arn.as_ref().map_or("no key", |arn| arn.as_str()))]
    ReplacedSince {
        alias: String,
        key_arn: Option<String>,
    },
}

impl Refused {
    fn remedy(&self) -> &'static str {
        match self {
            Self::PreviousUnusable { .. } => {
                "Have a responder restore and enable the key, then drop the order again under another name; \
                 or have the partner send the KEK again."
            }
            Self::ReplacedSince { .. } => {
                "A later ceremony has replaced the KEK of this one: order that one to be brought back first, \
                 then drop this order again under another name."
            }
        }
    }

    pub(crate) fn into_refusal(self) -> Refusal {
        let error: &'static str = (&self).into();
        Refusal {
            error: error.to_owned(),
            what: format!("{self}."),
            remedy: self.remedy().to_owned(),
        }
    }
}
