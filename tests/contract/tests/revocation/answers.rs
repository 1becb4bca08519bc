//! Every way to answer: right, or wrong in one way each.

use ceremony::revocation::{Order, Status};
use ceremony::utc::Utc;
use partner::certificate::KeyUsage;
use partner::responder::behaviour::Refusal;
use partner::{Crl, Ocsp, Profile, Reason};
use time::OffsetDateTime;

use crate::support::*;

#[tokio::test]
async fn every_way_to_answer_by_ocsp() {
    let table: Vec<(Ocsp, Expected)> = vec![
        (Ocsp::Right, NotRevoked(ByOcsp)),
        (Ocsp::Good, NotRevoked(ByOcsp)),
        (Ocsp::NamedByKey, NotRevoked(ByOcsp)),
        (Ocsp::WithoutNonce, NotRevoked(ByOcsp)),
        (Ocsp::WithoutNextUpdate, NotRevoked(ByOcsp)),
        (Ocsp::OldWithoutNextUpdate, Unavailable("out of date")),
        (Ocsp::Stale, Unavailable("out of date")),
        (Ocsp::NotYetValid, Unavailable("in the future")),
        (Ocsp::Forged, Unusable("signature does not verify")),
        (Ocsp::BrokenSignature, Unusable("signature does not verify")),
        (Ocsp::OtherSerial, Unusable("another certificate")),
        (Ocsp::OtherIssuer, Unusable("another issuer")),
        (Ocsp::Contradictory, Unusable("twice")),
        (Ocsp::WrongNonce, Unusable("nonce")),
        (Ocsp::UnknownCriticalExtension, Unusable("critical")),
        (Ocsp::Malformed, Unusable("not an OCSP response")),
        (Ocsp::Truncated, Unusable("not an OCSP response")),
        (Ocsp::TrailingBytes, Unusable("not an OCSP response")),
        (Ocsp::Refused(Refusal::TryLater), Unavailable("tryLater")),
        (
            Ocsp::Refused(Refusal::InternalError),
            Unavailable("internalError"),
        ),
        (
            Ocsp::Refused(Refusal::MalformedRequest),
            Unusable("malformedRequest"),
        ),
        (Ocsp::Refused(Refusal::SigRequired), Unusable("sigRequired")),
        (
            Ocsp::Refused(Refusal::Unauthorized),
            Unusable("unauthorized"),
        ),
        (
            Ocsp::RefusedForSha1(Refusal::Unauthorized),
            NotRevoked(ByOcsp),
        ),
        (
            Ocsp::RefusedForSha1(Refusal::MalformedRequest),
            NotRevoked(ByOcsp),
        ),
    ];
    let case = Case::new();
    for (behaviour, expected) in table {
        let name = format!("{behaviour:?}");
        case.ocsp(behaviour);
        check(&name, &case.ask(Order::OcspOnly).await, expected);
    }
}

#[tokio::test]
async fn every_way_to_serve_a_crl() {
    let stranger = chain().named("contract/stranger").build();
    let table: Vec<(Crl, Expected)> = vec![
        (Crl::Right, NotRevoked(ByCrl)),
        (Crl::ItsDistributionPoint, NotRevoked(ByCrl)),
        (Crl::OnlyUserCerts, NotRevoked(ByCrl)),
        (
            Crl::OtherDistributionPoint,
            Unusable("another distribution point"),
        ),
        (Crl::OnlyCaCerts, Unusable("CA certificates only")),
        (Crl::OnlyAttributeCerts, Unusable("the CRL at ")),
        (Crl::OnlySomeReasons, Unusable("reasons")),
        (Crl::Indirect, Unusable("indirect")),
        (Crl::Stale, Unavailable("out of date")),
        (Crl::NotYetValid, Unavailable("in the future")),
        (Crl::WithoutNextUpdate, Unusable("no nextUpdate")),
        (Crl::Forged, Unusable("signature does not verify")),
        (Crl::BrokenSignature, Unusable("signature does not verify")),
        (Crl::SignedBy(Box::new(stranger.root)), Unusable("indirect")),
        (Crl::UnknownCriticalExtension, Unusable("critical")),
        (Crl::UnknownCriticalEntryExtension, Unusable("critical")),
        (Crl::WithoutNumber, Unusable("no CRLNumber")),
        (
            Crl::CriticalNumber,
            Unusable("CRLNumber is marked critical"),
        ),
        (Crl::Delta, Unusable("delta")),
        (Crl::Long(2_000), NotRevoked(ByCrl)),
        (Crl::Malformed, Unusable("not a CRL")),
        (Crl::Truncated, Unusable("not a CRL")),
        (Crl::TrailingBytes, Unusable("not a CRL")),
        (Crl::Pem, Unusable("not a CRL")),
    ];
    let case = Case::new();
    for (behaviour, expected) in table {
        let name = format!("{behaviour:?}");
        case.crl(behaviour);
        check(&name, &case.ask(Order::CrlOnly).await, expected);
    }
    // The same scopes for a certificate of an authority, which the root's list is about.
    for (behaviour, expected) in [
        (Crl::OnlyCaCerts, NotRevoked(ByCrl)),
        (Crl::OnlyUserCerts, Unusable("end-entity certificates only")),
    ] {
        let name = format!("{behaviour:?} for an authority");
        case.services.crl(&case.pki.root, behaviour);
        let intermediate = &case.pki.intermediates[0];
        let found = case.ask_about(intermediate, &case.pki.root, Order::CrlOnly);
        check(&name, &found.await, expected);
    }
}

/// RFC 5280 section 6.3.3 (f).
#[tokio::test]
async fn an_issuer_that_may_not_sign_crls() {
    let case = Case::of(|chain, services| {
        chain
            .intermediate(0, |ca| ca.key_usage(&[KeyUsage::KeyCertSign]))
            .services(services)
    });
    check("CRL", &case.ask(Order::CrlOnly).await, Unusable("cRLSign"));
    check("OCSP", &case.ask(Order::OcspOnly).await, NotRevoked(ByOcsp));
}

#[tokio::test]
async fn delegates_of_every_kind() {
    let case = Case::new();
    let crl_url = case.services.crl_url(case.issuer());
    let other = chain().named("contract/other").build();
    let ask = async |name: &str, expected| {
        check(name, &case.ask(Order::OcspOnly).await, expected);
    };

    case.delegate(case.issuer(), Profile::ocsp_no_check);
    ask("without a need to be checked", NotRevoked(ByOcsp)).await;
    case.delegate(case.issuer(), |profile| profile);
    ask(
        "that cannot be checked",
        Unusable("neither id-pkix-ocsp-nocheck nor a CRL"),
    )
    .await;
    let delegate = case.delegate(case.issuer(), |profile| profile.crl(&crl_url));
    ask("checked by CRL", NotRevoked(ByOcsp)).await;
    case.crl(Crl::Stale);
    ask("whose CRL is stale", Unavailable("out of date")).await;
    case.crl(Crl::Forged);
    ask("whose CRL is forged", Unusable("signature does not verify")).await;
    case.crl(Crl::Right);
    case.services.revoke(&delegate, Reason::KeyCompromise);
    ask("revoked", Unusable("has itself been revoked")).await;

    let no_check = Profile::ocsp_no_check;
    case.delegate(case.issuer(), |profile| {
        no_check(profile).without_extended_key_usage()
    });
    ask("not authorised", Unusable("may not answer")).await;
    case.delegate(case.issuer(), |profile| no_check(profile).expired());
    ask("expired", Unusable("may not answer")).await;
    case.delegate(case.issuer(), |profile| no_check(profile).not_yet_valid());
    ask("not yet valid", Unusable("may not answer")).await;
    let key_usage = [KeyUsage::KeyEncipherment];
    case.delegate(case.issuer(), |profile| {
        no_check(profile).key_usage(&key_usage)
    });
    ask("of another key usage", Unusable("KeyUsage")).await;
    case.delegate(other.issuer(), no_check);
    ask("of another authority", Unusable("was not issued by")).await;
    case.delegate(&case.pki.root, no_check);
    ask("of the issuer's issuer", Unusable("was not issued by")).await;
    let delegate = case.delegate(case.issuer(), no_check);
    case.ocsp(Ocsp::SignedByAbsent(Box::new(delegate)));
    ask(
        "whose certificate does not come along",
        Unusable("signed neither by"),
    )
    .await;

    // The leaf answers for itself, in a certificate that the issuer signed.
    let own = Profile::ocsp_responder("ACME Key Exchange")
        .ocsp_no_check()
        .issued_by(case.issuer(), case.pki.leaf.key());
    case.ocsp(Ocsp::signed_by(&own));
    ask("the certificate itself", Unusable("answers for itself")).await;
}

#[tokio::test]
async fn revoked_for_every_reason_and_unknown() {
    let case = Case::new();
    let at = OffsetDateTime::from_unix_timestamp(1_750_000_000).unwrap();
    let expected_at = Utc::of_unix_seconds(1_750_000_000).unwrap();
    let reasons = Reason::ALL.map(Some).into_iter().chain([None]);
    for given in reasons {
        case.services.revoke_at(&case.pki.leaf, given, at);
        for (order, source) in [(Order::OcspOnly, ByOcsp), (Order::CrlOnly, ByCrl)] {
            let name = format!("{given:?} {source:?}");
            let found = case.ask(order).await;
            // In a complete list nothing is taken off a list (RFC 5280 section 5.3.1).
            if given == Some(Reason::RemoveFromCrl) && source == ByCrl {
                check(&name, &found, Unusable("removeFromCRL"));
                continue;
            }
            check(&name, &found, Revoked(source));
            let Status::Revoked {
                revoked_at, reason, ..
            } = found.status
            else {
                unreachable!("checked");
            };
            assert_eq!(revoked_at, expected_at, "{name}");
            assert_eq!(reason.as_deref(), given.map(Reason::name), "{name}");
        }
    }
    // At the end of a long list as well.
    case.services.revoke(&case.pki.leaf, Reason::Superseded);
    case.crl(Crl::Long(20_000));
    check("long", &case.ask(Order::CrlOnly).await, Revoked(ByCrl));

    case.services.forget(&case.pki.leaf);
    check("unknown", &case.ask(Order::OcspThenCrl).await, Unknown);
}
