//! A folder with a KEK that the partner has too, and files of its keys.

use aws_sdk_paymentcryptography::types::{KeyAlgorithm, KeyUsage};
use ceremony::algorithms::KekAlgorithm;
use ceremony::digest::Sha256;
use ceremony::execution::Execution;
use ceremony::id::{Ceremony, InputSet};
use ceremony::working_key_import::file::lines;
use ceremony::working_key_import::place::{KeysPlace, KeysRole, KeysSet};
use ceremony::working_key_import::rules::KeyImportPolicy;
use ceremony::working_key_import::run::{HeldLine, KeyResult};
use ceremony::working_keys::order::EstablishedKek;
use ceremony::working_keys::plan::EstablishedKekFacts;
use emulated::{Emulated, folder};
use import_keys::{Error, Input, Output, handle};
use partner::tr31::{Draft, seal};
use payment_keys::{KekFor, Pace, established_kek};
use serde_json::{Value, json};
use step::Journal;

pub(crate) struct Stage {
    pub(crate) emulated: Emulated,
    pub(crate) kek: EstablishedKekFacts,
    pub(crate) policy: KeyImportPolicy,
    clear_kek: Vec<u8>,
}

/// A key of the partner's, with what it is on both sides.
pub(crate) struct Known {
    clear: Vec<u8>,
    pub(crate) kcv: String,
}

/// A line as the partner writes it.
pub(crate) fn line(name: &str, block: &str) -> String {
    json!({ "name": name, "keyBlock": block }).to_string()
}

pub(crate) fn line_with_kcv(name: &str, block: &str, kcv: &str) -> String {
    json!({ "name": name, "keyBlock": block, "kcv": kcv }).to_string()
}

impl Stage {
    pub(crate) async fn new(algorithm: KekAlgorithm) -> Self {
        let emulated = Emulated::start().await;
        let usage = KeyUsage::Tr31K0KeyEncryptionKey;
        let created = KeyAlgorithm::from(algorithm.as_str());
        let arn = emulated.operator_creates(usage, created, true).await;
        let ceremony = ceremony_of("kek.tr31", b"any");
        let tags = payment_keys::destination(&ceremony, "kek");
        emulated.operator_tags(&arn, &tags).await;
        let received = EstablishedKek::Received;
        let alias = folder().established_kek_alias(received);
        let create = emulated.client.create_alias().alias_name(&alias);
        create.key_arn(&arn).send().await.unwrap();
        let pace = Pace::patient();
        let purpose = KekFor::Unwrapping;
        let kek = established_kek(&emulated.client, &ceremony, received, purpose, &pace).await;
        Self {
            clear_kek: clear(&emulated, &arn),
            kek: kek.unwrap(),
            policy: policy(|_| {}),
            emulated,
        }
    }

    /// A key of that algorithm, whose check value the service has computed.
    pub(crate) async fn knows(&self, algorithm: KekAlgorithm) -> Known {
        let usage = KeyUsage::Tr31D0SymmetricDataEncryptionKey;
        let algorithm = KeyAlgorithm::from(algorithm.as_str());
        let arn = self
            .emulated
            .operator_creates(usage, algorithm, false)
            .await;
        let keys = self.emulated.keys();
        let key = keys.iter().find(|key| key.key_arn.to_string() == arn);
        Known {
            clear: clear(&self.emulated, &arn),
            kcv: key.unwrap().key_check_value.clone(),
        }
    }

    /// Its block under the KEK, whose header says this.
    pub(crate) fn seals(&self, says: &str, key: &Known) -> String {
        self.seals_with(&Draft::new(says), key)
    }

    pub(crate) fn seals_with(&self, draft: &Draft<'_>, key: &Known) -> String {
        seal(
            draft,
            self.kek.algorithm.as_str(),
            &self.clear_kek,
            &key.clear,
        )
        .unwrap()
    }

    /// What a ceremony about this file does that begins at this hour.
    pub(crate) fn input(&self, file: &[String], hour: u32) -> Input {
        let bytes = file.join("\n").into_bytes();
        let read = lines(&place("may.jsonl"), &bytes, 100).unwrap();
        let held = read
            .into_iter()
            .map(|line| HeldLine::new(line, &self.policy));
        Input {
            ceremony: ceremony_of("may.jsonl", &bytes),
            execution: Execution {
                arn: "arn:aws:states:eu-west-1:111122223333:execution:working-key-import:x"
                    .to_owned(),
                started_at: format!("2126-11-24T{hour:02}:00:00Z").try_into().unwrap(),
            },
            policy: self.policy.clone(),
            kek: self.kek.clone(),
            lines: held.collect(),
        }
    }

    pub(crate) async fn attempts(&self, input: &Input) -> Result<Output, Error> {
        let journal = Journal::default();
        handle(&self.emulated.client, input.clone(), &journal).await
    }

    pub(crate) async fn imports(&self, file: &[String]) -> Vec<KeyResult> {
        self.attempts(&self.input(file, 12)).await.unwrap().results
    }

    /// The one line of a file, and what became of it.
    pub(crate) async fn becomes(&self, line: String) -> KeyResult {
        let results = self.imports(&[line]).await;
        let [result] = &results[..] else {
            panic!("one result was expected");
        };
        result.clone()
    }

    /// Which error the one line of a file gets, and that no key is left by it.
    pub(crate) async fn refused(&self, line: String) -> (String, String) {
        let before = self.usable();
        let result = self.becomes(line).await;
        assert_eq!(result.imported, None);
        let refusal = result.refused.unwrap();
        assert_eq!(self.usable(), before, "{}", refusal.what);
        assert!(!refusal.remedy.is_empty());
        (refusal.error, refusal.what)
    }

    /// Keys that are there and do not wait for their deletion.
    pub(crate) fn usable(&self) -> usize {
        let keys = self.emulated.keys();
        let state = |state| serde_json::to_value(state).unwrap();
        let usable = keys
            .iter()
            .filter(|key| state(&key.state) == "CREATE_COMPLETE");
        usable.count()
    }

    /// What an alias of this name has.
    pub(crate) fn named(&self, name: &str) -> Option<String> {
        let alias = format!("{ALIASES}/{name}");
        let aliases = self.emulated.emulator.controls().inventory(None).aliases;
        let found = aliases.iter().find(|it| it.alias_name.to_string() == alias);
        found.and_then(|it| it.key_arn.as_ref().map(ToString::to_string))
    }

    pub(crate) fn times(&self, operation: &str) -> usize {
        let calls = self.emulated.calls();
        calls.iter().filter(|call| *call == operation).count()
    }
}

pub(crate) const ALIASES: &str = "alias/key-ceremony/keys/acme/production/cardholder/received";

fn clear(emulated: &Emulated, arn: &str) -> Vec<u8> {
    let digits = emulated
        .emulator
        .controls()
        .clear_key(&arn.parse().unwrap());
    hex::decode(digits.unwrap()).unwrap()
}

fn place(file: &str) -> KeysPlace {
    let key = format!("{}keys/{file}", folder().prefix());
    match KeysPlace::of_inbox_key(&key) {
        Some(KeysRole::Keys(place)) => place,
        other => panic!("{other:?}"),
    }
}

fn ceremony_of(file: &str, bytes: &[u8]) -> Ceremony {
    KeysSet::new(place(file), Sha256::of(bytes)).ceremony(1)
}

/// Whatever a key can be, and what `change` takes away.
pub(crate) fn policy(change: impl FnOnce(&mut Value)) -> KeyImportPolicy {
    let mut policy = json!({
        "profile": { "parameter": "p", "version": 1 },
        "allowed": {
            "usages": ["B0", "C0", "D0", "M0", "M3", "M6", "P0", "V2"],
            "algorithms": ["AES_128", "AES_192", "AES_256", "TDES_2KEY", "TDES_3KEY"],
            "modes": null, "exportabilities": ["N", "E"],
        },
        "maxKeys": 20, "kek": "received", "kcv": "optional",
        "signature": { "algorithm": "RSASSA_PKCS1_V1_5_SHA_256" },
    });
    change(&mut policy);
    serde_json::from_value(policy).unwrap()
}
