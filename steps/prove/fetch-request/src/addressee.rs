//! Whose key initial keys are to leave under by TR-34.

use ceremony::bundle::certificates_in;
use ceremony::certificate::Certificate;
use ceremony::enrolment::OwnKey;
use ceremony::execution::DroppedObject;
use ceremony::fleet::{Addressee, Exchange, FleetAsked};
use ceremony::utc::Utc;
use storage::{LoadedProfile, installed_until, newest_path, read_dropped};

use crate::{Context, Error};

/// From the certificates beside the order; none where there is a KEK.
pub(crate) async fn of(
    context: &Context,
    asked: &FleetAsked,
    loaded: &LoadedProfile,
    beside: &[DroppedObject],
    now: Utc,
    until: Utc,
) -> Result<Option<Addressee>, Error> {
    if asked.bdk.exchange == Exchange::Tr31 {
        return Ok(None);
    }
    let LoadedProfile { profile, version } = loaded;
    // A profile that says so of a BDK says how KEKs travel, or it cannot be read.
    let Some(policy) = profile.initial_keys_policy(*version, asked.bdk.algorithm) else {
        let reason = "`kekExport` does not say who signs TR-34 blocks".to_owned();
        return Err(Error::OrderNotAllowed { reason });
    };
    let mut certificates = Vec::new();
    for object in beside {
        let bytes = read_dropped(&context.s3, &context.inbox_bucket, object).await?;
        let read = certificates_in(&bytes).map_err(|source| Error::FileUnusable {
            key: object.key.clone(),
            source,
        })?;
        certificates.extend(read);
    }
    let certificates: Vec<&Certificate> = certificates.iter().collect();
    let bucket = &context.evidence_bucket;
    let path = newest_path(&context.s3, bucket, &certificates, Some(profile), None).await??;
    let signer = if policy.exchange.takes_our_signature() {
        let tr34 = installed_until(&context.ssm, OwnKey::Tr34, now, until).await?;
        Some(tr34.ok_or(Error::SigningCertificateMissing(OwnKey::Tr34))?)
    } else {
        None
    };
    Ok(Some(Addressee {
        path,
        policy,
        signer,
    }))
}
