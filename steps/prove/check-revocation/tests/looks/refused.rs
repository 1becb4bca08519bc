//! What no waiting changes, and what has been waited for long enough.

use ceremony::certificate::Certificate;
use ceremony::evidence::Recordable;
use ceremony::path::MAX_CAS;
use ceremony::revocation::{Proof, Requirement, Status};
use ceremony::utc::Utc;
use check_revocation::{Output, Pending, Proven};
use emulated::{UID, path, policy};
use partner::{KeyKind, Pki};
use revocation::Found;
use serde_json::Value;

use super::{Services, Steps, good, is_leaf, signed, unavailable, unsigned};

fn revoked(certificate: &Certificate) -> Found {
    signed(certificate.subject().as_bytes(), |proof| Status::Revoked {
        proof,
        revoked_at: "2026-11-20T08:00:00Z".to_owned().try_into().unwrap(),
        reason: Some("keyCompromise".to_owned()),
    })
}

fn unknown(certificate: &Certificate) -> Found {
    signed(certificate.subject().as_bytes(), |proof| Status::Unknown {
        proof,
    })
}

fn unusable(_: &Certificate) -> Found {
    let reasons = vec!["http://ocsp.example/: signed by another".to_owned()];
    unsigned(Status::Unusable { reasons })
}

fn no_service(_: &Certificate) -> Found {
    unsigned(Status::NoService)
}

type Say = fn(&Certificate) -> Found;

const FINAL: [(Say, &str, &str); 4] = [
    (
        revoked,
        "CertificateRevoked",
        "was revoked on 2026-11-20T08:00:00Z (reason: key compromise), by `CN=Responder`",
    ),
    (
        unknown,
        "CertificateUnknownToIssuer",
        "is not known to the responder `CN=Responder` at `http://ocsp.example/`",
    ),
    (no_service, "RevocationServiceMissing", "names neither"),
    (
        unusable,
        "RevocationProofUnusable",
        "nothing is proven: http://ocsp.example/: signed by another",
    ),
];

#[tokio::test(start_paused = true)]
async fn whatever_is_final_is_refused_by_name_of_either_certificate_and_not_waited_for() {
    for (bad, name, words) in FINAL {
        for bad_leaf in [true, false] {
            let mut services = Services::that(|it: &Certificate| match is_leaf(it) == bad_leaf {
                true => bad(it),
                // Whose service may come back; it makes no difference any more.
                false => unavailable(it),
            });
            let steps = Steps::new();
            let refused = steps.refused(&mut services, steps.input()).await;
            let (role, what) = (
                if bad_leaf {
                    "the leaf `"
                } else {
                    "the intermediate `"
                },
                &refused.refused.what,
            );
            assert_eq!(refused.refused.error, name);
            assert!(what.contains(words) && what.contains(role), "{what}");
            assert!(what.starts_with("2 of 2 certificates"), "{what}");
            assert!(refused.refused.remedy.contains("the partner"), "{name}");
            assert_eq!(refused.findings.len(), 2, "all findings are evidence");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_worst_names_the_failure_and_the_good_is_not_blamed() {
    let steps = Steps::new();
    for (index, (bad, name, _)) in FINAL.into_iter().enumerate() {
        for (other, ..) in FINAL.into_iter().skip(index) {
            for bad_leaf in [true, false] {
                let mut services =
                    Services::that(|it: &Certificate| match is_leaf(it) == bad_leaf {
                        true => bad(it),
                        false => other(it),
                    });
                let refused = steps.refused(&mut services, steps.input()).await;
                assert_eq!(refused.refused.error, name);
            }
        }
    }
    let mut services = Services::that(|it: &Certificate| match is_leaf(it) {
        true => good(it),
        false => revoked(it),
    });
    let refused = steps.refused(&mut services, steps.input()).await;
    let what = refused.refused.what;
    assert!(what.starts_with("1 of 2 certificates"), "{what}");
    assert!(!what.contains("the leaf"), "{what}");
}

#[tokio::test(start_paused = true)]
async fn no_profile_that_checks_lets_an_answer_pass_that_proves_nothing() {
    let mut steps = Steps::new();
    steps.policy.revocation.policy = Requirement::WhenAvailable;
    for (bad, name, _) in FINAL {
        let mut services = Services::that(bad);
        if name == "RevocationServiceMissing" {
            steps.proven(&mut services, steps.input()).await;
            continue;
        }
        let refused = steps.refused(&mut services, steps.input()).await;
        assert_eq!(refused.refused.error, name);
    }
}

#[tokio::test(start_paused = true)]
async fn what_stays_unavailable_is_refused_at_the_deadline_and_not_before() {
    let steps = Steps::new();
    let mut services = Services::that(unavailable);
    let mut input = steps.input();
    let first = steps.waits(&mut services, input.clone()).await;
    assert_eq!(first.until, first.since.plus_seconds(60 * 60));
    assert_eq!(first.look_again_in_seconds, 15);

    let mut awaited = first.clone();
    awaited.since = Utc::now().plus_seconds(-59 * 60);
    input.awaited = Some(awaited);
    let last = steps.waits(&mut services, input.clone()).await;
    assert!((58..=60).contains(&last.look_again_in_seconds), "{last:?}");

    let mut awaited = last;
    awaited.since = Utc::now().plus_seconds(-60 * 60);
    input.awaited = Some(awaited);
    let refused = steps.refused(&mut services, input).await;
    assert_eq!(refused.refused.error, "RevocationUnavailable");
    let what = refused.refused.what;
    assert!(what.contains("connection refused"), "{what}");
    assert!(what.contains("asked again since"), "{what}");
    assert_eq!(refused.findings.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_profile_that_does_not_wait_refuses_at_once() {
    let mut steps = Steps::new();
    steps.policy.revocation.wait_minutes = 0;
    let mut services = Services::that(unavailable);
    let refused = steps.refused(&mut services, steps.input()).await;
    assert_eq!(refused.refused.error, "RevocationUnavailable");
    let what = refused.refused.what;
    assert!(!what.contains("asked again"), "nobody was: {what}");
}

/// A state holds 256 KiB, and so does the list of all evidence, which has that of the checks as well.
#[tokio::test(start_paused = true)]
async fn whatever_services_say_of_the_longest_path_the_states_stay_small() {
    let pki = Pki::builder(UID)
        .named("longest")
        .root_key(KeyKind::EccP384)
        .intermediate_keys(&[KeyKind::EccP384; MAX_CAS - 1])
        .leaf_key(KeyKind::Rsa3072)
        .build();
    let mut steps = Steps::new();
    steps.policy = policy(&pki, |_| {});
    let mut input = steps.input();
    input.path = path(&pki);
    let longest = |bytes: usize| "\"".repeat(bytes);
    let (text, reasons) = (longest(5_000), vec![longest(5_000); 100]);

    let mut services = Services::that(|_| {
        let reasons = reasons.clone();
        unsigned(Status::Unavailable { reasons })
    });
    let waits = steps.call(&mut services, input.clone()).await.unwrap();
    assert_eq!(services.asked.len(), MAX_CAS);
    let Output::Pending(Pending { pending }) = &waits else {
        panic!("{waits:?}");
    };
    input.awaited = Some(pending.clone());

    let mut services = Services::that(|it: &Certificate| {
        signed(it.subject().as_bytes(), |proof| {
            let (url, signer) = (text.clone(), text.clone());
            let proof = Proof {
                url,
                signer,
                ..proof
            };
            Status::NotRevoked { proof }
        })
    });
    let proves = steps.call(&mut services, input.clone()).await.unwrap();
    let Output::Proven(Proven { proven, .. }) = &proves else {
        panic!("{proves:?}");
    };
    input.previous = Some(proven.clone());

    let mut services = Services::that(|_| {
        let reasons = reasons.clone();
        unsigned(Status::Unusable { reasons })
    });
    steps.policy.revocation.max_proof_age_minutes = 0;
    input.policy = steps.policy.clone().into();
    let refuses = steps.call(&mut services, input.clone()).await.unwrap();
    assert!(matches!(refuses, Output::Refused(_)), "{refuses:?}");

    let size = |document: Value| document.to_string().len();
    for output in [waits, proves, refuses] {
        let result = size(serde_json::to_value(&output).unwrap());
        let evidence = size(serde_json::to_value(output.recordable()).unwrap());
        assert!(
            result < 48 * 1024 && evidence < 48 * 1024,
            "{result} {evidence}"
        );
    }
    let certificates = size(serde_json::to_value(&input.path).unwrap());
    let all = size(serde_json::to_value(&input).unwrap()) - certificates;
    assert!(all < 64 * 1024, "{all}");
}
