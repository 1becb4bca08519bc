//! An AES-256 KEK comes in a TR-31 block, under a key that both sides derive, and is used at once.

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use partner::tr31::Draft;
use serde_json::json;

use super::sender::{Plan, Sender};
use super::{Scenario, Stage, Telling, agreeing};
use crate::stack::KEY_CEREMONY;

pub(in crate::stories) const SCENARIO: Scenario = Scenario {
    name: "import-ecdh",
    about: "a partner sends an AES-256 KEK under an agreed key, and is sent a working key under it",
    stacks: &[KEY_CEREMONY],
    alone: false,
    prepare: || drop(agreeing("ecdh").build()),
    tell: |stage| Box::pin(tell(stage)),
};

async fn tell(stage: &Stage<'_>) -> Result<()> {
    let plan = Plan {
        name: SCENARIO.name,
        method: "ecdh",
        algorithm: "AES_256",
        chain: agreeing("ecdh"),
        terms: json!({ "deadlineHours": 24 }),
        profile: json!({
            "workingKeyExport": {
                "orders": {
                    "usages": ["P0"], "algorithms": ["AES_128"], "newKeys": true, "keks": ["received"],
                },
            },
        }),
        announces: true,
    };
    let sender = Sender::asks(stage, plan).await?;
    let offered = sender.is_offered(1).await?;
    let own = sender.pki.leaf.key();
    let block = |says| offered.offer().by_ecdh(own, &Draft::new(says), &sender.kek);

    let exportable = block("K0AB00E")?;
    sender
        .is_refused(
            &offered,
            "A key that we could send on",
            exportable.as_bytes(),
            "BlockHeaderDiffers",
        )
        .await?;
    let right = block("K0AB00N")?;
    let encoded = STANDARD.encode(&right);
    sender
        .is_refused(
            &offered,
            "The right block in Base64",
            encoded.as_bytes(),
            "BlockUnreadable",
        )
        .await?;
    let tampered = tampered(&right)?;
    sender
        .is_refused(
            &offered,
            "A block with another digit",
            tampered.as_bytes(),
            "BlockNotOpened",
        )
        .await?;
    ensure!(
        sender.received().await?.is_none(),
        "a KEK is established before one has come"
    );

    let step = stage.progress.step("The block by the README");
    let block = sender.wraps_by_the_readme(&offered)?;
    sender.sends(&offered, &block).await?;
    step.done("by openssl and coreutils alone, from the private key to the last digit");
    let told = sender.is_established(&offered, &block).await?;
    sender
        .is_not_taken(
            "A second block",
            &offered.opened.block_key,
            right.as_bytes(),
            "another file was first",
            true,
        )
        .await?;

    let pin = json!({ "name": "pin", "usage": "P0", "algorithm": "AES_128", "modes": "B" });
    let order = json!({ "version": 1, "kek": "received", "keys": [pin] });
    let telling = Telling {
        stage,
        folder: &sender.folder,
        kek: &sender.kek,
    };
    telling.ordered("pin", &order, &[]).await?;
    sender.report(&told);
    Ok(())
}

/// With another last digit, which is one of its MAC.
fn tampered(block: &str) -> Result<String> {
    let (before, last) = block.split_at(block.len() - 1);
    let digit = u8::from_str_radix(last, 16).context("a block ends in a digit")?;
    Ok(format!("{before}{:X}", digit ^ 1))
}
