//! A TDES KEK comes under an RSA key of the service: nothing in the block says whose it is, so that the
//! partner confirms its check value before anything uses it.

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use partner::{KeyKind, Pki, PkiBuilder};
use serde_json::json;

use super::sender::{Plan, REQUEST, Sender, text};
use super::{Scenario, Stage};
use crate::acme;
use crate::actors::Event;
use crate::stack::KEY_CEREMONY;

pub(in crate::stories) const SCENARIO: Scenario = Scenario {
    name: "import-rsa",
    about: "a partner sends a TDES KEK by RSA-OAEP, and nothing uses it before it confirms the KCV",
    stacks: &[KEY_CEREMONY],
    alone: false,
    prepare: || drop(chain().build()),
    tell: |stage| Box::pin(tell(stage)),
};

/// For the profile alone: by this method no certificate of the partner's is looked at.
fn chain() -> PkiBuilder {
    Pki::builder(acme::UID)
        .named("rsa")
        .root_key(KeyKind::EccP256)
        .intermediate_keys(&[])
        .leaf_key(KeyKind::EccP256)
}

async fn tell(stage: &Stage<'_>) -> Result<()> {
    let plan = Plan {
        name: SCENARIO.name,
        method: "rsa-oaep",
        algorithm: "TDES_3KEY",
        chain: chain(),
        terms: json!({ "kcv": "confirmed", "deadlineHours": 24 }),
        profile: json!({}),
        announces: false,
    };
    let sender = Sender::asks(stage, plan).await?;
    let offered = sender.is_offered(1).await?;
    let block = sender.wraps_by_the_readme(&offered)?;
    let unknown = format!("{}/blocks/{REQUEST}.0123456789abcdef.oaep", sender.folder);
    sender
        .is_not_taken(
            "A block for an offer that nobody made",
            &unknown,
            &block,
            "no offer that was ever made",
            false,
        )
        .await?;
    let encoded = STANDARD.encode(&block);
    sender
        .is_refused(
            &offered,
            "The right block in Base64",
            encoded.as_bytes(),
            "BlockUnreadable",
        )
        .await?;
    let cut = hex::encode(&block[1..]);
    sender
        .is_refused(
            &offered,
            "A block that was cut off",
            cut.as_bytes(),
            "BlockLengthWrong",
        )
        .await?;

    let step = stage.progress.step("The block by the README");
    sender.sends(&offered, &block).await?;
    let ours = |event: &Event| event.detail["ceremonyId"] == sender.ceremony;
    let received = sender.hears("Kek Received", ours).await?;
    ensure!(received["kcv"] == sender.kcv, "another value: {received}");
    step.done(&format!("has come: {}", text(&received["kekKeyArn"])));
    let receipt = sender.receipt_says(&block).await?;
    let asked = receipt.open_receipt()?.confirmation_key;
    let asked = asked.context("the receipt asks for no confirmation")?;
    ensure!(
        asked == offered.offer().confirmation_key()?,
        "under {asked}"
    );
    ensure!(received["confirmationKey"] == asked, "{received}");

    sender.waits_for("confirmation", &offered.id).await?;
    sender
        .is_refused_at(
            &offered,
            ("confirmation", &asked),
            "A confirmation in words",
            b"it is our key\n",
            "ConfirmationUnreadable",
        )
        .await?;
    ensure!(
        sender.received().await?.is_none(),
        "the KEK is established before it is confirmed"
    );
    let step = stage.progress.step("The partner confirms the KCV");
    let confirmation = format!("{}\n", sender.kcv);
    sender.partner().drops_at(&asked, confirmation).await?;
    step.done(&asked);
    let told = sender.is_established(&offered, &block).await?;
    sender.report(&told);
    Ok(())
}
