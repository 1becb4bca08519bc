//! Two companies have this software, each in a region of its own: what one exports, the other imports. The
//! package of one is the other's drop, its certificates are the other's, and nothing but the names of files
//! is another on the way.
//!
//! | module | holds |
//! | --- | --- |
//! | `company` | a company with a stack of its own |
//! | `passage` | a KEK on its way, from the request to the confirmed check value |
//! | `keys` | a working key on its way, under that KEK |
//!
//! Not by ECDH: an export draws its own shared information, and an offer demands its own.

mod company;
mod keys;
mod passage;

use anyhow::{Context, Result, ensure};
use partner::{Pki, PkiBuilder, Profile, Request};
use serde_json::{Value, json};

use super::{Scenario, Stage, enrolment, save};
use crate::acme;
use crate::actors::Operator;
use crate::actors::partner::Files;
use crate::stack::KEY_CEREMONY;
use company::Company;
use passage::{Method, Passage};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "circle",
    about: "two companies: the KEK and working keys that one exports in its region, the other imports in its own",
    stacks: &[KEY_CEREMONY],
    alone: false,
    prepare: || drop(authority().build()),
    tell: |stage| Box::pin(tell(stage)),
};

/// The sender's key that signs TR-34 blocks.
const KDH: &str = "tr34";

/// Certifies the sender's keys.
fn authority() -> PkiBuilder {
    Pki::builder(acme::UID).named("circle")
}

async fn tell(stage: &Stage<'_>) -> Result<()> {
    let connection = stage.elsewhere.connection().await?;
    let elsewhere = Stage {
        connection,
        ..*stage
    };
    let sender = Company::at(&elsewhere, "ECDSA_SHA_256").await?;
    let receiver = Company::at(stage, "RSASSA_PKCS1_V1_5_SHA_256").await?;
    ensure!(
        sender.region() != receiver.region(),
        "both are in one region"
    );
    let (ca, kdh) = is_certified(&elsewhere).await?;

    let rsa_oaep = Method {
        name: "rsa-oaep",
        exchange: json!({
            "method": "rsa-oaep", "hash": "SHA_256", "signedPrefix": "3130303030545041454159",
        }),
        terms: json!({}),
        file: "wrapped-kek.bin",
        certificates: &[],
    };
    let tr34 = Method {
        name: "tr34",
        exchange: json!({ "method": "tr34", "signer": "own", "passes": "two" }),
        terms: json!({ "passes": "two" }),
        file: "key-block.der",
        certificates: &kdh,
    };
    for method in [&rsa_oaep, &tr34] {
        let passage = Passage::new(&sender, &receiver, method, &ca);
        let kek = passage.brings_the_kek().await?;
        stage.progress.line(&format!(
            "
  Method       {}
  Sent         {}
  Received     {}
  KCV          {}, of both
",
            method.name, kek.sent, kek.received, kek.kcv,
        ));
        if method.name == tr34.name {
            let (folder, to, back) = (&passage.folder, (&sender, &receiver), (&receiver, &sender));
            let pin = keys::goes(to, folder, "current", "pin", "P0", "B").await?;
            let mac = keys::goes(back, folder, "received", "mac", "M6", "C").await?;
            stage.progress.line(&format!(
                "
  Under it     pin {pin} one way, and mac {mac} the other"
            ));
        }
    }
    Ok(())
}

/// The sender's key that signs is certified, with its identity; returns the CA, and the files that a company
/// gives to those that are to know it.
async fn is_certified(sender: &Stage<'_>) -> Result<(Pki, Vec<(&'static str, String)>)> {
    let connection = sender.connection;
    let operator = Operator::new(connection);
    let step = sender.progress.step("The sender's TR-34 key is certified");
    let pki = connection.revocation.enrol("circle", authority())?;
    let request = operator
        .orders_request(KDH, "CN=TR-34 KDH,O=Rehearsal,C=US")
        .await?;
    let request = Request::from_pem(&request).context("the CA does not take the request")?;
    let services = Some(connection.revocation.url.as_str());
    let issued = pki.issue(&request, Profile::signer().uri(acme::UID), services);
    let rules = enrolment::rules(KDH, &pki);
    operator.put_enrolment_rules(KDH, &rules).await?;
    step.done(&issued.sha256());
    enrolment::enrols(sender, &pki, KDH, &issued).await?;
    let [issuer] = &pki.intermediates[..] else {
        anyhow::bail!("a chain of three was made");
    };
    let certificates = vec![
        ("kdh.pem", issued.pem()),
        ("issuer.pem", issuer.pem()),
        ("root.pem", pki.root.pem()),
    ];
    Ok((pki, certificates))
}

/// A member of a package's JSON that is text.
fn text(files: &Files, file: &str, pointer: &str) -> Result<String> {
    let bytes = files.get(file).with_context(|| file.to_owned())?;
    let document: Value = serde_json::from_slice(bytes).with_context(|| file.to_owned())?;
    let found = document.pointer(pointer).and_then(Value::as_str);
    let found = found.with_context(|| format!("{file} has no {pointer}"))?;
    Ok(found.to_owned())
}
