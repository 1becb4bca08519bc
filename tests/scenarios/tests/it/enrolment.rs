//! Certificates for our own keys that must not be installed: refused in a record, and announced without
//! a partner. (What is installed is for everybody on a stack: the rehearsal's story has one of its own.)

use std::time::{Duration, Instant};

use partner::{Issued, Pki, Profile, Reason, Request};
use rehearsal::Execution;
use rehearsal::actors::{Event, Operator, Watcher};
use scenarios::World;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(120);
const KEY: &str = "package-signing";

/// The key's folder, where one certificate after the other is dropped.
struct Enrolling {
    world: &'static World,
    ceremonies: Vec<String>,
}

impl Enrolling {
    async fn start() -> Self {
        Self {
            world: World::get().await,
            ceremonies: Vec::new(),
        }
    }

    fn operator(&self) -> Operator<'static> {
        Operator::new(self.world.stack.connection())
    }

    /// What the CA of this chain issues for our request.
    async fn is_issued(&self, pki: &Pki, profile: Profile) -> Issued {
        let request = self.operator().fetches_request("csr.pem").await;
        let request = Request::from_pem(&request.expect("a request")).expect("a sound request");
        let services = self.world.stack.connection().revocation.url.clone();
        pki.issue(&request, profile, Some(&services))
    }

    async fn operator_pins(&self, pki: &Pki) {
        let rules = json!({ "key": KEY, "trustAnchors": [pki.root.sha256()] });
        let written = self.operator().put_enrolment_rules(KEY, &rules).await;
        written.expect("rules");
    }

    /// Drops certificate and CAs in one file; ends in the named error.
    async fn fails(&mut self, pki: &Pki, issued: &Issued, error: &str) -> (Execution, Event) {
        let chain = issued.pem() + &pki.intermediates[0].pem() + &pki.root.pem();
        let dropped = self
            .operator()
            .drops(KEY, &format!("{error}.pem"), chain)
            .await;
        dropped.expect("a drop");
        let connection = self.world.stack.connection();
        let watcher = Watcher::new(connection, "certificate-enrolment").expect("a machine");
        let known: Vec<&str> = self.ceremonies.iter().map(String::as_str).collect();
        let arn = watcher.start_of("enrolment-", &known, PATIENCE).await;
        let execution = watcher.end_of(&arn.expect("a start"), PATIENCE).await;
        let execution = execution.expect("an end");
        assert_eq!(
            execution.error.as_deref(),
            Some(error),
            "{:?}",
            execution.cause
        );
        self.ceremonies.push(execution.name.clone());
        let event = self.is_told("Ceremony Failed", &execution.name).await;
        assert_eq!(event.detail["error"], error);
        assert_eq!(event.detail["ceremony"], "certificate-enrolment");
        let evidence = watcher.evidence(&execution.name).await.expect("evidence");
        assert!(evidence.keys().any(|file| file.starts_with("failure-")));
        assert!(!evidence.contains_key("installed.json"));
        (execution, event)
    }

    async fn is_told(&self, detail_type: &str, ceremony: &str) -> Event {
        let waiting = Instant::now();
        loop {
            let mut events = self.world.events_without_partner().into_iter();
            let told = |event: &Event| {
                event.detail_type == detail_type && event.detail["ceremonyId"] == ceremony
            };
            if let Some(event) = events.find(told) {
                return event;
            }
            assert!(waiting.elapsed() < PATIENCE, "not told of {ceremony}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// One after the other, since the newest certificate of a folder is the one that counts.
#[tokio::test]
async fn certificates_of_ours_that_must_not_be_installed() {
    let mut enrolling = Enrolling::start().await;
    let revocation = &enrolling.world.stack.connection().revocation;
    let chain = Pki::builder("unused").named("scenarios/enrolment");
    let pki = revocation
        .enrol("scenarios-enrolment", chain)
        .expect("a chain");

    // Nobody has said yet which CAs may.
    let issued = enrolling.is_issued(&pki, signer(60)).await;
    enrolling.fails(&pki, &issued, "RulesMissing").await;

    enrolling.operator_pins(&quick(&pki)).await;
    let issued = enrolling.is_issued(&pki, signer(50)).await;
    let (execution, _) = enrolling.fails(&pki, &issued, "RootNotPinned").await;
    let cause = execution.cause.unwrap_or_default();
    assert!(cause.contains(&pki.root.sha256()), "{cause}");

    enrolling.operator_pins(&pki).await;
    let issued = enrolling.is_issued(&pki, signer(40)).await;
    let serial = issued.serial();
    let revoked = revocation.revoke("scenarios-enrolment", &serial, Reason::Superseded);
    revoked.expect("a revocation");
    enrolling.fails(&pki, &issued, "CertificateRevoked").await;

    let installed = enrolling
        .operator()
        .installed(KEY)
        .await
        .expect("an answer");
    assert_eq!(installed, Value::Null);
}

/// Valid since so many minutes: each newer than the one before.
fn signer(minutes: i64) -> Profile {
    let now = time::OffsetDateTime::now_utc();
    let now = now.replace_nanosecond(0).expect("a second");
    Profile::signer().valid(
        now - time::Duration::minutes(minutes),
        now + time::Duration::days(90),
    )
}

/// Another root than that of the chain.
fn quick(pki: &Pki) -> Pki {
    let other = Pki::builder("unused").named("scenarios/another").build();
    assert_ne!(other.root.sha256(), pki.root.sha256());
    other
}
