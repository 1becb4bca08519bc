//! Who is asked, how often, and what comes of no answer at all.

use std::time::Duration;

use ceremony::revocation::{Order, Rules};
use ceremony::utc::Utc;
use partner::responder::behaviour::Refusal;
use partner::responder::{Asked, address};
use partner::{Crl, KeyKind, Ocsp, PrivateKey, Profile, Reason, Services, Wire};
use revocation::Inquiry;
use revocation::http::Http;

use crate::support::*;

/// Far longer than anybody waits.
const SILENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn every_way_not_to_answer() {
    let elsewhere = Services::start().unwrap();
    let redirect = Wire::Redirects(elsewhere.ocsp_url());
    let table = [
        (Wire::Closes, Unavailable("connection")),
        (Wire::Silent(SILENCE), Unavailable("no complete answer")),
        (
            Wire::Drips(Duration::from_millis(100)),
            Unavailable("no complete answer"),
        ),
        (Wire::Status(503), Unavailable("HTTP status 503")),
        (Wire::Status(500), Unavailable("HTTP status 500")),
        (Wire::Status(429), Unavailable("HTTP status 429")),
        (Wire::Status(404), Unusable("HTTP status 404")),
        (Wire::Status(204), Unusable("HTTP status 204")),
        (Wire::Status(401), Unusable("HTTP status 401")),
        (redirect, Unusable("redirects are not followed")),
        (Wire::Endless, Unusable("more than")),
        (Wire::Huge(1 << 30), Unusable("more than")),
    ];
    let case = Case::new();
    for (wire, expected) in table {
        let name = format!("{wire:?}");
        case.ocsp(Ocsp::Wire(wire.clone()));
        check(&name, &case.ask(Order::OcspOnly).await, expected);
        case.crl(Crl::Wire(wire));
        check(&name, &case.ask(Order::CrlOnly).await, expected);
    }
    assert_eq!(elsewhere.asked(), []);
    let away = Case::of(|chain, _| chain.services_at(address::UNREACHABLE));
    for order in [Order::OcspOnly, Order::CrlOnly, Order::OcspThenCrl] {
        check(
            "unreachable",
            &away.ask(order).await,
            Unavailable("no connection"),
        );
    }
    let nobody = Case::of(|chain, _| chain.services_at("http://nobody.invalid"));
    check(
        "no such host",
        &nobody.ask(Order::OcspThenCrl).await,
        Unavailable("nobody.invalid"),
    );
}

/// A service that proves nothing does not stand in the way of one that does; one that says "revoked"
/// is not asked over.
#[tokio::test]
async fn one_kind_of_service_after_the_other() {
    let case = Case::new();
    for useless in [
        Ocsp::Forged,
        Ocsp::Stale,
        Ocsp::Refused(Refusal::TryLater),
        Ocsp::Wire(Wire::Status(503)),
    ] {
        let name = format!("{useless:?}, then a CRL");
        case.ocsp(useless);
        check(
            &name,
            &case.ask(Order::OcspThenCrl).await,
            NotRevoked(ByCrl),
        );
    }
    case.ocsp(Ocsp::Right);
    case.crl(Crl::Stale);
    check(
        "a stale CRL, then OCSP",
        &case.ask(Order::CrlThenOcsp).await,
        NotRevoked(ByOcsp),
    );
    case.ocsp(Ocsp::Forged);
    // As long as one may come back, it is worth waiting.
    check(
        "forged and stale",
        &case.ask(Order::OcspThenCrl).await,
        Unavailable("out of date"),
    );
    case.crl(Crl::Forged);
    check(
        "forged and forged",
        &case.ask(Order::OcspThenCrl).await,
        Unusable("does not verify"),
    );

    case.crl(Crl::Right);
    case.services.revoke(&case.pki.leaf, Reason::KeyCompromise);
    check(
        "useless, and a CRL that lists it",
        &case.ask(Order::OcspThenCrl).await,
        Revoked(ByCrl),
    );
    case.ocsp(Ocsp::Right);
    let before = case.services.asked().len();
    check(
        "revoked",
        &case.ask(Order::OcspThenCrl).await,
        Revoked(ByOcsp),
    );
    assert_eq!(case.services.asked().len(), before + 1);

    let silent = Case::of(|chain, _| chain);
    check(
        "no service",
        &silent.ask(Order::OcspThenCrl).await,
        NoService,
    );
    let crl_alone = Case::of(|chain, services| chain.crls_by(services));
    check(
        "no responder",
        &crl_alone.ask(Order::OcspOnly).await,
        Unusable("which `revocation.order` of the profile does not have asked"),
    );
    check(
        "a CRL alone",
        &crl_alone.ask(Order::OcspThenCrl).await,
        NotRevoked(ByCrl),
    );
}

#[tokio::test]
async fn what_is_asked_and_how_often() {
    let case = Case::new();
    case.ocsp(Ocsp::RefusedForSha1(Refusal::Unauthorized));
    case.ask(Order::OcspOnly).await;
    let asked = case.services.asked();
    let hashes: Vec<bool> = asked
        .iter()
        .map(|asked| match asked {
            Asked::Ocsp {
                serial,
                sha256,
                nonce,
            } => {
                assert_eq!(serial.to_uppercase(), case.pki.leaf.serial());
                // RFC 9654 section 2.1.
                assert_eq!(*nonce, Some(32));
                *sha256
            }
            Asked::Crl { path } => panic!("{path} was asked for"),
        })
        .collect();
    assert_eq!(hashes, [false, true]);

    // Two leaves of one issuer within one inquiry: one list.
    let key = PrivateKey::cached(KeyKind::EccP256, "contract/second leaf");
    let second = Profile::leaf("Second", "uid")
        .crl(&case.services.crl_url(case.issuer()))
        .issued_by(case.issuer(), &key);
    case.services.revoke(&second, Reason::Superseded);
    let http = client();
    let mut inquiry = Inquiry::new(&http, rules(Order::CrlOnly));
    let issuer = parsed(case.issuer());
    let first = inquiry
        .ask(&parsed(&case.pki.leaf), &issuer, Utc::now())
        .await;
    check("first", &first, NotRevoked(ByCrl));
    let second = inquiry.ask(&parsed(&second), &issuer, Utc::now()).await;
    check("second", &second, Revoked(ByCrl));
    let lists = case.services.asked().len() - asked.len();
    assert_eq!(lists, 1);
}

#[tokio::test]
async fn limits_of_the_profile() {
    let case = Case::new();
    case.crl(Crl::Long(4_000));
    let http = client();
    let small = Rules {
        max_crl_bytes: 65_536,
        ..rules(Order::CrlOnly)
    };
    let [leaf, issuer] = [&case.pki.leaf, case.issuer()].map(parsed);
    let found = Inquiry::new(&http, small)
        .ask(&leaf, &issuer, Utc::now())
        .await;
    check("a long list", &found, Unusable("more than 65536 bytes"));
    check(
        "by default",
        &case.ask(Order::CrlOnly).await,
        NotRevoked(ByCrl),
    );
}

/// Nobody has allowed the name: a certificate does not lead to this machine.
#[tokio::test]
async fn a_host_that_is_not_allowed_is_not_asked() {
    let case = Case::new();
    let [leaf, issuer] = [&case.pki.leaf, case.issuer()].map(parsed);
    for allowed in [
        vec![],
        vec!["other.example".into()],
        vec!["127.0.0.1".into()],
    ] {
        let http = Http::new(allowed);
        let mut inquiry = Inquiry::new(&http, Rules::default());
        let found = inquiry.ask(&leaf, &issuer, Utc::now()).await;
        check("not allowed", &found, Unusable("localhost"));
    }
    assert_eq!(case.services.asked(), []);
}

/// A chain that was issued anew for the same keys is another chain.
#[tokio::test]
async fn an_issuer_that_has_not_issued_it_is_refused() {
    let case = Case::new();
    let other = chain().named("contract/other").build();
    let found = case.ask_about(&case.pki.leaf, other.issuer(), Order::OcspThenCrl);
    check(
        "another issuer",
        &found.await,
        Unusable("was not issued by"),
    );
    assert_eq!(case.services.asked(), []);
}

/// Allowed is the name `localhost`, and nothing else that leads to the same place.
#[tokio::test]
async fn this_machine_by_any_other_name_is_not_asked() {
    let services = Services::start().unwrap();
    let url = services.url();
    let port = url.rsplit(':').next().unwrap();
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f.0.0.1",
        "2130706433",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "user@localhost",
        "localhost@127.0.0.1",
        "169.254.169.254",
        "[fd00:ec2::254]",
    ] {
        let at = format!("http://{host}:{port}");
        let case = Case::of(|chain, _| chain.services_at(&at));
        check(host, &case.ask(Order::OcspThenCrl).await, Unusable(""));
    }
    assert_eq!(services.asked(), []);
}

/// It names a service, and so must not pass for a certificate that names none.
#[tokio::test]
async fn a_service_that_is_not_asked_is_a_service() {
    for url in [
        "ldap://ldap.example/cn=ca",
        "ftp://ftp.example",
        "file:///etc/passwd",
    ] {
        let case = Case::of(|chain, _| chain.leaf(|leaf| leaf.ocsp(url).crl(url)));
        for order in [Order::OcspOnly, Order::CrlOnly, Order::OcspThenCrl] {
            check(url, &case.ask(order).await, Unusable("http or https only"));
        }
    }
}
