//! What one state of the ceremony tells another.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::offer::{Offer, OfferId};
use super::request::{ImportMethod, ImportRequest};
use super::rules::ImportPolicy;
use crate::algorithms::{KcvAlgorithm, KekAlgorithm};
use crate::announcement::AwaitedAnswer;
use crate::digest::Sha256;
use crate::evidence::{Recordable, Recorded, Software};
use crate::exchange::{Load, Method};
use crate::execution::DroppedObject;
use crate::keys::Origin;
use crate::profile::{ProfileVersion, Trust};
use crate::revocation::Rules;
use crate::utc::Utc;

/// What the profile says of the certificate of a partner that sends: of the key that agrees with ours, or
/// of the one that signs.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SenderPolicy {
    pub profile: ProfileVersion,
    pub trust: Trust,
    pub revocation: Rules,
    pub ca_key_arns: BTreeMap<Sha256, String>,
    /// How the KEK comes, and of which algorithm it is.
    pub sends: Sends,
}

/// What the partner sends, and how.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sends {
    pub method: ImportMethod,
    pub algorithm: KekAlgorithm,
}

impl SenderPolicy {
    pub fn new(policy: &ImportPolicy, request: &ImportRequest) -> Self {
        Self {
            profile: policy.profile.clone(),
            trust: policy.trust.clone(),
            revocation: policy.revocation,
            ca_key_arns: policy.ca_key_arns.clone(),
            sends: Sends {
                method: request.method,
                algorithm: request.expected.algorithm,
            },
        }
    }

    /// Whether the certificate is that of a key which signs; else its key agrees with ours.
    pub fn signs(&self) -> bool {
        self.sends.method.exchange() == Method::Tr34
    }

    /// What is to travel under the key that agrees with ours.
    pub fn load(&self) -> Load {
        Load {
            kek: self.sends.algorithm,
            method: self.sends.method.exchange(),
        }
    }
}

/// An offer that stands, with what is ours of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MadeOffer {
    pub offer: Offer,
    /// As its digest names it.
    pub id: OfferId,
    pub ours: Ours,
}

/// What an import under the offer needs of ours, and no partner is told.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Ours {
    /// Our key that agrees with the partner's.
    Agreement { key_arn: String, alias: String },
    /// The service's key, behind a token.
    Parameters {
        import_token: String,
        valid_until: Utc,
    },
}

/// Without the token.
impl fmt::Debug for Ours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agreement { key_arn, .. } => f
                .debug_struct("Agreement")
                .field("key_arn", key_arn)
                .finish(),
            Self::Parameters { valid_until, .. } => f
                .debug_struct("Parameters")
                .field("valid_until", valid_until)
                .finish_non_exhaustive(),
        }
    }
}

/// Facts instead of certificates, since the offer lies in the evidence folder as it was published; and the
/// digest of the token instead of it, for whoever has it could have another key imported.
impl Recordable for MadeOffer {
    fn recordable(&self) -> impl Serialize {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct View<'a> {
            id: &'a OfferId,
            sha256: Sha256,
            number: u32,
            method: ImportMethod,
            made_at: Utc,
            expires_at: Utc,
            certificate_sha256: Sha256,
            ours: OursView<'a>,
        }
        #[derive(Serialize)]
        #[serde(
            tag = "kind",
            rename_all = "kebab-case",
            rename_all_fields = "camelCase"
        )]
        enum OursView<'a> {
            Agreement {
                key_arn: &'a str,
                alias: &'a str,
            },
            Parameters {
                import_token_sha256: Sha256,
                valid_until: Utc,
            },
        }
        let offer = &self.offer;
        View {
            id: &self.id,
            sha256: offer.digest(),
            number: offer.number,
            method: offer.terms.method(),
            made_at: offer.made_at,
            expires_at: offer.expires_at,
            certificate_sha256: offer.terms.ours().certificate.sha256(),
            ours: match &self.ours {
                Ours::Agreement { key_arn, alias } => OursView::Agreement { key_arn, alias },
                Ours::Parameters {
                    import_token,
                    valid_until,
                } => OursView::Parameters {
                    import_token_sha256: Sha256::of(import_token.as_bytes()),
                    valid_until: *valid_until,
                },
            },
        }
    }
}

/// What an execution that waited is told by whoever brings the answer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Answered {
    pub awaited: AwaitedAnswer,
    /// The version of the file that was seen when it arrived.
    pub object: DroppedObject,
}

impl Recordable for Answered {
    fn recordable(&self) -> impl Serialize {
        self
    }
}

impl Answered {
    /// The result of the state that waits, in the form of a Lambda's answer.
    pub fn told(self, software: &Software, now: Utc) -> serde_json::Result<Value> {
        let recorded = Recorded::new(software, now, self)?;
        Ok(json!({ "Payload": recorded }))
    }
}

/// A KEK that came in a block, before anything uses it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReceivedKek {
    pub key_arn: String,
    /// Its own: that of the block it came in.
    pub alias: String,
    pub algorithm: KekAlgorithm,
    /// Key check value, hex.
    pub kcv: String,
    pub kcv_algorithm: KcvAlgorithm,
    pub origin: Origin,
}

/// What names the KEK that came, and named another one before.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SwitchedKek {
    /// The folder's own, `…/received`.
    pub alias: String,
    /// The KEK of this ceremony.
    pub key_arn: String,
    /// The KEK that was established as received before, if it was another.
    pub replaces_key_arn: Option<String>,
    /// The KEK that stays established in place of this ceremony's, since a ceremony that began later has
    /// imported it; null where this ceremony's is.
    pub kept_key_arn: Option<String>,
    /// One more alias that was asked for and names the KEK now.
    pub also: Option<AlsoSwitched>,
    /// Until when the KEK from before is kept, so that an order can bring it back; null where there is
    /// none.
    pub keep_previous_until: Option<Utc>,
}

/// One more alias that names the KEK.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AlsoSwitched {
    pub alias: String,
    /// The key that it named before, if it was another: not always the KEK from before.
    pub replaces_key_arn: Option<String>,
}

/// What has become of the KEK that another one had replaced.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Settled {
    /// The aliases name the KEK from before again.
    RolledBack,
    /// The KEK from before is scheduled for deletion.
    Retired,
    /// The KEK from before is left as it is: an alias names it still, or the one that replaced it cannot be
    /// used.
    Kept,
}
