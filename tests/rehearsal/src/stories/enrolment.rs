//! A CA certifies our signing keys: the request is fetched, the certificate dropped, proven, installed
//! and announced. A KEK goes out that one of them signs, to a partner that trusts this CA and no other.
//! Then somebody else's certificate is dropped, and refused by name.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use partner::certificate::KeyUsage;
use partner::{Issued, Pki, Profile, Request};
use serde_json::{Value, json};
use workbench::progress::Progress;

use super::{Scenario, Stage, follow_new, methods, save};
use crate::actors::partner::Files;
use crate::actors::{Ear, Event, Execution, Operator, Watcher};
use crate::stack::KEY_CEREMONY;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "enrolment",
    about: "a CA certifies our signing keys, a partner trusts it, and a stranger's certificate is refused",
    stacks: &[KEY_CEREMONY],
    // What is installed comes with every package from then on.
    alone: true,
    prepare: || {
        authority().build();
        methods::tr34_signed_by_us().prepare();
    },
    tell: |stage| Box::pin(tell(stage)),
};

/// Our signing keys, by name, and how each is asked for.
const KEYS: &[(&str, Asked)] = &[
    ("package-signing", Asked::ByDeployment("csr.pem")),
    ("tr34", Asked::ByOperator("CN=TR-34 KDH,O=Rehearsal,C=US")),
];

/// Who asks for a certificate.
#[derive(Clone, Copy)]
enum Asked {
    /// The request lies there in the outbox.
    ByDeployment(&'static str),
    /// Under this name; the key is made on the way.
    ByOperator(&'static str),
}

/// Its name among the authorities of the revocation services.
const AUTHORITY: &str = "enrolment";

const PATIENCE: Duration = Duration::from_secs(60);

fn authority() -> partner::PkiBuilder {
    Pki::builder("identity of somebody else").named(AUTHORITY)
}

async fn tell(stage: &Stage<'_>) -> Result<()> {
    let (connection, progress) = (stage.connection, stage.progress);
    let operator = Operator::new(connection);
    let ear = Ear::listen(connection, SCENARIO.name).await?;
    let pki = connection.revocation.enrol(AUTHORITY, authority())?;
    let mut certificates = Files::new();
    for &(key, asked) in KEYS {
        let step = progress.step(&format!("Fetching the request of the key {key}"));
        let (pem, from) = match asked {
            Asked::ByDeployment(csr) => (operator.fetches_request(csr).await?, csr),
            Asked::ByOperator(subject) => (operator.orders_request(key, subject).await?, subject),
        };
        let request = Request::from_pem(&pem).context("the CA does not take the request")?;
        step.done(&format!("{from}, signed by the key"));

        let step = progress.step("The CA issues, and the operator pins its root");
        let services = Some(connection.revocation.url.as_str());
        let issued = pki.issue(&request, Profile::signer(), services);
        operator.put_enrolment_rules(key, &rules(key, &pki)).await?;
        step.done(&issued.sha256());

        let execution = enrols(stage, &pki, key, &issued).await?;
        let event = announced(&ear, "Certificate Installed", |event| {
            event.detail["certificateSha256"] == issued.sha256()
        })
        .await?;
        is_installed(&operator, key, &issued, &execution, &event).await?;
        certificates.insert(format!("{key}.pem"), issued.pem().into_bytes());
        progress.line(&format!(
            "
  Key          {key}, {}
  Certificate  {}
  Subject      {}
  Valid until  {}
",
            event.detail["keyArn"].as_str().unwrap_or_default(),
            issued.sha256(),
            event.detail["subject"].as_str().unwrap_or_default(),
            event.detail["notAfter"].as_str().unwrap_or_default(),
        ));
    }
    save(&stage.directory.join("enrolment"), &certificates)?;
    methods::tell(stage, methods::tr34_signed_by_us(), Some(&pki.root)).await?;
    is_refused(&operator, &ear, &pki, progress).await
}

pub(super) fn rules(key: &str, pki: &Pki) -> Value {
    json!({
        "key": key,
        "trustAnchors": [pki.root.sha256()],
        "revocation": { "policy": "required" },
    })
}

/// Drops the certificate with its CAs, and follows the ceremony to its end.
pub(super) async fn enrols(
    stage: &Stage<'_>,
    pki: &Pki,
    key: &str,
    issued: &Issued,
) -> Result<Execution> {
    let (connection, progress) = (stage.connection, stage.progress);
    let watcher = Watcher::new(connection, "certificate-enrolment")?;
    let prefix = format!("enrolment-{key}-");
    let known = watcher.executions(&prefix).await?;
    let known: Vec<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
    let step = progress.step("Dropping the certificate");
    let operator = Operator::new(connection);
    let cas = pki.root.pem() + &pki.intermediates[0].pem();
    operator.drops(key, "cas.pem", cas).await?;
    operator.drops(key, "certificate.pem", issued.pem()).await?;
    step.done(&format!("2 files in the inbox, under enrolment/{key}/"));
    let (execution, _) = follow_new(&watcher, &prefix, &known, progress).await?;
    execution.must_have_succeeded()?;
    Ok(execution)
}

/// The parameter, the event and the evidence say the same.
async fn is_installed(
    operator: &Operator<'_>,
    key: &str,
    issued: &Issued,
    execution: &Execution,
    event: &Event,
) -> Result<()> {
    let installed = operator.installed(key).await?;
    for (name, found, expected) in [
        (
            "the certificate",
            &installed["certificateSha256"],
            issued.sha256(),
        ),
        (
            "the ceremony",
            &installed["ceremonyId"],
            execution.name.clone(),
        ),
        (
            "the ceremony of the event",
            &event.detail["ceremonyId"],
            execution.name.clone(),
        ),
        ("the key of the event", &event.detail["key"], key.to_owned()),
    ] {
        ensure!(*found == expected, "{name} is {found}, not {expected}");
    }
    let arn = &event.detail["keyArn"];
    ensure!(
        installed["keyArn"] == *arn,
        "another key is announced: {arn}"
    );
    ensure!(
        event.detail["partner"].is_null(),
        "a partner is announced: {}",
        event.detail
    );
    Ok(())
}

/// Somebody else's certificate, under the same CA, is announced as that and starts nothing.
async fn is_refused(
    operator: &Operator<'_>,
    ear: &Ear,
    pki: &Pki,
    progress: Progress,
) -> Result<()> {
    let (key, _) = KEYS[0];
    let step = progress.step("Dropping somebody else's certificate");
    let before = operator.installed(key).await?;
    let stranger =
        Profile::leaf("Somebody Else", "identity").key_usage(&[KeyUsage::DigitalSignature]);
    let stranger = stranger.issued_by(pki.issuer(), pki.leaf.key());
    operator.drops(key, "stranger.pem", stranger.pem()).await?;
    let file = format!("enrolment/{key}/stranger.pem");
    let event = announced(ear, "Certificates Rejected", |event| event.names(&file)).await?;
    let told = event.detail.to_string();
    for word in ["Somebody Else", key] {
        ensure!(
            told.contains(word),
            "the rejection does not say {word}: {told}"
        );
    }
    let after = operator.installed(key).await?;
    ensure!(before == after, "something else is installed: {after}");
    let reason = event.detail["reason"].as_str().unwrap_or_default();
    step.done(&format!("refused: {reason}"));
    Ok(())
}

/// Waits for an event of that type about a key of ours.
async fn announced(ear: &Ear, kind: &str, is_it: impl Fn(&Event) -> bool) -> Result<Event> {
    let about_us = |event: &Event| event.detail["partner"].is_null() && is_it(event);
    ear.hears(kind, PATIENCE, about_us).await
}
