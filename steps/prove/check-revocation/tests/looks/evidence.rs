//! What is kept of each answer, and that nothing is relied on that is not kept.

use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::evidence::{Deed, Recordable};
use ceremony::revocation::{Source, Status};
use check_revocation::Output;
use emulated::aws::Fault;
use emulated::ceremony;
use revocation::{Found, Response};
use serde_json::{Value, json};
use step::StepError;

use super::{
    EVIDENCE, Services, Steps, earlier, good, is_leaf, leaf, not_revoked, signed, unavailable,
};

fn crl(_: &Certificate) -> Found {
    let mut found = not_revoked(b"CertificateList", 60 * 60);
    if let (Some(response), Status::NotRevoked { proof }) = (&mut found.response, &mut found.status)
    {
        (response.source, proof.source) = (Source::Crl, Source::Crl);
    }
    found
}

fn key(bytes: &[u8], extension: &str) -> String {
    let (id, name) = (ceremony().ceremony_id, Sha256::of(bytes).short());
    format!("{id}/revocation/{name}.{extension}")
}

fn recorded(output: &Output) -> Value {
    serde_json::to_value(output.recordable()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn each_answer_lies_as_it_came_under_its_digest_and_the_record_says_where() {
    let steps = Steps::new();
    let mut services = Services::that(|it: &Certificate| match is_leaf(it) {
        true => good(it),
        false => crl(it),
    });
    let output = steps.call(&mut services, steps.input()).await.unwrap();
    let bytes = leaf().to_string().into_bytes();
    let mut keys = [key(&bytes, "ocsp"), key(b"CertificateList", "crl")];
    let ocsp = steps.aws.only(EVIDENCE, &keys[0]);
    assert_eq!(
        (ocsp.bytes, ocsp.content_type.as_str()),
        (bytes, "application/ocsp-response")
    );
    let list = steps.aws.only(EVIDENCE, &keys[1]);
    assert_eq!(
        (list.bytes.as_slice(), list.content_type.as_str()),
        (b"CertificateList".as_slice(), "application/pkix-crl")
    );
    let wrote = |key: &String| Deed::Wrote {
        bucket: EVIDENCE.to_owned(),
        key: key.clone(),
        sha256: Sha256::of(&steps.aws.only(EVIDENCE, key).bytes),
    };
    assert_eq!(steps.journal.deeds(), keys.each_ref().map(wrote));

    let recorded = recorded(&output);
    assert_eq!(recorded["policy"], "required");
    assert_eq!(recorded["asked"], true);
    let id = ceremony().ceremony_id;
    for (finding, key) in recorded["findings"].as_array().unwrap().iter().zip(&keys) {
        assert_eq!(format!("{id}/{}", finding["file"].as_str().unwrap()), *key);
        let proof = &finding["status"]["proof"];
        for told in [
            "url",
            "signer",
            "thisUpdate",
            "nextUpdate",
            "responseSha256",
        ] {
            assert!(proof[told].is_string(), "{told} of {finding}");
        }
    }
    keys.sort();
    assert_eq!(steps.aws.keys(EVIDENCE), keys);
}

#[tokio::test(start_paused = true)]
async fn a_crl_for_two_certificates_is_one_file_and_written_once() {
    let steps = Steps::new();
    let mut services = Services::that(crl);
    steps.proven(&mut services, steps.input()).await;
    assert_eq!(steps.aws.keys(EVIDENCE), [key(b"CertificateList", "crl")]);
    assert_eq!(steps.aws.calls().len(), 2, "written, and read back");
    assert_eq!(steps.journal.deeds().len(), 1);
    // A retried call finds it there.
    steps.proven(&mut services, steps.input()).await;
    steps.aws.only(EVIDENCE, &key(b"CertificateList", "crl"));
}

#[tokio::test(start_paused = true)]
async fn the_crl_by_which_a_responder_was_checked_is_kept_beside_its_answer() {
    let steps = Steps::new();
    let list = b"of responders";
    let by_a_responder = |it: &Certificate| {
        let mut found = good(it);
        found.responder_crl = Some(Response {
            source: Source::Crl,
            bytes: list.to_vec(),
        });
        if let Status::NotRevoked { proof } = &mut found.status {
            proof.responder_crl_sha256 = Some(Sha256::of(list));
        }
        found
    };
    let mut services = Services::that(by_a_responder);
    let output = steps.call(&mut services, steps.input()).await.unwrap();
    assert_eq!(steps.aws.only(EVIDENCE, &key(list, "crl")).bytes, list);
    let file = &recorded(&output)["findings"][0]["responderFile"];
    let digits = Sha256::of(list).short();
    assert_eq!(*file, format!("revocation/{digits}.crl"));

    let mut services = Services::that(|it: &Certificate| Found {
        responder_crl: None,
        ..by_a_responder(it)
    });
    let error = steps.call(&mut services, steps.input()).await.unwrap_err();
    assert_eq!(error.name(), "EvidenceMissing");
}

#[tokio::test(start_paused = true)]
async fn what_stands_against_a_certificate_is_kept_as_well() {
    let steps = Steps::new();
    let mut services = Services::that(|it: &Certificate| match is_leaf(it) {
        true => signed(b"unknown", |proof| Status::Unknown { proof }),
        false => unavailable(it),
    });
    let output = steps.call(&mut services, steps.input()).await.unwrap();
    let recorded = recorded(&output);
    assert_eq!(recorded["refused"]["error"], "CertificateUnknownToIssuer");
    assert_eq!(recorded["findings"].as_array().unwrap().len(), 2);
    assert_eq!(recorded["findings"][1]["file"], Value::Null);
    assert_eq!(steps.aws.keys(EVIDENCE), [key(b"unknown", "ocsp")]);
}

#[tokio::test(start_paused = true)]
async fn a_proof_that_is_used_again_is_named_and_not_repeated() {
    let steps = Steps::new();
    let mut input = steps.input();
    let previous = earlier(&steps).await;
    input.previous = Some(previous.clone());
    let mut services = Services::that(good);
    let output = steps.call(&mut services, input).await.unwrap();
    assert_eq!(
        recorded(&output),
        json!({
            "policy": "required", "notProven": [], "asked": false, "askedAt": previous.asked_at,
        })
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_proven_by_an_answer_that_could_not_be_kept() {
    for (fault, name) in [
        (Fault::Refused(500, "InternalError"), "ServiceUnavailable"),
        (Fault::Throttled, "ServiceThrottled"),
        (Fault::Denied, "AccessDenied"),
    ] {
        let steps = Steps::new();
        steps.aws.fault_for_good("PutObject", fault);
        let mut services = Services::that(good);
        let error = steps.call(&mut services, steps.input()).await.unwrap_err();
        assert_eq!(error.name(), name);
        assert_eq!(services.asked.len(), 1, "the next is asked when it works");
        steps.aws.mend();
        steps.proven(&mut services, steps.input()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn other_bytes_under_the_name_of_an_answer_stay_and_are_an_error() {
    let steps = Steps::new();
    let key = key(b"CertificateList", "crl");
    steps.aws.put(EVIDENCE, &key, "what somebody has put there");
    let mut services = Services::that(crl);
    let error = steps.call(&mut services, steps.input()).await.unwrap_err();
    assert_eq!(error.name(), "EvidenceExists");
    assert!(error.to_string().contains(&key), "{error}");
    assert_eq!(
        steps.aws.only(EVIDENCE, &key).bytes,
        b"what somebody has put there"
    );
    assert_eq!(steps.journal.deeds(), []);
}

#[tokio::test(start_paused = true)]
async fn a_proof_without_its_answer_is_none() {
    let steps = Steps::new();
    let mut services = Services::that(|it: &Certificate| Found {
        response: None,
        ..good(it)
    });
    let error = steps.call(&mut services, steps.input()).await.unwrap_err();
    assert_eq!(error.name(), "EvidenceMissing");

    let mut services = Services::that(|it: &Certificate| Found {
        response: crl(it).response,
        ..good(it)
    });
    let error = steps.call(&mut services, steps.input()).await.unwrap_err();
    assert_eq!(error.name(), "EvidenceMissing");
}
