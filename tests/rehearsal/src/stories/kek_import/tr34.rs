//! An AES-128 KEK comes in a TR-34 block that repeats our nonce; the first offer has its time before.

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use partner::certificate::KeyUsage;
use partner::wrap::{Fresh, new_key};
use partner::{Pki, PkiBuilder};
use serde_json::json;

use super::sender::{Offered, Plan, Sender};
use super::{Scenario, Stage};
use crate::acme;
use crate::stack::KEY_CEREMONY;

pub(in crate::stories) const SCENARIO: Scenario = Scenario {
    name: "import-tr34",
    about: "a partner sends a KEK by TR-34, too late for the first offer and in time for the second",
    stacks: &[KEY_CEREMONY],
    alone: false,
    prepare: || drop(chain().build()),
    tell: |stage| Box::pin(tell(stage)),
};

/// The leaf signs.
fn chain() -> PkiBuilder {
    let leaf = |leaf: partner::Profile| leaf.key_usage(&[KeyUsage::DigitalSignature]);
    Pki::builder(acme::UID).named("tr34").leaf(leaf)
}

async fn tell(stage: &Stage<'_>) -> Result<()> {
    let plan = Plan {
        name: SCENARIO.name,
        method: "tr34",
        algorithm: "AES_128",
        chain: chain(),
        terms: json!({ "passes": "two", "deadlineHours": 1, "freshOffers": 1 }),
        profile: json!({}),
        announces: true,
    };
    let sender = Sender::asks(stage, plan).await?;
    let first = sender.is_offered(1).await?;
    let own = Some(&sender.pki.leaf);
    let late = first.offer().wraps(own, &sender.kek)?;
    let encoded = STANDARD.encode(hex::decode(late.trim_ascii_end())?);
    sender
        .is_refused(
            &first,
            "The right block in Base64",
            encoded.as_bytes(),
            "BlockUnreadable",
        )
        .await?;

    let step = stage.progress.step("The hour passes");
    let operator = sender.operator();
    operator
        .lets_time_pass(&sender.ceremony, "block", &first.id)
        .await?;
    step.done("with no other block, as the sweep finds");
    let second = sender.is_offered(2).await?;
    sender
        .is_not_taken(
            "The block for the first offer",
            &first.opened.block_key,
            &late,
            "has made another since",
            false,
        )
        .await?;
    is_held_to_the_offer(&sender, &second).await?;

    let step = stage.progress.step("The block for the second offer");
    let block = second.offer().wraps(own, &sender.kek)?;
    sender.sends(&second, &block).await?;
    step.done(&second.opened.block_key);
    let told = sender.is_established(&second, &block).await?;
    sender.report(&told);
    Ok(())
}

/// Without its nonce, and with another key than was announced.
async fn is_held_to_the_offer(sender: &Sender<'_>, offered: &Offered) -> Result<()> {
    let expected = offered.offer().expected()?;
    let mut draft = offered.offer().tr34(&sender.pki.leaf)?;
    draft.fresh = Fresh::Nonce(b"yesterday".to_vec());
    let stale = draft.wrap(&expected.tr34_header(), &sender.kek)?;
    sender
        .is_refused(
            offered,
            "A block with another nonce",
            &stale,
            "BlockNotFresh",
        )
        .await?;
    let Some(another) = new_key(sender.algorithm) else {
        anyhow::bail!("{} is unknown", sender.algorithm);
    };
    let other = offered.offer().wraps(Some(&sender.pki.leaf), &another)?;
    sender
        .is_refused(
            offered,
            "A key that was not announced",
            &other,
            "KcvDiffers",
        )
        .await
}
