//! What the service lists, what was asked about single keys, and what was known before.

use std::collections::BTreeMap;

use ceremony::utc::Utc;
use serde::{Deserialize, Serialize};

use crate::records::Recorded;

/// A key as ListKeys describes it: no time, and no tags.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListedKey {
    pub key_arn: String,
    /// The service's own word: `CREATE_COMPLETE`, say.
    pub state: String,
    pub enabled: bool,
    pub kcv: String,
}

impl ListedKey {
    /// A deleted key may be listed for a while; it is none any more.
    pub(crate) fn is_there(&self) -> bool {
        self.state != "DELETE_COMPLETE"
    }

    pub(crate) fn waits_for_deletion(&self) -> bool {
        self.state == "DELETE_PENDING"
    }
}

/// An alias as ListAliases describes it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListedAlias {
    pub name: String,
    pub key_arn: Option<String>,
}

impl ListedAlias {
    pub(crate) fn is_ours(&self) -> bool {
        self.name.starts_with("alias/key-ceremony/")
    }

    /// A throw-away alias: made to see whether that can be done, and removed again.
    pub(crate) fn is_of_a_preflight(&self) -> bool {
        self.name.starts_with("alias/key-ceremony/preflight/")
    }
}

/// What was asked about one key. Without times where it was gone by then.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Asked {
    pub key_arn: String,
    /// Those of ours.
    pub tags: BTreeMap<String, String>,
    pub created_at: Option<Utc>,
    pub delete_at: Option<Utc>,
}

impl Asked {
    /// Whether one of our tags is on it. A ceremony sets all of them at once.
    pub fn has_our_tags(&self) -> bool {
        self.tags.keys().any(|key| key.starts_with("key-ceremony:"))
    }

    /// Whether a responder has marked it as one too many.
    pub(crate) fn is_surplus(&self) -> bool {
        self.tag("key-ceremony:purpose") == Some("surplus")
    }

    /// The alias that it was made for.
    pub(crate) fn made_for(&self) -> Option<&str> {
        self.tag("key-ceremony:alias")
    }

    /// Whether a ceremony points the alias of an established KEK at it, or has done so: the tag is set
    /// right before.
    pub(crate) fn is_being_established(&self) -> bool {
        self.tag("key-ceremony:run-began-at").is_some()
    }

    pub(crate) fn tag(&self, key: &str) -> Option<&str> {
        self.tags.get(key).map(String::as_str)
    }
}

/// Everything that a reconciliation looks at, but for what it asks about single keys.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub keys: Vec<ListedKey>,
    pub aliases: Vec<ListedAlias>,
    pub recorded: Recorded,
}

/// Since when the last inventory knew of what nothing else dates: keys that are gone, and aliases
/// that should not stay.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Before {
    pub gone: BTreeMap<String, Utc>,
    pub waiting: BTreeMap<String, Utc>,
}

impl Before {
    /// Reads as much of an earlier inventory as this needs; nothing of one of another form.
    pub fn of_inventory(bytes: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Earlier {
            gone: Vec<crate::compare::Gone>,
            waiting: Vec<crate::compare::Waiting>,
        }
        let Ok(earlier) = serde_json::from_slice::<Earlier>(bytes) else {
            return Self::default();
        };
        let gone = earlier.gone.into_iter();
        let waiting = earlier.waiting.into_iter();
        Self {
            gone: gone.map(|key| (key.key_arn, key.since)).collect(),
            waiting: waiting.map(|it| (it.alias, it.since)).collect(),
        }
    }
}
