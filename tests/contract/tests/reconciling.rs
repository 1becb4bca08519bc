//! The reconciliation as its machine runs it, step after step, over accounts that are full.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::{Duration, Instant};

use apc_emulator::Quotas;
use aws_sdk_paymentcryptography::types::{KeyAlgorithm, KeyUsage};
use ceremony::digest::Sha256;
use ceremony::evidence::Recordable;
use ceremony::execution::Execution;
use ceremony::finding::Kind;
use ceremony::id::{Ceremony, CertificateSet};
use ceremony::publication::Publication;
use ceremony::utc::Utc;
use ceremony::working_keys::order::EstablishedKek;
use contract::Examples;
use emulated::aws::Aws;
use emulated::{Emulated, ceremony, ceremony_of};
use inventory::records::is_record;
use inventory::{Pages, Progress, Recorded, read_record};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use step::{Journal, StepError};

const EVIDENCE: &str = "evidence";
const DAY: i64 = 24 * 60 * 60;

/// An account, and the evidence of what was done in it.
struct Account {
    emulated: Emulated,
    aws: Aws,
}

impl Account {
    async fn new() -> Self {
        Self {
            emulated: Emulated::start().await,
            aws: Aws::default(),
        }
    }

    /// A KEK as `create-kek` leaves it, and the record of it.
    async fn has_kek(&self, partner: &str) -> (String, String) {
        let ceremony = ceremony_of(partner);
        let alias = ceremony.folder().kek_alias(&Sha256::of(partner.as_bytes()));
        let (key_arn, kcv) = self.makes_kek(&ceremony, &alias).await;
        self.sets_alias(&alias, Some(&key_arn)).await;
        let record = json!({ "outcome": "prepared", "steps": [
            { "step": "fetch-certs", "result": { "certificates": [], "aliases": [alias] } },
            { "step": "create-kek", "result": { "keyArn": key_arn, "kcv": kcv, "origin": "created" } },
        ]});
        let key = ceremony.evidence_key("record.json");
        self.aws.put(EVIDENCE, &key, record.to_string());
        (key_arn, alias)
    }

    /// A KEK of a partner's as `import-kek` leaves it: its ARN, and the evidence of the step.
    async fn takes_kek(&self, ceremony: &Ceremony, block: &str) -> (String, Value) {
        let alias = ceremony
            .folder()
            .received_kek_alias(&Sha256::of(block.as_bytes()));
        let (key_arn, kcv) = self.makes_kek(ceremony, &alias).await;
        self.sets_alias(&alias, Some(&key_arn)).await;
        let result = json!({
            "imported": { "keyArn": key_arn, "alias": alias, "kcv": kcv }, "refused": null,
        });
        (key_arn, json!({ "step": "import-kek", "result": result }))
    }

    async fn sets_alias(&self, alias: &str, key_arn: Option<&str>) {
        let client = &self.emulated.client;
        let create = client.create_alias().alias_name(alias);
        let created = create.set_key_arn(key_arn.map(str::to_owned)).send().await;
        created.unwrap();
    }

    async fn makes_kek(&self, ceremony: &Ceremony, alias: &str) -> (String, String) {
        let usage = KeyUsage::Tr31K0KeyEncryptionKey;
        let client = &self.emulated.client;
        let made = self
            .emulated
            .operator_creates(usage, KeyAlgorithm::Aes128, true);
        let key_arn = made.await;
        let tags = payment_keys::tags(ceremony, "kek", alias);
        let tag = client.tag_resource().resource_arn(&key_arn);
        tag.set_tags(Some(tags)).send().await.unwrap();
        let key = client.get_key().key_identifier(&key_arn).send().await;
        let kcv = key.unwrap().key.unwrap().key_check_value;
        (key_arn, kcv)
    }

    /// A reconciliation that starts so many days from now.
    async fn reconciles(&self, days: i64, pause: Duration) -> Value {
        let now = Utc::now().unix_seconds() + days * DAY;
        let execution = Execution {
            // No two have one name, however soon one follows the other.
            arn: format!(
                "arn:aws:states:eu-west-1:111122223333:execution:reconciliation:{}",
                self.aws.keys(EVIDENCE).len()
            ),
            started_at: Utc::of_unix_seconds(now).unwrap(),
        };
        let machine = Machine {
            account: self,
            s3: aws_sdk_s3::Client::new(&self.aws.config()),
            execution,
            pause,
        };
        let output = machine.runs().await;
        let location = &output.announcement.inventory;
        let inventory = self.aws.only(EVIDENCE, &location.key).bytes;
        assert_eq!(Sha256::of(&inventory), output.announcement.inventory_sha256);
        let inventory: Value = serde_json::from_slice(&inventory).unwrap();
        let findings = inventory["findings"].as_array().unwrap();
        assert_eq!(output.differs, !findings.is_empty());
        inventory
    }
}

/// `statemachine/reconciliation.asl.json`: each step for as long as there is a page.
struct Machine<'a> {
    account: &'a Account,
    s3: aws_sdk_s3::Client,
    execution: Execution,
    pause: Duration,
}

impl Machine<'_> {
    async fn runs(&self) -> reconcile::Output {
        let parts_bucket = "parts".to_owned();
        let payment_cryptography = self.account.emulated.client.clone();
        let s3 = self.s3.clone();
        let journal = Journal::default();

        let context = read_records::Context {
            s3: s3.clone(),
            evidence_bucket: EVIDENCE.to_owned(),
            parts_bucket: parts_bucket.clone(),
        };
        let records = self
            .all(async |page| read_records::handle(&context, page, &journal).await)
            .await;
        let context = list_keys::Context {
            payment_cryptography: payment_cryptography.clone(),
            s3: s3.clone(),
            parts_bucket: parts_bucket.clone(),
            pause: self.pause,
        };
        let keys = self.all(async |page| list_keys::handle(&context, page, &journal).await);
        let keys = keys.await;
        let context = list_aliases::Context {
            payment_cryptography: payment_cryptography.clone(),
            s3: s3.clone(),
            parts_bucket: parts_bucket.clone(),
            pause: self.pause,
        };
        let aliases = self
            .all(async |page| list_aliases::handle(&context, page, &journal).await)
            .await;
        let seen = Pages {
            records,
            keys,
            aliases,
        };
        let context = inspect_keys::Context {
            payment_cryptography,
            s3: s3.clone(),
            parts_bucket: parts_bucket.clone(),
            pause: self.pause,
        };
        let asked = self.all(async |page: inventory::Page| {
            let input = inspect_keys::Input {
                execution: page.execution,
                seen: seen.clone(),
                so_far: page.so_far,
            };
            inspect_keys::handle(&context, input, &journal).await
        });
        let asked = asked.await;
        let context = reconcile::Context {
            s3,
            evidence_bucket: EVIDENCE.to_owned(),
            parts_bucket,
        };
        let input = reconcile::Input {
            execution: self.execution.clone(),
            seen,
            asked,
        };
        reconcile::handle(&context, input, &journal).await.unwrap()
    }

    /// How many pages there were.
    async fn all(
        &self,
        step: impl AsyncFn(inventory::Page) -> Result<Progress, inventory::Error>,
    ) -> u32 {
        let mut so_far = Progress::default();
        loop {
            let page = inventory::Page {
                execution: self.execution.clone(),
                so_far: so_far.clone(),
            };
            match step(page).await {
                Ok(progress) => so_far = progress,
                Err(error) if error.name() == "ServiceThrottled" => {
                    tokio::time::sleep(Duration::from_secs(2)).await;
                    continue;
                }
                Err(error) => panic!("{error}"),
            }
            if so_far.next.is_none() {
                return so_far.pages;
            }
        }
    }
}

fn kinds(inventory: &Value) -> Vec<Kind> {
    let findings = inventory["findings"].as_array().unwrap();
    let kinds = findings.iter().map(|finding| finding["finding"].clone());
    kinds
        .map(|kind| serde_json::from_value(kind).unwrap())
        .collect()
}

#[tokio::test]
async fn each_change_behind_the_systems_back_is_found_and_nothing_else() {
    let account = Account::new().await;
    let client = &account.emulated.client;
    let mut keks = Vec::new();
    for partner in ["fine", "unaliased", "deleted", "stopped", "moved"] {
        keks.push(account.has_kek(partner).await);
    }
    let inventory = account.reconciles(0, Duration::ZERO).await;
    assert_eq!(kinds(&inventory), []);
    assert_eq!(inventory["keys"].as_array().unwrap().len(), 5);

    let (_, unaliased) = &keks[1];
    client
        .delete_alias()
        .alias_name(unaliased)
        .send()
        .await
        .unwrap();
    let (deleted, _) = &keks[2];
    client
        .delete_key()
        .key_identifier(deleted)
        .send()
        .await
        .unwrap();
    let (stopped, _) = &keks[3];
    client
        .stop_key_usage()
        .key_identifier(stopped)
        .send()
        .await
        .unwrap();
    // Its CreateKey was carried out after its caller had given up.
    let late = account
        .makes_kek(&ceremony(), "alias/key-ceremony/kek/late")
        .await
        .0;
    let stranger = account.emulated.creates_kek().await.0;
    let (moved, alias) = &keks[4];
    let update = client.update_alias().alias_name(alias).key_arn(&stranger);
    update.send().await.unwrap();

    // Inventories are named by the second in which they were made.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    // Today a ceremony could be under way: what is young is not told.
    let today = account.reconciles(0, Duration::ZERO).await;
    assert_eq!(
        kinds(&today),
        [Kind::DeletionPending, Kind::KeyDisabled, Kind::AliasMissing]
    );
    let recent: Vec<&str> = today["recent"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["keyArn"].as_str().unwrap())
        .collect();
    assert!(recent.contains(&late.as_str()) && recent.contains(&stranger.as_str()));

    let tomorrow = account.reconciles(2, Duration::ZERO).await;
    assert_eq!(
        kinds(&tomorrow),
        [
            Kind::DeletionPending,
            Kind::KeyDisabled,
            Kind::AliasMissing,
            Kind::AliasMoved,
            Kind::AliasUnexplained,
            Kind::AliasReserved,
            Kind::Orphan,
        ]
    );
    let about = |kind: &str| {
        let findings = tomorrow["findings"].as_array().unwrap();
        let finding = findings.iter().find(|finding| finding["finding"] == kind);
        finding.unwrap()["keyArn"].as_str().unwrap().to_owned()
    };
    assert_eq!(about("deletion-pending"), *deleted);
    assert_eq!(about("key-disabled"), *stopped);
    assert_eq!(about("alias-missing"), keks[1].0);
    assert_eq!(about("alias-moved"), *moved);
    assert_eq!(about("alias-unexplained"), stranger);
    assert_eq!(about("orphan"), late);
}

/// A partner takes weeks to send its KEK and to confirm it; the KEK from before is kept for weeks more.
#[tokio::test]
async fn an_import_is_no_finding_while_it_waits_nor_when_it_has_ended() {
    let account = Account::new().await;
    let (ceremony, folder) = (ceremony(), ceremony().folder());
    let received = folder.established_kek_alias(EstablishedKek::Received);
    let has = |name: &str, document: &Value| {
        let key = ceremony.evidence_key(name);
        account.aws.put(EVIDENCE, &key, document.to_string());
    };
    let before = ceremony_of_run(2);
    let (previous, evidence) = account.takes_kek(&before, "before").await;
    let switch = |key_arn: &str| {
        let result = json!({ "alias": received, "keyArn": key_arn, "keptKeyArn": null });
        json!({ "step": "switch-kek", "result": result })
    };
    let record = json!({ "steps": [evidence, switch(&previous)] });
    let key = before.evidence_key("record.json");
    account.aws.put(EVIDENCE, &key, record.to_string());
    account.sets_alias(&received, Some(&previous)).await;

    // A block with a wrong key, and the right one.
    let (wrong, _) = account.takes_kek(&ceremony, "wrong").await;
    let client = &account.emulated.client;
    let delete = client.delete_key().key_identifier(&wrong).send().await;
    delete.unwrap();
    let (kek, evidence) = account.takes_kek(&ceremony, "block").await;
    let found = account.reconciles(10, Duration::ZERO).await;
    let waits = [Kind::DeletionPending, Kind::AliasUnexplained];
    assert_eq!(kinds(&found), waits, "nobody knows of an import");
    let until = Utc::now().plus_seconds(25 * DAY);
    let id = &ceremony.ceremony_id;
    let receipt = json!({
        "ceremonyId": id, "createdAt": Utc::now(), "confirmation": { "until": until },
        "block": { "sha256": Sha256::of(b"block") },
    });
    has("receipt/manifest.json", &receipt);
    let inventory = account.reconciles(20, Duration::ZERO).await;
    assert_eq!(kinds(&inventory), []);
    assert_eq!(inventory["recent"][0]["keyArn"], kek);
    let late = account.reconciles(34, Duration::ZERO).await;
    assert_eq!(kinds(&late), [waits[0], waits[1], Kind::AliasReserved]);

    let alias = folder.received_kek_alias(&Sha256::of(b"wrong"));
    let deleted = json!({ "keyArn": wrong, "alias": alias });
    let result = json!({ "imported": null, "refused": {}, "deleted": deleted });
    let refused = json!({ "step": "import-kek", "result": result });
    has(
        "record.json",
        &json!({ "steps": [refused, evidence, switch(&kek)] }),
    );
    let update = client.update_alias().alias_name(&received).key_arn(&kek);
    update.send().await.unwrap();
    let inventory = account.reconciles(35, Duration::ZERO).await;
    assert_eq!(kinds(&inventory), []);

    // The KEK from before has its time.
    let switched = json!({
        "alias": received, "keyArn": kek, "replacesKeyArn": previous, "keptKeyArn": null,
        "also": null, "keepPreviousUntil": Utc::now(),
    });
    let input = json!({ "ceremony": ceremony, "switched": switched, "order": null });
    let input = serde_json::from_value(input).unwrap();
    let settled = settle_kek::handle(client, input, &Journal::default()).await;
    let settled = settled.unwrap();
    let found = account.reconciles(60, Duration::ZERO).await;
    assert_eq!(kinds(&found), [Kind::DeletionPending]);
    let document = &settled.publication.documents[0];
    let key = ceremony.evidence_key(&format!("{}/{}", settled.part, document.name));
    account.aws.put(EVIDENCE, &key, document.contents.clone());
    for days in [65, 70] {
        let inventory = account.reconciles(days, Duration::ZERO).await;
        assert_eq!(kinds(&inventory), [], "its alias stays without a key");
    }
}

/// Another run of the same set.
fn ceremony_of_run(run: u32) -> Ceremony {
    let set = CertificateSet::new(
        ceremony::id::Kind::KekImport,
        &ceremony().folder(),
        Sha256::of(b"leaf"),
        [],
    );
    set.ceremony(run)
}

/// What a step records of its example's result.
fn evidence<Output: DeserializeOwned + Recordable>(step: &str, example: &Value) -> Value {
    let output: Output = serde_json::from_value(example["result"].clone()).unwrap();
    let result = serde_json::to_value(output.recordable()).unwrap();
    json!({ "step": step, "result": result })
}

/// What the steps of an import leave behind has the form that is read.
#[test]
fn the_evidence_of_an_import_is_read() {
    let (examples, machine) = (Examples::new(), "kek-import");
    let example = |state: &str| examples.load(machine, state, "output");
    let imported = evidence::<import_kek::Output>("import-kek", &example("ImportKek"));
    let taken = imported["result"]["imported"]["alias"].clone();
    let record = json!({ "steps": [
        evidence::<fetch_import::Output>("fetch-import", &example("FetchImport")),
        evidence::<make_offer::Output>("make-offer", &example("MakeOffer")),
        imported,
        evidence::<switch_kek::Output>("switch-kek", &example("SwitchKek")),
    ] });
    let recorded = read_record("c/record.json", record.to_string().as_bytes());
    assert_eq!((recorded.unreadable, recorded.keys.len()), (vec![], 2));
    assert_eq!((recorded.established.len(), recorded.cas.len()), (1, 2));

    let mut settled = example("SettleKek");
    settled["result"]["settled"] = json!("retired");
    let settled = evidence::<settle_kek::Output>("settle-kek", &settled);
    let record = json!({ "steps": [settled] }).to_string();
    let recorded = read_record("c/failure-x.json", record.as_bytes());
    let previous = settled["result"]["previousKekKeyArn"].as_str().unwrap();
    assert!(recorded.retired.contains(previous));

    let input = examples.load(machine, "PackageOffer", "input");
    let offer = package_offer::handle(serde_json::from_value(input).unwrap()).unwrap();
    let waits = published(&offer.part, &offer.publication).waits;
    assert_eq!((waits.len(), &waits[0].kek_alias), (1, &None));
    let input = examples.load(machine, "PackageReceipt", "input");
    let input = serde_json::from_value(input).unwrap();
    let receipt = package_receipt::handle(input, Utc::now()).unwrap();
    let waits = published(&receipt.part, &receipt.publication).waits;
    assert_eq!(waits[0].kek_alias.as_deref(), taken.as_str());
}

/// What the evidence has of a part.
fn published(part: &str, publication: &Publication) -> Recorded {
    let manifest = &publication.manifest;
    let key = format!("c/{part}/{}", manifest.name);
    assert!(is_record(&key), "{key}");
    let recorded = read_record(&key, &manifest.contents);
    assert_eq!(recorded.unreadable, []);
    recorded
}

/// How long it takes, and which calls.
async fn over(keys: usize, pause: Duration, quotas: Quotas) -> (Duration, Vec<String>, u64) {
    let account = Account::new().await;
    for number in 0..keys {
        account.has_kek(&format!("partner-{number}")).await;
    }
    let controls = account.emulated.emulator.controls();
    let (before, position) = (account.emulated.calls().len(), controls.log_position());
    controls.set_quotas(Some(quotas));
    let start = Instant::now();
    let inventory = account.reconciles(0, pause).await;
    let took = start.elapsed();
    assert_eq!(kinds(&inventory), []);
    assert_eq!(inventory["keys"].as_array().unwrap().len(), keys);
    let calls = account.emulated.calls().split_off(before);
    let throttled = controls.calls_since(position).total().throttled;
    (took, calls, throttled)
}

/// A page has a hundred, and where all agrees nothing else is asked: the README has this number.
#[tokio::test]
async fn two_thousand_keys_and_aliases_are_reconciled_with_forty_calls() {
    let room = Quotas {
        rate: 1_000,
        burst: 1_000,
        ..Quotas::default()
    };
    let (_, calls, throttled) = over(2_000, Duration::ZERO, room).await;
    assert_eq!(calls, [["ListKeys"; 20], ["ListAliases"; 20]].concat());
    assert_eq!(throttled, 0);
}

#[tokio::test]
#[ignore = "a minute: the measurement that the README quotes"]
async fn two_thousand_keys_and_aliases_at_the_services_own_rate() {
    let (took, calls, throttled) = over(2_000, payment_keys::REST, Quotas::default()).await;
    let rate = calls.len() as f64 / took.as_secs_f64();
    eprintln!(
        "{took:?}: {} calls, {rate:.2} a second, {throttled} throttled",
        calls.len()
    );
    assert!(rate <= 1.0 && throttled == 0);
}
