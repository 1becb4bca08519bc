//! A document that asks for working keys or initial keys.

use ceremony::fleet::Exchange;
use ceremony::working_keys::order::Order;
use ceremony::working_keys::place::OrderPlace;
use storage::LoadedProfile;

use crate::{Allowed, Context, Error, Rejected, needed_certificates, profile_of};

pub(crate) async fn decide(
    context: &Context,
    place: &OrderPlace,
    text: &str,
) -> Result<Result<Allowed, Rejected>, Error> {
    let order = match Order::parse(text) {
        Ok(order) => order,
        Err(error) => return Ok(Err(Rejected::document(error))),
    };
    let LoadedProfile { profile, version } = match profile_of(context, place).await? {
        Ok(loaded) => loaded,
        Err(reason) => return Ok(Err(not_allowed(reason))),
    };
    let per_day = profile.max_ceremonies_per_day;
    let policy = match profile.working_key_policy(version, place.asked_by) {
        Ok(policy) => policy,
        Err(error) => return Ok(Err(not_allowed(error.to_string()))),
    };
    if let Some(reason) = policy.may_ask.why_not(&order) {
        let by = place.asked_by;
        return Ok(Err(not_allowed(format!(
            "{by} may not ask for this: {reason}"
        ))));
    }
    let certificates = if policy.may_ask.exchange_of(&order) == Exchange::Tr34 {
        needed_certificates(context, place).await?
    } else {
        Ok(Vec::new())
    };
    Ok(certificates.map(|certificates| Allowed {
        per_day,
        certificates,
    }))
}

fn not_allowed(reason: String) -> Rejected {
    Rejected {
        reason,
        remedy: "Order less; or have an operator correct `workingKeyExport` of the profile. Then drop the \
                 document again.",
    }
}
