//! `ListAliases`: one page of the aliases in Payment Cryptography.
//!
//! Names and states, no key material and no tags. After its one call it waits, so that however often
//! the machine comes back, the account's rate is left to those who make keys.

use std::time::Duration;

use inventory::{ListedAlias, Parts, Place};
use payment_keys::{Pace, rest};
use step::Journal;

pub use inventory::{Error, Page as Input, Progress as Output};

/// What the step works with, made once at cold start.
pub struct Context {
    pub payment_cryptography: aws_sdk_paymentcryptography::Client,
    pub s3: aws_sdk_s3::Client,
    pub parts_bucket: String,
    /// At least so long after each call: [`payment_keys::REST`].
    pub pause: Duration,
}

pub async fn handle(context: &Context, input: Input, _: &Journal) -> Result<Output, Error> {
    let Input { execution, so_far } = input;
    let (client, pace) = (&context.payment_cryptography, Pace::unhurried());
    let page = payment_keys::aliases_page(client, so_far.next.as_deref(), &pace).await;
    rest(context.pause).await;
    let page = page?;
    let listed: Vec<ListedAlias> = page.items.into_iter().map(listed).collect();
    let parts = Parts::new(&context.s3, &context.parts_bucket, &execution);
    parts
        .write(Place::Aliases, &so_far, &listed, page.next)
        .await
}

fn listed(alias: aws_sdk_paymentcryptography::types::Alias) -> ListedAlias {
    ListedAlias {
        name: alias.alias_name,
        key_arn: alias.key_arn,
    }
}
