//! A file is held to what the profile allows when the ceremony begins, whatever was true when it was dropped.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::digest::Sha256;
use ceremony::evidence::Recordable;
use ceremony::execution::{DroppedObject, Start};
use ceremony::id::InputSet;
use ceremony::utc::Utc;
use ceremony::working_key_import::place::{KeysPlace, KeysRole, KeysSet};
use emulated::aws::{Aws, Fault};
use emulated::{folder, profile, quick_chain};
use fetch_blocks::{Context, Error, Output, handle};
use partner::tr31::{Draft, seal};
use serde_json::{Value, json};
use step::StepError;

const ALIASES: &str = "alias/key-ceremony/keys/acme/production/cardholder/received";

/// A file in the inbox, the profile of its folder, and the input of the execution.
struct Dropped {
    aws: Aws,
    input: Start,
}

impl Dropped {
    fn new(file: &str, bytes: &str) -> Self {
        let aws = Aws::default();
        let key = format!("{}keys/{file}", folder().prefix());
        let Some(KeysRole::Keys(place)) = KeysPlace::of_inbox_key(&key) else {
            panic!("{key} is where keys lie");
        };
        let object = DroppedObject {
            version_id: aws.put("inbox", &key, bytes),
            key,
            bytes: bytes.len() as u64,
            sha256: Sha256::of(bytes.as_bytes()),
        };
        let dropped = Self {
            input: Start {
                version: Start::VERSION,
                leaf: None,
                ceremony: KeysSet::new(place, object.sha256.clone()).ceremony(1),
                objects: vec![object],
            },
            aws,
        };
        dropped.onboards(|_| {});
        dropped
    }

    fn onboards(&self, change: impl FnOnce(&mut Value)) {
        let mut profile = profile(&quick_chain());
        profile["workingKeyImport"] =
            json!({ "usages": ["P0", "M6"], "algorithms": ["AES_128"], "maxKeys": 4 });
        change(&mut profile);
        let name = folder().profile_parameter();
        self.aws.put_parameter(&name, &profile.to_string());
    }

    async fn fetched(&self) -> Result<Output, Error> {
        let config = self.aws.config();
        let context = Context {
            s3: aws_sdk_s3::Client::new(&config),
            ssm: aws_sdk_ssm::Client::new(&config),
            inbox_bucket: "inbox".to_owned(),
            signing_key_spec: "RSA_2048".to_owned(),
        };
        let fetched = handle(&context, self.input.clone(), Utc::now()).await;
        let writes = |call: &String| !call.starts_with("Get");
        assert!(!self.aws.calls().iter().any(writes));
        fetched
    }

    async fn refused(&self) -> (&'static str, String) {
        let error = self.fetched().await.unwrap_err();
        assert!(!error.remedy().is_empty());
        (error.name(), error.to_string())
    }
}

fn block(says: &str) -> String {
    seal(&Draft::new(says), "AES_128", &[1; 16], &[2; 16]).unwrap()
}

fn line(name: &str, block: &str) -> String {
    json!({ "name": name, "keyBlock": block }).to_string()
}

#[tokio::test(start_paused = true)]
async fn a_single_block_and_what_it_is_held_to() {
    let block = block("P0AB00N");
    let dropped = Dropped::new("zpk.tr31", &format!("{block}\n"));
    let output = dropped.fetched().await.unwrap();
    assert_eq!(output.file.name, "zpk");
    assert_eq!(output.file.object, dropped.input.objects[0]);
    assert_eq!(
        (
            output.policy.profile.version,
            output.package_signer.is_none()
        ),
        (1, true)
    );
    let [line] = &output.lines[..] else {
        panic!("one line");
    };
    let digest = Sha256::of(block.as_bytes());
    assert_eq!(line.block_sha256.as_ref(), Some(&digest));
    assert_eq!(line.header.as_deref(), Some("D P0 A B 00 N"));
    assert_eq!(
        (&line.refused, line.name.as_ref().unwrap().as_str()),
        (&None, "zpk")
    );
    assert_eq!(line.block.as_ref().unwrap().key_block, block);
    assert_eq!(
        output.aliases,
        [format!("{ALIASES}/zpk/{}", digest.short())]
    );
}

#[tokio::test(start_paused = true)]
async fn each_line_is_held_to_the_profile_by_itself_and_no_block_is_recorded() {
    let good = block("M6AC00N");
    let file = [
        line("good", &good),
        line("usage", &block("K0AB00N")),
        line("leaves", &block("P0AB00E")),
        "{".to_owned(),
    ];
    let dropped = Dropped::new("may.jsonl", &file.join("\n"));
    let output = dropped.fetched().await.unwrap();
    let errors: Vec<_> = output
        .lines
        .iter()
        .map(|line| line.refused.as_ref().map(|refusal| refusal.error.as_str()))
        .collect();
    let not_allowed = Some("HeaderNotAllowed");
    assert_eq!(
        errors,
        [None, not_allowed, not_allowed, Some("LineMalformed")]
    );
    assert_eq!(output.aliases.len(), 1);
    let blocks: Vec<_> = output
        .lines
        .iter()
        .map(|line| line.block.is_some())
        .collect();
    assert_eq!(blocks, [true, false, false, false]);
    let recorded = serde_json::to_string(&output.recordable()).unwrap();
    assert!(!recorded.contains(&good[16..40]), "{recorded}");
    assert!(recorded.contains("HeaderNotAllowed") && recorded.contains("maxKeys"));
}

#[tokio::test(start_paused = true)]
async fn what_the_profile_says_by_now_counts() {
    let dropped = Dropped::new("zpk.tr31", &block("P0AB00N"));
    dropped.onboards(|profile| profile["workingKeyImport"]["usages"] = json!(["D0"]));
    let output = dropped.fetched().await.unwrap();
    assert!(output.lines[0].refused.is_some());
    dropped.onboards(|profile| profile["workingKeyImport"] = Value::Null);
    assert_eq!(dropped.refused().await.0, "CeremonyNotAllowed");
    let file = ["a", "b"]
        .map(|name| line(name, &block("P0AB00N")))
        .join("\n");
    let dropped = Dropped::new("may.jsonl", &file);
    dropped.onboards(|profile| profile["workingKeyImport"]["maxKeys"] = json!(1));
    let (error, words) = dropped.refused().await;
    assert_eq!(error, "FileUnusable");
    assert!(words.contains("2 keys, and 1"), "{words}");
}

#[tokio::test(start_paused = true)]
async fn a_signature_that_our_key_cannot_make_is_seen_before_a_key_is_imported() {
    let dropped = Dropped::new("zpk.tr31", &block("P0AB00N"));
    dropped.onboards(|profile| {
        profile["workingKeyImport"]["signature"] = json!({ "algorithm": "ECDSA_SHA_256" });
    });
    let error = dropped.refused().await.0;
    assert!(
        ["SignatureAlgorithmUnfit", "ProfileMalformed"].contains(&error),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_bytes_are_those_that_were_seen() {
    let mut dropped = Dropped::new("zpk.tr31", &block("P0AB00N"));
    let key = dropped.input.objects[0].key.clone();
    // A newer version is another ceremony's.
    dropped.aws.put("inbox", &key, "newer");
    dropped.fetched().await.unwrap();
    dropped.input.objects[0].sha256 = Sha256::of(b"other");
    assert_eq!(dropped.refused().await.0, "DigestMismatch");
    let version = dropped.input.objects[0].version_id.clone();
    dropped.aws.delete_version("inbox", &key, &version);
    assert_eq!(dropped.refused().await.0, "ObjectUnreadable");
}

#[tokio::test(start_paused = true)]
async fn an_input_that_intake_does_not_write_is_none() {
    let dropped = Dropped::new("zpk.tr31", &block("P0AB00N"));
    let with = async |change: fn(&mut Start)| {
        let mut other = Dropped {
            aws: dropped.aws.clone(),
            input: dropped.input.clone(),
        };
        change(&mut other.input);
        other.refused().await.0
    };
    let changes: [fn(&mut Start); 4] = [
        |input| input.objects.clear(),
        |input| {
            let mut second = input.objects[0].clone();
            second.key = second.key.replace("zpk", "tpk");
            input.objects.push(second);
        },
        |input| input.objects[0].key = input.objects[0].key.replace("keys/", "orders/"),
        |input| input.objects[0].key = input.objects[0].key.replace("acme", "globex"),
    ];
    for change in changes {
        assert_eq!(with(change).await, "InputMalformed");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_could_not_be_had_is_none() {
    let dropped = Dropped::new("zpk.tr31", &block("P0AB00N"));
    dropped.aws.fault_for_good("GetParameter", Fault::Denied);
    let name = dropped.refused().await.0;
    assert_eq!(name, "AccessDenied");
}
