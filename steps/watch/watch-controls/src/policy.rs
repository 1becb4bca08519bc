//! What is watched. Read the table as the policy.
//!
//! The rules of EventBridge name the same calls; a test of the CDK app holds them to what each is for.

/// What our keys in Payment Cryptography carry.
pub(crate) const OUR_TAGS: &str = "key-ceremony:";

/// What our aliases there begin with.
pub(crate) const OUR_ALIASES: &str = "alias/key-ceremony/";

/// Aliases that are tried before the first ceremony and removed at once.
pub(crate) const TRIAL_ALIASES: &str = "alias/key-ceremony/preflight/";

/// Where the profiles of partners lie.
pub(crate) const PROFILES: &str = "/key-ceremony/partners/";

/// Where it is said which CAs may certify keys of ours.
pub(crate) const ENROLMENT_RULES: &str = "/key-ceremony/enrolment/";

/// Where it is said which certificates are installed for them.
pub(crate) const CERTIFICATES: &str = "/key-ceremony/certificates/";

/// What people decide. What is installed is for a step to write: the rules leave out what it does, and
/// Parameter Store's own event, which does not say who.
pub(crate) const DECIDED: [&str; 2] = [PROFILES, ENROLMENT_RULES];

/// Every parameter that is watched.
pub(crate) const PARAMETERS: [&str; 3] = [PROFILES, ENROLMENT_RULES, CERTIFICATES];

/// What a call is about, and so how its event tells whether that is ours.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Subject {
    /// A partner's profile, enrolment rules, or what is installed for a key of ours: by its name.
    Parameter,
    /// A key in KMS: the rule names ours.
    KmsKey,
    /// The code or settings of a step: the rule names ours.
    Function,
    /// The definition of a machine: the rule names ours.
    Machine,
    /// What guards or copies all keys of the account, ours with them.
    Account,
    /// An alias in Payment Cryptography: by its name, or by the tags of the key that it is given.
    Alias,
    /// A key in the making: by the tags that it is given.
    NewKey,
    /// A key there already: by the tags that it has. The member of the request that names it.
    Key(&'static str),
    /// Tags, set or removed: by their names.
    Tags,
}

pub(crate) struct Watched {
    pub(crate) source: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) subject: Subject,
    /// What somebody wanted: "to …".
    pub(crate) aim: &'static str,
}

/// Every call that is watched.
pub(crate) fn watched(source: &str, operation: &str) -> Option<&'static Watched> {
    WATCHED
        .iter()
        .find(|watched| watched.source == source && watched.operation == operation)
}

const fn line(
    source: &'static str,
    operation: &'static str,
    subject: Subject,
    aim: &'static str,
) -> Watched {
    Watched {
        source,
        operation,
        subject,
        aim,
    }
}

const KEYS: &str = "aws.payment-cryptography";

#[rustfmt::skip]
const WATCHED: &[Watched] = &[
    // Controls.
    line("aws.ssm", "PutParameter", Subject::Parameter, "to write a profile, enrolment rules, or what is installed"),
    line("aws.ssm", "DeleteParameter", Subject::Parameter, "to delete a profile, enrolment rules, or what is installed"),
    line("aws.ssm", "DeleteParameters", Subject::Parameter, "to delete profiles, enrolment rules, or what is installed"),
    line("aws.kms", "PutKeyPolicy", Subject::KmsKey, "to replace the policy of a KMS key"),
    line("aws.kms", "ScheduleKeyDeletion", Subject::KmsKey, "to have a KMS key deleted"),
    line("aws.kms", "DisableKey", Subject::KmsKey, "to disable a KMS key"),
    line("aws.lambda", "UpdateFunctionCode", Subject::Function, "to replace the code of a step"),
    line("aws.lambda", "UpdateFunctionConfiguration", Subject::Function, "to change the settings of a step"),
    line("aws.states", "UpdateStateMachine", Subject::Machine, "to change the definition of a machine"),
    line(KEYS, "AssociateMpaTeam", Subject::Account, "to have a team approve sensitive calls"),
    line(KEYS, "DisassociateMpaTeam", Subject::Account, "to have sensitive calls without a team's approval"),
    line(KEYS, "EnableDefaultKeyReplicationRegions", Subject::Account, "to have new keys copied to other regions"),
    line(KEYS, "DisableDefaultKeyReplicationRegions", Subject::Account, "to have new keys no longer copied to other regions"),

    // Foreign hands. The rules leave out the step whose call it is.
    line(KEYS, "CreateKey", Subject::NewKey, "to create a key with the tags of a ceremony"),
    line(KEYS, "ImportKey", Subject::NewKey, "to import a key with the tags of a ceremony"),
    line(KEYS, "ExportKey", Subject::Key("exportKeyIdentifier"), "to export a key of a ceremony"),
    line(KEYS, "CreateAlias", Subject::Alias, "to create an alias of a ceremony, or another for its key"),
    line(KEYS, "UpdateAlias", Subject::Alias, "to point an alias of a ceremony, or another at its key"),
    line(KEYS, "DeleteAlias", Subject::Alias, "to delete an alias of a ceremony"),
    line(KEYS, "DeleteKey", Subject::Key("keyIdentifier"), "to have a key of a ceremony deleted"),
    line(KEYS, "RestoreKey", Subject::Key("keyIdentifier"), "to take back the deletion of a key of a ceremony"),
    line(KEYS, "StartKeyUsage", Subject::Key("keyIdentifier"), "to enable a key of a ceremony"),
    line(KEYS, "StopKeyUsage", Subject::Key("keyIdentifier"), "to disable a key of a ceremony"),
    line(KEYS, "AddKeyReplicationRegions", Subject::Key("keyIdentifier"), "to copy a key of a ceremony to another region"),
    line(KEYS, "RemoveKeyReplicationRegions", Subject::Key("keyIdentifier"), "to remove a copy of a key of a ceremony"),
    line(KEYS, "PutResourcePolicy", Subject::Key("resourceArn"), "to let other accounts use a key of a ceremony"),
    line(KEYS, "DeleteResourcePolicy", Subject::Key("resourceArn"), "to no longer let other accounts use a key of a ceremony"),
    line(KEYS, "TagResource", Subject::Tags, "to set tags of a ceremony"),
    line(KEYS, "UntagResource", Subject::Tags, "to remove tags of a ceremony"),
];

impl Subject {
    /// Whether a principal that is not the step has touched keys, rather than a control been changed.
    pub(crate) fn is_foreign_hand(self) -> bool {
        matches!(self, Self::Alias | Self::NewKey | Self::Key(_) | Self::Tags)
    }

    /// What whoever is told does about it.
    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Self::Parameter => {
                "Ask whoever did it for the order; if there is none, have an operator correct the \
                 profile or the rules, or enrol the certificate again, and find out what else this \
                 principal has done."
            }
            Self::KmsKey => {
                "Ask whoever did it for the order; if there is none, whoever administers the key \
                 cancels its deletion, enables it, or restores the policy that was deployed."
            }
            Self::Function | Self::Machine => {
                "If this was no deployment, deploy the reviewed version again, and find out what \
                 else this principal has done."
            }
            Self::Account => {
                "Ask whoever did it for the order; if there is none, whoever the account belongs to \
                 takes it back before the next certificate is imported."
            }
            Self::Alias | Self::NewKey | Self::Key(_) | Self::Tags => {
                "Ask whoever did it for the order; if there is none, find out what else this \
                 principal has done, and treat the key as compromised."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    /// The events also hold the rules to this table, in the tests of the CDK app.
    #[test]
    fn every_call_that_is_watched_has_a_recorded_event() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/events");
        let mut recorded = BTreeSet::new();
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let text = std::fs::read_to_string(entry.expect("an entry").path()).expect("a text");
            let event: Value = serde_json::from_str(&text).expect("JSON");
            let name = event["detail"]["eventName"].as_str().unwrap_or_default();
            let operation = name.trim_end_matches("20150331v2");
            let source = event["source"].as_str().unwrap_or_default();
            recorded.insert((source.to_owned(), operation.to_owned()));
        }
        // Parameter Store's own.
        assert!(recorded.remove(&("aws.ssm".to_owned(), String::new())));
        let watched = WATCHED
            .iter()
            .map(|line| (line.source.to_owned(), line.operation.to_owned()));
        assert_eq!(recorded, watched.collect());
    }

    #[test]
    fn a_foreign_hand_is_on_keys_of_ceremonies_alone() {
        for line in WATCHED {
            let on_keys = line.subject.is_foreign_hand();
            assert_eq!(on_keys, line.aim.contains("of a ceremony"), "{}", line.aim);
            assert!(!on_keys || line.source == KEYS);
        }
    }
}
