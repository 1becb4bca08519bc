//! Working keys from the order to the partner: as the machine has the steps, against the emulator, and
//! opened by the partner's own code and by psec.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::process::Command;

use aws_sdk_paymentcryptography::types::{KeyAlgorithm, KeyUsage};
use ceremony::algorithms::SignatureAlgorithm;
use ceremony::digest::Sha256;
use ceremony::evidence::{Deed, Recordable};
use ceremony::execution::DroppedObject;
use ceremony::working_keys::order::Order;
use ceremony::working_keys::place::AskedBy;
use ceremony::working_keys::plan::OrderFacts;
use ceremony::working_keys::rules::WorkingKeyPolicy;
use contract::signed::{Files, signer};
use emulated::{Emulated, ceremony, execution};
use partner::{OpenedKeys, Package};
use serde_json::{Value, json};
use step::Journal;
use workbench::{Progress, prepare_python};

const FOLDER: &str = "acme/production/cardholder";

/// A folder with an established KEK.
struct Folder {
    emulated: Emulated,
    kek: String,
}

impl Folder {
    async fn with_kek(algorithm: KeyAlgorithm) -> Self {
        let emulated = Emulated::start().await;
        let usage = KeyUsage::Tr31K0KeyEncryptionKey;
        let kek = emulated.operator_creates(usage, algorithm, true).await;
        let tags = [
            ("key-ceremony:purpose", "kek"),
            ("key-ceremony:partner", "acme"),
            ("key-ceremony:environment", "production"),
            ("key-ceremony:data-type", "cardholder"),
        ];
        emulated.operator_tags(&kek, &tags).await;
        let create = emulated
            .client
            .create_alias()
            .alias_name(format!("alias/key-ceremony/kek/{FOLDER}/current"))
            .key_arn(&kek);
        create.send().await.unwrap();
        Self { emulated, kek }
    }

    fn clear(&self, key_arn: &str) -> Vec<u8> {
        let controls = self.emulated.emulator.controls();
        let clear = controls.clear_key(&key_arn.parse().unwrap()).unwrap();
        hex::decode(clear).unwrap()
    }

    /// The steps that touch keys, in the machine's order.
    async fn exports(&self, keys: &Value, journal: &Journal) -> export_keys::Output {
        let client = &self.emulated.client;
        let input = find_kek::Input {
            ceremony: ceremony(),
            order: order(keys),
            policy: policy(),
        };
        let found = find_kek::handle(client, input).await.unwrap();
        let input = make_keys::Input {
            ceremony: ceremony(),
            kek: found.kek.clone(),
            keys: found.keys,
        };
        let made = make_keys::handle(client, input, journal).await.unwrap();
        let input = export_keys::Input {
            ceremony: ceremony(),
            kek: found.kek,
            keys: made.keys,
        };
        export_keys::handle(client, input, journal).await.unwrap()
    }

    async fn package(&self, keys: &Value) -> Files {
        let client = &self.emulated.client;
        let exported = self.exports(keys, &Journal::default()).await;
        let input = find_kek::Input {
            ceremony: ceremony(),
            order: order(keys),
            policy: policy(),
        };
        let kek = find_kek::handle(client, input).await.unwrap().kek;
        let input = package_keys::Input {
            ceremony: ceremony_of_keys(),
            execution: execution(),
            request: OrderFacts {
                name: "keys".to_owned(),
                asked_by: AskedBy::Requester,
                object: DroppedObject {
                    key: format!("{FOLDER}/orders/keys.json"),
                    version_id: "1".to_owned(),
                    bytes: 1,
                    sha256: Sha256::of(b"order"),
                },
            },
            kek,
            keys: exported.keys,
            signature_algorithm: SignatureAlgorithm::ECDSA_SHA_256,
        };
        signed(package_keys::handle(input).unwrap().0).await
    }

    fn open(&self, files: &Files) -> OpenedKeys {
        let kek = self.clear(&self.kek);
        Package::from_files(files.clone()).open_keys(&kek).unwrap()
    }
}

fn ceremony_of_keys() -> ceremony::id::Ceremony {
    let mut ceremony = ceremony();
    ceremony.kind = ceremony::id::Kind::WorkingKeyExport;
    ceremony
}

fn order(keys: &Value) -> Order {
    let order = json!({ "version": 1, "kek": "current", "keys": keys });
    Order::parse(&order.to_string()).unwrap()
}

fn policy() -> WorkingKeyPolicy {
    let all = ["AES_128", "AES_192", "AES_256", "TDES_2KEY", "TDES_3KEY"];
    serde_json::from_value(json!({
        "profile": { "parameter": "p", "version": 1 },
        "mayAsk": {
            "usages": ["B0", "C0", "D0", "E0", "M1", "M3", "M6", "P0", "V2"],
            "algorithms": all, "newKeys": true, "maxKeys": 20, "keks": ["current"],
        },
        "keys": [],
        "signature": { "algorithm": "ECDSA_SHA_256" },
    }))
    .unwrap()
}

fn key(name: &str, usage: &str, algorithm: &str, modes: &str) -> Value {
    json!({ "name": name, "usage": usage, "algorithm": algorithm, "modes": modes })
}

#[tokio::test]
async fn the_partner_opens_every_kind_of_key_under_every_kek_that_may_protect_it() {
    for (kek, keys) in [
        (
            KeyAlgorithm::Tdes2Key,
            json!([
                key("a", "P0", "TDES_2KEY", "B"),
                key("b", "C0", "TDES_2KEY", "C")
            ]),
        ),
        (
            KeyAlgorithm::Tdes3Key,
            json!([
                key("a", "M3", "TDES_3KEY", "C"),
                key("b", "V2", "TDES_2KEY", "V")
            ]),
        ),
        (
            KeyAlgorithm::Aes128,
            json!([
                key("a", "P0", "AES_128", "E"),
                key("b", "M1", "TDES_3KEY", "G")
            ]),
        ),
        (
            KeyAlgorithm::Aes192,
            json!([
                key("a", "D0", "AES_192", "D"),
                key("b", "E0", "TDES_2KEY", "X")
            ]),
        ),
        (
            KeyAlgorithm::Aes256,
            json!([
                key("a", "B0", "AES_256", "X"),
                key("b", "M6", "AES_128", "C"),
                key("c", "D0", "AES_192", "N"),
            ]),
        ),
    ] {
        let folder = Folder::with_kek(kek.clone()).await;
        let opened = folder.open(&folder.package(&keys).await);
        assert_eq!(opened.keys.len(), keys.as_array().unwrap().len(), "{kek}");
        for (opened, asked) in opened.keys.iter().zip(keys.as_array().unwrap()) {
            assert!(
                opened.key.expose() == folder.clear(&opened.key_arn),
                "{kek}"
            );
            assert_eq!(opened.key.usage(), asked["usage"], "{kek}");
            assert_eq!(opened.key.mode(), asked["modes"], "{kek}");
            assert_eq!(opened.key.exportability(), "N", "the default");
        }
    }
}

#[tokio::test]
async fn exportability_and_optional_blocks_are_as_asked_for() {
    let folder = Folder::with_kek(KeyAlgorithm::Aes128).await;
    let block = json!({ "id": "KS", "data": "00604B120F9292800000" });
    for exportability in ["E", "S", "N"] {
        let mut asked = key("pin", "P0", "AES_128", "B");
        asked["exportability"] = json!(exportability);
        asked["optionalBlocks"] = json!([block]);
        let opened = folder.open(&folder.package(&json!([asked])).await);
        let key = &opened.keys[0].key;
        assert_eq!(key.exportability(), exportability);
        let (id, data) = key.optional_blocks[0].clone();
        assert_eq!(json!({ "id": id, "data": data }), block);
    }
}

/// What the README tells the partner to type, by an implementation that shares nothing with ours.
#[tokio::test]
async fn psec_opens_the_blocks_by_the_command_of_the_readme() {
    let programs = prepare_python(Progress::Quiet).await.unwrap();
    for (kek, asked) in [
        (KeyAlgorithm::Aes256, key("first", "P0", "AES_256", "B")),
        (KeyAlgorithm::Tdes3Key, key("first", "D0", "TDES_3KEY", "B")),
    ] {
        let folder = Folder::with_kek(kek).await;
        let files = folder.package(&json!([asked])).await;
        let directory = tempfile::tempdir().unwrap();
        let package = directory.path().join("package");
        std::fs::create_dir(&package).unwrap();
        for (name, bytes) in &files {
            std::fs::write(package.join(name), bytes).unwrap();
        }
        let clear = hex::encode(folder.clear(&folder.kek));
        std::fs::write(directory.path().join("kek.hex"), clear).unwrap();
        let readme = String::from_utf8(files["README.md"].clone()).unwrap();
        let command = readme.lines().find(|line| line.contains("psec")).unwrap();
        let command = readme
            .lines()
            .find(|line| line.trim_start().starts_with("python3 -c"))
            .unwrap_or(command);
        let printed = types(&package, &programs, command.trim());
        let opened = folder.open(&files);
        assert_eq!(
            printed.trim(),
            hex::encode_upper(opened.keys[0].key.expose())
        );
    }
}

fn types(directory: &Path, programs: &Path, command: &str) -> String {
    let command = command.replacen("python3", "python -W ignore", 1);
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", &command])
        .current_dir(directory)
        .env("PATH", format!("{}:{path}", programs.display()))
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{error}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_byte_changed_on_the_way_is_noticed_whichever_file_it_is_in() {
    let folder = Folder::with_kek(KeyAlgorithm::Aes128).await;
    let keys = json!([key("pin", "P0", "AES_128", "B")]);
    let files = folder.package(&keys).await;
    let kek = folder.clear(&folder.kek);
    for (name, bytes) in &files {
        for place in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut changed = files.clone();
            changed.get_mut(name).unwrap()[place] ^= 1;
            let opened = Package::from_files(changed).open_keys(&kek);
            assert!(opened.is_err(), "{name} at {place}");
        }
    }
    assert!(Package::from_files(files).open_keys(&[0; 16]).is_err());
}

/// The README has these numbers: for the KEK two, for an existing key two, for a new one four, and one
/// for each export.
#[tokio::test]
async fn a_ceremony_makes_no_call_too_many() {
    let folder = Folder::with_kek(KeyAlgorithm::Aes128).await;
    let journal = Journal::default();
    folder
        .exports(&json!([key("pin", "P0", "AES_128", "B")]), &journal)
        .await;
    let existing =
        json!({ "name": "again", "key": format!("alias/key-ceremony/keys/{FOLDER}/pin") });
    let keys = json!([existing, key("mac", "M6", "AES_128", "C")]);
    let before = folder.emulated.calls().len();
    folder.exports(&keys, &journal).await;
    let calls = folder.emulated.calls().split_off(before);
    let expected = [
        &["GetKey", "ListTagsForResource"][..],
        &["GetKey", "ListTagsForResource"],
        &["GetAlias"],
        &["CreateAlias", "CreateKey", "UpdateAlias"],
        &["ExportKey", "ExportKey"],
    ];
    assert_eq!(calls, expected.concat());

    let before = folder.emulated.calls().len();
    let again = folder.exports(&keys, &journal).await;
    let calls = folder.emulated.calls().split_off(before);
    let expected = [
        &["GetKey", "ListTagsForResource"][..],
        &["GetKey", "ListTagsForResource"],
        &["GetAlias", "GetKey", "ListTagsForResource"],
        &["ExportKey", "ExportKey"],
    ];
    assert_eq!(calls, expected.concat(), "another attempt makes no key");
    assert_eq!(folder.emulated.keys().len(), 3);

    let recorded = serde_json::to_string(&again.recordable()).unwrap();
    for exported in &again.keys {
        assert!(
            !recorded.contains(&exported.key_block),
            "a block in the record"
        );
    }
    let under_kek = |deed: &Deed| matches!(deed, Deed::ExportedUnderKek { kek_key_arn, .. } if *kek_key_arn == folder.kek);
    let deeds = journal.deeds();
    assert_eq!(deeds.iter().filter(|deed| under_kek(deed)).count(), 5);
}

/// As many keys as an order may ask for, each with the longest name and all the optional blocks that it
/// can have: what the machine hands to the last steps has room in the 256 KiB of a payload.
#[tokio::test]
async fn the_largest_order_fits_a_payload() {
    const MOST: usize = 256 * 1024;
    let folder = Folder::with_kek(KeyAlgorithm::Aes256).await;
    let keys: Vec<Value> = (0..20)
        .map(|number| {
            let mut key = key(&format!("{number:0>32}"), "P0", "AES_256", "B");
            key["optionalBlocks"] = json!([{ "id": "KS", "data": "0".repeat(108) }]);
            key
        })
        .collect();
    let keys = json!(keys);
    let mut evidence = Vec::new();
    let exported = folder.exports(&keys, &Journal::default()).await;
    evidence.push(recorded("export-keys", exported.clone()));
    let client = &folder.emulated.client;
    let input = find_kek::Input {
        ceremony: ceremony(),
        order: order(&keys),
        policy: policy(),
    };
    // Twice the same stands for the steps before, which say less.
    let found = find_kek::handle(client, input).await.unwrap();
    let input = make_keys::Input {
        ceremony: ceremony(),
        kek: found.kek.clone(),
        keys: found.keys.clone(),
    };
    let made = make_keys::handle(client, input, &Journal::default()).await;
    evidence.push(recorded("make-keys", made.unwrap()));
    evidence.push(recorded("find-kek", found.clone()));
    evidence.push(recorded("fetch-request", found));
    let files = folder.package(&keys).await;
    let files: Vec<_> = files
        .into_iter()
        .map(|(name, bytes)| ceremony::execution::File::new(&name, "text/plain", bytes))
        .collect();
    let payload = json!({ "evidence": evidence, "files": files });
    let bytes = payload.to_string().len();
    assert!(bytes < MOST * 3 / 4, "{bytes} of {MOST}");
}

fn recorded<T: Recordable>(name: &'static str, result: T) -> Value {
    let software = ceremony::evidence::Software {
        name,
        version: "0.1.0",
    };
    let now = ceremony::utc::Utc::now();
    let recorded = ceremony::evidence::Recorded::new(&software, now, result);
    serde_json::to_value(recorded.unwrap().evidence).unwrap()
}

async fn signed(publication: ceremony::publication::Publication) -> Files {
    let algorithm = SignatureAlgorithm::ECDSA_SHA_256;
    contract::signed::signed(
        ceremony_of_keys(),
        publication,
        &signer(algorithm),
        algorithm,
        None,
    )
    .await
}
