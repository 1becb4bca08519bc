//! What the partner is told of each of its keys.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::digest::Sha256;
use ceremony::evidence::Recordable;
use ceremony::execution::File;
use package_results::{Input, handle};
use serde_json::{Value, json};

const KEY: &str = "acme/production/pin/keys/may.jsonl";
const ARN: &str = "arn:aws:payment-cryptography:eu-west-1:111122223333:key/abcdefghijklmnop";

fn input() -> Input {
    let sha256 = Sha256::of(b"file");
    let imported = |line: usize, name: &str, algorithm: &str, kcv: &str, method: &str| {
        json!({
            "line": line, "name": name, "blockSha256": sha256, "header": "D P0 A B 00 N",
            "blockAlias": format!("alias/{name}/0123456789abcdef"),
            "imported": {
                "keyArn": ARN, "algorithm": algorithm, "kcv": kcv, "kcvAlgorithm": method,
                "origin": "created", "alias": format!("alias/{name}"),
                "replacesKeyArn": format!("{ARN}-before"), "keptKeyArn": null,
            },
            "refused": null, "deletedKeyArn": null,
        })
    };
    let refused = json!({
        "line": 3, "name": null, "blockSha256": null, "header": null, "blockAlias": null,
        "imported": null,
        "refused": { "error": "LineMalformed", "what": "It is \"no\" line.", "remedy": "Send one." },
        "deletedKeyArn": null,
    });
    let input = json!({
        "ceremony": {
            "ceremony": "working-key-import", "ceremonyId": "acme-production-pin-0123456789abcdef",
            "partner": "acme", "environment": "production", "dataType": "pin",
        },
        "execution": { "arn": "arn", "startedAt": "2026-11-24T12:00:00Z" },
        "file": {
            "name": "may", "form": "jsonl",
            "object": { "key": KEY, "versionId": "1", "bytes": 4, "sha256": sha256 },
        },
        "kek": {
            "established": "received", "alias": "alias/received", "keyArn": ARN,
            "algorithm": "AES_128", "kcv": "9A1B2C", "kcvAlgorithm": "CMAC",
        },
        "results": [
            imported(1, "zpk", "AES_128", "7AD386", "CMAC"),
            imported(2, "old", "TDES_2KEY", "08D7B4", "ANSI_X9_24"),
            refused,
        ],
        "signatureAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256",
    });
    serde_json::from_value(input).unwrap()
}

fn text(file: &File) -> String {
    String::from_utf8(file.contents.clone()).unwrap()
}

#[test]
fn each_line_of_the_file_has_one_in_the_results_with_the_same_members() {
    let publication = handle(input()).unwrap().0;
    let results = publication
        .files
        .iter()
        .find(|file| file.name == "results.jsonl");
    let lines: Vec<Value> = text(results.unwrap())
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let members = |line: &Value| {
        line.as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| members(line) == members(&lines[0])));
    assert_eq!(
        lines[0],
        json!({
            "name": "zpk", "line": 1, "result": "imported", "kcv": "7AD386", "kcvAlgorithm": "CMAC",
            "algorithm": "AES_128", "header": "D P0 A B 00 N", "keyArn": ARN,
            "replacesKeyArn": format!("{ARN}-before"), "keptKeyArn": null,
            "error": null, "what": null, "remedy": null,
        })
    );
    assert_eq!(lines[2]["result"], "refused");
    assert_eq!(lines[2]["error"], "LineMalformed");
    assert_eq!(lines[2]["what"], "It is \"no\" line.");
    assert_eq!(
        (&lines[2]["name"], &lines[2]["kcv"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn the_manifest_names_the_file_the_kek_and_every_other_file() {
    let output = handle(input()).unwrap();
    let manifest: Value = serde_json::from_slice(&output.0.manifest.contents).unwrap();
    assert_eq!(manifest["ceremony"], "working-key-import");
    assert_eq!(manifest["file"]["key"], KEY);
    assert_eq!(manifest["kek"]["kcv"], "9A1B2C");
    assert_eq!(
        (&manifest["imported"], &manifest["refused"]),
        (&json!(2), &json!(1))
    );
    for file in &output.0.files {
        let listed = manifest["files"].as_array().unwrap();
        let listed = listed.iter().find(|it| it["name"] == file.name).unwrap();
        assert_eq!(listed["sha256"], Sha256::of(&file.contents).to_string());
    }
    let recorded = serde_json::to_value(output.recordable()).unwrap();
    assert_eq!(recorded["files"].as_array().unwrap().len(), 2);
}

#[test]
fn the_readme_tells_check_values_and_how_to_verify_them_and_us() {
    let publication = handle(input()).unwrap().0;
    let readme = publication
        .files
        .iter()
        .find(|file| file.name == "README.md");
    let readme = text(readme.unwrap());
    for part in [
        "| 1 | `zpk` | imported | AES_128 | `7AD386` |",
        "| 2 | `old` | imported | TDES_2KEY | `08D7B4` |",
        "| 3 | - | refused: LineMalformed | | |",
        "that you sent us for this folder",
        "KCV        9A1B2C (CMAC)",
        "-verify signing-public-key.pem -signature SHA256SUMS.sig",
        "Of AES keys",
        "Of TDES keys",
        KEY,
    ] {
        assert!(readme.contains(part), "{part}:\n{readme}");
    }
}
