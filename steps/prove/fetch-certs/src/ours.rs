//! Which keys of ours are to sign, and whether their certificates are good now: a ceremony that
//! nobody can sign for must not come as far as a key.

use aws_sdk_ssm::Client as Ssm;
use ceremony::enrolment::{Installed, OwnKey};
use ceremony::profile::Exchange;
use ceremony::utc::Utc;
use storage::{NotInstalled, StorageError, installed_until};

use crate::Error;

pub(crate) struct Signers {
    /// Signs the package; none where the key has no certificate, and needs none.
    pub(crate) package: Option<Installed>,
    /// Signs the TR-34 block, where a key of ours does that.
    pub(crate) tr34: Option<Installed>,
}

pub(crate) async fn signers(ssm: &Ssm, exchange: &Exchange, now: Utc) -> Result<Signers, Error> {
    let package = installed_until(ssm, OwnKey::PackageSigning, now, now).await?;
    let tr34 = if exchange.takes_our_signature() {
        let tr34 = installed_until(ssm, OwnKey::Tr34, now, now).await?;
        Some(tr34.ok_or(Error::SigningCertificateMissing(OwnKey::Tr34))?)
    } else {
        None
    };
    Ok(Signers { package, tr34 })
}

impl From<NotInstalled> for Error {
    fn from(error: NotInstalled) -> Self {
        match error {
            NotInstalled::Expired { key, not_after } => {
                Self::SigningCertificateExpired { key, not_after }
            }
            NotInstalled::NotYetValid { key, not_before } => {
                Self::SigningCertificateNotYetValid { key, not_before }
            }
            NotInstalled::Unreadable(error) => error.told_as(Self::SigningCertificateUnreadable),
        }
    }
}
