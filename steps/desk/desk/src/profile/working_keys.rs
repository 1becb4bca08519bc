//! What `workingKeyExport` of a profile allows, in words, and what of it could never happen.

use ceremony::algorithms::KekAlgorithm;
use ceremony::fleet::inventory::MOST_TERMINALS;
use ceremony::fleet::{AllowedBdk, Exchange};
use ceremony::profile::Profile;
use ceremony::text::shown;
use ceremony::working_keys::order::{EstablishedKek, is_identifier};
use ceremony::working_keys::place::AskedBy;
use ceremony::working_keys::rules::{MayAsk, WorkingKeyExport};

use crate::finding::{Detail, Finding, Status};

pub(super) fn check(profile: &Profile) -> Finding {
    let Some(section) = &profile.working_key_export else {
        return Finding::ok(
            "working-key-export is not allowed: there is no section `workingKeyExport`.",
        );
    };
    let kek = profile.kek_export.as_ref().map(|it| it.kek.algorithm);
    let mut details = Vec::new();
    for asked_by in AskedBy::ALL {
        if let Some(rules) = section.may_ask(asked_by) {
            details.extend(of_side(asked_by.section(), rules, kek));
        }
    }
    if details.is_empty() {
        details.push(nobody());
    }
    details.extend(section.keys.iter().map(|key| named(key, section)));
    let what = "things that working-key-export may do are possible";
    Finding::of_many(
        what,
        details,
        "Correct `workingKeyExport`; what it can say is in statemachine/working-key-export.md.",
    )
}

fn nobody() -> Detail {
    let seen = "Nobody may ask for anything: there is neither `orders` nor `requests`.";
    Detail::new("workingKeyExport", Status::Warning, seen)
}

/// What one side may ask for. `kek` is what the profile sends as the folder's current one.
fn of_side(side: &str, rules: &MayAsk, kek: Option<KekAlgorithm>) -> Vec<Detail> {
    // One that the partner has sent may be stronger.
    let kek = kek.filter(|_| rules.keks == [EstablishedKek::Current]);
    let mut details = Vec::new();
    if !rules.usages.is_empty() || !rules.algorithms.is_empty() {
        details.push(Detail::new(side, Status::Ok, keys(rules)));
        details.extend(never_keys(side, rules, kek));
    }
    for (name, bdk) in &rules.bdks {
        let about = format!("{side}, base derivation key {}", shown(name));
        let (status, seen) = match never_initial_keys(bdk, kek) {
            Some(why) => (Status::Failed, why),
            None => (Status::Ok, initial_keys(bdk)),
        };
        details.push(Detail::new(about, status, seen));
    }
    details
}

fn keys(rules: &MayAsk) -> String {
    let usages: Vec<&str> = rules.usages.iter().map(|usage| usage.as_str()).collect();
    let algorithms: Vec<&str> = rules.algorithms.iter().map(|it| it.as_str()).collect();
    let keks: Vec<&str> = rules.keks.iter().map(|kek| kek.as_str()).collect();
    format!(
        "Keys of usage {} and algorithm {}, {}, at most {} in one document, under the KEK {}.",
        usages.join(", "),
        algorithms.join(", "),
        if rules.new_keys {
            "existing or new"
        } else {
            "existing ones only"
        },
        rules.max_keys,
        keks.join(" or ")
    )
}

/// Usages and algorithms that are allowed, and with which no key could leave.
fn never_keys(side: &str, rules: &MayAsk, kek: Option<KekAlgorithm>) -> Vec<Detail> {
    if rules.usages.is_empty() || rules.algorithms.is_empty() {
        let seen = "`usages` and `algorithms` allow nothing, as one of them is empty.";
        return vec![Detail::new(side, Status::Warning, seen)];
    }
    let mut never = Vec::new();
    let mut usages = rules.usages.clone();
    usages.retain(|usage| !rules.algorithms.iter().any(|it| usage.works_with(*it)));
    let no_usage = usages.len() == rules.usages.len();
    for usage in usages {
        let seen = format!("No key of usage {usage} has any of the algorithms.");
        never.push((no_usage, seen));
    }
    if let Some(kek) = kek {
        let mut strong = rules.algorithms.clone();
        strong.retain(|algorithm| !kek.may_protect(*algorithm));
        let no_algorithm = strong.len() == rules.algorithms.len();
        for algorithm in strong {
            let seen = format!(
                "A key of {algorithm} never leaves under a KEK of {kek}, which is what `kekExport` sends."
            );
            never.push((no_algorithm, seen));
        }
    }
    let detail = |(is_all, seen): (bool, String)| {
        let status = if is_all {
            Status::Failed
        } else {
            Status::Warning
        };
        Detail::new(side, status, seen)
    };
    never.into_iter().map(detail).collect()
}

fn initial_keys(bdk: &AllowedBdk) -> String {
    let beginning = bdk.key_set.clone().map(String::from);
    let whose = beginning.map_or_else(
        || "of any serial number".to_owned(),
        |beginning| format!("whose serial numbers begin with {beginning}"),
    );
    let by = match bdk.exchange {
        Exchange::Tr31 => "TR-31",
        Exchange::Tr34 => "TR-34",
    };
    format!(
        "Initial keys of {} from {} by {by}, for at most {} terminals {whose}.",
        bdk.algorithm,
        shown(&bdk.key_arn),
        bdk.most_terminals()
    )
}

fn never_initial_keys(bdk: &AllowedBdk, kek: Option<KekAlgorithm>) -> Option<String> {
    if !is_identifier(&bdk.key_arn) {
        return Some(format!("`keyArn`: {}", no_identifier(&bdk.key_arn)));
    }
    if !(1..=MOST_TERMINALS).contains(&bdk.max_terminals) {
        return Some(format!(
            "`maxTerminals` is {}; 1 to {MOST_TERMINALS} are expected.",
            bdk.max_terminals
        ));
    }
    // By TR-34 there is no KEK.
    let kek = kek.filter(|_| bdk.exchange == Exchange::Tr31);
    let kek = kek.filter(|kek| !bdk.algorithm.may_travel_under(*kek))?;
    Some(format!(
        "An initial key of {} never leaves under a KEK of {kek}, which is what `kekExport` sends.",
        bdk.algorithm
    ))
}

fn named(key: &str, section: &WorkingKeyExport) -> Detail {
    let about = format!("key {}", shown(key));
    if !is_identifier(key) {
        return Detail::new(about, Status::Failed, no_identifier(key));
    }
    let mut sides = AskedBy::ALL.into_iter();
    let for_somebody = sides.any(|asked_by| {
        let rules = section.may_ask(asked_by);
        rules.is_some_and(|rules| !rules.usages.is_empty() && !rules.algorithms.is_empty())
    });
    if !for_somebody {
        let seen = "Nobody may ask for it: no usage and no algorithm is allowed.";
        return Detail::new(about, Status::Warning, seen);
    }
    let seen = "May be sent too, if its tag key-ceremony:purpose is `working`.";
    Detail::new(about, Status::Ok, seen)
}

fn no_identifier(text: &str) -> String {
    format!(
        "`{}` is neither the ARN of a key in Payment Cryptography nor an alias, `alias/…`.",
        shown(text)
    )
}
