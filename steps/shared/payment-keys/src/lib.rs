//! Keys in AWS Payment Cryptography that are found by their alias and made once.
//!
//! CreateKey and ImportKey have no idempotency token. [`claim`] makes them idempotent by an alias, and
//! [`claim_guarded`] does so where people may have to approve the key before it can be used;
//! [`make_current`] points an alias that goes from key to key; [`inspect`] tells what a key is, so that
//! one named by a profile is checked before it is used.

mod alias;
mod approval;
mod bdk;
mod claim;
mod current;
mod deleted;
mod established;
mod inspect;
mod listing;
mod made_for;
mod pace;
mod settle;
mod wanted;
mod working;

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_paymentcryptography::types::Tag;
use ceremony::enrolment::OwnKey;
use ceremony::id::Ceremony;
use step::ServiceError;

pub use alias::{Alias, look_up};
pub use approval::{Guarded, claim_guarded, look_again};
pub use bdk::is_bdk;
pub use claim::{Claim, ClaimError, claim, claim_one_of};
pub use current::{Current, Remembered, make_current};
pub use deleted::deleted_key_of;
pub use established::{KekFor, NoKek, established_kek, why_not_tagged_for};
pub use inspect::{Approval, KeyFacts, inspect, inspect_if_there};
pub use listing::{Page, aliases_below, aliases_of, aliases_page, keys_page, tags_of};
pub use pace::{Pace, REST, rest};
pub use settle::{PutBack, put_back, schedule_deletion};
pub use working::{Working, algorithm_of, symmetric, why_out_of_use};

/// The tags of every key a ceremony makes: who asked for it, for whom, what it is, and the alias
/// by which it is to be found, so that a key whose maker died before the alias was set is not lost.
pub fn tags(ceremony: &Ceremony, purpose: &str, alias: &str) -> Vec<Tag> {
    let destination = destination(ceremony, purpose).into_iter();
    as_tags(destination.chain([
        (MAKER_TAG, ceremony.ceremony_id.as_str()),
        (ALIAS_TAG, alias),
    ]))
}

/// The tags of a signing key of ours, which is for no partner. What stands in the place of the
/// ceremony says by which name the key signs, and makes it a key that a responder may restore.
pub fn own_tags(key: OwnKey, alias: &str) -> Vec<Tag> {
    let maker = format!("enrolment-{key}");
    as_tags([
        (PURPOSE_TAG, SIGNING),
        (MAKER_TAG, maker.as_str()),
        (ALIAS_TAG, alias),
    ])
}

fn as_tags<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<Tag> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build().ok();
    pairs.into_iter().filter_map(tag).collect()
}

/// The tags that say what a key is and for whom. The steps `wrap-*` may export only what is a `kek` by
/// them.
pub fn destination<'a>(ceremony: &'a Ceremony, purpose: &'a str) -> [(&'static str, &'a str); 4] {
    [
        (PURPOSE_TAG, purpose),
        ("key-ceremony:partner", ceremony.partner.as_str()),
        ("key-ceremony:environment", ceremony.environment.as_str()),
        ("key-ceremony:data-type", ceremony.data_type.as_str()),
    ]
}

/// Says what a key is.
pub const PURPOSE_TAG: &str = "key-ceremony:purpose";

/// The purpose of a signing key of ours.
const SIGNING: &str = "signing";

/// The purpose of a key that is one too many. A responder sets it.
const SURPLUS: &str = "surplus";

/// Says who made a key: a ceremony, mostly.
const MAKER_TAG: &str = "key-ceremony:ceremony-id";

/// Names the alias a key was made for.
const ALIAS_TAG: &str = "key-ceremony:alias";

/// A client whose calls are not repeated behind the caller's back: [`Pace`] repeats what may be
/// repeated. A CreateKey that was carried out but whose answer was lost must not be sent again
/// before the key has been looked for.
pub fn client(config: &step::aws::SdkConfig) -> Client {
    let config = aws_sdk_paymentcryptography::config::Builder::from(config)
        .retry_config(aws_sdk_paymentcryptography::config::retry::RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

fn service_error<E>(
    operation: &'static str,
) -> impl Fn(SdkError<E, aws_sdk_paymentcryptography::config::http::HttpResponse>) -> ServiceError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    move |error| ServiceError::new(operation, &error)
}
