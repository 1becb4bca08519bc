//! An order is what the profile allows when the ceremony begins, whatever was true when it was dropped.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::digest::Sha256;
use ceremony::enrolment::{Installed, OwnKey};
use ceremony::execution::{DroppedObject, Start};
use ceremony::fleet::Inventory;
use ceremony::id::{InputSet, Kind};
use ceremony::utc::Utc;
use ceremony::working_keys::place::{OrderPlace, OrderRole, OrderSet};
use emulated::aws::{Aws, Fault};
use emulated::{profile, quick_chain};
use fetch_request::{Context, Error, Output, handle};
use serde_json::{Value, json};
use step::StepError;

const KEY: &str = "acme/production/cardholder/orders/may.json";
const PARAMETER: &str = "/key-ceremony/partners/acme/production/cardholder";
const DAY: i64 = 24 * 60 * 60;

/// What an operator changes in a profile.
type Change = fn(&mut Value);

/// An order in the inbox, the profile of its folder, and the input of the execution.
struct Ordered {
    aws: Aws,
    input: Start,
}

impl Ordered {
    fn new(order: &Value) -> Self {
        let aws = Aws::default();
        let bytes = order.to_string().into_bytes();
        let Some(OrderRole::Order(place)) = OrderPlace::of_inbox_key(KEY) else {
            panic!("{KEY} is where an order lies");
        };
        let object = DroppedObject {
            key: KEY.to_owned(),
            version_id: aws.put("inbox", KEY, bytes.clone()),
            bytes: bytes.len() as u64,
            sha256: Sha256::of(&bytes),
        };
        let ordered = Self {
            input: Start {
                version: Start::VERSION,
                leaf: None,
                ceremony: OrderSet::new(Kind::WorkingKeyExport, place, object.sha256.clone())
                    .ceremony(1),
                objects: vec![object],
            },
            aws,
        };
        ordered.onboards(|_| {});
        ordered
    }

    /// New keys of one usage, and the initial keys of one base derivation key.
    fn onboards(&self, change: impl FnOnce(&mut Value)) {
        let mut profile = profile(&quick_chain());
        profile["workingKeyExport"] = json!({ "orders": {
            "usages": ["P0"],
            "algorithms": ["AES_128"],
            "newKeys": true,
            "bdks": { "pos": { "keyArn": "arn:bdk", "algorithm": "TDES_2KEY" } },
        }});
        change(&mut profile);
        self.aws.put_parameter(PARAMETER, &profile.to_string());
    }

    /// A certificate for the key that signs packages, valid from so many days from now to so many.
    fn installs(&self, from: i64, to: i64) -> Installed {
        let key = OwnKey::PackageSigning;
        let installed = Installed {
            version: Installed::VERSION,
            key,
            key_arn: "arn:signing".to_owned(),
            chain_key: "enrolment-package-signing-0123456789abcdef/certificates.pem".to_owned(),
            chain_version_id: "1".to_owned(),
            chain_sha256: Sha256::of(b"chain"),
            certificate_sha256: Sha256::of(b"certificate"),
            not_before: Utc::now().plus_seconds(from * DAY),
            not_after: Utc::now().plus_seconds(to * DAY),
            ceremony_id: "enrolment-package-signing-0123456789abcdef".to_owned(),
            installed_at: Utc::now(),
        };
        let text = serde_json::to_string(&installed).unwrap();
        self.aws.put_parameter(&key.installed_parameter(), &text);
        installed
    }

    async fn fetched(&self) -> Result<Output, Error> {
        let context = Context {
            s3: aws_sdk_s3::Client::new(&self.aws.config()),
            ssm: aws_sdk_ssm::Client::new(&self.aws.config()),
            inbox_bucket: "inbox".to_owned(),
            evidence_bucket: "evidence".to_owned(),
            signing_key_spec: "RSA_2048".to_owned(),
        };
        let fetched = handle(&context, self.input.clone(), Utc::now()).await;
        let writes = |call: &String| !call.starts_with("Get");
        assert!(!self.aws.calls().iter().any(writes));
        fetched
    }

    async fn refused(&self) -> (&'static str, String) {
        let error = self.fetched().await.unwrap_err();
        (error.name(), error.to_string())
    }
}

fn new_key() -> Value {
    json!({ "version": 1, "kek": "current", "keys": [
        { "name": "pin", "usage": "P0", "algorithm": "AES_128", "modes": "B" },
    ]})
}

fn initial_keys(asked: &Value) -> Value {
    let mut initial_keys = asked.clone();
    initial_keys["bdk"] = "pos".into();
    json!({ "version": 1, "kek": "current", "initialKeys": initial_keys })
}

fn listed() -> Value {
    initial_keys(&json!({ "terminals": ["FFFF9876543210E00000"] }))
}

fn of_a_file() -> Value {
    initial_keys(&json!({ "inventory": { "file": "fleet.csv", "sha256": "ab".repeat(32) } }))
}

#[tokio::test(start_paused = true)]
async fn an_order_and_what_it_is_held_to() {
    let ordered = Ordered::new(&new_key());
    let output = ordered.fetched().await.unwrap();
    assert_eq!(output.request.name, "may");
    assert_eq!(output.request.object, ordered.input.objects[0]);
    assert_eq!(output.order.keys().len(), 1);
    let alias = "alias/key-ceremony/keys/acme/production/cardholder/pin";
    assert_eq!(output.aliases, [alias]);
    assert_eq!((output.initial_keys, output.package_signer), (None, None));
}

/// The inventory is beside the order, wherever the order says it was agreed on.
#[tokio::test(start_paused = true)]
async fn an_order_for_a_fleet_names_its_inventory() {
    let output = Ordered::new(&of_a_file()).fetched().await.unwrap();
    let asked = output.initial_keys.unwrap();
    assert_eq!(asked.bdk.key_arn, "arn:bdk");
    let Inventory::File { key, sha256 } = asked.inventory else {
        panic!("a file");
    };
    assert_eq!(key, "acme/production/cardholder/orders/may/fleet.csv");
    assert_eq!(sha256.to_string(), "ab".repeat(32));
    assert_eq!(output.aliases, [""; 0]);
}

/// Exactly the version of the input, whatever lies there by now; and no other bytes.
#[tokio::test(start_paused = true)]
async fn an_order_that_was_changed_is_not_read() {
    let mut ordered = Ordered::new(&new_key());
    ordered.aws.put("inbox", KEY, listed().to_string());
    let output = ordered.fetched().await.unwrap();
    assert_eq!(output.order.keys().len(), 1);

    let newest = ordered.aws.versions("inbox", KEY).pop().unwrap();
    ordered.input.objects[0].version_id = newest.version;
    let (name, words) = ordered.refused().await;
    assert_eq!(name, "DigestMismatch", "{words}");
}

#[tokio::test(start_paused = true)]
async fn an_input_that_no_intake_made_is_refused() {
    let change: [fn(&mut Start); 4] = [
        |input| input.objects.clear(),
        |input| input.objects.push(input.objects[0].clone()),
        |input| input.objects[0].key = KEY.replace("acme", "globex"),
        |input| input.objects[0].key = KEY.replace("orders/", "orders/may/"),
    ];
    for change in change {
        let mut ordered = Ordered::new(&new_key());
        change(&mut ordered.input);
        let (name, words) = ordered.refused().await;
        assert_eq!(name, "InputMalformed", "{words}");
    }
}

/// Between the drop and the beginning of the ceremony an operator may have allowed less.
#[tokio::test(start_paused = true)]
async fn what_the_profile_allows_now_is_what_counts() {
    let changes: [(Change, &str, &str); 5] = [
        (
            |profile| profile["workingKeyExport"]["orders"]["newKeys"] = false.into(),
            "OrderNotAllowed",
            "new",
        ),
        (
            |profile| profile["workingKeyExport"]["orders"]["usages"] = json!(["M6"]),
            "OrderNotAllowed",
            "P0",
        ),
        (
            |profile| profile["workingKeyExport"] = json!({}),
            "CeremonyNotAllowed",
            "workingKeyExport.orders",
        ),
        (
            |profile| {
                profile.as_object_mut().unwrap().remove("workingKeyExport");
            },
            "CeremonyNotAllowed",
            "working-key-export",
        ),
        (
            |profile| {
                profile["workingKeyExport"]["signature"] = json!({ "algorithm": "ECDSA_SHA_256" })
            },
            "SignatureAlgorithmUnfit",
            "RSA_2048",
        ),
    ];
    for (change, expected, part) in changes {
        let ordered = Ordered::new(&new_key());
        ordered.onboards(change);
        let (name, words) = ordered.refused().await;
        assert_eq!(name, expected, "{words}");
        assert!(words.contains(part), "{words}");
    }
}

/// Before keys are made that nobody can sign for.
#[tokio::test(start_paused = true)]
async fn a_certificate_that_is_not_valid_when_the_package_is_signed_is_refused() {
    for (order, from, to, expected) in [
        (new_key(), -9, -1, Some("SigningCertificateExpired")),
        (new_key(), 1, 9, Some("SigningCertificateNotYetValid")),
        (new_key(), -1, 1, None),
        (listed(), -1, 1, None),
        // A million terminals take days.
        (of_a_file(), -1, 1, Some("SigningCertificateExpired")),
        (of_a_file(), -1, 8, None),
    ] {
        let ordered = Ordered::new(&order);
        let installed = ordered.installs(from, to);
        match expected {
            Some(expected) => assert_eq!(ordered.refused().await.0, expected),
            None => assert_eq!(
                ordered.fetched().await.unwrap().package_signer,
                Some(installed)
            ),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_told_by_name() {
    let ordered = Ordered::new(&new_key());
    ordered.aws.put_parameter(PARAMETER, "{}");
    assert_eq!(ordered.refused().await.0, "ProfileMalformed");

    let ordered = Ordered::new(&new_key());
    let version = &ordered.input.objects[0].version_id;
    ordered.aws.delete_version("inbox", KEY, version);
    assert_eq!(ordered.refused().await.0, "ObjectUnreadable");

    let ordered = Ordered::new(&new_key());
    ordered.aws.fault("GetObject", 1..=9, Fault::Denied);
    assert_eq!(ordered.refused().await.0, "AccessDenied");
}
