//! A key that is to be had, and what has been had.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::KeyAttributes;
use step::ServiceError;

use crate::claim::Claim;
use crate::inspect::KeyFacts;
use crate::made_for::{Guard, MadeFor, oldest_made_for};
use crate::pace::Pace;

/// The key that is to be had.
pub(crate) struct Wanted<'a> {
    pub(crate) client: &'a Client,
    pub(crate) alias: &'a str,
    /// It has one of these.
    pub(crate) attributes: &'a [KeyAttributes],
    pub(crate) guard: Guard,
}

impl Wanted<'_> {
    /// What was made for the alias, if anything.
    pub(crate) async fn oldest(&self, pace: &Pace) -> Result<Option<MadeFor>, ServiceError> {
        let Self {
            client,
            alias,
            attributes,
            guard,
        } = *self;
        oldest_made_for(client, alias, attributes, guard, pace).await
    }

    pub(crate) fn waits(&self, made: &KeyFacts) -> bool {
        self.guard == Guard::Possible && made.waits()
    }
}

/// A key that is the alias's, or is to be once it is approved.
#[derive(Debug)]
pub(crate) enum Obtained {
    Usable(Claim),
    Waits(Claim),
}
