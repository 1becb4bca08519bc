//! What a ceremony is told about revocation: proven, refused, or to be asked again.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod again;
mod evidence;
mod refused;

use std::sync::LazyLock;
use std::time::Duration;

use ceremony::certificate::Certificate;
use ceremony::clearance::Clearance;
use ceremony::digest::Sha256;
use ceremony::profile::Policy;
use ceremony::revocation::{Proof, Requirement, Source, Status};
use ceremony::utc::Utc;
use check_revocation::{
    Ask, Awaited, Context, Error, Input, Output, Pending, Proven, Refused, handle,
};
use emulated::aws::Aws;
use emulated::{ceremony, chain, path, policy};
use partner::Pki;
use revocation::{Fetch, FetchError, Found, Inquiry, Request, Response};
use step::{Journal, StepError};

const EVIDENCE: &str = "evidence";

static PKI: LazyLock<Pki> = LazyLock::new(chain);

/// The issuers' services, as a test has them answer.
struct Services<F> {
    say: F,
    /// How long each takes.
    takes: Duration,
    /// Who was asked about, and as issued by whom.
    asked: Vec<(Sha256, Sha256)>,
}

impl<F: FnMut(&Certificate) -> Found> Services<F> {
    fn that(say: F) -> Self {
        Self {
            say,
            takes: Duration::ZERO,
            asked: Vec::new(),
        }
    }
}

impl<F: FnMut(&Certificate) -> Found> Ask for Services<F> {
    async fn ask(&mut self, subject: &Certificate, issuer: &Certificate, _: Utc) -> Found {
        self.asked.push((subject.sha256(), issuer.sha256()));
        tokio::time::sleep(self.takes).await;
        (self.say)(subject)
    }
}

/// A ceremony's calls of the step.
struct Steps {
    aws: Aws,
    context: Context,
    journal: Journal,
    policy: Policy,
}

impl Steps {
    fn new() -> Self {
        let aws = Aws::default();
        let context = Context {
            s3: aws_sdk_s3::Client::new(&aws.config()),
            evidence_bucket: EVIDENCE.to_owned(),
        };
        let mut policy = policy(&PKI, |_| {});
        policy.revocation.policy = Requirement::Required;
        Self {
            aws,
            context,
            journal: Journal::default(),
            policy,
        }
    }

    fn input(&self) -> Input {
        Input {
            ceremony: ceremony().into(),
            path: path(&PKI),
            policy: self.policy.clone().into(),
            awaited: None,
            previous: None,
        }
    }

    async fn call(&self, services: &mut impl Ask, input: Input) -> Result<Output, Error> {
        handle(&self.context, services, input, &self.journal).await
    }

    async fn proven(&self, services: &mut impl Ask, input: Input) -> Proven {
        match self.call(services, input).await.unwrap() {
            Output::Proven(proven) => proven,
            other => panic!("not proven: {other:?}"),
        }
    }

    async fn refused(&self, services: &mut impl Ask, input: Input) -> Refused {
        match self.call(services, input).await.unwrap() {
            Output::Refused(refused) => refused,
            other => panic!("not refused: {other:?}"),
        }
    }

    async fn waits(&self, services: &mut impl Ask, input: Input) -> Awaited {
        match self.call(services, input).await.unwrap() {
            Output::Pending(Pending { pending }) => pending,
            other => panic!("nothing to wait for: {other:?}"),
        }
    }
}

fn leaf() -> Sha256 {
    path(&PKI).leaf.sha256()
}

fn issuing() -> Sha256 {
    path(&PKI).intermediates[0].sha256()
}

fn is_leaf(certificate: &Certificate) -> bool {
    certificate.sha256() == leaf()
}

/// An answer of its own for each certificate, current for half a day.
fn good(certificate: &Certificate) -> Found {
    not_revoked(certificate.sha256().to_string().as_bytes(), 12 * 60 * 60)
}

fn not_revoked(bytes: &[u8], current_for: i64) -> Found {
    signed(bytes, |proof| Status::NotRevoked {
        proof: Proof {
            next_update: Some(Utc::now().plus_seconds(current_for)),
            ..proof
        },
    })
}

fn signed(bytes: &[u8], status: impl FnOnce(Proof) -> Status) -> Found {
    let now = Utc::now();
    let proof = Proof {
        source: Source::Ocsp,
        url: "http://ocsp.example/".to_owned(),
        signer: "CN=Responder".to_owned(),
        produced_at: Some(now),
        this_update: now,
        next_update: None,
        response_sha256: Sha256::of(bytes),
        response_bytes: bytes.len(),
        responder_crl_sha256: None,
    };
    let response = Some(Response {
        source: Source::Ocsp,
        bytes: bytes.to_vec(),
    });
    let status = status(proof);
    Found {
        status,
        response,
        responder_crl: None,
    }
}

fn unsigned(status: Status) -> Found {
    let response = None;
    Found {
        status,
        response,
        responder_crl: None,
    }
}

fn unavailable(_: &Certificate) -> Found {
    let reasons = vec!["http://ocsp.example/: connection refused".to_owned()];
    unsigned(Status::Unavailable { reasons })
}

/// No partner's profile says what is demanded of a certificate of ours.
#[tokio::test(start_paused = true)]
async fn a_certificate_of_ours_is_asked_about_by_the_enrolment_rules() {
    let pki = emulated::enrolment::own_chain();
    let steps = Steps::new();
    let mut policy = emulated::enrolment::policy_of(&pki, |_| {});
    policy.revocation.policy = Requirement::Required;
    let enrolment = emulated::enrolment::enrolment(&pki);
    let mut input = Input {
        ceremony: enrolment.clone().into(),
        path: path(&pki),
        policy: policy.clone().into(),
        ..steps.input()
    };
    let mut services = Services::that(good);
    let proven = steps.proven(&mut services, input.clone()).await;
    assert_eq!(
        proven.proven.covers(&input.path, &policy.revocation),
        Ok(())
    );
    let below = enrolment.ceremony_id.evidence_key("revocation/");
    let kept = steps.aws.keys(EVIDENCE);
    assert!(
        !kept.is_empty() && kept.iter().all(|key| key.starts_with(&below)),
        "{kept:?}"
    );

    policy.request.public_key_sha256 = Sha256::of(b"other");
    input.policy = policy.into();
    let error = steps.call(&mut services, input).await.unwrap_err();
    assert_eq!(error.name(), "PathNotProven", "{error}");
}

#[tokio::test(start_paused = true)]
async fn leaf_and_intermediate_are_asked_about_with_their_issuers_and_the_root_is_not() {
    let (steps, mut services) = (Steps::new(), Services::that(good));
    let root = path(&PKI).root.sha256();
    let Proven { proven, asked } = steps.proven(&mut services, steps.input()).await;
    assert!(asked);
    assert_eq!(services.asked, [(leaf(), issuing()), (issuing(), root)]);
    assert_eq!(proven.summary.policy, Requirement::Required);
    assert_eq!(proven.summary.not_proven, []);
    let rules = &steps.policy.revocation;
    assert_eq!(proven.covers(&path(&PKI), rules), Ok(()));
    assert_eq!(proven.is_recent(rules, Utc::now(), 0), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_where_the_profile_does_not_want_it_and_that_is_said() {
    let mut steps = Steps::new();
    steps.policy.revocation.policy = Requirement::Off;
    let mut services = Services::that(good);
    let Proven { proven, asked } = steps.proven(&mut services, steps.input()).await;
    assert!(!asked && services.asked.is_empty());
    assert_eq!(proven.summary.policy, Requirement::Off);
    assert_eq!(proven.summary.not_proven, [leaf(), issuing()]);
    assert_eq!(steps.aws.calls(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_names_no_service_passes_only_when_available() {
    let no_service_for_the_leaf = |certificate: &Certificate| match is_leaf(certificate) {
        true => unsigned(Status::NoService),
        false => good(certificate),
    };
    let mut steps = Steps::new();
    let mut services = Services::that(no_service_for_the_leaf);
    let refused = steps.refused(&mut services, steps.input()).await.refused;
    assert_eq!(refused.error, "RevocationServiceMissing");
    assert!(refused.what.contains("neither an OCSP responder nor a CRL"));

    steps.policy.revocation.policy = Requirement::WhenAvailable;
    let proven = steps.proven(&mut services, steps.input()).await.proven;
    assert_eq!(proven.summary.policy, Requirement::WhenAvailable);
    assert_eq!(proven.summary.not_proven, [leaf()]);
    assert_eq!(proven.covers(&path(&PKI), &steps.policy.revocation), Ok(()));
    // What was enough for one profile is not for the other.
    steps.policy.revocation.policy = Requirement::Required;
    assert!(
        proven
            .covers(&path(&PKI), &steps.policy.revocation)
            .is_err()
    );
}

#[tokio::test(start_paused = true)]
async fn a_path_that_is_not_proven_says_nobody_whom_to_ask() {
    let (mut steps, mut services) = (Steps::new(), Services::that(good));
    steps.policy.trust.trust_anchors = vec![Sha256::of(b"another root")];
    let error = steps.call(&mut services, steps.input()).await.unwrap_err();
    assert_eq!(error.name(), "PathNotProven");
    assert!(services.asked.is_empty());
}

/// As the product asks, and no address comes out of this chain.
#[tokio::test(start_paused = true)]
async fn a_chain_that_names_no_service_is_told_so_by_the_inquiry_itself() {
    struct Nobody;
    impl Fetch for Nobody {
        async fn fetch(&self, request: Request<'_>) -> Result<Vec<u8>, FetchError> {
            panic!("{} was asked", request.url)
        }
    }
    let steps = Steps::new();
    let mut inquiry = Inquiry::new(&Nobody, steps.policy.revocation);
    let refused = steps.refused(&mut inquiry, steps.input()).await;
    assert_eq!(refused.refused.error, "RevocationServiceMissing");
    assert!(refused.refused.what.starts_with("2 of 2 certificates"));
}

/// What the second look is given.
async fn earlier(steps: &Steps) -> Clearance {
    let mut services = Services::that(good);
    steps.proven(&mut services, steps.input()).await.proven
}
