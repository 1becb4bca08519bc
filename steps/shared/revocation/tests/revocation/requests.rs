//! What is asked of a responder, and what of it has to come back.

use ceremony::revocation::Order;
use der::asn1::Null;
use der::{Decode, Encode};
use revocation::FetchError;
use x509_ocsp::ext::Nonce;
use x509_ocsp::{OcspRequest, OcspResponse, OcspResponseStatus};

use crate::forge::*;
use crate::responses::said;

#[tokio::test(flavor = "current_thread")]
async fn the_request_names_the_true_issuer_and_has_a_fresh_nonce_of_32_bytes() {
    let ca = ca();
    let leaf = leaf(&ca);
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let body = std::cell::RefCell::new(Vec::new());
        let found = ask(Order::OcspOnly, &leaf, &ca, |request| {
            assert_eq!((request.url, request.limit), (OCSP, 64 * 1024));
            body.replace(request.body.unwrap().to_vec());
            Err(FetchError::Unavailable("down".to_owned()))
        })
        .await;
        assert_unavailable(&found, "down");
        let request = OcspRequest::from_der(&body.borrow()).unwrap();
        let nonce = request.nonce().unwrap();
        assert_eq!(nonce.0.as_bytes().len(), 32);
        nonces.push(nonce);
        let [one] = &request.tbs_request.request_list[..] else {
            panic!("{request:?}");
        };
        assert_eq!(
            one.req_cert.serial_number,
            decoded(&leaf).tbs_certificate.serial_number
        );
        // SHA-1 comes first: most responders know no other.
        assert_eq!(one.req_cert.issuer_name_hash.as_bytes().len(), 20);
    }
    assert_ne!(nonces[0], nonces[1]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_refused_hash_is_followed_by_another_and_a_busy_responder_is_not_pressed() {
    let ca = ca();
    let leaf = leaf(&ca);
    let status = |status| {
        let response = OcspResponse {
            response_status: status,
            response_bytes: None,
        };
        response.to_der().unwrap()
    };
    for (answer, asked, available, words) in [
        (
            OcspResponseStatus::MalformedRequest,
            2,
            false,
            "malformedRequest",
        ),
        (OcspResponseStatus::Unauthorized, 2, false, "unauthorized"),
        (OcspResponseStatus::SigRequired, 1, false, "sigRequired"),
        (OcspResponseStatus::InternalError, 1, true, "internalError"),
        (OcspResponseStatus::TryLater, 1, true, "tryLater"),
        (OcspResponseStatus::Successful, 1, false, "without contents"),
    ] {
        let count = std::cell::Cell::new(0);
        let found = ask(Order::OcspOnly, &leaf, &ca, |_| {
            count.set(count.get() + 1);
            Ok(status(answer))
        })
        .await;
        assert_eq!(count.get(), asked, "{words}");
        if available {
            assert_unavailable(&found, words);
        } else {
            assert_unusable(&found, words);
        }
    }
    // Who knows SHA-256 only is understood in the second request, which has its own nonce.
    let count = std::cell::Cell::new(0);
    let found = ask(Order::OcspOnly, &leaf, &ca, |request| {
        count.set(count.get() + 1);
        let body = request.body.unwrap();
        let id = &OcspRequest::from_der(body)
            .unwrap()
            .tbs_request
            .request_list[0]
            .req_cert;
        match id.issuer_key_hash.as_bytes().len() {
            32 => Ok(response(body, &ca, &[], |_| {})),
            _ => Ok(status(OcspResponseStatus::Unauthorized)),
        }
    })
    .await;
    assert_eq!(count.get(), 2);
    assert_not_revoked(&found);
}

#[tokio::test(flavor = "current_thread")]
async fn parameters_of_the_hash_may_be_left_out() {
    assert_not_revoked(
        &said(|data| data.responses[0].cert_id.hash_algorithm.parameters = None).await,
    );
    assert_not_revoked(
        &said(|data| {
            data.responses[0].cert_id.hash_algorithm.parameters = Some(Null.into());
        })
        .await,
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_nonce_that_comes_back_is_the_one_that_was_sent() {
    assert_not_revoked(&said(|data| data.response_extensions = None).await);
    let nonce = |value: Vec<u8>| extension("1.3.6.1.5.5.7.48.1.2", false, &value);
    let encoded = |bytes: &[u8]| Nonce::new(bytes).unwrap().to_der().unwrap();
    for value in [encoded(&[7; 32]), encoded(&[]), vec![4, 32], vec![]] {
        let found = said(|data| data.response_extensions = Some(vec![nonce(value.clone())])).await;
        assert_unusable(&found, "nonce");
    }
    // The right one, and another beside it.
    let found = said(|data| {
        let extensions = data.response_extensions.as_mut().unwrap();
        extensions.push(nonce(encoded(&[7; 32])));
    })
    .await;
    assert_unusable(&found, "twice");
}
