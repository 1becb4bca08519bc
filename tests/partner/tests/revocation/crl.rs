//! What `openssl crl` and `openssl verify -crl_check` say of our lists.

use partner::{Crl, Pki, Reason};
use time::OffsetDateTime;

use crate::support::{Case, Said, small};

/// Whether the list is signed by the intermediate.
fn signature(case: &Case) -> Said {
    std::fs::write(case.path("list.der"), case.crl()).unwrap();
    let list = ["-inform", "DER", "-in", "list.der", "-noout"];
    case.openssl(
        &[
            &["crl", "-verify", "-CAfile", "intermediate.pem"],
            &list[..],
        ]
        .concat(),
    )
}

fn text(case: &Case) -> Said {
    std::fs::write(case.path("list.der"), case.crl()).unwrap();
    case.openssl(&[
        "crl", "-inform", "DER", "-in", "list.der", "-noout", "-text",
    ])
}

#[test]
fn nothing_is_revoked() {
    let case = Case::new();
    signature(&case).must_say("verify OK");
    let said = case.verify_by_crl();
    said.must_do();
    said.must_say("leaf.pem: OK");
    let text = text(&case);
    text.must_say("Version 2 (0x1)");
    text.must_say("X509v3 CRL Number");
    text.must_say("X509v3 Authority Key Identifier");
    text.must_say("No Revoked Certificates");
}

#[test]
fn revoked_for_every_reason() {
    let case = Case::new();
    let at = OffsetDateTime::from_unix_timestamp(1_750_000_000).unwrap();
    for (reason, words) in [
        (Reason::Unspecified, "Unspecified"),
        (Reason::KeyCompromise, "Key Compromise"),
        (Reason::CaCompromise, "CA Compromise"),
        (Reason::AffiliationChanged, "Affiliation Changed"),
        (Reason::Superseded, "Superseded"),
        (Reason::CessationOfOperation, "Cessation Of Operation"),
        (Reason::CertificateHold, "Certificate Hold"),
        (Reason::RemoveFromCrl, "Remove From CRL"),
        (Reason::PrivilegeWithdrawn, "Privilege Withdrawn"),
        (Reason::AaCompromise, "AA Compromise"),
    ] {
        case.services.revoke_at(&case.pki.leaf, Some(reason), at);
        let text = text(&case);
        text.must_say(words);
        text.must_say("Revocation Date: Jun 15 15:06:40 2025 GMT");
        text.must_say(&format!("Serial Number: {}", case.pki.leaf.serial()));
        let said = case.verify_by_crl();
        // To OpenSSL, what a full list says was taken off the list is not on it.
        match reason {
            Reason::RemoveFromCrl => said.must_do(),
            _ => said.must_say("certificate revoked"),
        }
    }
}

#[test]
fn what_is_wrong_with_a_list() {
    let case = Case::new();
    let intermediate = &case.pki.intermediates[0];
    let stranger = Pki::builder("uid").named("stranger").build();
    for (behaviour, verdict) in [
        (Crl::Forged, "CRL signature failure"),
        (Crl::BrokenSignature, "CRL signature failure"),
        (Crl::Stale, "CRL has expired"),
        (Crl::NotYetValid, "CRL is not yet valid"),
        (
            Crl::SignedBy(Box::new(stranger.root)),
            "unable to get certificate CRL",
        ),
        (Crl::OtherDistributionPoint, "Different CRL scope"),
        (Crl::OnlyCaCerts, "Different CRL scope"),
        (Crl::OnlyAttributeCerts, "Different CRL scope"),
        (
            Crl::UnknownCriticalExtension,
            "unhandled critical CRL extension",
        ),
        (
            Crl::UnknownCriticalEntryExtension,
            "unhandled critical CRL extension",
        ),
    ] {
        case.services.crl(intermediate, behaviour.clone());
        let said = case.verify_by_crl();
        assert!(!said.well, "{behaviour:?}: {}", said.text);
        let heard = said.text.to_lowercase();
        assert!(
            heard.contains(&verdict.to_lowercase()),
            "{behaviour:?}: {}",
            said.text
        );
    }
    for behaviour in [
        Crl::ItsDistributionPoint,
        Crl::OnlyUserCerts,
        Crl::WithoutNextUpdate,
        Crl::WithoutNumber,
        Crl::Long(100),
        Crl::Right,
    ] {
        case.services.crl(intermediate, behaviour.clone());
        let said = case.verify_by_crl();
        assert!(said.well, "{behaviour:?}: {}", said.text);
    }
}

#[test]
fn what_a_list_says_of_itself() {
    let case = Case::new();
    let intermediate = &case.pki.intermediates[0];
    for (behaviour, words) in [
        (Crl::Indirect, "Indirect CRL"),
        (Crl::OnlySomeReasons, "Only Some Reasons"),
        (Crl::OnlyUserCerts, "Only User Certificates"),
        (Crl::OnlyCaCerts, "Only CA Certificates"),
        (Crl::OnlyAttributeCerts, "Only Attribute Certificates"),
        (
            Crl::OtherDistributionPoint,
            "URI:http://localhost/other.crl",
        ),
        (Crl::Delta, "X509v3 Delta CRL Indicator: critical"),
        (Crl::CriticalNumber, "X509v3 CRL Number: critical"),
    ] {
        case.services.crl(intermediate, behaviour);
        text(&case).must_say(words);
        signature(&case).must_say("verify OK");
    }
    case.services.crl(intermediate, Crl::OnlySomeReasons);
    text(&case).must_say("Key Compromise");
    case.services.crl(intermediate, Crl::ItsDistributionPoint);
    text(&case).must_say(&case.services.crl_url(intermediate));
    case.services.crl(intermediate, Crl::WithoutNumber);
    text(&case).must_not_say("CRL Number");
}

#[test]
fn a_list_that_is_none() {
    let case = Case::new();
    let intermediate = &case.pki.intermediates[0];
    case.services.crl(intermediate, Crl::Pem);
    assert!(case.crl().starts_with(b"-----BEGIN X509 CRL-----\n"));
    for behaviour in [Crl::Malformed, Crl::Truncated] {
        case.services.crl(intermediate, behaviour);
        assert!(!signature(&case).well);
    }
}

#[test]
fn a_long_list_has_the_leaf_at_its_end() {
    let case = Case::new();
    case.services.revoke(&case.pki.leaf, Reason::Superseded);
    let intermediate = &case.pki.intermediates[0];
    case.services.crl(intermediate, Crl::Long(2000));
    assert!(case.crl().len() > 60_000);
    case.verify_by_crl().must_say("certificate revoked");
}

#[test]
fn some_lists_first() {
    let case = Case::of(small());
    let intermediate = &case.pki.intermediates[0];
    case.services.crl_first(1, intermediate, Crl::Stale);
    case.verify_by_crl().must_say("CRL has expired");
    case.verify_by_crl().must_do();
}
