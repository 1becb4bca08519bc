//! Which certificates a CRL is about: its issuing distribution point (RFC 5280 §5.2.5).

use der::{Decode, Encode};
use x509_cert::ext::pkix::crl::dp::IssuingDistributionPoint;
use x509_cert::ext::pkix::name::DistributionPointName;

use crate::FetchError;
use crate::services::{Location, uri};

/// Whether the CRL lists every revoked certificate like ours, for whatever reason (RFC 5280 §6.3.3
/// (b) (2)). A CRL for something else is refused: the absence of a certificate in it says nothing.
pub(super) fn includes(
    extension: &[u8],
    is_ca: bool,
    location: &Location,
) -> Result<(), FetchError> {
    let scope = decoded(extension)?;
    let refuse = |why: &str| Err(FetchError::unusable(format!("it {why} (RFC 5280 §5.2.5)")));
    if scope.indirect_crl {
        return refuse("is an indirect CRL");
    }
    if scope.only_some_reasons.is_some() {
        return refuse("lists revocations for some reasons only");
    }
    if scope.only_contains_attribute_certs {
        return refuse("lists attribute certificates only");
    }
    if scope.only_contains_user_certs && is_ca {
        return refuse("lists end-entity certificates only, and the certificate is a CA's");
    }
    if scope.only_contains_ca_certs && !is_ca {
        return refuse("lists CA certificates only, and the certificate is not a CA's");
    }
    match &scope.distribution_point {
        None => Ok(()),
        Some(DistributionPointName::FullName(names))
            if names
                .iter()
                .filter_map(uri)
                .any(|name| location.names.iter().any(|known| known == name)) =>
        {
            Ok(())
        }
        Some(_) => refuse("is for another distribution point than the certificate names"),
    }
}

/// Exactly as it is encoded: the decoder passes over fields that are out of order, and a CRL whose
/// limits are overlooked is a complete one.
fn decoded(extension: &[u8]) -> Result<IssuingDistributionPoint, FetchError> {
    let malformed =
        || FetchError::unusable("its issuing distribution point cannot be read (RFC 5280 §5.2.5)");
    let scope = IssuingDistributionPoint::from_der(extension).map_err(|_| malformed())?;
    if scope.to_der().is_ok_and(|again| again == extension) {
        Ok(scope)
    } else {
        Err(malformed())
    }
}
