//! Whether a key may leave as `workingKeyExport` names it, and what to do where it may not.
//!
//! As what it may leave is decided by the functions that `find-kek` and `find-bdk` call; by which tag a
//! step may export it, by the policies of their roles.

use aws_sdk_paymentcryptography::types::KeyState;
use ceremony::fleet::{AllowedBdk, UnfitBdk};
use ceremony::text::shown;
use ceremony::working_keys::place::AskedBy;
use ceremony::working_keys::rules::WorkingKeyExport;
use payment_keys::{KeyFacts, PURPOSE_TAG, Working, is_bdk, why_out_of_use};

use super::super::super::{Detail, Status};
use super::named_keys::Key;

/// What is wrong with a key, and what to do about it.
pub(super) struct Problem {
    seen: String,
    to_do: String,
}

pub(super) fn told(about: &str, problems: Vec<Problem>) -> Vec<Detail> {
    if problems.is_empty() {
        let seen = "The key is enabled, exportable and tagged.";
        return vec![Detail::new(about, Status::Ok, seen)];
    }
    let problems = problems.into_iter();
    let failed =
        |Problem { seen, to_do }| Detail::new(about, Status::Failed, seen).with_to_do(to_do);
    problems.map(failed).collect()
}

/// What stands in the way of sending a key that `keys` names.
pub(super) fn working_key(key: &Key, section: &WorkingKeyExport) -> Vec<Problem> {
    let facts = &key.facts;
    let mut problems = Vec::new();
    match Working::of(facts) {
        Ok(Working {
            usage, algorithm, ..
        }) => {
            let mut sides = AskedBy::ALL.into_iter();
            let allowed = sides.any(|asked_by| {
                let rules = section.may_ask(asked_by);
                rules.is_some_and(|rules| rules.why_not_kind(usage, algorithm).is_none())
            });
            if !allowed {
                problems.push(Problem {
                    seen: format!("It is {algorithm} of usage {usage}, which nobody may ask for."),
                    to_do: "Allow both in `workingKeyExport.orders` or `workingKeyExport.requests`, or \
                            take the key out of `workingKeyExport.keys`."
                        .to_owned(),
                });
            }
        }
        Err(why) => problems.push(Problem {
            seen: format!("It cannot be sent as a working key: {why}."),
            to_do: NAME_ANOTHER.to_owned(),
        }),
    }
    problems.extend(out_of_use(facts));
    if !facts.exportable {
        problems.push(not_exportable("It is not exportable."));
    }
    problems.extend(untagged(key, "working"));
    problems
}

/// What stands in the way of deriving initial keys from a key.
pub(super) fn base_derivation_key(key: &Key, bdk: &AllowedBdk) -> Vec<Problem> {
    let facts = &key.facts;
    let mut problems = Vec::from_iter(out_of_use(facts));
    match is_bdk(facts, bdk.algorithm) {
        // The one is told already, and the other below, whatever else there is.
        Ok(()) | Err(UnfitBdk::NotReady(_) | UnfitBdk::NotExportable) => {}
        Err(why) => {
            let to_do = match why {
                UnfitBdk::Algorithm { .. } => {
                    "Correct `algorithm` of the entry in `bdks`, if it is the key that is meant; or name \
                     another key."
                }
                _ => NAME_ANOTHER,
            };
            problems.push(Problem {
                seen: format!("It cannot be the base derivation key: {why}."),
                to_do: to_do.to_owned(),
            });
        }
    }
    if !facts.exportable {
        let why = UnfitBdk::NotExportable;
        problems.push(not_exportable(&format!("It cannot leave: {why}.")));
    }
    problems.extend(untagged(key, "bdk"));
    problems
}

const NAME_ANOTHER: &str =
    "What a key is for never changes: name another in the profile, or take it out.";

fn out_of_use(facts: &KeyFacts) -> Option<Problem> {
    let why = why_out_of_use(facts)?;
    let arn = &facts.key_arn;
    let to_do = match facts.state {
        KeyState::DeletePending => format!(
            "If it is to stay, take it back before it is gone (`aws payment-cryptography restore-key \
             --key-identifier {arn}`) and find out who deleted it; or name another in the profile."
        ),
        KeyState::CreateComplete => format!(
            "If it is to be used, `aws payment-cryptography start-key-usage --key-identifier {arn}`; or \
             name another in the profile."
        ),
        _ => "Name a key in the profile that is complete.".to_owned(),
    };
    Some(Problem {
        seen: format!("It is out of use: {why}."),
        to_do,
    })
}

fn not_exportable(seen: &str) -> Problem {
    Problem {
        seen: seen.to_owned(),
        to_do:
            "That is decided when a key is made: name one in the profile that was made exportable."
                .to_owned(),
    }
}

/// No step may export what does not carry the tag, whatever a profile says.
fn untagged(key: &Key, purpose: &str) -> Option<Problem> {
    let arn = &key.facts.key_arn;
    match key.purpose.as_deref() {
        Some(found) if found == purpose => None,
        Some(found) => Some(Problem {
            seen: format!(
                "Its tag {PURPOSE_TAG} is `{}`; `{purpose}` is expected.",
                shown(found)
            ),
            to_do:
                "It was tagged for something else, and nobody tags it anew: name another in the \
                    profile."
                    .to_owned(),
        }),
        None => Some(Problem {
            seen: format!("It has no tag {PURPOSE_TAG}; `{purpose}` is expected."),
            to_do: format!(
                "As the operator role: `aws payment-cryptography tag-resource --resource-arn {arn} \
                 --tags Key={PURPOSE_TAG},Value={purpose}`."
            ),
        }),
    }
}
