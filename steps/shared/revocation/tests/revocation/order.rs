//! Which service is asked, and what several answers come to.

use std::cell::Cell;
use std::time::{Duration, Instant};

use ceremony::revocation::{Order, Status};
use ceremony::utc::Utc;
use partner::certificate::Profile;
use revocation::{Fetch, FetchError, Found, Inquiry, MAX_URLS, Request};
use x509_ocsp::CertStatus;

use crate::forge::*;

/// What was asked, by the last part of its address.
async fn asked(
    order: Order,
    answer: impl Fn(Request<'_>) -> Result<Vec<u8>, FetchError>,
) -> (Found, Vec<String>) {
    let ca = ca();
    let services = Services::new(answer);
    let found = Inquiry::new(&services, rules(order))
        .ask(&certificate(&leaf(&ca)), &certificate(&ca), Utc::now())
        .await;
    (found, services.asked.into_inner())
}

fn down() -> Result<Vec<u8>, FetchError> {
    Err(FetchError::Unavailable("down".to_owned()))
}

fn wrong() -> Result<Vec<u8>, FetchError> {
    Err(FetchError::Unusable("wrong".to_owned()))
}

#[tokio::test(flavor = "current_thread")]
async fn services_are_asked_in_the_order_of_the_rules_until_one_answers() {
    let ca = ca();
    let good = |request: Request<'_>| {
        Ok(match request.body {
            Some(body) => response(body, &ca, &[], |_| {}),
            None => crl(&ca, |_| {}),
        })
    };
    for (order, first, second) in [
        (Order::OcspThenCrl, OCSP, Some(CRL)),
        (Order::CrlThenOcsp, CRL, Some(OCSP)),
        (Order::OcspOnly, OCSP, None),
        (Order::CrlOnly, CRL, None),
    ] {
        let (found, urls) = asked(order, good).await;
        assert_not_revoked(&found);
        assert_eq!(urls, [first]);
        // The next kind is asked when the first does not answer, or with nothing of use.
        for nothing in [down, wrong, || Ok(b"nonsense".to_vec())] {
            let (found, urls) = asked(order, |request| match request.url == first {
                true => nothing(),
                false => good(request),
            })
            .await;
            match second {
                Some(second) => {
                    assert_not_revoked(&found);
                    assert_eq!(urls, [first, second]);
                }
                None => assert_eq!(urls, [first]),
            }
        }
    }
}

#[tokio::test(flavor = "current_thread")]
async fn an_answer_is_not_outvoted() {
    let ca = ca();
    // "Unknown" and "revoked" are answers: nothing else is asked for a better one.
    let (found, urls) = asked(Order::OcspThenCrl, |request| match request.body {
        Some(body) => Ok(response(body, &ca, &[], |data| {
            data.responses[0].cert_status = CertStatus::unknown();
        })),
        None => Ok(crl(&ca, |_| {})),
    })
    .await;
    assert!(
        matches!(found.status, Status::Unknown { .. }),
        "{:?}",
        found.status
    );
    assert_eq!(urls, [OCSP]);
}

#[tokio::test(flavor = "current_thread")]
async fn what_may_pass_outweighs_what_will_not() {
    type Nothing = fn() -> Result<Vec<u8>, FetchError>;
    let cases: [(Nothing, Nothing, bool); 4] = [
        (down, down, true),
        (down, wrong, true),
        (wrong, down, true),
        (wrong, wrong, false),
    ];
    for (ocsp, list, may_pass) in cases {
        let (found, _) = asked(Order::OcspThenCrl, |request| match request.body {
            Some(_) => ocsp(),
            None => list(),
        })
        .await;
        let reasons = match &found.status {
            Status::Unavailable { reasons } if may_pass => reasons,
            Status::Unusable { reasons } if !may_pass => reasons,
            other => panic!("{other:?}"),
        };
        // Every service that was asked, with its address.
        assert!(reasons[0].contains("OCSP responder at `http://ocsp.example/`: "));
        assert!(reasons[1].contains("CRL at `http://crl.example/ca.crl`: "));
    }
}

#[tokio::test(flavor = "current_thread")]
async fn of_several_addresses_a_few_are_asked() {
    let ca = ca();
    let urls: Vec<String> = (1..=9)
        .map(|n| format!("http://ocsp{n}.example/"))
        .collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let leaf = with_services(leaf_profile(), &urls, &urls).issued_by(&ca, &key("leaf"));
    let count = Cell::new(0);
    let found = ask(Order::OcspThenCrl, &leaf, &ca, |_| {
        count.set(count.get() + 1);
        down()
    })
    .await;
    assert_eq!(count.get(), 2 * MAX_URLS);
    assert_unavailable(&found, "names 9 addresses, of which 3 are asked");
    // Named twice is asked once.
    let twice = with_services(leaf_profile(), &[OCSP, OCSP], &[CRL]);
    let twice = twice.issued_by(&ca, &key("leaf"));
    count.set(0);
    let found = ask(Order::OcspOnly, &twice, &ca, |_| {
        count.set(count.get() + 1);
        down()
    })
    .await;
    assert_unavailable(&found, "down");
    assert_eq!(count.get(), 1);
    // The second and third have their chance.
    let found = ask(Order::OcspOnly, &leaf, &ca, |request| {
        match request.url == "http://ocsp3.example/" {
            true => Ok(response(request.body.unwrap(), &ca, &[], |_| {})),
            false => down(),
        }
    })
    .await;
    assert_not_revoked(&found);
}

/// As many as fit a certificate, all in one distribution point.
#[tokio::test(flavor = "current_thread")]
async fn hundreds_of_addresses_cost_little() {
    let ca = ca();
    let urls: Vec<String> = (100..500).map(|n| format!("http://{n}")).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let leaf = with_points(leaf_profile(), vec![point(&urls)]);
    let leaf = leaf.issued_by(&ca, &key("leaf"));
    let start = Instant::now();
    let found = ask(Order::CrlOnly, &leaf, &ca, |_| down()).await;
    assert_unavailable(&found, "names 400 addresses, of which 3 are asked");
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test(flavor = "current_thread")]
async fn a_crl_is_fetched_once_and_not_used_past_its_next_update() {
    let ca = ca();
    let leaves = [leaf(&ca), leaf(&ca)];
    let services =
        Services::new(|_: Request<'_>| Ok(crl(&ca, |list| list.next_update = Some(crl_time(600)))));
    let mut inquiry = Inquiry::new(&services, rules(Order::CrlOnly));
    let issuer = certificate(&ca);
    let now = Utc::now();
    for leaf in &leaves {
        let found = inquiry.ask(&certificate(leaf), &issuer, now).await;
        assert_not_revoked(&found);
        assert!(found.response.is_some());
    }
    assert_eq!(services.asked.borrow().len(), 1);
    // Eleven minutes on it would still do for a clock that is slow, but a new one is fetched.
    let later = now.plus_seconds(660);
    assert_not_revoked(&inquiry.ask(&certificate(&leaves[0]), &issuer, later).await);
    assert_eq!(services.asked.borrow().len(), 2);
}

#[tokio::test(flavor = "current_thread")]
async fn what_could_not_be_used_is_fetched_again() {
    let ca = ca();
    let count = Cell::new(0);
    let services = Services::new(|_: Request<'_>| {
        count.set(count.get() + 1);
        match count.get() {
            1 => down(),
            2 => Ok(b"nonsense".to_vec()),
            _ => Ok(crl(&ca, |_| {})),
        }
    });
    let mut inquiry = Inquiry::new(&services, rules(Order::CrlOnly));
    let leaf = certificate(&leaf(&ca));
    let mut ask = async || inquiry.ask(&leaf, &certificate(&ca), Utc::now()).await;
    assert_unavailable(&ask().await, "down");
    assert_unusable(&ask().await, "not a CRL");
    assert_not_revoked(&ask().await);
}

#[tokio::test(flavor = "current_thread")]
async fn an_issuer_that_has_not_issued_the_certificate_is_not_asked() {
    let ca = ca();
    let same_name = Profile::root("ACME CA").self_signed(&key("another ca"));
    let nobody = |_: Request<'_>| -> Result<Vec<u8>, FetchError> { panic!("nobody is asked") };
    let found = ask(Order::OcspThenCrl, &leaf(&ca), &same_name, nobody).await;
    assert_unusable(&found, "was not issued by");
}

#[tokio::test(flavor = "current_thread")]
async fn words_of_others_are_escaped_and_bounded() {
    let ca = ca();
    let hostile = |n| format!("http://a.example/<b>`\u{1b}{n}{}", "x".repeat(220));
    let urls: Vec<String> = (0..15).map(hostile).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let leaf = with_services(leaf_profile(), &urls[..5], &urls);
    let leaf = leaf.issued_by(&ca, &key("leaf"));
    let Ok(subject) = ceremony::certificate::Certificate::from_der(leaf.der()) else {
        panic!("within the limits of a certificate: {}", leaf.der().len());
    };
    let services = Services::new(|_: Request<'_>| Err(FetchError::Unavailable("y".repeat(9_000))));
    let found = Inquiry::new(&services, rules(Order::OcspThenCrl))
        .ask(&subject, &certificate(&ca), Utc::now())
        .await;
    let Status::Unavailable { reasons } = &found.status else {
        panic!("{:?}", found.status);
    };
    assert!(reasons.len() <= 8, "{}", reasons.len());
    for reason in reasons {
        assert!(reason.chars().count() <= 401, "{}", reason.len());
        assert!(!reason.contains(['<', '\u{1b}']), "{reason}");
        // Those around the address, none within it.
        assert!(reason.matches('`').count() <= 2, "{reason}");
    }
}

/// A caller on several threads may await an answer.
#[test]
fn an_inquiry_may_move_between_threads() {
    fn sendable(_: &impl Send) {}
    let http = revocation::http::Http::new(Vec::new());
    let ca = ca();
    let (subject, issuer) = (certificate(&leaf(&ca)), certificate(&ca));
    let mut inquiry = Inquiry::new(&http, rules(Order::OcspThenCrl));
    sendable(&inquiry.ask(&subject, &issuer, Utc::now()));
    let request = Request {
        url: OCSP,
        body: None,
        limit: 0,
    };
    sendable(&http.fetch(request));
}
