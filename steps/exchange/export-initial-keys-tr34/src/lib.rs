//! `ExportInitialKeysTr34`: the initial keys of one batch of terminals, each in a TR-34 block (ANSI X9.139,
//! `X9_TR34_2012`) under the key of the partner's proven leaf.
//!
//! How a batch is worked off is the crate `fleets`, who signs and what a block must be the crate `kdh`. The
//! path is proven once more for every batch, before the first call; the host is asked for once for all of
//! its terminals. A block that cannot be verified is no terminal's own fault: it ends the batch, and
//! nothing of it is passed on.

mod blocks;
mod error;

use ceremony::fleet::{Outcome, SerialNumber};
use ceremony::profile::Policy;
use ceremony::utc::Utc;
use fleets::{Answer, Exported, Turns};
use kdh::{Host, Signing};
use payment_keys::Pace;
use step::Journal;

use blocks::Blocks;
pub use error::Error;
pub use fleets::{Input, Output};

/// What the step works with, made once at cold start.
pub struct Context {
    pub fleet: fleets::Context,
    /// Where the certificates of our own keys lie.
    pub evidence_bucket: String,
}

pub async fn handle(context: &Context, input: Input, _: &Journal) -> Result<Output, Error> {
    let export = async |terminals: &[SerialNumber], turns: &Turns<'_>| {
        batch(context, &input, terminals, turns).await
    };
    // Boxed: its future is large, and its type deep.
    Box::pin(fleets::handle(&context.fleet, &input, export)).await
}

async fn batch(
    context: &Context,
    input: &Input,
    terminals: &[SerialNumber],
    turns: &Turns<'_>,
) -> Result<Exported, Error> {
    let (Some(receiver), Some(leaf)) = (&input.receiver, input.derivation.leaf()) else {
        return Err(Error::NoReceiver);
    };
    let proven = receiver.proven_for_batch(leaf, Utc::now())?;
    let pace = Pace::patient();
    let signing = Signing {
        payment: &context.fleet.payment_cryptography,
        s3: &context.fleet.s3,
        evidence_bucket: &context.evidence_bucket,
        pace: &pace,
        signer: leaf.signer,
        installed: receiver.signer.as_ref(),
        load: receiver.policy.load(),
    };
    turns.next().await?;
    let mut host = Host::of(&signing, Utc::now()).await?;
    let terminals_of = async |host: &Host| {
        let blocks = Blocks {
            client: signing.payment,
            bdk: &input.derivation.bdk,
            receiver,
            leaf: &proven.path().leaf,
            host,
        };
        turns
            .each(terminals, async |number| blocks.one(number).await)
            .await
    };
    let mut outcomes = terminals_of(&host).await?;
    if outcomes.iter().any(is_not_taken) {
        turns.next().await?;
        // A token of the service may have had its time since it was asked for: then there is another one,
        // and the whole batch is exported once more, so that one host has signed all of it.
        if let Some(renewed) = host.renewed(&signing, Utc::now()).await? {
            host = renewed;
            outcomes = terminals_of(&host).await?;
        }
    }
    let (client, ca) = (signing.payment, &receiver.issuing_ca_key_arn);
    fleets::are_terminals_own(client, &outcomes, &input.derivation.bdk, ca).await?;
    // What the service takes of no terminal is no serial number: written down as a result it would stay.
    if outcomes.iter().all(is_not_taken) {
        let refusal = "none of the terminals was taken, with ValidationException".to_owned();
        let ca = issuing_ca(&receiver.issuing_ca_key_arn, &receiver.policy);
        return Err(Error::ExportRefused { ca, refusal });
    }
    Ok(Exported {
        terminals: outcomes,
        host: Some(host.into_certificate()),
    })
}

fn is_not_taken(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed { failed, .. } if failed == Answer::NOT_TAKEN)
}

/// The service says that a CA does not fit, but not where the wrong one came from.
pub(crate) fn issuing_ca(key_arn: &str, policy: &Policy) -> String {
    if policy.ca_key_arns.values().any(|named| named == key_arn) {
        format!("{key_arn}, which `caKeyArns` of the profile names")
    } else {
        format!("{key_arn}, found by the alias of the CA")
    }
}
