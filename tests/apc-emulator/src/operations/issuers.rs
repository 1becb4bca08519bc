//! The service's own certificate authorities. Those of partners are in [`super::authorities`].

use crate::crypto::issuing::{Issuer, IssuerFamily};
use crate::operations::call::Call;
use crate::protocol::error::ServiceError;

/// The authority of the caller's account and region, made when it is first needed.
pub fn issuer(call: &Call<'_>, family: IssuerFamily) -> Result<Issuer, ServiceError> {
    {
        let mut state = call.store.lock();
        let exchange = state.partition(&call.scope, call.now).exchange();
        if let Some(issuer) = exchange.issuer(family) {
            return Ok(issuer.clone());
        }
    }
    // Without the lock: an RSA key takes its time. Of two that are made at once the first counts.
    let made = Issuer::generate(&call.scope.account, family, call.now)?;
    let mut state = call.store.lock();
    let exchange = state.partition(&call.scope, call.now).exchange_mut();
    Ok(exchange.keep_issuer(family, made).clone())
}
