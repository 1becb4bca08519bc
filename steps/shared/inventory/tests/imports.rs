//! A partner's KEK is no finding: not while its ceremony waits, nor when it is there, nor when it is
//! deleted as a ceremony wanted. What looks alike and was somebody else's doing is one.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use ceremony::digest::Sha256;
use ceremony::execution::Execution;
use ceremony::finding::Kind;
use ceremony::identifiers::Folder;
use ceremony::utc::Utc;
use inventory::{
    Asked, Before, ListedAlias, ListedKey, Recorded, Seen, compare, questions, read_record,
};
use serde_json::{Value, json};

const NOW: &str = "2026-11-27T04:00:00Z";
const CEREMONY: &str = "acme-production-pin-0123456789abcdef";
const KEK: &str = "arn:key/kek";
const PREVIOUS: &str = "arn:key/previous";
const RECEIVED: &str = "alias/key-ceremony/kek/acme/production/pin/received";
const AGREEMENT: &str = "alias/key-ceremony/agreement/acme/production/pin/ECC_NIST_P521";

/// So long before the reconciliation.
fn ago(days: i64) -> Utc {
    let now: Utc = NOW.to_owned().try_into().unwrap();
    now.plus_seconds(-days * 24 * 60 * 60)
}

/// The alias of the KEK of a block.
fn own(block: &str) -> String {
    let folder = Folder::of_inbox_key("acme/production/pin/x").unwrap();
    folder.received_kek_alias(&Sha256::of(block.as_bytes()))
}

/// An account, and the evidence of what was done in it.
#[derive(Default)]
struct Account {
    seen: Seen,
    asked: Vec<Asked>,
}

impl Account {
    /// A key, and what its tags say: which ceremony made it, a month ago, and for which alias.
    fn key(mut self, key_arn: &str, state: &str, tags: &[(&str, &str)]) -> Self {
        self.seen.keys.push(ListedKey {
            key_arn: key_arn.to_owned(),
            state: state.to_owned(),
            enabled: true,
            kcv: "9A1B2C".to_owned(),
        });
        let tags = tags.iter();
        self.asked.push(Asked {
            key_arn: key_arn.to_owned(),
            tags: tags
                .map(|(key, value)| (format!("key-ceremony:{key}"), (*value).to_owned()))
                .collect(),
            created_at: Some(ago(30)),
            delete_at: None,
        });
        self
    }

    fn made(self, key_arn: &str, alias: &str) -> Self {
        let tags = [("ceremony-id", CEREMONY), ("alias", alias)];
        self.key(key_arn, "CREATE_COMPLETE", &tags)
    }

    fn deleted(self, key_arn: &str, alias: &str) -> Self {
        let tags = [("ceremony-id", CEREMONY), ("alias", alias)];
        self.key(key_arn, "DELETE_PENDING", &tags)
            .alias(alias, None)
    }

    fn alias(mut self, name: &str, key_arn: Option<&str>) -> Self {
        self.seen.aliases.push(ListedAlias {
            name: name.to_owned(),
            key_arn: key_arn.map(str::to_owned),
        });
        self
    }

    fn evidence(mut self, name: &str, document: &Value) -> Self {
        let key = format!("{CEREMONY}/{name}");
        let read = read_record(&key, document.to_string().as_bytes());
        assert_eq!(read.unreadable, [], "{name}");
        self.seen.recorded = Recorded::of_all([self.seen.recorded, read]);
        self
    }

    fn offer(self, expires_at: Utc) -> Self {
        let manifest = json!({ "ceremonyId": CEREMONY, "expiresAt": expires_at });
        self.evidence("offer-0123456789abcdef/manifest.json", &manifest)
    }

    fn receipt(self, block: &str, until: Option<Utc>) -> Self {
        let confirmation = until.map(|until| json!({ "key": "x", "until": until }));
        let manifest = json!({
            "ceremonyId": CEREMONY, "createdAt": ago(20), "confirmation": confirmation,
            "block": { "sha256": Sha256::of(block.as_bytes()) },
        });
        self.evidence("receipt/manifest.json", &manifest)
    }

    fn record(self, steps: &[Value]) -> Self {
        self.evidence("record.json", &json!({ "steps": steps }))
    }

    fn settled(self, settled: &str) -> Self {
        let document = json!({
            "settled": settled, "alias": RECEIVED, "kekKeyArn": KEK,
            "previousKekKeyArn": PREVIOUS, "order": null,
        });
        self.evidence("settled/settled.json", &document)
    }

    /// What is found, where every alias without a key has had none for long.
    fn kinds(&self) -> Vec<Kind> {
        let execution = Execution {
            arn: "arn:execution".to_owned(),
            started_at: ago(0),
        };
        let aliases = self.seen.aliases.iter();
        let before = Before {
            waiting: aliases.map(|it| (it.name.clone(), ago(10))).collect(),
            gone: BTreeMap::new(),
        };
        // Nobody else is asked about.
        let questions = questions(&self.seen);
        let mut asked = self.asked.clone();
        asked.retain(|it| questions.iter().any(|asks| asks.key_arn == it.key_arn));
        let inventory = compare(&execution, &self.seen, &asked, &before);
        inventory.findings.iter().map(|it| it.finding).collect()
    }
}

fn made_offer(ours: &Value) -> Value {
    json!({ "step": "make-offer", "result": { "number": 1, "ours": ours } })
}

fn imported(key_arn: &str, block: &str) -> Value {
    json!({ "step": "import-kek", "result": { "refused": null, "imported": {
        "keyArn": key_arn, "alias": own(block), "algorithm": "AES_256", "kcv": "9a1b2c",
        "kcvAlgorithm": "CMAC", "origin": "created",
    } } })
}

fn refused(deleted: &Value) -> Value {
    json!({ "step": "import-kek", "result": {
        "imported": null, "refused": { "error": "KcvDiffers" }, "deleted": deleted,
    } })
}

fn switched(key_arn: &str, kept: Option<&str>) -> Value {
    json!({ "step": "switch-kek", "result": {
        "alias": RECEIVED, "keyArn": key_arn, "replacesKeyArn": PREVIOUS, "keptKeyArn": kept,
    } })
}

#[test]
fn a_record_names_what_an_import_has_made() {
    let agreement = json!({ "kind": "agreement", "keyArn": "arn:ours", "alias": AGREEMENT });
    let parameters = json!({ "kind": "parameters", "validUntil": NOW });
    let certificate = json!({
        "role": "root", "sha256": Sha256::of(b"root"), "subject": "CN=root", "notAfter": NOW,
    });
    let steps = [
        json!({ "step": "fetch-import", "result": { "certificates": [certificate] } }),
        made_offer(&agreement),
        made_offer(&parameters),
        imported(KEK, "block"),
        switched(KEK, None),
    ];
    let recorded = Account::default().record(&steps).seen.recorded;
    let keys = recorded.keys.iter();
    let told: Vec<_> = keys
        .map(|it| (it.key_arn.as_str(), it.alias.as_deref(), it.kcv.as_deref()))
        .collect();
    let own = own("block");
    assert_eq!(
        told,
        [
            (KEK, Some(own.as_str()), Some("9a1b2c")),
            ("arn:ours", Some(AGREEMENT), None),
        ]
    );
    assert_eq!(recorded.cas[0].subject, "CN=root");
    assert_eq!(recorded.established.len(), 1);
    assert!(recorded.ended.contains(CEREMONY) && recorded.retired.is_empty());

    let without = [json!({ "step": "fetch-import", "result": { "certificates": null } })];
    assert_eq!(Account::default().record(&without).seen.recorded.cas, []);
}

#[test]
fn the_alias_of_the_received_kek_is_explained_by_its_switch_alone() {
    let account = |switch: &[Value]| {
        let steps = [&[imported(KEK, "block")], switch].concat();
        Account::default()
            .made(KEK, &own("block"))
            .alias(&own("block"), Some(KEK))
            .alias(RECEIVED, Some(KEK))
            .record(&steps)
            .kinds()
    };
    assert_eq!(account(&[switched(KEK, None)]), []);
    // It is there, and was not confirmed; or a ceremony that began later has kept its own.
    assert_eq!(account(&[]), [Kind::AliasUnexplained]);
    let kept = switched(KEK, Some(PREVIOUS));
    assert_eq!(account(&[kept]), [Kind::AliasUnexplained]);
}

#[test]
fn keys_of_a_ceremony_that_waits_are_no_findings() {
    let made = || {
        Account::default()
            .made(KEK, &own("block"))
            .alias(&own("block"), Some(KEK))
            .made("arn:ours", AGREEMENT)
            .alias(AGREEMENT, Some("arn:ours"))
    };
    assert_eq!(made().offer(ago(-20)).kinds(), []);
    let confirmed = made()
        .offer(ago(15))
        .receipt("block", Some(ago(-5)))
        .kinds();
    assert_eq!(confirmed, []);
    // It may wait for a service of revocation before it makes another offer.
    assert_eq!(made().offer(ago(8)).kinds(), []);

    let found = [Kind::AliasUnexplained, Kind::AliasUnexplained];
    assert_eq!(made().kinds(), found, "no ceremony waits");
    assert_eq!(made().offer(ago(9)).kinds(), found, "its time is long over");
    let over = made().offer(ago(15)).receipt("block", None);
    assert_eq!(over.kinds(), found, "it ends without a confirmation");
    let failed = json!({ "steps": [], "done": [] });
    let failed = made().offer(ago(-20)).evidence("failure-x.json", &failed);
    assert_eq!(failed.kinds(), found, "it has ended");
}

#[test]
fn a_wait_explains_the_alias_that_a_key_was_made_for_and_no_other() {
    let other = "acme-production-pin-fedcba9876543210";
    for tags in [
        [("ceremony-id", other), ("alias", AGREEMENT)],
        [("ceremony-id", CEREMONY), ("alias", RECEIVED)],
    ] {
        let account = Account::default()
            .key("arn:ours", "CREATE_COMPLETE", &tags)
            .alias(AGREEMENT, Some("arn:ours"))
            .offer(ago(-20));
        assert_eq!(account.kinds(), [Kind::AliasUnexplained], "{tags:?}");
    }
    // An attempt that sets no alias is over by then.
    let bare = Account::default().made(KEK, &own("block")).offer(ago(-20));
    assert_eq!(bare.kinds(), [Kind::Orphan]);
}

#[test]
fn a_kek_is_established_as_received_by_a_switch_and_not_before() {
    let account = |began: &[(&str, &str)], alias: &str| {
        let own = own("block");
        let tags = [("ceremony-id", CEREMONY), ("alias", own.as_str())];
        Account::default()
            .key(KEK, "CREATE_COMPLETE", &[&tags, began].concat())
            .alias(&own, Some(KEK))
            .alias(alias, Some(KEK))
            .receipt("block", Some(ago(-5)))
            .kinds()
    };
    assert_eq!(account(&[], RECEIVED), [Kind::AliasUnexplained]);
    // `SwitchKek` sets the tag, and the record follows at once.
    let began = [("run-began-at", NOW)];
    assert_eq!(account(&began, RECEIVED), []);
    let elsewhere = "alias/key-ceremony/kek/globex/production/pin/received";
    assert_eq!(account(&began, elsewhere), [Kind::AliasUnexplained]);
}

#[test]
fn an_alias_that_has_a_new_key_of_a_ceremony_that_waits_has_not_moved() {
    let record = [made_offer(&json!({
        "kind": "agreement", "keyArn": "arn:before", "alias": AGREEMENT,
    }))];
    let account = || {
        Account::default()
            .made("arn:ours", AGREEMENT)
            .alias(AGREEMENT, Some("arn:ours"))
            .evidence("failure-x.json", &json!({ "steps": record }))
    };
    // Its key was deleted: that is told.
    let moved = [Kind::KeyMissing, Kind::AliasUnexplained];
    assert_eq!(account().kinds(), moved);
    let waiting = json!({
        "ceremonyId": "acme-production-pin-fedcba9876543210", "expiresAt": ago(-20),
    });
    let tags = [
        ("ceremony-id", "acme-production-pin-fedcba9876543210"),
        ("alias", AGREEMENT),
    ];
    let mut again = Account::default()
        .key("arn:ours", "CREATE_COMPLETE", &tags)
        .key("arn:before", "CREATE_COMPLETE", &[])
        .alias(AGREEMENT, Some("arn:ours"))
        .evidence("failure-x.json", &json!({ "steps": record }));
    assert_eq!(again.kinds(), [Kind::AliasMoved, Kind::AliasUnexplained]);
    again = again.evidence("offer-1/manifest.json", &waiting);
    assert_eq!(again.kinds(), []);
}

#[test]
fn the_deletion_of_a_key_that_was_refused_is_no_finding_while_the_ceremony_waits() {
    let refused = || Account::default().deleted("arn:wrong", &own("wrong"));
    let found = [Kind::DeletionPending, Kind::AliasReserved];
    assert_eq!(refused().kinds(), {
        let mut sorted = found;
        sorted.sort();
        sorted
    });
    assert_eq!(refused().offer(ago(-20)).kinds(), []);
    // One that was taken, and is deleted by somebody, is told.
    let taken = Account::default()
        .deleted(KEK, &own("block"))
        .offer(ago(-20))
        .receipt("block", Some(ago(-5)));
    assert_eq!(taken.kinds(), found);
    // So is any other key of the ceremony.
    let ours = Account::default()
        .deleted("arn:ours", AGREEMENT)
        .offer(ago(-20));
    assert_eq!(ours.kinds(), found);
}

#[test]
fn a_refused_key_is_deleted_for_good_and_its_alias_stays() {
    let told = json!({ "keyArn": "arn:wrong", "alias": own("wrong") });
    for deleted in [told, Value::Null] {
        let is_told = deleted != Value::Null;
        let record = [refused(&deleted)];
        let waits = Account::default()
            .deleted("arn:wrong", &own("wrong"))
            .record(&record);
        let gone = Account::default()
            .alias(&own("wrong"), None)
            .record(&record);
        if is_told {
            assert_eq!((waits.kinds(), gone.kinds()), (vec![], vec![]));
        } else {
            let found = vec![Kind::DeletionPending, Kind::AliasReserved];
            assert_eq!(
                (waits.kinds(), gone.kinds()),
                (found, vec![Kind::AliasReserved])
            );
        }
    }
    // A responder has restored it: it should not be there.
    let told = json!({ "keyArn": "arn:wrong", "alias": own("wrong") });
    let restored = Account::default()
        .made("arn:wrong", &own("wrong"))
        .alias(&own("wrong"), None)
        .record(&[refused(&told)]);
    assert_eq!(restored.kinds(), [Kind::AliasMoved]);
}

#[test]
fn what_a_failing_step_had_deleted_is_known_by_its_deeds() {
    let deeds = |deletion: &str| {
        json!({ "steps": [], "done": [
            { "did": "had-key", "keyArn": "arn:wrong", "alias": own("wrong"), "origin": "created" },
            { "did": deletion, "keyArn": "arn:wrong", "days": 7 },
        ] })
    };
    let found = |deletion: &str| {
        Account::default()
            .deleted("arn:wrong", &own("wrong"))
            .evidence("failure-x.json", &deeds(deletion))
            .kinds()
    };
    assert_eq!(found("scheduled-deletion"), []);
    let other = [Kind::DeletionPending, Kind::AliasReserved];
    assert_eq!(found("signed"), other);
}

#[test]
fn a_kek_that_was_retired_is_no_finding_and_one_that_was_not_is() {
    let deleted = || {
        Account::default()
            .deleted(PREVIOUS, &own("before"))
            .record(&[imported(PREVIOUS, "before"), switched(PREVIOUS, None)])
    };
    let gone = || {
        Account::default()
            .alias(&own("before"), None)
            .record(&[imported(PREVIOUS, "before")])
    };
    assert_eq!(deleted().settled("retired").kinds(), []);
    assert_eq!(gone().settled("retired").kinds(), []);
    for other in ["rolled-back", "kept"] {
        let pending = [Kind::DeletionPending, Kind::AliasReserved];
        assert_eq!(deleted().settled(other).kinds(), pending, "{other}");
        let missing = [Kind::KeyMissing, Kind::AliasReserved];
        assert_eq!(gone().settled(other).kinds(), missing, "{other}");
    }
    // The evidence of the step says so too, where the document could not be written.
    let step = json!({ "step": "settle-kek", "result": {
        "settled": "retired", "refused": null, "kekKeyArn": KEK, "previousKekKeyArn": PREVIOUS,
    } });
    let failed = deleted().evidence("failure-x.json", &json!({ "steps": [step] }));
    assert_eq!(failed.kinds(), []);
    // The alias of the folder is not the KEK's own: it is not left empty on purpose.
    let emptied = deleted().settled("retired").alias(RECEIVED, None);
    assert_eq!(emptied.kinds(), [Kind::AliasReserved]);
}

#[test]
fn what_is_no_evidence_of_an_import_says_so() {
    for name in [
        "offer-0123456789abcdef/manifest.json",
        "receipt/manifest.json",
        "settled/settled.json",
    ] {
        let recorded = read_record(&format!("{CEREMONY}/{name}"), b"{}");
        assert_eq!(recorded.unreadable.len(), 1, "{name}");
    }
}
