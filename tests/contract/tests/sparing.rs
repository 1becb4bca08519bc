//! Payment Cryptography gives five control-plane calls a second for the whole account, and holds
//! 2,000 keys: how many calls a ceremony makes, and what happens when there is no room for them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::{Duration, Instant};

use apc_emulator::Quotas;
use aws_sdk_paymentcryptography::types::{KeyAlgorithm, KeyUsage as ServiceUsage};
use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm};
use ceremony::digest::Sha256;
use ceremony::exchange::Method;
use ceremony::execution::Execution;
use ceremony::id::Ceremony;
use ceremony::keys::{KekFacts, Origin};
use ceremony::path::CertificatePath;
use ceremony::profile::Policy;
use emulated::aws::Aws;
use emulated::{
    Emulated, UID, ceremony_of, certificate, chain, clearance, execution, path, policy,
};
use partner::certificate::KeyUsage;
use partner::{KeyKind, Pki, Profile};
use serde_json::json;
use step::{Journal, StepError};

/// What a ceremony hands to the steps that touch keys.
#[derive(Clone)]
struct Handed {
    ceremony: Ceremony,
    path: CertificatePath,
    policy: Policy,
}

fn handed(pki: &Pki, partner: &str) -> Handed {
    let mut path = path(pki);
    let leaf = Profile::leaf(partner, UID).issued_by(pki.issuer(), pki.leaf.key());
    path.leaf = certificate(&leaf);
    Handed {
        ceremony: ceremony_of(partner),
        path,
        policy: policy(pki, |_| {}),
    }
}

/// The three steps, each as the machine has it: once more when it was throttled.
async fn takes_place(emulated: &Emulated, handed: &Handed) -> String {
    let Handed {
        ceremony,
        path,
        policy,
    } = handed.clone();
    let leaf_sha256 = path.leaf.sha256();
    let cas = import_ca::Input {
        ceremony: ceremony.clone(),
        path: path.clone(),
        policy: policy.clone().into(),
        revocation: clearance(&path),
        awaited: None,
    };
    let cas =
        until_done(async |journal| import_ca::handle(&emulated.client, cas.clone(), journal).await);
    let import_ca::Output::Imported(cas) = cas.await else {
        panic!("nobody has to approve anything here");
    };
    let kek = create_kek::Input {
        ceremony: ceremony.clone(),
        execution: execution(),
        leaf_sha256,
        algorithm: policy.kek.algorithm,
        key_arn: None,
    };
    let kek = until_done(async |journal| {
        create_kek::handle(&emulated.client, kek.clone(), journal).await
    });
    let kek = kek.await.0;
    wraps(emulated, handed, &cas.issuing_ca_key_arn, &kek).await;
    kek.key_arn
}

/// By the method of the profile.
async fn wraps(emulated: &Emulated, handed: &Handed, issuing_ca: &str, kek: &KekFacts) {
    let Handed {
        ceremony,
        path,
        policy,
    } = handed.clone();
    let revocation = clearance(&path);
    let (issuing_ca_key_arn, kek) = (issuing_ca.to_owned(), kek.clone());
    if policy.exchange.method() == Method::Tr34 {
        let context = wrap_tr34::Context {
            payment: emulated.client.clone(),
            s3: aws_sdk_s3::Client::new(&Aws::default().config()),
            evidence_bucket: "evidence".to_owned(),
        };
        let input = wrap_tr34::Input {
            ceremony,
            path,
            policy,
            revocation,
            issuing_ca_key_arn,
            kek,
            nonce: None,
            signer: None,
        };
        until_done(async |journal| wrap_tr34::handle(&context, input.clone(), journal).await).await;
        return;
    }
    let input = wrap_rsa::Input {
        ceremony,
        path,
        policy,
        revocation,
        issuing_ca_key_arn,
        kek,
    };
    until_done(async |journal| wrap_rsa::handle(&emulated.client, input.clone(), journal).await)
        .await;
}

async fn until_done<T, E: StepError>(step: impl AsyncFn(&Journal) -> Result<T, E>) -> T {
    loop {
        match step(&Journal::default()).await {
            Ok(output) => return output,
            Err(error) if error.name() == "ServiceThrottled" => {
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

async fn calls(emulated: &Emulated, handed: &Handed) -> Vec<String> {
    let before = emulated.calls().len();
    takes_place(emulated, handed).await;
    emulated.calls().split_off(before)
}

/// The README has these numbers.
#[tokio::test]
async fn a_ceremony_makes_no_call_too_many() {
    let emulated = Emulated::start().await;
    let pki = chain();
    let first = handed(&pki, "acme");
    let new = ["CreateAlias", "ImportKey", "UpdateAlias"];
    let expected = [
        &["GetAlias", "GetAlias"][..],
        &new,
        &new,
        &["GetAlias", "CreateAlias", "CreateKey", "UpdateAlias"],
        &["ExportKey"],
    ];
    assert_eq!(calls(&emulated, &first).await, expected.concat());
    assert_eq!(expected.concat().len(), 13);

    let another_leaf = [
        &["GetAlias"][..],
        &["GetAlias", "CreateAlias", "CreateKey", "UpdateAlias"],
        &["ExportKey"],
    ];
    let other = handed(&pki, "globex");
    assert_eq!(calls(&emulated, &other).await, another_leaf.concat());
    assert_eq!(another_leaf.concat().len(), 6);

    let again = ["GetAlias", "GetAlias", "GetKey", "ExportKey"];
    assert_eq!(calls(&emulated, &first).await, again);
}

/// One call more, by which the service names the key that signs, for whichever ceremony.
#[tokio::test]
async fn a_ceremony_by_tr34_asks_for_the_key_that_signs() {
    let emulated = Emulated::start().await;
    let pki = chain();
    let handed = Handed {
        policy: policy(&pki, |profile| {
            profile["kekExport"]["exchange"] = json!({ "method": "tr34", "signer": "service" });
        }),
        ..handed(&pki, "acme")
    };
    let first = calls(&emulated, &handed).await;
    assert_eq!(first.len(), 14);
    assert_eq!(first[12..], ["GetParametersForExport", "ExportKey"]);

    let again = [
        "GetAlias",
        "GetAlias",
        "GetKey",
        "GetParametersForExport",
        "ExportKey",
    ];
    assert_eq!(calls(&emulated, &handed).await, again);
}

/// Beyond what any ceremony makes for its KEK. The README has these numbers.
#[tokio::test]
async fn a_key_that_is_agreed_on_takes_no_call_too_many() {
    let emulated = Emulated::start().await;
    let pki = Pki::builder(UID)
        .named("sparing-ecdh")
        .root_key(KeyKind::EccP521)
        .intermediate_keys(&[])
        .leaf_key(KeyKind::EccP521)
        .leaf(|leaf| leaf.key_usage(&[KeyUsage::KeyAgreement]))
        .build();
    let issuing_ca_key_arn = emulated.imports_root(&pki.root).await;
    let (key_arn, kcv) = emulated.creates_kek().await;
    let path = path(&pki);
    let input = wrap_ecdh::Input {
        ceremony: ceremony_of("acme"),
        revocation: clearance(&path),
        path,
        policy: policy(&pki, |profile| {
            profile["kekExport"] = json!({ "exchange": { "method": "ecdh" } });
        }),
        issuing_ca_key_arn,
        kek: KekFacts {
            key_arn,
            algorithm: KekAlgorithm::AES_128,
            kcv,
            kcv_algorithm: KcvAlgorithm::CMAC,
            origin: Origin::Created,
            replaces_key_arn: None,
        },
    };
    let wraps = async || {
        let before = emulated.calls().len();
        let output = wrap_ecdh::handle(&emulated.client, input.clone(), &Journal::default()).await;
        output.unwrap();
        emulated.calls().split_off(before)
    };
    let new = ["GetAlias", "CreateAlias", "CreateKey", "UpdateAlias"];
    let of_both = ["GetPublicKeyCertificate", "ExportKey"];
    assert_eq!(wraps().await, [&new[..], &of_both].concat());
    assert_eq!(wraps().await, [&["GetAlias"][..], &of_both].concat());
}

/// After the package is out. The README has these numbers.
#[tokio::test]
async fn the_current_kek_takes_no_call_too_many() {
    let emulated = Emulated::start().await;
    let establishes = async |key_arn: &str, seconds| {
        let execution = Execution {
            started_at: execution().started_at.plus_seconds(seconds),
            ..execution()
        };
        let input = establish_kek::Input {
            ceremony: ceremony_of("acme"),
            execution,
            kek: KekFacts {
                key_arn: key_arn.to_owned(),
                algorithm: KekAlgorithm::AES_128,
                kcv: "000000".to_owned(),
                kcv_algorithm: KcvAlgorithm::CMAC,
                origin: Origin::Created,
                replaces_key_arn: None,
            },
        };
        let before = emulated.calls().len();
        establish_kek::handle(&emulated.client, input)
            .await
            .unwrap();
        emulated.calls().split_off(before)
    };
    let (first, _) = emulated.creates_kek().await;
    let (other, _) = emulated.creates_kek().await;
    let looks = ["GetAlias", "ListTagsForResource"];
    let nothing_there = ["GetAlias", "TagResource", "CreateAlias"];
    assert_eq!(establishes(&first, 10).await, nothing_there);
    let another = [&looks[..], &["TagResource", "UpdateAlias"]].concat();
    assert_eq!(establishes(&other, 20).await, another);
    let the_same = [&looks[..], &["TagResource"]].concat();
    assert_eq!(establishes(&other, 30).await, the_same);
    assert_eq!(establishes(&other, 30).await, looks, "another attempt");
    assert_eq!(establishes(&first, 10).await, looks, "it comes too late");
}

/// An account's own, but for the rate.
fn quotas(rate: u32) -> Quotas {
    Quotas {
        rate,
        ..Quotas::default()
    }
}

/// So many partners under one root at once: how long it takes, and how many calls were admitted and
/// throttled.
async fn at_once(partners: usize, rate: u32) -> (Duration, u64, u64) {
    let emulated = Emulated::start().await;
    let pki = chain();
    let all: Vec<Handed> = (0..partners)
        .map(|number| handed(&pki, &format!("partner-{number}")))
        .collect();
    let controls = emulated.emulator.controls();
    controls.set_quotas(Some(quotas(rate)));
    let start = Instant::now();
    let ceremonies = all.iter().map(|handed| takes_place(&emulated, handed));
    let mut keks = futures::future::join_all(ceremonies).await;
    let took = start.elapsed();
    keks.sort_unstable();
    keks.dedup();
    assert_eq!(keks.len(), partners, "a KEK for each");
    assert_eq!(emulated.keys().len(), partners + 2, "and none too many");
    let total = controls.calls_since(0).total();
    (took, total.admitted(), total.throttled)
}

#[tokio::test]
async fn twenty_ceremonies_queue_at_a_service_with_little_room() {
    let (_, admitted, throttled) = at_once(20, 20).await;
    assert!(throttled > 0, "it was too easy: {admitted} calls");
}

#[tokio::test]
#[ignore = "two minutes: the measurement that the README quotes"]
async fn a_hundred_ceremonies_queue_at_the_services_own_rate() {
    let (took, admitted, throttled) = at_once(100, 5).await;
    let used = admitted as f64 / (took.as_secs_f64() * 5.0 + 5.0);
    eprintln!(
        "{took:?}: {admitted} calls, {throttled} throttled, {:.0} %",
        used * 100.0
    );
}

/// An account nearly full of KEKs, and one more that was made but whose alias was not set.
async fn recovers_among(keys: usize, rate: u32) -> (Duration, u64) {
    let emulated = Emulated::start().await;
    let handed = handed(&chain(), "acme");
    let leaf = handed.path.leaf.sha256();
    let alias = handed.ceremony.folder().kek_alias(&leaf);
    for number in 0..keys {
        let other = Sha256::of(number.to_string().as_bytes());
        let other = handed.ceremony.folder().kek_alias(&other);
        let key_arn = makes_key(&emulated, &handed.ceremony, &other).await;
        let client = &emulated.client;
        let set = client.create_alias().alias_name(other).key_arn(key_arn);
        set.send().await.unwrap();
    }
    let reserve = emulated.client.create_alias().alias_name(&alias);
    reserve.send().await.unwrap();
    let lost = makes_key(&emulated, &handed.ceremony, &alias).await;
    let controls = emulated.emulator.controls();
    let before = controls.log_position();
    controls.set_quotas(Some(quotas(rate)));
    let input = create_kek::Input {
        ceremony: handed.ceremony,
        execution: execution(),
        leaf_sha256: leaf,
        algorithm: handed.policy.kek.algorithm,
        key_arn: None,
    };
    let start = Instant::now();
    let found = until_done(async |journal| {
        create_kek::handle(&emulated.client, input.clone(), journal).await
    });
    assert_eq!(found.await.0.key_arn, lost);
    (
        start.elapsed(),
        controls.calls_since(before).total().admitted(),
    )
}

/// As `CreateKek` makes it, but for the alias.
async fn makes_key(emulated: &Emulated, ceremony: &Ceremony, alias: &str) -> String {
    let usage = ServiceUsage::Tr31K0KeyEncryptionKey;
    let made = emulated.operator_creates(usage, KeyAlgorithm::Aes128, true);
    let key_arn = made.await;
    let tags = payment_keys::tags(ceremony, "kek", alias);
    let request = emulated.client.tag_resource().resource_arn(&key_arn);
    request.set_tags(Some(tags)).send().await.unwrap();
    key_arn
}

/// Two looks, then a page for every hundred keys and aliases, the tags of one key, its alias, and
/// what it is: not the tags of all. And whether it replaces one that was deleted: two pages.
#[tokio::test]
async fn a_lost_kek_is_found_among_many_with_few_calls() {
    let (_, admitted) = recovers_among(250, 20).await;
    assert_eq!(admitted, 2 + 3 + 3 + 1 + 1 + 1 + 2);
}

#[tokio::test]
#[ignore = "the measurement that the README quotes"]
async fn a_lost_kek_is_found_in_a_full_account() {
    let (took, admitted) = recovers_among(1_900, 5).await;
    eprintln!("{took:?}: {admitted} calls");
}
