//! Working keys from the partner's file to the package with the results: as the machine has the steps,
//! against the emulator, with blocks that the partner's own code has sealed.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::process::Command;

use aws_sdk_paymentcryptography::types::{KeyAlgorithm, KeyUsage};
use ceremony::algorithms::SignatureAlgorithm;
use ceremony::digest::Sha256;
use ceremony::evidence::Recordable;
use ceremony::execution::{DroppedObject, Start};
use ceremony::id::InputSet;
use ceremony::publication::Publication;
use ceremony::utc::Utc;
use ceremony::working_key_import::place::{KeysPlace, KeysRole, KeysSet};
use ceremony::working_key_import::run::KeyResult;
use contract::signed::{Files, signer};
use emulated::aws::Aws;
use emulated::{Emulated, ceremony, execution, folder, profile, quick_chain};
use partner::terminal::follow_the_readme_with;
use partner::tr31::{Draft, seal};
use serde_json::{Value, json};
use step::Journal;

/// A folder with a KEK of the partner's, and what may come under it.
struct Folder {
    emulated: Emulated,
    aws: Aws,
    clear_kek: Vec<u8>,
}

impl Folder {
    async fn new() -> Self {
        let (emulated, aws) = (Emulated::start().await, Aws::default());
        let usage = KeyUsage::Tr31K0KeyEncryptionKey;
        let kek = emulated.operator_creates(usage, KeyAlgorithm::Aes256, false);
        let kek = kek.await;
        let tags = [
            ("key-ceremony:purpose", "kek"),
            ("key-ceremony:partner", "acme"),
            ("key-ceremony:environment", "production"),
            ("key-ceremony:data-type", "cardholder"),
        ];
        emulated.operator_tags(&kek, &tags).await;
        let alias = format!("alias/key-ceremony/kek/{}received", folder().prefix());
        let create = emulated.client.create_alias().alias_name(alias);
        create.key_arn(&kek).send().await.unwrap();
        let mut profile = profile(&quick_chain());
        profile["workingKeyImport"] = json!({
            "usages": ["P0", "M6"], "algorithms": ["AES_128", "AES_256"],
            "signature": { "algorithm": "ECDSA_SHA_256" },
        });
        aws.put_parameter(&folder().profile_parameter(), &profile.to_string());
        let clear = emulated
            .emulator
            .controls()
            .clear_key(&kek.parse().unwrap());
        Self {
            clear_kek: hex::decode(clear.unwrap()).unwrap(),
            emulated,
            aws,
        }
    }

    fn seals(&self, says: &str, key: &[u8]) -> String {
        seal(&Draft::new(says), "AES_256", &self.clear_kek, key).unwrap()
    }

    /// The steps in the machine's order, up to the package.
    async fn imports(&self, file: &str) -> (import_keys::Output, Files) {
        let key = format!("{}keys/may.jsonl", folder().prefix());
        let Some(KeysRole::Keys(place)) = KeysPlace::of_inbox_key(&key) else {
            panic!("{key} is where keys lie");
        };
        let sha256 = Sha256::of(file.as_bytes());
        let input = Start::new(
            KeysSet::new(place, sha256.clone()).ceremony(1),
            vec![DroppedObject {
                version_id: self.aws.put("inbox", &key, file),
                bytes: file.len() as u64,
                key,
                sha256,
            }],
            None,
        );
        let config = self.aws.config();
        let context = fetch_blocks::Context {
            s3: aws_sdk_s3::Client::new(&config),
            ssm: aws_sdk_ssm::Client::new(&config),
            inbox_bucket: "inbox".to_owned(),
            signing_key_spec: "ECC_NIST_P256".to_owned(),
        };
        let ceremony = input.ceremony.clone();
        let fetched = fetch_blocks::handle(&context, input, Utc::now()).await;
        let fetched = fetched.unwrap();
        let client = &self.emulated.client;
        let input = find_established_kek::Input {
            ceremony: ceremony.clone(),
            policy: fetched.policy.clone(),
        };
        let found = find_established_kek::handle(client, input).await.unwrap();
        let input = import_keys::Input {
            ceremony: ceremony.clone(),
            execution: execution(),
            policy: fetched.policy.clone(),
            kek: found.kek.clone(),
            lines: fetched.lines,
        };
        let imported = import_keys::handle(client, input, &Journal::default()).await;
        let imported = imported.unwrap();
        let input = package_results::Input {
            ceremony,
            execution: execution(),
            file: fetched.file,
            kek: found.kek,
            results: imported.results.clone(),
            signature_algorithm: fetched.policy.signature.algorithm,
        };
        let package = package_results::handle(input).unwrap().0;
        (imported, signed(package).await)
    }

    /// The calls that the last import has made.
    fn calls(&self) -> Vec<String> {
        let calls = self.emulated.calls();
        self.emulated.emulator.controls().clear_requests();
        calls
    }
}

fn line(name: &str, block: &str) -> String {
    json!({ "name": name, "keyBlock": block }).to_string()
}

async fn signed(publication: Publication) -> Files {
    let algorithm = SignatureAlgorithm::ECDSA_SHA_256;
    contract::signed::signed(ceremony(), publication, &signer(algorithm), algorithm, None).await
}

/// statemachine/working-key-import.md has these numbers.
#[tokio::test]
async fn a_ceremony_makes_no_call_too_many() {
    let folder = Folder::new().await;
    let first = line("pin", &folder.seals("P0AB00N", &[1; 16]));
    folder.calls();
    folder.imports(&first).await;
    let kek = &["GetKey", "ListTagsForResource"][..];
    let claims = &["GetAlias", "CreateAlias", "ImportKey", "UpdateAlias"];
    let names = &["GetAlias", "TagResource", "CreateAlias"];
    assert_eq!(folder.calls(), [kek, claims, names].concat());

    let second = line("pin", &folder.seals("P0AB00N", &[2; 16]));
    folder.imports(&second).await;
    let replaces = &[
        "GetAlias",
        "ListTagsForResource",
        "TagResource",
        "UpdateAlias",
    ];
    assert_eq!(
        folder.calls(),
        [kek, claims, replaces].concat(),
        "of one that replaces another"
    );

    folder.imports(&second).await;
    let found = &["GetAlias", "GetKey", "GetAlias", "ListTagsForResource"];
    assert_eq!(
        folder.calls(),
        [kek, found].concat(),
        "of one that is there"
    );
}

/// By the commands of the README, and by what it says of each line.
#[tokio::test]
async fn the_partner_learns_what_became_of_each_key() {
    let folder = Folder::new().await;
    let file = [
        line("pin", &folder.seals("P0AB00N", &[1; 16])),
        line("kek", &folder.seals("K0AB00N", &[2; 32])),
        line("mac", &folder.seals("M6AC00N", &[3; 32])),
        line("long", &folder.seals("P0AB00N", &[4; 24])),
    ];
    let (imported, files) = folder.imports(&file.join("\n")).await;
    assert_eq!((imported.imported, imported.refused), (2, 2));
    let printed = follow_the_readme_with(&files, &[]).unwrap();
    assert!(printed.iter().any(|it| it == "Verified OK"), "{printed:?}");
    assert!(
        printed.iter().any(|it| it.contains("results.jsonl: OK")),
        "{printed:?}"
    );

    let results = String::from_utf8(files["results.jsonl"].clone()).unwrap();
    let results: Vec<Value> = results
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let said = |member: &str| {
        results
            .iter()
            .map(|it| it[member].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        said("result"),
        ["imported", "refused", "imported", "refused"]
    );
    assert_eq!(said("name"), ["pin", "kek", "mac", "long"]);
    let errors = said("error");
    assert_eq!(
        (&errors[1], &errors[3]),
        (&json!("HeaderNotAllowed"), &json!("AlgorithmNotAllowed"))
    );
    // Computed by the service, and by nobody else here: it is the key that the partner sealed.
    let controls = folder.emulated.emulator.controls();
    for (index, key) in [(0, vec![1; 16]), (2, vec![3; 32])] {
        let arn = results[index]["keyArn"].as_str().unwrap().parse().unwrap();
        assert_eq!(controls.clear_key(&arn).unwrap(), hex::encode_upper(key));
    }
    let readme = String::from_utf8(files["README.md"].clone()).unwrap();
    let told = filtered(&readme, &files["results.jsonl"]);
    let told: Vec<&str> = told.lines().collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("line 2: its usage is `K0`"), "{told:?}");
}

/// What the README's filter says of lines that were refused.
fn filtered(readme: &str, results: &[u8]) -> String {
    let command = readme
        .lines()
        .find(|line| line.trim_start().starts_with("jq "))
        .unwrap();
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("results.jsonl"), results).unwrap();
    let output = Command::new("sh")
        .args(["-c", command.trim()])
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// As many lines as a profile can allow, each with the longest of everything: what the machine hands to the
/// last steps has room in the 256 KiB of a payload.
#[test]
fn the_largest_file_fits_a_payload() {
    const MOST: usize = 256 * 1024;
    let arn = "arn:aws:payment-cryptography:ap-southeast-1:111122223333:key/abcdefghijklmnop";
    let sha256 = Sha256::of(b"block");
    let result = |line: usize| {
        let name = format!("{line:0>32}");
        let imported = json!({
            "keyArn": arn, "algorithm": "TDES_2KEY", "kcv": "7AD386", "kcvAlgorithm": "ANSI_X9_24",
            "origin": "created", "replacesKeyArn": arn, "keptKeyArn": null,
            "alias": format!(
                "alias/key-ceremony/keys/{}/non-production/cardholder/received/{name}", "p".repeat(32),
            ),
        });
        // As long as what a service says may be.
        let words = "é".repeat(100) + &"e".repeat(100);
        let what = format!("the service does not take the block: {words}.");
        let refused = json!({
            "error": "OptionalBlockNotAllowed", "what": what,
            "remedy": "Send a key of a kind that is agreed on for this folder; or ask us to have the \
                       agreement changed, and drop the file again.",
        });
        let is_refused = line.is_multiple_of(2);
        let alias = imported["alias"].as_str().unwrap().to_owned();
        json!({
            "line": line, "name": name, "blockSha256": sha256, "header": "D P0 A B 00 N",
            "blockAlias": format!("{alias}/{}", sha256.short()),
            "imported": if is_refused { Value::Null } else { imported },
            "refused": if is_refused { refused } else { Value::Null },
            "deletedKeyArn": is_refused.then_some(arn),
        })
    };
    let results: Vec<Value> = (1..=100).map(result).collect();
    let results: Vec<KeyResult> = serde_json::from_value(json!(results)).unwrap();
    let output = import_keys::Output {
        results: results.clone(),
        imported: 50,
        refused: 50,
    };
    let lines = (1..=100).map(|line| {
        json!({
            "line": line, "name": format!("{line:0>32}"), "blockSha256": sha256,
            "refused": "OptionalBlockNotAllowed",
        })
    });
    let object = DroppedObject {
        key: "k".repeat(150),
        version_id: "v".repeat(32),
        bytes: 65_536,
        sha256: sha256.clone(),
    };
    let package = json!({
        "ceremony": ceremony(), "execution": execution(),
        "file": { "name": "n".repeat(64), "form": "jsonl", "object": object },
        "kek": {
            "established": "received", "alias": "a".repeat(120), "keyArn": arn,
            "algorithm": "AES_256", "kcv": "7AD386", "kcvAlgorithm": "CMAC",
        },
        "results": results, "signatureAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256",
    });
    assert!(package.to_string().len() < MOST);
    let publication = package_results::handle(serde_json::from_value(package).unwrap());
    let payload = json!({
        "evidence": [
            { "result": lines.collect::<Vec<_>>() },
            { "result": serde_json::to_value(output.recordable()).unwrap() },
        ],
        "publication": publication.unwrap().0,
    });
    let bytes = payload.to_string().len();
    // Room for the signature and what the other steps say.
    assert!(bytes < MOST * 15 / 16, "{bytes} of {MOST}");
}
