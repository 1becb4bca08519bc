//! Services that a certificate names, or does not.

use ceremony::revocation::{Order, Status};
use ceremony::utc::Utc;
use der::asn1::ObjectIdentifier;
use der::flagset::FlagSet;
use revocation::{FetchError, Inquiry, Request};
use x509_cert::ext::pkix::crl::dp::{DistributionPoint, Reasons};
use x509_cert::ext::pkix::name::DistributionPointName;

use crate::forge::*;

#[tokio::test(flavor = "current_thread")]
async fn a_certificate_that_names_no_service_has_none() {
    let ca = ca();
    let silent = leaf_profile().issued_by(&ca, &key("leaf"));
    let nobody = |_: Request<'_>| -> Result<Vec<u8>, FetchError> { panic!("nobody is asked") };
    for order in [Order::OcspThenCrl, Order::CrlOnly] {
        let found = ask(order, &silent, &ca, nobody).await;
        assert_eq!(found.status, Status::NoService);
    }
    // None of the kind that the rules list: it does name one.
    let lists = with_services(leaf_profile(), &[], &[CRL]).issued_by(&ca, &key("leaf"));
    let found = ask(Order::OcspOnly, &lists, &ca, nobody).await;
    assert_unusable(&found, "it names a CRL, which `revocation.order`");
    let responds = with_services(leaf_profile(), &[OCSP], &[]).issued_by(&ca, &key("leaf"));
    let found = ask(Order::CrlOnly, &responds, &ca, nobody).await;
    assert_unusable(
        &found,
        "it names an OCSP responder, which `revocation.order`",
    );
    // caIssuers is no OCSP responder.
    let access = x509_cert::ext::pkix::AccessDescription {
        access_method: ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.2"),
        access_location: uri("http://ca.example/ca.cer"),
    };
    let access = x509_cert::ext::pkix::AuthorityInfoAccessSyntax(vec![access]);
    let access = der::Encode::to_der(&access).unwrap();
    let leaf = leaf_profile()
        .extension(&[1, 3, 6, 1, 5, 5, 7, 1, 1], false, access)
        .issued_by(&ca, &key("leaf"));
    let found = ask(Order::OcspThenCrl, &leaf, &ca, nobody).await;
    assert_eq!(found.status, Status::NoService);
}

/// A certificate that names services which cannot be asked does name services: it must not pass
/// for one without.
#[tokio::test(flavor = "current_thread")]
async fn services_that_cannot_be_asked_are_not_no_service() {
    let ca = ca();
    let nobody = |_: Request<'_>| -> Result<Vec<u8>, FetchError> { panic!("nobody is asked") };
    let point = || point(&[CRL]);
    let stranger = || Some(vec![uri("http://stranger.example/")]);
    let relative = DistributionPointName::NameRelativeToCRLIssuer(Default::default());
    for (point, words) in [
        (
            DistributionPoint {
                crl_issuer: stranger(),
                ..point()
            },
            "with a cRLIssuer",
        ),
        (
            DistributionPoint {
                reasons: Some(FlagSet::from(Reasons::KeyCompromise)),
                ..point()
            },
            "for some reasons only",
        ),
        (
            DistributionPoint {
                distribution_point: Some(relative),
                ..point()
            },
            "without a full name",
        ),
        (
            DistributionPoint {
                distribution_point: None,
                crl_issuer: None,
                reasons: None,
            },
            "without a full name",
        ),
        (
            crate::forge::point(&["ldap://crl.example/cn=ca"]),
            "http or https only",
        ),
        (
            crate::forge::point(&["file:///etc/passwd"]),
            "http or https only",
        ),
        (
            crate::forge::point(&["httpx://crl.example/"]),
            "http or https only",
        ),
        (crate::forge::point(&["crl.example"]), "http or https only"),
        (crate::forge::point(&[]), "without a URI"),
    ] {
        let leaf = with_points(leaf_profile(), vec![point]).issued_by(&ca, &key("leaf"));
        assert_unusable(&ask(Order::CrlOnly, &leaf, &ca, nobody).await, words);
    }
    let leaf = with_services(leaf_profile(), &["ldap://ocsp.example/"], &[]);
    let leaf = leaf.issued_by(&ca, &key("leaf"));
    assert_unusable(
        &ask(Order::OcspOnly, &leaf, &ca, nobody).await,
        "http or https only",
    );
    let broken = leaf_profile()
        .extension(&[2, 5, 29, 31], false, vec![48, 2, 5, 0])
        .issued_by(&ca, &key("leaf"));
    let Ok(subject) = ceremony::certificate::Certificate::from_der(broken.der()) else {
        return; // Refused when it was parsed, which is better still.
    };
    let services = Services::new(nobody);
    let found = Inquiry::new(&services, rules(Order::CrlOnly))
        .ask(&subject, &certificate(&ca), Utc::now())
        .await;
    assert_unusable(&found, "2.5.29.31 cannot be read");
}
