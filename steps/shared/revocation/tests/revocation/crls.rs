//! CRLs: what is in them.

use ceremony::revocation::{Order, Source, Status};
use der::Decode;
use partner::certificate::{Certified, KeyUsage, Profile};
use revocation::{Found, MAX_CLOCK_SKEW_SECONDS};
use x509_cert::crl::{RevokedCert, TbsCertList};
use x509_cert::serial_number::SerialNumber;

use crate::forge::*;

pub(crate) async fn says(
    subject: &Certified,
    ca: &Certified,
    change: impl Fn(&mut TbsCertList),
) -> Found {
    ask(Order::CrlOnly, subject, ca, |request| {
        assert_eq!(request.body, None);
        assert_eq!(request.limit, 5 * 1024 * 1024);
        Ok(crl(ca, &change))
    })
    .await
}

/// What a CRL of the leaf's issuer comes to, changed in one respect.
pub(crate) async fn said(change: impl Fn(&mut TbsCertList)) -> Found {
    let ca = ca();
    says(&leaf(&ca), &ca, change).await
}

fn entry(serial: SerialNumber, extensions: Vec<x509_cert::ext::Extension>) -> RevokedCert {
    RevokedCert {
        serial_number: serial,
        revocation_date: crl_time(-86_400),
        crl_entry_extensions: (!extensions.is_empty()).then_some(extensions),
    }
}

fn other() -> SerialNumber {
    SerialNumber::new(&[7]).unwrap()
}

fn reason(code: u8) -> x509_cert::ext::Extension {
    extension("2.5.29.21", false, &[10, 1, code])
}

#[tokio::test(flavor = "current_thread")]
async fn a_certificate_that_is_not_listed_is_not_revoked() {
    let ca = ca();
    let found = said(|list| list.revoked_certificates = Some(vec![entry(other(), vec![])])).await;
    let Status::NotRevoked { proof } = &found.status else {
        panic!("{:?}", found.status);
    };
    assert_eq!((proof.source, proof.url.as_str()), (Source::Crl, CRL));
    assert_eq!(proof.signer, certificate(&ca).subject());
    assert_eq!(proof.produced_at, None);
    assert!(Some(proof.this_update) < proof.next_update);
    assert_eq!(proof.response_bytes, found.response.unwrap().bytes.len());
    assert_not_revoked(&said(|_| {}).await);
}

#[tokio::test(flavor = "current_thread")]
async fn a_certificate_that_is_listed_is_revoked_with_time_and_reason() {
    let ca = ca();
    let leaf = leaf(&ca);
    let serial = || decoded(&leaf).tbs_certificate.serial_number;
    let date = "202";
    for (extensions, words) in [
        (vec![], None),
        (vec![reason(0)], Some("unspecified")),
        (vec![reason(1)], Some("keyCompromise")),
        (vec![reason(2)], Some("cACompromise")),
        (vec![reason(3)], Some("affiliationChanged")),
        (vec![reason(4)], Some("superseded")),
        (vec![reason(5)], Some("cessationOfOperation")),
        (vec![reason(6)], Some("certificateHold")),
        (vec![reason(9)], Some("privilegeWithdrawn")),
        (vec![reason(10)], Some("aACompromise")),
    ] {
        let found = says(&leaf, &ca, |list| {
            list.revoked_certificates = Some(vec![
                entry(other(), vec![reason(3)]),
                entry(serial(), extensions.clone()),
            ]);
        })
        .await;
        let Status::Revoked {
            revoked_at, reason, ..
        } = &found.status
        else {
            panic!("{:?}", found.status);
        };
        assert_eq!(reason.as_deref(), words);
        assert!(revoked_at.to_string().starts_with(date), "{revoked_at}");
        assert!(found.response.is_some());
    }
}

/// What was revoked stays so: an old list that says it is no less true. Only a hold may end.
#[tokio::test(flavor = "current_thread")]
async fn an_old_list_still_revokes() {
    let ca = ca();
    let leaf = leaf(&ca);
    let serial = || decoded(&leaf).tbs_certificate.serial_number;
    let old = async |extensions: Vec<x509_cert::ext::Extension>| {
        says(&leaf, &ca, |list| {
            list.this_update = crl_time(-7_200);
            list.next_update = Some(crl_time(-3_600));
            list.revoked_certificates = Some(vec![entry(serial(), extensions.clone())]);
        })
        .await
    };
    for extensions in [vec![], vec![reason(1)]] {
        let found = old(extensions).await;
        assert!(
            matches!(found.status, Status::Revoked { .. }),
            "{:?}",
            found.status
        );
    }
    assert_unavailable(&old(vec![reason(6)]).await, "out of date");
}

/// RFC 5280 §5.3: one entry that is not understood makes the CRL useless for every certificate.
#[tokio::test(flavor = "current_thread")]
async fn entries_that_are_not_understood_are_refused_wherever_they_stand() {
    let ca = ca();
    let leaf = leaf(&ca);
    let serial = || decoded(&leaf).tbs_certificate.serial_number;
    for (extensions, words) in [
        (
            vec![extension("1.2.3.4", true, &[5, 0])],
            "critical extension 1.2.3.4",
        ),
        (
            vec![extension("2.5.29.29", true, &[48, 0])],
            "indirect CRLs are not used",
        ),
        (
            vec![extension("2.5.29.29", false, &[48, 0])],
            "indirect CRLs are not used",
        ),
        (vec![reason(8)], "removeFromCRL"),
        (vec![reason(1), reason(1)], "twice"),
        (vec![reason(7)], "cannot be read"),
        (vec![reason(11)], "cannot be read"),
        (
            vec![extension("2.5.29.21", false, &[2, 1, 1])],
            "cannot be read",
        ),
    ] {
        for number in [other(), serial()] {
            let found = says(&leaf, &ca, |list| {
                let bad = entry(number.clone(), extensions.clone());
                list.revoked_certificates = Some(vec![entry(serial(), vec![]), bad]);
            })
            .await;
            assert_unusable(&found, words);
        }
    }
    let found = says(&leaf, &ca, |list| {
        let harmless = vec![
            extension("1.2.3.4", false, &[]),
            extension("2.5.29.24", false, b"\x18\x0f20250101000000Z"),
        ];
        list.revoked_certificates = Some(vec![entry(other(), harmless)]);
    })
    .await;
    assert_not_revoked(&found);
    let found = says(&leaf, &ca, |list| {
        list.revoked_certificates = Some(vec![entry(serial(), vec![]), entry(serial(), vec![])]);
    })
    .await;
    assert_unusable(&found, "twice");
}

#[tokio::test(flavor = "current_thread")]
async fn a_crl_is_signed_by_the_issuer_who_may_sign_crls() {
    let ca = ca();
    let leaf = leaf(&ca);
    let same_name = Profile::root("ACME CA").self_signed(&key("another ca"));
    let stranger = Profile::root("Stranger").self_signed(&key("stranger"));
    for (signer, words) in [
        (&same_name, "signature does not verify"),
        (&stranger, "was not issued by"),
    ] {
        let found = ask(Order::CrlOnly, &leaf, &ca, |_| Ok(crl(signer, |_| {}))).await;
        assert_unusable(&found, words);
    }
    // In another's name with the right key.
    let found = said(|list| list.issuer = decoded(&stranger).tbs_certificate.subject).await;
    assert_unusable(&found, "was not issued by");

    let root = |usage: &[KeyUsage]| {
        let profile = Profile::root("ACME CA").key_usage(usage);
        profile.self_signed(&key("ca"))
    };
    let may_not = root(&[KeyUsage::KeyCertSign]);
    let found = says(&crate::forge::leaf(&may_not), &may_not, |_| {}).await;
    assert_unusable(&found, "cRLSign");
    let unsaid = root(&[]);
    assert_not_revoked(&says(&crate::forge::leaf(&unsaid), &unsaid, |_| {}).await);
}

#[tokio::test(flavor = "current_thread")]
async fn a_crl_is_of_today() {
    let skew = MAX_CLOCK_SKEW_SECONDS;
    let at = |this: i64, next: i64| {
        said(move |list| {
            list.this_update = crl_time(this);
            list.next_update = Some(crl_time(next));
        })
    };
    assert_not_revoked(&at(skew - 30, 86_400).await);
    assert_not_revoked(&at(-86_400, -skew + 30).await);
    assert_unavailable(&at(skew + 30, 86_400).await, "in the future");
    assert_unavailable(&at(-86_400, -skew - 30).await, "out of date");
    assert_unusable(&at(-10, -20).await, "nextUpdate is before its thisUpdate");
    let endless = said(|list| list.next_update = None).await;
    assert_unusable(&endless, "no nextUpdate");
}

#[tokio::test(flavor = "current_thread")]
async fn a_crl_has_a_number_and_nothing_critical_that_is_not_understood() {
    for (extensions, words) in [
        (None, "no CRLNumber"),
        (Some(vec![extension("1.2.3.4", false, &[])]), "no CRLNumber"),
        (
            Some(vec![extension("2.5.29.20", true, &[2, 1, 7])]),
            "marked critical",
        ),
        (
            Some(vec![extension("2.5.29.20", false, &[2, 1, 0x80])]),
            "not a number of at most 20 bytes",
        ),
        (
            Some(vec![extension("2.5.29.20", false, &[4, 1, 7])]),
            "not a number of at most 20 bytes",
        ),
        (
            Some(vec![extension(
                "2.5.29.20",
                false,
                &[&[2, 21, 1][..], &[0; 20]].concat(),
            )]),
            "not a number of at most 20 bytes",
        ),
        (Some(vec![crl_number(), crl_number()]), "twice"),
        (
            Some(vec![crl_number(), extension("1.2.3.4", true, &[])]),
            "critical extension 1.2.3.4",
        ),
        // Freshest CRL and AKI say nothing that must be understood, unless they are critical.
        (
            Some(vec![crl_number(), extension("2.5.29.46", true, &[48, 0])]),
            "critical extension 2.5.29.46",
        ),
        (
            Some(vec![crl_number(), extension("2.5.29.35", true, &[48, 0])]),
            "critical extension 2.5.29.35",
        ),
        (
            Some(vec![crl_number(), extension("2.5.29.27", true, &[2, 1, 1])]),
            "delta CRL",
        ),
        (
            Some(vec![
                crl_number(),
                extension("2.5.29.27", false, &[2, 1, 1]),
            ]),
            "delta CRL",
        ),
    ] {
        assert_unusable(
            &said(|list| list.crl_extensions = extensions.clone()).await,
            words,
        );
    }
    let found = said(|list| {
        let extensions = list.crl_extensions.as_mut().unwrap();
        extensions.push(extension("2.5.29.46", false, &[48, 0]));
        extensions.push(extension("2.5.29.35", false, &[48, 0]));
    })
    .await;
    assert_not_revoked(&found);
    let many = said(|list| {
        let number = |n| extension(&format!("1.2.3.{n}"), false, &[]);
        list.crl_extensions = Some((1..50_000).map(number).collect());
    })
    .await;
    assert_unusable(&many, "more than 32 extensions");
    let first_version = said(|list| {
        list.version = x509_cert::Version::V1;
        list.crl_extensions = None;
    })
    .await;
    assert_unusable(&first_version, "not a CRL");
}

#[tokio::test(flavor = "current_thread")]
async fn whatever_is_cut_changed_or_added_proves_nothing() {
    let ca = ca();
    let leaf = leaf(&ca);
    let pristine = crl(&ca, |list| {
        list.revoked_certificates = Some(vec![entry(other(), vec![reason(1)])]);
    });
    let answered =
        async |bytes: Vec<u8>| ask(Order::CrlOnly, &leaf, &ca, |_| Ok(bytes.clone())).await;
    assert_not_revoked(&answered(pristine.clone()).await);
    for position in 0..pristine.len() {
        let mut bytes = pristine.clone();
        bytes[position] ^= 0x01;
        let found = answered(bytes).await;
        assert!(
            matches!(found.status, Status::Unusable { .. }),
            "byte {position}: {:?}",
            found.status
        );
        let found = answered(pristine[..position].to_vec()).await;
        assert_unusable(&found, "not a CRL");
    }
    let longer = [&pristine[..], &[0]].concat();
    assert_unusable(&answered(longer).await, "not a CRL");
    // In PEM, as some servers have it, it is none: RFC 5280 §4.2.1.13 says DER.
    let pem = b"-----BEGIN X509 CRL-----\n".to_vec();
    assert_unusable(&answered(pem).await, "not a CRL");
    assert!(x509_cert::crl::CertificateList::from_der(&pristine).is_ok());
}
