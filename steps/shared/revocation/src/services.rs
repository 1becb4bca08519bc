//! The services that a certificate names.

use std::sync::Arc;

use ceremony::text::shown;
use der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{AuthorityInfoAccessSyntax, CrlDistributionPoints};

use crate::FetchError;
use crate::parties::Party;

/// id-ad-ocsp
const OCSP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1");

/// What can be asked, and what cannot, in words: a certificate that names only the latter does name
/// a service, and must not pass for one that names none.
#[derive(Debug)]
pub(crate) struct Services<T> {
    pub(crate) usable: Vec<T>,
    pub(crate) passed_over: Vec<String>,
}

/// Where a CRL lies (RFC 5280 §4.2.1.13).
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Location {
    pub(crate) url: String,
    /// Every URI of the same distribution point: what an issuing distribution point may be called
    /// (RFC 5280 §6.3.3 (b) (2) (i)).
    pub(crate) names: Arc<[String]>,
}

impl<T: PartialEq> Services<T> {
    fn none() -> Self {
        Self {
            usable: Vec::new(),
            passed_over: Vec::new(),
        }
    }

    /// Whether there is one, to be asked or not.
    pub(crate) fn names_any(&self) -> bool {
        !self.usable.is_empty() || !self.passed_over.is_empty()
    }

    /// Once, however often it is named.
    fn add(&mut self, service: T) {
        if !self.usable.contains(&service) {
            self.usable.push(service);
        }
    }
}

/// OCSP responders, out of the Authority Information Access (RFC 5280 §4.2.2.1).
pub(crate) fn responders(party: &Party) -> Result<Services<String>, FetchError> {
    let mut services = Services::none();
    let Some(AuthorityInfoAccessSyntax(descriptions)) = party.extension()? else {
        return Ok(services);
    };
    for description in descriptions {
        if description.access_method != OCSP {
            continue;
        }
        match uri(&description.access_location) {
            Some(url) if is_http(url) => services.add(url.to_owned()),
            Some(url) => services
                .passed_over
                .push(not_http("an OCSP responder", url)),
            None => services
                .passed_over
                .push("an OCSP responder without a URI is not asked".to_owned()),
        }
    }
    Ok(services)
}

/// Complete CRLs of the certificate's own issuer. Those of others (cRLIssuer) and those for some
/// reasons only are not asked: what they leave out says nothing.
pub(crate) fn lists(party: &Party) -> Result<Services<Location>, FetchError> {
    let mut services = Services::none();
    let Some(CrlDistributionPoints(points)) = party.extension()? else {
        return Ok(services);
    };
    for point in points {
        let mut pass_over = |why: &str| {
            services
                .passed_over
                .push(format!("a CRL distribution point {why} is not asked"));
        };
        if point.crl_issuer.is_some() {
            pass_over("with a cRLIssuer");
            continue;
        }
        if point.reasons.is_some() {
            pass_over("for some reasons only");
            continue;
        }
        let Some(DistributionPointName::FullName(names)) = point.distribution_point else {
            pass_over("without a full name");
            continue;
        };
        // Shared: hundreds fit a certificate, and each is an address of its own.
        let names: Arc<[String]> = names.iter().filter_map(uri).map(str::to_owned).collect();
        if names.is_empty() {
            pass_over("without a URI");
        }
        for url in names.iter() {
            if is_http(url) {
                services.add(Location {
                    url: url.clone(),
                    names: Arc::clone(&names),
                });
            } else {
                services.passed_over.push(not_http("a CRL", url));
            }
        }
    }
    Ok(services)
}

pub(crate) fn uri(name: &GeneralName) -> Option<&str> {
    match name {
        GeneralName::UniformResourceIdentifier(uri) => Some(uri.as_str()),
        _ => None,
    }
}

/// Schemes are spelled in any case (RFC 3986 §3.1).
fn is_http(url: &str) -> bool {
    url.split_once(':').is_some_and(|(scheme, _)| {
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    })
}

fn not_http(what: &str, url: &str) -> String {
    format!(
        "{what} is asked by http or https only, not at `{}`",
        shown(url)
    )
}
