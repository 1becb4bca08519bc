//! A proven certificate is installed once, in exactly the version of its chain that was written.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::clearance::Clearance;
use ceremony::enrolment::{Installation, Installed, OwnKey};
use ceremony::evidence::Deed;
use ceremony::utc::Utc;
use emulated::aws::{Aws, Fault};
use emulated::enrolment::{KEY_ARN, enrolment, own_chain, own_chain_builder, policy_of};
use emulated::{clearance, path};
use install_certificate::{Context, Error, Input, handle};
use partner::Pki;
use serde_json::Value;
use step::{Journal, StepError};
use storage::installed_chain;

const EVIDENCE: &str = "evidence";
const PARAMETER: &str = "/key-ceremony/certificates/package-signing";

struct Installing {
    aws: Aws,
    input: Input,
    journal: Journal,
}

impl Installing {
    /// The chain lies where `Publish` has written it.
    fn new(aws: &Aws, pki: &Pki) -> Self {
        let (ceremony, path) = (enrolment(pki), path(pki));
        let pem = pki.leaf.pem() + &pki.intermediates[0].pem() + &pki.root.pem();
        let key = ceremony.ceremony_id.evidence_key("certificates.pem");
        aws.put(EVIDENCE, &key, pem);
        // As the role sees it, which may not list the bucket.
        aws.forbid_listing();
        Self {
            aws: aws.clone(),
            input: Input {
                revocation: clearance(&path),
                policy: policy_of(pki, |_| {}),
                installed_at: Utc::of_unix_seconds(1_800_000_000).unwrap(),
                ceremony,
                path,
            },
            journal: Journal::default(),
        }
    }

    async fn installs(&self) -> Result<Installation, Error> {
        let config = self.aws.config();
        let context = Context {
            s3: aws_sdk_s3::Client::new(&config),
            ssm: aws_sdk_ssm::Client::new(&config),
            evidence_bucket: EVIDENCE.to_owned(),
        };
        let installed = handle(&context, self.input.clone(), Utc::now(), &self.journal).await;
        installed.map(|output| output.0)
    }

    fn is_installed(&self) -> Option<Installed> {
        let value = self.aws.parameter(PARAMETER)?;
        Some(serde_json::from_str(&value).unwrap())
    }

    fn decision(&self) -> String {
        self.input
            .ceremony
            .ceremony_id
            .evidence_key("installed.json")
    }
}

/// The next year's, for the same key.
fn renewed() -> Pki {
    let now = time::OffsetDateTime::now_utc();
    let (from, until) = (now - time::Duration::MINUTE, time::Duration::days(300));
    own_chain_builder()
        .leaf(|leaf| leaf.valid(from, now + until))
        .build()
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_installed_with_its_chain() {
    let (aws, pki) = (Aws::default(), own_chain());
    let installing = Installing::new(&aws, &pki);
    let Installation {
        installed,
        replaces,
    } = installing.installs().await.unwrap();
    assert_eq!(replaces, None);
    assert_eq!(installing.is_installed(), Some(installed.clone()));
    assert_eq!(installed.key, OwnKey::PackageSigning);
    assert_eq!(installed.key_arn, KEY_ARN);
    assert_eq!(installed.certificate_sha256, path(&pki).leaf.sha256());
    assert_eq!(installed.installed_at, installing.input.installed_at);
    // What reads it finds these very certificates, whatever comes later.
    aws.put(EVIDENCE, &installed.chain_key, "another version");
    let s3 = aws_sdk_s3::Client::new(&aws.config());
    let chain = installed_chain(&s3, EVIDENCE, &installed).await.unwrap();
    assert_eq!(chain.certificate, path(&pki).leaf);
    assert_eq!(chain.issuers.len(), 2);
    let decision =
        serde_json::from_slice::<Installation>(&aws.only(EVIDENCE, &installing.decision()).bytes);
    assert_eq!(decision.unwrap().installed, installed);
    assert!(matches!(
        &installing.journal.deeds()[..],
        [Deed::Wrote { .. }, Deed::Installed { .. }]
    ));
}

#[tokio::test(start_paused = true)]
async fn another_attempt_does_the_same() {
    let (aws, pki) = (Aws::default(), own_chain());
    Installing::new(&aws, &pki).installs().await.unwrap();
    let renewed = renewed();
    let installing = Installing::new(&aws, &renewed);
    aws.fault("PutParameter", 1..=1, Fault::Denied);
    assert_eq!(
        installing.installs().await.unwrap_err().name(),
        "AccessDenied"
    );
    let first = installing.installs().await.unwrap();
    let expected = path(&pki).leaf.sha256();
    assert_eq!(
        first.replaces.as_ref().map(|it| &it.certificate_sha256),
        Some(&expected)
    );
    // The parameter has it by now, and what was replaced is still told.
    assert_eq!(installing.installs().await.unwrap(), first);
    assert_eq!(installing.is_installed(), Some(first.installed));
}

#[tokio::test(start_paused = true)]
async fn an_older_certificate_does_not_undo_a_renewal() {
    let aws = Aws::default();
    let newer = Installing::new(&aws, &renewed()).installs().await.unwrap();
    let older = Installing::new(&aws, &own_chain());
    let error = older.installs().await.unwrap_err();
    assert_eq!(error.name(), "NewerInstalled", "{error}");
    assert_eq!(older.is_installed(), Some(newer.installed));
    assert!(!aws.keys(EVIDENCE).contains(&older.decision()));
}

/// The older one's first attempt got as far as its decision. What is installed by the time of the next
/// is what counts, and the decision stays on record.
#[tokio::test(start_paused = true)]
async fn another_attempt_does_not_undo_what_was_installed_meanwhile() {
    let aws = Aws::default();
    let older = Installing::new(&aws, &own_chain());
    aws.fault("PutParameter", 1..=1, Fault::Denied);
    let error = older.installs().await.unwrap_err();
    assert_eq!(error.name(), "AccessDenied");
    let decision = aws.only(EVIDENCE, &older.decision()).bytes;

    let newer = Installing::new(&aws, &renewed()).installs().await.unwrap();
    assert_eq!(newer.replaces, None);
    let error = older.installs().await.unwrap_err();
    assert_eq!(error.name(), "NewerInstalled", "{error}");
    assert_eq!(older.is_installed(), Some(newer.installed));
    assert_eq!(aws.only(EVIDENCE, &older.decision()).bytes, decision);
}

/// The same the other way round: what is told to be replaced is what really was.
#[tokio::test(start_paused = true)]
async fn another_attempt_tells_what_it_replaces_by_then() {
    let aws = Aws::default();
    let newer = Installing::new(&aws, &renewed());
    aws.fault("PutParameter", 1..=1, Fault::Denied);
    newer.installs().await.unwrap_err();
    let older = Installing::new(&aws, &own_chain())
        .installs()
        .await
        .unwrap();
    let Installation {
        installed,
        replaces,
    } = newer.installs().await.unwrap();
    assert_eq!(newer.is_installed(), Some(installed.clone()));
    let replaced = replaces.unwrap().certificate_sha256;
    assert_eq!(replaced, older.installed.certificate_sha256);
    // The record has the first decision, when nothing was there to be replaced.
    let decision = aws.only(EVIDENCE, &newer.decision()).bytes;
    let decision: Installation = serde_json::from_slice(&decision).unwrap();
    assert_eq!((decision.installed, decision.replaces), (installed, None));
}

/// Somebody else wrote in between: the machine tries again, and that attempt decides.
#[tokio::test(start_paused = true)]
async fn what_is_read_back_must_be_what_was_written() {
    let (aws, pki) = (Aws::default(), own_chain());
    let installing = Installing::new(&aws, &pki);
    aws.fault("GetParameter", 2..=2, Fault::Answered(of_another_ceremony));
    let error = installing.installs().await.unwrap_err();
    assert_eq!(error.name(), "ServiceUnavailable", "{error}");
    let again = installing.installs().await.unwrap();
    assert_eq!(installing.is_installed(), Some(again.installed));
}

fn of_another_ceremony(answer: &mut Value) {
    let value = answer["Parameter"]["Value"].as_str().unwrap();
    let mut installed: Installed = serde_json::from_str(value).unwrap();
    installed.ceremony_id = "enrolment-package-signing-0123456789abcdef".to_owned();
    answer["Parameter"]["Value"] = serde_json::to_string(&installed).unwrap().into();
}

#[tokio::test(start_paused = true)]
async fn what_is_not_proven_or_cleared_is_not_installed() {
    let refused = async |change: fn(&mut Input)| {
        let mut installing = Installing::new(&Aws::default(), &own_chain());
        change(&mut installing.input);
        let error = installing.installs().await.unwrap_err();
        assert_eq!(installing.is_installed(), None);
        error.name()
    };
    let pinned_nowhere: fn(&mut Input) = |input| input.policy.trust_anchors.clear();
    assert_eq!(refused(pinned_nowhere).await, "PathNotProven");
    let nobody_asked: fn(&mut Input) = |input| {
        let Input { path, policy, .. } = input;
        let now = Utc::now();
        input.revocation = Clearance::new(path, &policy.revocation, now, Vec::new());
    };
    assert_eq!(refused(nobody_asked).await, "NotCleared");
    let long_ago: fn(&mut Input) = |input| {
        input.revocation.asked_at = Utc::now().plus_seconds(-100 * 60);
    };
    assert_eq!(refused(long_ago).await, "NotCleared");
}

#[tokio::test(start_paused = true)]
async fn a_chain_that_is_not_the_proven_one_is_not_installed() {
    let installing = Installing::new(&Aws::default(), &own_chain());
    let key = installing
        .input
        .ceremony
        .ceremony_id
        .evidence_key("certificates.pem");
    installing.aws.put(EVIDENCE, &key, "something else");
    let error = installing.installs().await.unwrap_err();
    assert_eq!(error.name(), "ChainDiffers", "{error}");
    assert_eq!(installing.is_installed(), None);
}
