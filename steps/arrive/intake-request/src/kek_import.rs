//! A document that asks for a KEK of the partner's.

use arrivals::has_certificates_beside;
use ceremony::key_import::request::{ImportMethod, ImportRequest};
use ceremony::working_keys::place::OrderPlace;
use storage::LoadedProfile;

use crate::{Allowed, Context, Error, Rejected, needed_certificates, profile_of};

pub(crate) async fn decide(
    context: &Context,
    place: &OrderPlace,
    text: &str,
) -> Result<Result<Allowed, Rejected>, Error> {
    let request = match ImportRequest::parse(text) {
        Ok(request) => request,
        Err(error) => return Ok(Err(Rejected::document(error))),
    };
    let LoadedProfile { profile, version } = match profile_of(context, place).await? {
        Ok(loaded) => loaded,
        Err(reason) => return Ok(Err(not_allowed(reason))),
    };
    let per_day = profile.max_ceremonies_per_day;
    let policy = match profile.import_policy(version, place.asked_by) {
        Ok(policy) => policy,
        Err(error) => return Ok(Err(not_allowed(error.to_string()))),
    };
    if let Some(reason) = policy.why_not(&request) {
        let by = place.asked_by;
        return Ok(Err(not_allowed(format!(
            "{by} may not ask for this: {reason}"
        ))));
    }
    if request.method == ImportMethod::Physical {
        return Ok(Err(not_offered()));
    }
    let certificates = if request.method.needs_a_certificate() {
        needed_certificates(context, place).await?
    } else if has_certificates_beside(&context.arrivals, place).await? {
        Err(surplus(request.method))
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
        remedy: "Ask for what is allowed; or have an operator correct `kekImport` of the profile. Then drop \
                 the document again.",
    }
}

fn not_offered() -> Rejected {
    Rejected {
        reason: "`method` is physical, by which no ceremony is offered yet".to_owned(),
        remedy: "Ask by another method that `kekImport` of the profile allows, and drop the document again.",
    }
}

/// Whoever put them there counts on their being proven, and by such a method nothing is done with them.
fn surplus(method: ImportMethod) -> Rejected {
    Rejected {
        reason: format!(
            "certificates lie beside it, and by {method} none is needed and none is looked at: whoever has \
             our certificate can send a key by it"
        ),
        remedy: "Ask by `ecdh` or `tr34` if the partner is to be known by its certificate; or delete the \
                 files in the folder beside the document. Then drop the document again.",
    }
}
