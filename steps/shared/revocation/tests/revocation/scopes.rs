//! CRLs: which certificates they are about (RFC 5280 §5.2.5).

use ceremony::revocation::Status;
use der::Encode;
use der::asn1::Ia5String;
use der::flagset::FlagSet;
use partner::certificate::Profile;
use x509_cert::crl::TbsCertList;
use x509_cert::ext::pkix::crl::dp::{IssuingDistributionPoint, Reasons};
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};

use crate::crls::{said, says};
use crate::forge::*;

fn scope() -> IssuingDistributionPoint {
    IssuingDistributionPoint {
        distribution_point: Some(full_name(&[CRL])),
        only_contains_user_certs: false,
        only_contains_ca_certs: false,
        only_some_reasons: None,
        indirect_crl: false,
        only_contains_attribute_certs: false,
    }
}

fn scoped(list: &mut TbsCertList, scope: &[u8]) {
    let extensions = list.crl_extensions.as_mut().unwrap();
    extensions.push(extension("2.5.29.28", true, scope));
}

#[tokio::test(flavor = "current_thread")]
async fn a_crl_about_other_certificates_is_refused() {
    let ca = ca();
    let leaf = leaf(&ca);
    let intermediate = with_services(Profile::intermediate("ACME Issuing CA"), &[], &[CRL])
        .issued_by(&ca, &key("intermediate"));
    type Change = fn(&mut IssuingDistributionPoint);
    let cases: [(Change, Option<&str>, Option<&str>); 11] = [
        (|_| {}, None, None),
        (|scope| scope.distribution_point = None, None, None),
        (
            |scope| scope.distribution_point = Some(full_name(&["ldap://crl.example/", CRL])),
            None,
            None,
        ),
        (
            |scope| scope.only_contains_user_certs = true,
            None,
            Some("end-entity certificates only"),
        ),
        (
            |scope| scope.only_contains_ca_certs = true,
            Some("CA certificates only"),
            None,
        ),
        (
            |scope| scope.only_contains_attribute_certs = true,
            Some("attribute certificates only"),
            Some("attribute certificates only"),
        ),
        (
            |scope| scope.indirect_crl = true,
            Some("is an indirect CRL"),
            Some("is an indirect CRL"),
        ),
        (
            |scope| scope.only_some_reasons = Some(FlagSet::from(Reasons::KeyCompromise)),
            Some("for some reasons only"),
            Some("for some reasons only"),
        ),
        (
            |scope| scope.distribution_point = Some(full_name(&["http://crl.example/2.crl"])),
            Some("another distribution point"),
            Some("another distribution point"),
        ),
        (
            |scope| {
                let name = GeneralName::DnsName(Ia5String::new("crl.example").unwrap());
                scope.distribution_point = Some(DistributionPointName::FullName(vec![name]));
            },
            Some("another distribution point"),
            Some("another distribution point"),
        ),
        (
            |scope| {
                let name = DistributionPointName::NameRelativeToCRLIssuer(Default::default());
                scope.distribution_point = Some(name);
            },
            Some("another distribution point"),
            Some("another distribution point"),
        ),
    ];
    for (change, of_leaf, of_ca) in cases {
        for (subject, words) in [(&leaf, of_leaf), (&intermediate, of_ca)] {
            let found = says(subject, &ca, |list| {
                let mut scope = scope();
                change(&mut scope);
                scoped(list, &scope.to_der().unwrap());
            })
            .await;
            match words {
                Some(words) => assert_unusable(&found, words),
                None => assert_not_revoked(&found),
            }
        }
    }
}

/// Decoders pass over what is out of order: a limit that is overlooked would make a partial CRL
/// a complete one.
#[tokio::test(flavor = "current_thread")]
async fn a_scope_that_is_not_in_order_is_refused() {
    let name = scope().to_der().unwrap();
    let name = &name[2..];
    let sequence = |parts: &[&[u8]]| {
        let contents = parts.concat();
        [&[48, u8::try_from(contents.len()).unwrap()][..], &contents].concat()
    };
    for parts in [
        vec![&[0x81, 1, 0xff][..], name],
        vec![name, &[0x84, 1, 0xff], &[0x82, 1, 0xff]],
        vec![name, name],
        vec![name, &[0x82, 1, 0]],
        vec![name, &[0x82, 1, 1]],
        vec![name, &[0x86, 1, 0xff]],
        vec![name, &[5, 0]],
        vec![&[0xa0, 0]],
    ] {
        let scope = sequence(&parts);
        let found = said(|list| scoped(list, &scope)).await;
        assert!(
            matches!(found.status, Status::Unusable { .. }),
            "{:?}",
            found.status
        );
    }
    let complete = sequence(&[name]);
    assert_not_revoked(&said(|list| scoped(list, &complete)).await);
    // Marked as not critical, it still says what the CRL is about.
    let partial = IssuingDistributionPoint {
        only_contains_ca_certs: true,
        ..scope()
    };
    let found = said(|list| {
        let scope = extension("2.5.29.28", false, &partial.to_der().unwrap());
        list.crl_extensions.as_mut().unwrap().push(scope);
    })
    .await;
    assert_unusable(&found, "CA certificates only");
}
