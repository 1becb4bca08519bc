//! `ListKeys`: one page of the keys in Payment Cryptography.
//!
//! Names and states, no key material and no tags. After its one call it waits, so that however often
//! the machine comes back, the account's rate is left to those who make keys.

use std::time::Duration;

use inventory::{ListedKey, Parts, Place};
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
    let page = payment_keys::keys_page(client, so_far.next.as_deref(), &pace).await;
    rest(context.pause).await;
    let page = page?;
    let listed: Vec<ListedKey> = page.items.into_iter().map(listed).collect();
    let parts = Parts::new(&context.s3, &context.parts_bucket, &execution);
    parts.write(Place::Keys, &so_far, &listed, page.next).await
}

fn listed(key: aws_sdk_paymentcryptography::types::KeySummary) -> ListedKey {
    ListedKey {
        key_arn: key.key_arn,
        state: key.key_state.as_str().to_owned(),
        enabled: key.enabled,
        kcv: key.key_check_value,
    }
}
