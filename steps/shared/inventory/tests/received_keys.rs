//! A working key that the partner sent is no finding: neither under the alias of its block nor under that of
//! its name, nor when it is deleted for being another than was announced.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::execution::Execution;
use ceremony::finding::Kind;
use ceremony::utc::Utc;
use inventory::{
    Before, Inventory, ListedAlias, ListedKey, Recorded, Seen, compare, questions, read_record,
};
use serde_json::{Value, json};

const CEREMONY: &str = "acme-production-pin-0123456789abcdef";
const KEY: &str = "arn:key/zpk";
const NAME: &str = "alias/key-ceremony/keys/acme/production/pin/received/zpk";
const OWN: &str = "alias/key-ceremony/keys/acme/production/pin/received/zpk/0123456789abcdef";

fn key(key_arn: &str, state: &str) -> ListedKey {
    ListedKey {
        key_arn: key_arn.to_owned(),
        state: state.to_owned(),
        enabled: true,
        kcv: "7AD386".to_owned(),
    }
}

fn alias(name: &str, key_arn: Option<&str>) -> ListedAlias {
    ListedAlias {
        name: name.to_owned(),
        key_arn: key_arn.map(str::to_owned),
    }
}

fn recorded(name: &str, document: &Value) -> Recorded {
    let key = format!("{CEREMONY}/{name}");
    let read = read_record(&key, document.to_string().as_bytes());
    assert_eq!(read.unreadable, []);
    read
}

/// What `import-keys` tells of one line.
fn line(imported: Option<&str>, deleted: Option<&str>) -> Value {
    let imported = imported.map(|key_arn| {
        json!({
            "keyArn": key_arn, "algorithm": "AES_128", "kcv": "7ad386", "kcvAlgorithm": "CMAC",
            "origin": "created", "alias": NAME, "replacesKeyArn": null, "keptKeyArn": null,
        })
    });
    let refused = json!({ "error": "KcvDiffers", "what": "", "remedy": "" });
    json!({
        "line": 1, "name": "zpk", "blockSha256": null, "header": null, "blockAlias": OWN,
        "refused": imported.is_none().then_some(refused), "imported": imported,
        "deletedKeyArn": deleted,
    })
}

fn record(lines: &[Value]) -> Recorded {
    let result = json!({ "results": lines, "imported": 1, "refused": 0 });
    recorded(
        "record.json",
        &json!({ "steps": [{ "step": "import-keys", "result": result }] }),
    )
}

fn found(seen: &Seen) -> Vec<Kind> {
    let at: Utc = "2026-11-27T04:00:00Z".to_owned().try_into().unwrap();
    let execution = Execution {
        arn: "arn:execution".to_owned(),
        started_at: at,
    };
    let mut before = Before::default();
    for alias in &seen.aliases {
        before
            .waiting
            .insert(alias.name.clone(), at.plus_seconds(-10 * 86_400));
    }
    let Inventory { findings, .. } = compare(&execution, seen, &[], &before);
    findings.iter().map(|it| it.finding).collect()
}

fn seen(keys: &[ListedKey], aliases: &[ListedAlias], recorded: Recorded) -> Seen {
    Seen {
        keys: keys.to_vec(),
        aliases: aliases.to_vec(),
        recorded,
    }
}

#[test]
fn a_key_has_the_alias_of_its_block_and_perhaps_that_of_its_name() {
    let there = [key(KEY, "CREATE_COMPLETE")];
    let both = [alias(OWN, Some(KEY)), alias(NAME, Some(KEY))];
    let of_success = record(&[line(Some(KEY), None)]);
    assert_eq!(of_success.keys[0].alias.as_deref(), Some(OWN));
    let done = json!([{ "did": "had-key", "keyArn": KEY, "alias": OWN, "origin": "created" }]);
    let of_failure = recorded("failure-1.json", &json!({ "steps": [], "done": done }));
    for recorded in [of_success.clone(), of_failure] {
        let all = seen(&there, &both, recorded);
        assert_eq!(questions(&all), []);
        assert_eq!(found(&all), []);
    }
    // A newer block of the name has taken its place.
    let replaced = [alias(OWN, Some(KEY))];
    assert_eq!(found(&seen(&there, &replaced, of_success.clone())), []);
    // Somebody has pointed another name at it, or taken its own alias away.
    let other = NAME.replace("zpk", "tpk");
    let moved = [alias(OWN, Some(KEY)), alias(&other, Some(KEY))];
    let moved = seen(&there, &moved, of_success.clone());
    assert_eq!(found(&moved), [Kind::AliasUnexplained]);
    let gone = seen(&there, &[], of_success);
    assert_eq!(found(&gone), [Kind::AliasMissing]);
}

#[test]
fn a_wrong_key_is_deleted_as_the_ceremony_wanted() {
    let recorded = record(&[line(None, Some(KEY))]);
    assert!(recorded.retired.contains(KEY));
    let there = [key(KEY, "DELETE_PENDING")];
    let empty = [alias(OWN, None)];
    assert_eq!(found(&seen(&there, &empty, recorded)), []);
    // The same of a key that was taken is a finding.
    let taken = record(&[line(Some(KEY), None)]);
    let found = found(&seen(&there, &empty, taken));
    assert!(found.contains(&Kind::DeletionPending), "{found:?}");
}
