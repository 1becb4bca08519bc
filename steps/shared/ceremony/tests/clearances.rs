//! Which findings are enough for which path, and for how long.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::certificate::Certificate;
use ceremony::clearance::{AFTER_NEXT_UPDATE, Clearance, NotCleared, revocable};
use ceremony::digest::Sha256;
use ceremony::path::{CertificatePath, Role};
use ceremony::revocation::{Finding, Proof, Requirement, Rules, Source, Status};
use ceremony::utc::Utc;
use partner::{Certified, KeyKind, Pki};

fn path() -> CertificatePath {
    let pki = Pki::builder("uid")
        .named("clearances")
        .root_key(KeyKind::EccP256)
        .intermediate_keys(&[KeyKind::EccP256, KeyKind::EccP256])
        .leaf_key(KeyKind::EccP256)
        .build();
    let read = |it: &Certified| Certificate::from_der(it.der()).unwrap();
    CertificatePath {
        leaf: read(&pki.leaf),
        intermediates: pki.intermediates.iter().rev().map(read).collect(),
        root: read(&pki.root),
    }
}

fn now() -> Utc {
    Utc::of_unix_seconds(1_800_000_000).unwrap()
}

fn rules(policy: Requirement) -> Rules {
    Rules {
        policy,
        ..Rules::default()
    }
}

fn proof(next_update: Option<Utc>) -> Proof {
    Proof {
        source: Source::Ocsp,
        url: "http://ocsp.example/".to_owned(),
        signer: "CN=Responder".to_owned(),
        produced_at: Some(now()),
        this_update: now(),
        next_update,
        response_sha256: Sha256::of(b"answer"),
        response_bytes: 6,
        responder_crl_sha256: None,
    }
}

fn not_revoked() -> Status {
    let proof = proof(Some(now().plus_seconds(12 * 60 * 60)));
    Status::NotRevoked { proof }
}

fn finding(role: Role, certificate: &Certificate, status: Status) -> Finding {
    Finding {
        role,
        certificate_sha256: certificate.sha256(),
        subject: certificate.subject().to_owned(),
        status,
    }
}

fn cleared(path: &CertificatePath, status: &Status) -> Clearance {
    let findings =
        revocable(path).map(|(role, certificate)| finding(role, certificate, status.clone()));
    let findings = findings.collect();
    Clearance::new(path, &rules(Requirement::Required), now(), findings)
}

#[test]
fn leaf_and_every_intermediate_can_be_revoked_and_the_root_cannot() {
    let path = path();
    let roles: Vec<Role> = revocable(&path).map(|(role, _)| role).collect();
    assert_eq!(roles, [Role::Leaf, Role::Intermediate, Role::Intermediate]);
}

#[test]
fn only_what_is_proven_of_every_certificate_is_enough() {
    let path = path();
    let required = rules(Requirement::Required);
    let all = cleared(&path, &not_revoked());
    assert_eq!(all.covers(&path, &required), Ok(()));
    assert_eq!(all.summary.not_proven, []);
    for missing in 0..3 {
        let mut findings = all.findings.clone();
        let left_out = findings.remove(missing);
        let some = Clearance::new(&path, &required, now(), findings);
        let Err(NotCleared::NotProven { role, subject }) = some.covers(&path, &required) else {
            panic!("{missing} is missing");
        };
        assert_eq!((role, subject), (left_out.role.as_str(), left_out.subject));
        assert_eq!(some.summary.not_proven, [left_out.certificate_sha256]);
    }
}

#[test]
fn every_other_status_is_none_whatever_the_profile_lets_pass() {
    let path = path();
    let reasons = vec!["why".to_owned()];
    for status in [
        Status::Unknown { proof: proof(None) },
        Status::Revoked {
            proof: proof(None),
            revoked_at: now(),
            reason: None,
        },
        Status::Unavailable {
            reasons: reasons.clone(),
        },
        Status::Unusable { reasons },
    ] {
        for policy in [Requirement::Required, Requirement::WhenAvailable] {
            let cleared = cleared(&path, &status);
            assert!(cleared.covers(&path, &rules(policy)).is_err(), "{status:?}");
            assert_eq!(cleared.summary.not_proven.len(), 3);
        }
    }
    let nameless = cleared(&path, &Status::NoService);
    assert!(
        nameless
            .covers(&path, &rules(Requirement::Required))
            .is_err()
    );
    let when_available = rules(Requirement::WhenAvailable);
    assert_eq!(nameless.covers(&path, &when_available), Ok(()));
}

#[test]
fn a_good_finding_does_not_hide_a_bad_one() {
    let path = path();
    let required = rules(Requirement::Required);
    for bad_first in [true, false] {
        let mut cleared = cleared(&path, &not_revoked());
        let bad = Status::Unknown { proof: proof(None) };
        let at = if bad_first { 0 } else { 3 };
        let bad = finding(Role::Leaf, &path.leaf, bad);
        cleared.findings.insert(at, bad);
        assert!(cleared.covers(&path, &required).is_err());
    }
}

#[test]
fn a_proof_is_young_for_as_long_as_the_profile_says_and_its_answers_are_current() {
    let path = path();
    let rules = rules(Requirement::Required);
    let cleared = cleared(&path, &not_revoked());
    let recent = |seconds: i64, grace: i64| {
        let now = now().plus_seconds(seconds);
        cleared.is_recent(&rules, now, grace).is_ok()
    };
    assert!(recent(0, 0) && recent(3_599, 0) && recent(-60, 0));
    assert!(!recent(3_600, 0) && !recent(-61, 0), "nor one of tomorrow");
    assert!(recent(3_600, 1) && !recent(3_601, 1));

    let mut outdated = cleared.clone();
    outdated.findings[2].status = Status::NotRevoked {
        proof: proof(Some(now().plus_seconds(10))),
    };
    let at = |seconds: i64, grace: i64| {
        let now = now().plus_seconds(seconds);
        outdated.is_recent(&rules, now, grace).is_ok()
    };
    assert!(at(10, 0) && !at(11, 0) && at(11, 1));
    let longest = 10 + AFTER_NEXT_UPDATE;
    assert!(at(longest, 3_600) && !at(longest + 1, 3_600));
}

#[test]
fn nothing_is_demanded_where_the_profile_asks_for_none() {
    let path = path();
    let off = rules(Requirement::Off);
    let nothing = Clearance::new(&path, &off, now(), Vec::new());
    assert_eq!(nothing.covers(&path, &off), Ok(()));
    let years_later = now().plus_seconds(1_000_000_000);
    assert_eq!(nothing.is_recent(&off, years_later, 0), Ok(()));
    assert_eq!(nothing.summary.not_proven.len(), 3);
}
