//! Once for each of the days and certificate, whatever is missed or done twice.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use aws_sdk_eventbridge::Client as EventBridge;
use bus::Bus;
use ceremony::digest::Sha256;
use ceremony::enrolment::{Installed, OwnKey};
use ceremony::utc::Utc;
use emulated::aws::{Aws, Fault};
use remind_expiry::{Context, DAYS, Output, handle};
use serde_json::{Value, json};
use step::StepError;

const EVIDENCE: &str = "evidence";
const END: &str = "2027-06-30T12:00:00Z";

struct World {
    aws: Aws,
    context: Context,
}

impl World {
    fn new() -> Self {
        let aws = Aws::default();
        // As the role sees it, which may not list the bucket.
        aws.forbid_listing();
        let config = aws.config();
        let context = Context {
            bus: Bus::new(EventBridge::new(&config), "bus".to_owned()),
            s3: aws_sdk_s3::Client::new(&config),
            ssm: aws_sdk_ssm::Client::new(&config),
            evidence_bucket: EVIDENCE.to_owned(),
        };
        Self { aws, context }
    }

    fn installs(&self, key: OwnKey, certificate: &[u8], not_after: &str) {
        let installed = Installed {
            version: Installed::VERSION,
            key,
            key_arn: format!("arn:{key}"),
            chain_key: "chain.pem".to_owned(),
            chain_version_id: "1".to_owned(),
            chain_sha256: Sha256::of(b"chain"),
            certificate_sha256: Sha256::of(certificate),
            not_before: utc("2026-06-30T12:00:00Z"),
            not_after: utc(not_after),
            ceremony_id: format!("enrolment-{key}-0123456789abcdef"),
            installed_at: utc("2026-07-01T12:00:00Z"),
        };
        let document = serde_json::to_string(&installed).unwrap();
        self.aws
            .put_plain_parameter(&key.installed_parameter(), &document);
    }

    async fn runs(&self, now: Utc) -> Output {
        handle(&self.context, now).await.unwrap()
    }

    /// For which of the days it was told so far.
    fn told(&self) -> Vec<u64> {
        let announced = self.aws.announced().into_iter();
        announced
            .map(|event| event.detail["daysBefore"].as_u64().unwrap())
            .collect()
    }
}

fn utc(text: &str) -> Utc {
    text.to_owned().try_into().unwrap()
}

/// So long before the end.
fn before(days: i64, seconds: i64) -> Utc {
    utc(END).plus_seconds(-days * 24 * 3600 - seconds)
}

#[tokio::test]
async fn it_is_told_sixty_thirty_and_seven_days_before_the_end_and_after_it() {
    let world = World::new();
    world.installs(OwnKey::Tr34, b"certificate", END);
    // Some time in the hour after five in the morning, every day.
    for day in (-30_i64..=90).rev() {
        let jitter = (day * 977).rem_euclid(3600);
        world.runs(before(day, 6 * 3600 - jitter)).await;
    }
    assert_eq!(world.told(), DAYS.map(i64::unsigned_abs));
    let events = world.aws.announced();
    let left: Vec<_> = events
        .iter()
        .map(|it| it.detail["daysLeft"].clone())
        .collect();
    assert_eq!(left, [json!(59), json!(29), json!(6), json!(-1)]);
}

#[tokio::test]
async fn each_day_begins_with_its_very_second() {
    for days in DAYS {
        let world = World::new();
        world.installs(OwnKey::Tr34, b"certificate", END);
        world.runs(before(days, 1)).await;
        assert!(!world.told().contains(&days.unsigned_abs()), "{days}");
        world.runs(before(days, 0)).await;
        assert_eq!(world.told().last(), Some(&days.unsigned_abs()), "{days}");
    }
}

#[tokio::test]
async fn of_what_was_missed_the_latest_is_told() {
    let world = World::new();
    world.installs(OwnKey::Tr34, b"certificate", END);
    world.runs(before(61, 0)).await;
    // Nothing ran for eight weeks.
    world.runs(before(5, 0)).await;
    world.runs(before(4, 0)).await;
    assert_eq!(world.told(), [7]);
}

#[tokio::test]
async fn a_certificate_that_takes_the_place_of_another_is_told_of_by_itself() {
    let world = World::new();
    world.installs(OwnKey::Tr34, b"first", END);
    world.runs(before(20, 0)).await;
    world.installs(OwnKey::Tr34, b"second", "2028-06-30T12:00:00Z");
    for day in (0..20).rev() {
        world.runs(before(day, 0)).await;
    }
    assert_eq!(world.told(), [30]);
    world.runs(utc("2028-05-30T12:00:00Z")).await;
    assert_eq!(world.told(), [30, 60]);
}

#[tokio::test]
async fn the_reminder_says_of_which_key_and_what_to_do_and_is_recorded() {
    let world = World::new();
    world.installs(OwnKey::PackageSigning, b"certificate", END);
    let output = world.runs(before(6, 0)).await;
    assert_eq!(output.reminded, [OwnKey::PackageSigning]);
    let [event] = &world.aws.announced()[..] else {
        panic!("one event was expected");
    };
    assert_eq!(event.detail_type, "Certificate Expires");
    let fingerprint = Sha256::of(b"certificate");
    assert_eq!(
        event.detail,
        json!({
            "version": 1,
            "ceremony": "certificate-enrolment",
            "ceremonyId": "enrolment-package-signing-0123456789abcdef",
            "partner": null, "environment": null, "dataType": null,
            "key": "package-signing",
            "keyArn": "arn:package-signing",
            "certificateSha256": fingerprint,
            "notAfter": "2027-06-30T12:00:00Z",
            "daysBefore": 7,
            "daysLeft": 6,
            "what": "the certificate of the signing key `package-signing` ends at \
                     2027-06-30T12:00:00Z.",
            "remedy": "Ask for another certificate with `ceremony enrol request package-signing --out \
                       package-signing.csr.pem`, and `--new-key` for a new key. Have the CA issue \
                       it, and have it put into the inbox below `enrolment/package-signing/`, with \
                       its issuers.",
        })
    );
    let record = format!("reminders/package-signing/{fingerprint}/7.json");
    let recorded: Value = serde_json::from_slice(&world.aws.only(EVIDENCE, &record).bytes).unwrap();
    assert_eq!(recorded["detail"], event.detail);
}

#[tokio::test]
async fn nothing_is_told_of_a_key_without_a_certificate() {
    let world = World::new();
    assert_eq!(world.runs(utc(END)).await.reminded, []);
    assert_eq!(world.told(), [0; 0]);
}

/// Whoever is told twice after a crash in between has lost nothing.
#[tokio::test(start_paused = true)]
async fn what_was_not_recorded_is_told_again() {
    let world = World::new();
    world.installs(OwnKey::Tr34, b"certificate", END);
    world
        .aws
        .fault_for_good("PutObject", Fault::Refused(500, "InternalError"));
    let error = handle(&world.context, before(7, 0)).await.unwrap_err();
    assert_eq!(error.name(), "ServiceUnavailable");
    world.aws.mend();
    world.runs(before(7, 0)).await;
    world.runs(before(6, 0)).await;
    assert_eq!(world.told(), [7, 7]);
}

#[tokio::test]
async fn a_key_that_cannot_be_looked_at_keeps_nobody_from_hearing_of_another() {
    let world = World::new();
    let broken = OwnKey::PackageSigning.installed_parameter();
    world.aws.put_plain_parameter(&broken, "{}");
    world.installs(OwnKey::Tr34, b"certificate", END);
    let error = handle(&world.context, before(7, 0)).await.unwrap_err();
    assert_eq!(error.name(), "InstalledMalformed");
    assert_eq!(world.told(), [7]);
}
