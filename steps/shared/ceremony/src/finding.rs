//! What a reconciliation finds: where the keys in Payment Cryptography and the evidence disagree.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One disagreement, in words for whoever is told of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    pub finding: Kind,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
    /// The key that it is about; null where it is about an alias or a record alone.
    pub key_arn: Option<String>,
    /// The alias that it is about, or by which the key should be found.
    pub alias: Option<String>,
    /// The record in the evidence bucket that disagrees; null where none speaks of it.
    pub record: Option<String>,
}

impl Finding {
    pub fn new(finding: Kind, what: String) -> Self {
        Self {
            finding,
            what,
            remedy: finding.remedy().to_owned(),
            key_arn: None,
            alias: None,
            record: None,
        }
    }

    pub fn about_key(mut self, key_arn: &str) -> Self {
        self.key_arn = Some(key_arn.to_owned());
        self
    }

    pub fn about_alias(mut self, alias: Option<&str>) -> Self {
        self.alias = alias.map(str::to_owned);
        self
    }

    pub fn by_record(mut self, record: &str) -> Self {
        self.record = Some(record.to_owned());
        self
    }
}

/// What kind of disagreement it is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "FindingKind"))]
pub enum Kind {
    /// A record names a key that is not there any more.
    KeyMissing,
    /// A key of ours will be deleted.
    DeletionPending,
    /// A key of ours may not be used.
    KeyDisabled,
    /// A key that a record names is neither usable nor waiting for its deletion.
    KeyUnfinished,
    /// The key check value is not the recorded one.
    KcvChanged,
    /// The alias that a record names is not there.
    AliasMissing,
    /// The alias that a record names has no key, or another one.
    AliasMoved,
    /// An alias of ours has a key that no record names.
    AliasUnexplained,
    /// An alias of ours has had no key for more than a day.
    AliasReserved,
    /// A preflight made this alias and did not remove it.
    AliasLeftover,
    /// A key has our tags, and neither record nor alias.
    Orphan,
    /// The certificate of a CA that was imported expires soon.
    CertificateExpiring,
    /// A record is not of the form that it should have.
    RecordUnreadable,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KeyMissing => "key-missing",
            Self::DeletionPending => "deletion-pending",
            Self::KeyDisabled => "key-disabled",
            Self::KeyUnfinished => "key-unfinished",
            Self::KcvChanged => "kcv-changed",
            Self::AliasMissing => "alias-missing",
            Self::AliasMoved => "alias-moved",
            Self::AliasUnexplained => "alias-unexplained",
            Self::AliasReserved => "alias-reserved",
            Self::AliasLeftover => "alias-leftover",
            Self::Orphan => "orphan",
            Self::CertificateExpiring => "certificate-expiring",
            Self::RecordUnreadable => "record-unreadable",
        }
    }

    pub fn remedy(self) -> &'static str {
        match self {
            Self::KeyMissing
            | Self::KeyUnfinished
            | Self::AliasMissing
            | Self::AliasMoved
            | Self::AliasUnexplained => {
                "Find out who did it and why, by the CloudTrail events of key and alias."
            }
            Self::DeletionPending | Self::KeyDisabled => {
                "Find out who did it and why, by the CloudTrail events of key and alias; if it is \
                 still needed, restore or enable the key in Payment Cryptography."
            }
            Self::KcvChanged => {
                "The key must not be used before this is explained. Find out who did it and why, \
                 by the CloudTrail events of key and alias."
            }
            Self::AliasReserved => {
                "If no ceremony of its folder is running, delete the alias: the next one makes it \
                 again."
            }
            Self::AliasLeftover => "If no preflight is running, delete the alias.",
            Self::Orphan => {
                "Find out who did it and why, by the CloudTrail events of key and alias. If no \
                 ceremony is to use it, delete this key."
            }
            Self::CertificateExpiring => {
                "Ask the partner for certificates of the CA that comes after it."
            }
            Self::RecordUnreadable => {
                "This is a defect of the software: report it with the record."
            }
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_spelled_alike_in_documents_and_in_words() {
        for kind in [Kind::KeyMissing, Kind::Orphan, Kind::CertificateExpiring] {
            let document = serde_json::to_value(kind).unwrap();
            assert_eq!(document, kind.to_string());
        }
    }

    #[test]
    fn a_finding_says_what_to_do() {
        let finding = Finding::new(Kind::Orphan, "what".to_owned()).about_key("arn");
        assert!(finding.remedy.ends_with("delete this key."));
        assert_eq!(finding.key_arn.as_deref(), Some("arn"));
        assert_eq!((finding.alias, finding.record), (None, None));
    }
}
