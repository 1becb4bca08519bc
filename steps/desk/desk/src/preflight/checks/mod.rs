//! One question to an account each, in the order in which they are asked.

pub mod alias;
mod code;
mod key_policies;
mod object_lock;
mod profiles;
mod quotas;
mod region;
mod stack;
mod subscribers;
mod tags;
mod team;
mod trail;

use step::ServiceError;

use super::{Finding, Run};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Check {
    Stack,
    Region,
    Quotas,
    Alias,
    Tags,
    Team,
    ObjectLock,
    KeyPolicies,
    Subscribers,
    Trail,
    Profiles,
    Code,
}

impl Check {
    pub(crate) const ALL: [Self; 12] = [
        Self::Stack,
        Self::Region,
        Self::Quotas,
        Self::Alias,
        Self::Tags,
        Self::Team,
        Self::ObjectLock,
        Self::KeyPolicies,
        Self::Subscribers,
        Self::Trail,
        Self::Profiles,
        Self::Code,
    ];

    /// Its name in the table and in the document.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Stack => "stack",
            Self::Region => "region",
            Self::Quotas => "quotas",
            Self::Alias => "alias",
            Self::Tags => "tags",
            Self::Team => "team",
            Self::ObjectLock => "object-lock",
            Self::KeyPolicies => "key-policies",
            Self::Subscribers => "subscribers",
            Self::Trail => "trail",
            Self::Profiles => "profiles",
            Self::Code => "code",
        }
    }

    pub(crate) async fn ask(self, run: &Run) -> Result<Finding, ServiceError> {
        match self {
            Self::Stack => stack::check(run),
            Self::Region => Ok(region::check(run).await),
            Self::Quotas => quotas::check(run).await,
            Self::Alias => Ok(alias::check(run).await),
            Self::Tags => tags::check(run).await,
            Self::Team => team::check(run).await,
            Self::ObjectLock => object_lock::check(run).await,
            Self::KeyPolicies => key_policies::check(run).await,
            Self::Subscribers => subscribers::check(run).await,
            Self::Trail => trail::check(run).await,
            Self::Profiles => profiles::check(run).await,
            Self::Code => code::check(run).await,
        }
    }
}
