//! What is asked for from a desk, and what is told of certificates: the function behind it is the step
//! itself, in this process.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use ceremony::digest::Sha256;
use ceremony::enrolment::{CertificateRequest, Installed, OwnKey, RequestOrder, Requested};
use ceremony::utc::Utc;
use desk::enrol::{Error, State, Status, request, told};
use emulated::aws::{Aws, Fault, Signer};
use emulated::{Emulated, certificate, quick_chain};
use partner::{KeyKind, PrivateKey};
use request_certificate::Context;
use serde_json::{Value, json};
use step::error::to_diagnostic;

#[allow(dead_code, reason = "what other tests need of a desk")]
#[path = "desk/mod.rs"]
mod at_a_desk;

use at_a_desk::Desk;

const EVIDENCE: &str = "evidence";
const KMS_KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/first";
const NAME: &str = "CN=Acme TR-34,O=Acme";

/// Lambda, which calls the step.
#[derive(Clone)]
struct Lambda(Arc<Context>);

impl std::fmt::Debug for Lambda {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lambda")
    }
}

impl HttpConnector for Lambda {
    fn call(&self, call: HttpRequest) -> HttpConnectorFuture {
        let context = Arc::clone(&self.0);
        let path = "/2015-03-31/functions/request-certificate/invocations";
        assert!(call.uri().ends_with(path), "{}", call.uri());
        let order = serde_json::from_slice(call.body().bytes().unwrap()).unwrap();
        // What the step waits for stays on one thread.
        let answer = tokio::task::spawn_blocking(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let runtime = runtime.expect("a runtime");
            answer(runtime.block_on(request_certificate::handle(&context, order)))
        });
        HttpConnectorFuture::new(async move { Ok(answer.await.expect("an answer")) })
    }
}

/// As Lambda gives a function's result, or its error.
fn answer(outcome: Result<Requested, request_certificate::Error>) -> HttpResponse {
    let status = 200.try_into().unwrap();
    match outcome {
        Ok(requested) => {
            let body = serde_json::to_string(&requested).unwrap();
            HttpResponse::new(status, SdkBody::from(body))
        }
        Err(error) => {
            let told = to_diagnostic(&error, Vec::new());
            let body = json!({
                "errorType": told.error_type, "errorMessage": told.error_message,
            });
            let mut answer = HttpResponse::new(status, SdkBody::from(body.to_string()));
            let headers = answer.headers_mut();
            headers.insert("x-amz-function-error", "Unhandled");
            answer
        }
    }
}

struct World {
    aws: Aws,
    config: aws_config::SdkConfig,
    _keys: Emulated,
}

impl World {
    async fn new() -> Self {
        let (aws, keys) = (Aws::default(), Emulated::start().await);
        aws.put_signer(Signer::new(KMS_KEY, PrivateKey::generate(KeyKind::EccP256)));
        let config = aws.config();
        let context = Context {
            kms: aws_sdk_kms::Client::new(&config),
            payment_cryptography: keys.client.clone(),
            s3: aws_sdk_s3::Client::new(&config),
            ssm: aws_sdk_ssm::Client::new(&config),
            outbox_bucket: "outbox".to_owned(),
            evidence_bucket: EVIDENCE.to_owned(),
            signing_key_arns: vec![KMS_KEY.to_owned()],
        };
        let lambda = SharedHttpConnector::new(Lambda(Arc::new(context)));
        let client = http_client_fn(move |_, _| lambda.clone());
        Self {
            config: config.into_builder().http_client(client).build(),
            aws,
            _keys: keys,
        }
    }

    async fn asks(&self, order: &RequestOrder) -> Result<Requested, Error> {
        request(&self.config, "request-certificate", order).await
    }

    async fn status(&self) -> Status {
        let config = self.aws.config();
        let (s3, ssm) = (
            aws_sdk_s3::Client::new(&config),
            aws_sdk_ssm::Client::new(&config),
        );
        Status::read(&s3, &ssm, EVIDENCE, Utc::now()).await.unwrap()
    }

    /// A certificate of this name for that key, as an enrolment installs it. Nobody here looks whether
    /// the key in it is that key.
    fn installs(&self, request: &CertificateRequest, not_after: Utc) -> CertificateRequest {
        let pki = quick_chain();
        let (leaf, root) = (certificate(&pki.leaf), certificate(&pki.root));
        let chain = format!("{}{}", leaf.to_pem(), root.to_pem());
        let chain_sha256 = Sha256::of(chain.as_bytes());
        let version = self.aws.put(EVIDENCE, "enrolled/certificates.pem", chain);
        let installed = Installed {
            version: Installed::VERSION,
            key: request.key,
            key_arn: request.key_arn.clone(),
            chain_key: "enrolled/certificates.pem".to_owned(),
            chain_version_id: version,
            chain_sha256,
            certificate_sha256: leaf.sha256(),
            not_before: leaf.not_before(),
            not_after,
            ceremony_id: "enrolment-tr34-0123456789abcdef".to_owned(),
            installed_at: Utc::now(),
        };
        let document = serde_json::to_string(&installed).unwrap();
        let name = request.key.installed_parameter();
        self.aws.put_plain_parameter(&name, &document);
        // The request that it answers, under its name.
        let subject = leaf.subject_der();
        CertificateRequest {
            subject_der: subject.iter().map(|byte| format!("{byte:02x}")).collect(),
            ..request.clone()
        }
    }

    fn records(&self, name: &str, request: &CertificateRequest) {
        let key = format!("{}{name}.json", request.key.requests_prefix());
        self.aws
            .put(EVIDENCE, &key, serde_json::to_vec(request).unwrap());
    }
}

fn order() -> RequestOrder {
    RequestOrder {
        key: OwnKey::Tr34,
        subject: Some(NAME.to_owned()),
        new_key: false,
        key_algorithm: None,
    }
}

#[tokio::test]
async fn a_request_comes_with_what_to_do_with_it() {
    let world = World::new().await;
    let requested = world.asks(&order()).await.unwrap();
    assert!(
        requested
            .csr
            .starts_with("-----BEGIN CERTIFICATE REQUEST-----\n")
    );
    let words = told(&requested, Some("tr34.csr.pem".as_ref()), Some("inbox"));
    for part in [
        "made just now",
        NAME,
        &requested.request.public_key_sha256.to_string(),
        "openssl req -in tr34.csr.pem -noout -pubkey",
        "s3://inbox/enrolment/tr34/",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let again = world.asks(&order()).await.unwrap();
    let words = told(&again, None, None);
    assert!(words.contains("was there already"), "{words}");
}

#[tokio::test]
async fn a_refusal_says_its_name_and_what_to_do() {
    let world = World::new().await;
    let order = RequestOrder {
        subject: None,
        ..order()
    };
    let error = world.asks(&order).await.unwrap_err();
    let Error::Refused(refusal) = &error else {
        panic!("{error}");
    };
    assert_eq!(refusal.name, "SubjectMissing");
    assert!(refusal.remedy.contains("--subject"), "{refusal}");
    assert!(error.to_string().contains("What to do: "), "{error}");
}

#[tokio::test]
async fn the_status_tells_pending_requests_and_what_is_installed() {
    let world = World::new().await;
    let status = world.status().await;
    assert!(status.keys.iter().all(|key| key.installed.is_none()));
    let first = world.asks(&order()).await.unwrap().request;
    let [packages, tr34] = &world.status().await.keys[..] else {
        panic!("two keys were expected");
    };
    assert_eq!(packages.requests.len(), 0);
    assert_eq!(tr34.requests[0].state, State::Pending);
    assert_eq!(tr34.requests[0].subject, NAME);

    let in_a_month = Utc::now().plus_seconds(30 * 24 * 3600 + 60);
    let answered = world.installs(&first, in_a_month);
    let later = |request: &CertificateRequest, seconds| CertificateRequest {
        requested_at: request.requested_at.plus_seconds(seconds),
        ..request.clone()
    };
    world.records("answered", &later(&answered, 1));
    let other = CertificateRequest {
        key_arn: "arn:next".to_owned(),
        ..later(&first, 2)
    };
    world.records("other", &other);
    let status = world.status().await;
    let tr34 = &status.keys[1];
    let states: Vec<State> = tr34.requests.iter().map(|it| it.state).collect();
    assert_eq!(states, [State::Earlier, State::Installed, State::Pending]);
    let installed = tr34.installed.as_ref().unwrap();
    assert_eq!(installed.days_left, 30);
    assert_eq!(installed.key_arn, first.key_arn);
    assert!(!status.has_ended());

    let table = status.table();
    for part in ["30 more days", "pending", "arn:next", "package-signing"] {
        assert!(table.contains(part), "{part}: {table}");
    }
    let document: Value = serde_json::from_str(&status.json()).unwrap();
    assert_eq!(document["version"], 1);
    assert_eq!(document["keys"][1]["installed"]["daysLeft"], 30);
    assert_eq!(document["keys"][1]["requests"][2]["state"], "pending");
}

#[tokio::test]
async fn a_certificate_that_has_ended_is_told() {
    let world = World::new().await;
    let first = world.asks(&order()).await.unwrap().request;
    world.installs(&first, Utc::now().plus_seconds(-1));
    let status = world.status().await;
    assert!(status.has_ended());
    assert!(status.table().contains("ended at"), "{}", status.table());
}

#[tokio::test]
async fn a_chain_that_is_not_the_one_that_was_installed_is_no_status() {
    let world = World::new().await;
    let first = world.asks(&order()).await.unwrap().request;
    world.installs(&first, Utc::now());
    world
        .aws
        .fault_for_good("GetObject", Fault::ChangedOnTheWay);
    let config = world.aws.config();
    let (s3, ssm) = (
        aws_sdk_s3::Client::new(&config),
        aws_sdk_ssm::Client::new(&config),
    );
    let read = Status::read(&s3, &ssm, EVIDENCE, Utc::now()).await;
    assert!(read.is_err(), "{read:?}");
}

#[test]
fn a_file_that_is_there_is_not_overwritten_and_nothing_is_asked_for() {
    let desk = Desk::new();
    desk.put("tr34.csr.pem", "what lies there");
    let ran = desk.ceremony(&[
        "enrol",
        "request",
        "tr34",
        "--subject",
        NAME,
        "--out",
        "tr34.csr.pem",
    ]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("is not overwritten"), "{ran:?}");
}

#[test]
fn a_key_that_is_none_of_ours_is_refused() {
    let ran = Desk::new().ceremony(&["enrol", "request", "tr31"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("package-signing"), "{ran:?}");
}
