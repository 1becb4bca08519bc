//! Every kind of disagreement is found, and nothing that agrees.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use ceremony::digest::Sha256;
use ceremony::execution::Execution;
use ceremony::finding::{Finding, Kind};
use ceremony::identifiers::ca_alias;
use ceremony::utc::Utc;
use inventory::records::{RecordedCa, Unreadable};
use inventory::{
    Asked, Before, Inventory, ListedAlias, ListedKey, Question, Recorded, RecordedKey, Seen,
    compare, questions,
};

const NOW: &str = "2026-11-27T04:00:00Z";
const KEK: &str = "arn:key/kek";
const CA: &str = "arn:key/ca";
const OTHER: &str = "arn:key/other";
const KEK_ALIAS: &str = "alias/key-ceremony/kek/acme/production/pin/0123456789abcdef";
const PREFLIGHT: &str = "alias/key-ceremony/preflight/x";

fn utc(text: &str) -> Utc {
    text.to_owned().try_into().unwrap()
}

/// So long before the reconciliation.
fn ago(hours: i64) -> Utc {
    Utc::of_unix_seconds(utc(NOW).unix_seconds() - hours * 3600).unwrap()
}

fn ca() -> Sha256 {
    Sha256::of(b"ca")
}

fn key(key_arn: &str) -> ListedKey {
    ListedKey {
        key_arn: key_arn.to_owned(),
        state: "CREATE_COMPLETE".to_owned(),
        enabled: true,
        kcv: "9A1B2C".to_owned(),
    }
}

fn alias(name: &str, key_arn: Option<&str>) -> ListedAlias {
    ListedAlias {
        name: name.to_owned(),
        key_arn: key_arn.map(str::to_owned),
    }
}

fn recorded(key_arn: &str, alias: &str) -> RecordedKey {
    RecordedKey {
        key_arn: key_arn.to_owned(),
        alias: Some(alias.to_owned()),
        kcv: None,
        certificate_sha256: None,
        record: "ceremony/record.json".to_owned(),
        record_sha256: Sha256::of(b"record"),
    }
}

/// One CA and one KEK, as one record says.
fn agreed() -> Seen {
    let ca = ca();
    let keys = vec![
        RecordedKey {
            certificate_sha256: Some(ca.clone()),
            ..recorded(CA, &ca_alias(&ca))
        },
        RecordedKey {
            kcv: Some("9a1b2c".to_owned()),
            ..recorded(KEK, KEK_ALIAS)
        },
    ];
    Seen {
        keys: vec![key(CA), key(KEK)],
        aliases: vec![alias(&ca_alias(&ca), Some(CA)), alias(KEK_ALIAS, Some(KEK))],
        recorded: Recorded {
            keys,
            ..Recorded::default()
        },
    }
}

/// The same after a change by `hand`.
fn after(hand: impl FnOnce(&mut Seen)) -> Seen {
    let mut seen = agreed();
    hand(&mut seen);
    seen
}

fn asked(key_arn: &str, created_at: Utc, tags: &[(&str, &str)]) -> Asked {
    let tags = tags
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Asked {
        key_arn: key_arn.to_owned(),
        tags: tags.collect(),
        created_at: Some(created_at),
        delete_at: None,
    }
}

const TAGS: [(&str, &str); 2] = [
    ("key-ceremony:purpose", "kek"),
    ("key-ceremony:alias", KEK_ALIAS),
];

fn inventory(seen: &Seen, asked: &[Asked], before: &Before) -> Inventory {
    let execution = Execution {
        arn: "arn:execution".to_owned(),
        started_at: utc(NOW),
    };
    compare(&execution, seen, asked, before)
}

fn found(seen: &Seen, asked: &[Asked]) -> Vec<Finding> {
    inventory(seen, asked, &Before::default()).findings
}

fn kinds(seen: &Seen, asked: &[Asked]) -> Vec<Kind> {
    found(seen, asked)
        .iter()
        .map(|finding| finding.finding)
        .collect()
}

fn asks(key_arn: &str, whose: bool) -> Vec<Question> {
    vec![Question {
        key_arn: key_arn.to_owned(),
        whose,
    }]
}

#[test]
fn where_all_agrees_nothing_is_found_and_nobody_is_asked() {
    let seen = agreed();
    assert_eq!(questions(&seen), []);
    let inventory = inventory(&seen, &[], &Before::default());
    assert_eq!(inventory.findings, []);
    assert!(inventory.counts.is_empty());
    let [ca, kek] = &inventory.keys[..] else {
        panic!("{:?}", inventory.keys);
    };
    assert_eq!((ca.key_arn.as_str(), kek.key_arn.as_str()), (CA, KEK));
    assert_eq!(kek.aliases, [KEK_ALIAS]);
    assert_eq!(kek.record.as_deref(), Some("ceremony/record.json"));
    assert_eq!(kek.record_sha256, Some(Sha256::of(b"record")));
}

#[test]
fn a_key_of_a_profile_needs_no_alias() {
    let seen = after(|seen| {
        seen.aliases.pop();
        seen.recorded.keys[1].alias = None;
    });
    assert_eq!(kinds(&seen, &[]), []);
}

#[test]
fn a_key_that_is_gone_is_told_for_three_days_and_listed_for_ever() {
    for state in [None, Some("DELETE_COMPLETE")] {
        let seen = after(|seen| match state {
            None => drop(seen.keys.pop()),
            Some(state) => state.clone_into(&mut seen.keys[1].state),
        });
        for (hours, told) in [(None, true), (Some(24), true), (Some(72), false)] {
            let since = hours.map(ago);
            let before = Before {
                gone: since.iter().map(|since| (KEK.to_owned(), *since)).collect(),
                ..Before::default()
            };
            let inventory = inventory(&seen, &[], &before);
            let count = inventory.counts.get(&Kind::KeyMissing).copied();
            assert_eq!(count, told.then_some(1), "{hours:?}");
            assert_eq!(inventory.gone[0].key_arn, KEK);
            assert_eq!(inventory.gone[0].since, since.unwrap_or(utc(NOW)));
        }
    }
}

#[test]
fn a_deletion_is_found_with_its_date() {
    let seen = after(|seen| seen.keys[1].state = "DELETE_PENDING".to_owned());
    assert_eq!(questions(&seen), asks(KEK, false));
    let date = utc("2026-12-01T00:00:00Z");
    let asked = Asked {
        delete_at: Some(date),
        ..asked(KEK, ago(1000), &[])
    };
    // The service takes its aliases away: that is not a second finding.
    let [finding] = &found(&seen, &[asked])[..] else {
        panic!("one finding");
    };
    assert_eq!(finding.finding, Kind::DeletionPending);
    assert!(finding.what.contains(&date.to_string()), "{finding:?}");
    assert_eq!(finding.key_arn.as_deref(), Some(KEK));
    assert_eq!(finding.record.as_deref(), Some("ceremony/record.json"));
}

#[test]
fn a_key_that_cannot_be_used_is_found() {
    let disabled = after(|seen| seen.keys[1].enabled = false);
    assert_eq!(kinds(&disabled, &[]), [Kind::KeyDisabled]);
    let unfinished = after(|seen| seen.keys[0].state = "CREATE_IN_PROGRESS".to_owned());
    assert_eq!(kinds(&unfinished, &[]), [Kind::KeyUnfinished]);
}

#[test]
fn another_kcv_is_found() {
    let seen = after(|seen| seen.keys[1].kcv = "000000".to_owned());
    let [finding] = &found(&seen, &[])[..] else {
        panic!("one finding");
    };
    assert_eq!(finding.finding, Kind::KcvChanged);
    for kcv in ["000000", "9a1b2c"] {
        assert!(finding.what.contains(kcv), "{finding:?}");
    }
}

#[test]
fn an_alias_that_is_gone_or_points_elsewhere_is_found() {
    let deleted = after(|seen| drop(seen.aliases.pop()));
    assert_eq!(kinds(&deleted, &[]), [Kind::AliasMissing]);

    let emptied = after(|seen| seen.aliases[1].key_arn = None);
    assert_eq!(kinds(&emptied, &[]), [Kind::AliasMoved]);

    // To a key that another record names, under another alias.
    let swapped = after(|seen| seen.aliases[1].key_arn = Some(CA.to_owned()));
    assert_eq!(
        kinds(&swapped, &[]),
        [Kind::AliasMoved, Kind::AliasUnexplained]
    );

    // To a key that no record names, and that is no ceremony's of today.
    let moved = after(|seen| {
        seen.keys.push(key(OTHER));
        seen.aliases[1].key_arn = Some(OTHER.to_owned());
    });
    assert_eq!(questions(&moved), asks(OTHER, false));
    let old = [asked(OTHER, ago(24), &[])];
    assert_eq!(
        kinds(&moved, &old),
        [Kind::AliasMoved, Kind::AliasUnexplained]
    );
}

#[test]
fn a_ceremony_under_way_is_listed_and_no_finding() {
    // Its key was made after the keys were listed.
    let new = "alias/key-ceremony/kek/globex/production/pin/0123456789abcdef";
    let seen = after(|seen| seen.aliases.push(alias(new, Some(OTHER))));
    assert_eq!(questions(&seen), asks(OTHER, false));
    let young = [asked(OTHER, ago(23), &[])];
    let inventory = inventory(&seen, &young, &Before::default());
    assert_eq!(inventory.findings, []);
    assert_eq!(inventory.recent[0].key_arn, OTHER);

    // The same leaf again, after its key was lost: the alias has a new key by now.
    let again = after(|seen| seen.aliases[1].key_arn = Some(OTHER.to_owned()));
    assert_eq!(kinds(&again, &young), []);
}

#[test]
fn a_key_with_our_tags_alone_is_an_orphan_after_a_day() {
    let seen = after(|seen| seen.keys.push(key(OTHER)));
    assert_eq!(questions(&seen), asks(OTHER, true));
    assert_eq!(kinds(&seen, &[asked(OTHER, ago(23), &TAGS)]), []);
    let old = asked(OTHER, ago(24), &TAGS);
    let [finding] = &found(&seen, std::slice::from_ref(&old))[..] else {
        panic!("one finding");
    };
    assert_eq!(finding.finding, Kind::Orphan);
    assert_eq!(finding.key_arn.as_deref(), Some(OTHER));
    assert_eq!(finding.alias.as_deref(), Some(KEK_ALIAS));

    // It waits for its deletion: as the remedy says, or because somebody else wants it.
    let deleted = after(|seen| {
        seen.keys.push(key(OTHER));
        seen.keys[2].state = "DELETE_PENDING".to_owned();
    });
    assert_eq!(kinds(&deleted, &[old]), [Kind::DeletionPending]);
    let surplus = asked(OTHER, ago(24), &[("key-ceremony:purpose", "surplus")]);
    assert_eq!(kinds(&deleted, &[surplus]), []);
}

#[test]
fn keys_of_others_are_counted_and_nothing_else() {
    let seen = after(|seen| {
        seen.keys.push(key(OTHER));
        seen.keys.push(key("arn:key/with-alias"));
        let name = "alias/payments/pek";
        seen.aliases.push(alias(name, Some("arn:key/with-alias")));
        seen.aliases.push(alias("alias/reserved", None));
    });
    // Of those with an alias of somebody else nobody asks.
    assert_eq!(questions(&seen), asks(OTHER, true));
    let theirs = [asked(OTHER, ago(1000), &[])];
    let inventory = inventory(&seen, &theirs, &Before::default());
    assert_eq!(inventory.findings, []);
    assert_eq!((inventory.keys.len(), inventory.keys_of_others), (2, 2));
    assert_eq!(inventory.waiting, []);
}

#[test]
fn an_alias_may_be_without_a_key_for_a_day() {
    let reserved = "alias/key-ceremony/ca/0123";
    for (name, key_arn, kind) in [
        (reserved, None, Kind::AliasReserved),
        (PREFLIGHT, None, Kind::AliasLeftover),
        (PREFLIGHT, Some(KEK), Kind::AliasLeftover),
    ] {
        let seen = after(|seen| seen.aliases.push(alias(name, key_arn)));
        assert_eq!(questions(&seen), []);
        let first = inventory(&seen, &[], &Before::default());
        assert_eq!(first.findings, [], "{name}");
        let bytes = serde_json::to_vec(&first).unwrap();
        let next = Before::of_inventory(&bytes);
        assert_eq!(next.waiting, BTreeMap::from([(name.to_owned(), utc(NOW))]));

        let before = Before {
            waiting: BTreeMap::from([(name.to_owned(), ago(24))]),
            ..Before::default()
        };
        let later = inventory(&seen, &[], &before);
        assert_eq!(later.counts, BTreeMap::from([(kind, 1)]));
        assert_eq!(later.findings[0].alias.as_deref(), Some(name));
        assert_eq!(later.waiting[0].since, ago(24));
    }
}

#[test]
fn the_certificate_of_a_ca_that_is_there_is_found_thirty_days_before_its_end() {
    let ends = |days: i64| {
        after(|seen| {
            seen.recorded.cas = vec![RecordedCa {
                sha256: ca(),
                subject: "CN=ACME CA".to_owned(),
                not_after: ago(-24 * days),
            }];
        })
    };
    for (days, expected) in [(31, 0), (30, 1), (0, 1), (-1, 0)] {
        let kinds = kinds(&ends(days), &[]);
        assert_eq!(kinds, vec![Kind::CertificateExpiring; expected], "{days}");
    }
    let mut without_key = ends(10);
    without_key.keys.remove(0);
    assert_eq!(kinds(&without_key, &[]), [Kind::KeyMissing]);
}

#[test]
fn a_record_that_cannot_be_read_is_found() {
    let seen = after(|seen| {
        seen.recorded.unreadable.push(Unreadable {
            record: "x/record.json".to_owned(),
            why: "no JSON".to_owned(),
        });
    });
    let [finding] = &found(&seen, &[])[..] else {
        panic!("one finding");
    };
    assert_eq!(finding.finding, Kind::RecordUnreadable);
    assert_eq!(finding.record.as_deref(), Some("x/record.json"));
}

#[test]
fn an_inventory_of_another_form_dates_nothing() {
    for bytes in [&b""[..], b"{}", b"[1]"] {
        assert_eq!(Before::of_inventory(bytes), Before::default());
    }
}

/// As `request-certificate` makes it, before it writes down that a certificate was asked for.
#[test]
fn a_signing_key_without_a_request_is_found_after_a_day_and_with_one_never() {
    let name = "alias/key-ceremony/signing/tr34/1";
    let made = |record: bool| {
        after(|seen| {
            seen.keys.push(key(OTHER));
            seen.aliases.push(alias(name, Some(OTHER)));
            if record {
                seen.recorded.keys.push(recorded(OTHER, name));
            }
        })
    };
    let young = made(false);
    assert_eq!(kinds(&young, &[asked(OTHER, ago(1), &[])]), []);
    let old = [asked(OTHER, ago(25), &[])];
    assert_eq!(kinds(&young, &old), [Kind::AliasUnexplained]);
    assert_eq!(kinds(&made(true), &old), []);
    assert_eq!(questions(&made(true)), []);
}
