//! What `openssl ocsp` says of our responses.

use partner::responder::behaviour::Refusal;
use partner::responder::{Asked, Reason};
use partner::{Certified, KeyKind, Ocsp, Pki, PrivateKey, Profile};
use time::OffsetDateTime;

use crate::support::{Case, small};

const VERIFIED: &str = "Response verify OK";
const NOT_VERIFIED: &str = "Response Verify Failure";

#[test]
fn certificates_name_their_services() {
    let case = Case::new();
    let pairs = [
        ("leaf.pem", &case.pki.intermediates[0]),
        ("intermediate.pem", &case.pki.root),
    ];
    for (file, issuer) in pairs {
        let said = case.openssl(&["x509", "-noout", "-in", file, "-text"]);
        said.must_say(&format!("OCSP - URI:{}", case.services.ocsp_url()));
        said.must_say(&format!("URI:{}", case.services.crl_url(issuer)));
    }
    let said = case.openssl(&["x509", "-noout", "-in", "root.pem", "-text"]);
    said.must_not_say("URI:");
}

#[test]
fn good() {
    let case = Case::new();
    let said = case.ocsp(&[]);
    said.must_do();
    said.must_say("leaf.pem: good");
    said.must_say(VERIFIED);
    said.must_not_say("WARNING");
    let [
        Asked::Ocsp {
            serial,
            sha256,
            nonce,
        },
    ] = &case.services.asked()[..]
    else {
        panic!("{:?}", case.services.asked());
    };
    assert_eq!(serial.to_uppercase(), case.pki.leaf.serial());
    assert!(!sha256);
    assert!(nonce.is_some());
}

#[test]
fn good_by_an_rsa_authority_and_every_curve() {
    for kind in [KeyKind::Rsa2048, KeyKind::EccP384, KeyKind::EccP521] {
        let case = Case::of(small().intermediate_keys(&[kind]));
        let said = case.ocsp(&[]);
        said.must_say("leaf.pem: good");
        said.must_say(VERIFIED);
        case.verify_by_crl().must_do();
    }
}

#[test]
fn revoked_for_every_reason() {
    let case = Case::new();
    let at = OffsetDateTime::from_unix_timestamp(1_750_000_000).unwrap();
    for (reason, code) in Reason::ALL.into_iter().zip([0, 1, 2, 3, 4, 5, 6, 8, 9, 10]) {
        case.services.revoke_at(&case.pki.leaf, Some(reason), at);
        let said = case.ocsp(&["-resp_text"]);
        said.must_say("leaf.pem: revoked");
        // OpenSSL 3.0 has no names for the last two.
        let name = if code > 8 { "(UNKNOWN)" } else { reason.name() };
        said.must_say(&format!("Revocation Reason: {name} (0x{code:x})"));
        said.must_say("Revocation Time: Jun 15 15:06:40 2025 GMT");
        said.must_say(VERIFIED);
    }
    case.services.revoke_at(&case.pki.leaf, None, at);
    let said = case.ocsp(&[]);
    said.must_say("leaf.pem: revoked");
    said.must_not_say("Reason:");
}

#[test]
fn unknown() {
    let case = Case::new();
    case.services.forget(&case.pki.leaf);
    let said = case.ocsp(&[]);
    said.must_say("leaf.pem: unknown");
    said.must_say(VERIFIED);
}

#[test]
fn somebody_elses_certificate() {
    let case = Case::new();
    let other = Case::of(small().named("somebody else"));
    let url = other.services.ocsp_url();
    let leaf = ["-issuer", "intermediate.pem", "-cert", "leaf.pem"];
    let said = case.openssl(&[&["ocsp"], &leaf[..], &["-url", &url]].concat());
    said.must_say("unauthorized (6)");
}

#[test]
fn issuer_named_by_sha_256() {
    let case = Case::new();
    let refused = Ocsp::RefusedForSha1(Refusal::Unauthorized);
    case.services.ocsp(&case.pki.leaf, refused);
    case.ocsp(&[]).must_say("unauthorized (6)");
    let said = case.ocsp(&["-sha256"]);
    said.must_say("leaf.pem: good");
    said.must_say(VERIFIED);
}

#[test]
fn refusals() {
    let case = Case::new();
    for (refusal, text) in [
        (Refusal::MalformedRequest, "malformedrequest (1)"),
        (Refusal::InternalError, "internalerror (2)"),
        (Refusal::TryLater, "trylater (3)"),
        (Refusal::SigRequired, "sigrequired (5)"),
        (Refusal::Unauthorized, "unauthorized (6)"),
    ] {
        case.services.ocsp(&case.pki.leaf, Ocsp::Refused(refusal));
        case.ocsp(&[]).must_say(text);
    }
}

#[test]
fn delegates() {
    let case = Case::new();
    let issuer = &case.pki.intermediates[0];
    let key = PrivateKey::cached(KeyKind::EccP256, "revocation/delegate");
    let delegate = |issuer: &Certified, change: fn(Profile) -> Profile| {
        change(Profile::ocsp_responder("ACME OCSP")).issued_by(issuer, &key)
    };
    let stranger = small().named("revocation/stranger").build();
    let same: fn(Profile) -> Profile = |profile| profile;
    for (signer, verdict) in [
        (delegate(issuer, same), VERIFIED),
        (delegate(issuer, Profile::ocsp_no_check), VERIFIED),
        (
            delegate(issuer, Profile::without_extended_key_usage),
            "missing ocspsigning usage",
        ),
        (
            delegate(issuer, Profile::expired),
            "certificate has expired",
        ),
        (delegate(&stranger.intermediates[0], same), NOT_VERIFIED),
        (delegate(&case.pki.root, same), NOT_VERIFIED),
    ] {
        case.services.ocsp(&case.pki.leaf, Ocsp::signed_by(&signer));
        let said = case.ocsp(&["-verify_other", "intermediate.pem"]);
        said.must_say(verdict);
        if verdict != VERIFIED {
            said.must_say(NOT_VERIFIED);
        }
    }
    let absent = Box::new(delegate(issuer, same));
    case.services
        .ocsp(&case.pki.leaf, Ocsp::SignedByAbsent(absent));
    case.ocsp(&[]).must_say("signer certificate not found");
}

#[test]
fn what_is_wrong_with_a_response() {
    let case = Case::new();
    for (behaviour, text) in [
        (Ocsp::Forged, NOT_VERIFIED),
        (Ocsp::BrokenSignature, NOT_VERIFIED),
        (Ocsp::Stale, "status expired"),
        (Ocsp::NotYetValid, "status not yet valid"),
        (Ocsp::OtherSerial, "ERROR: No Status found"),
        (Ocsp::OtherIssuer, "ERROR: No Status found"),
        (Ocsp::WrongNonce, "Nonce Verify error"),
        (Ocsp::WithoutNonce, "WARNING: no nonce in response"),
        (Ocsp::Malformed, "Error querying OCSP responder"),
        (Ocsp::Truncated, "Error querying OCSP responder"),
    ] {
        case.services.ocsp(&case.pki.leaf, behaviour.clone());
        let said = case.ocsp(&[]);
        assert!(said.text.contains(text), "{behaviour:?}: {}", said.text);
    }
    for right in [
        Ocsp::Good,
        Ocsp::NamedByKey,
        Ocsp::WithoutNextUpdate,
        Ocsp::WithoutNonce,
        Ocsp::Right,
    ] {
        case.services.ocsp(&case.pki.leaf, right);
        let said = case.ocsp(&["-no_nonce"]);
        said.must_say("leaf.pem: good");
        said.must_say(VERIFIED);
        said.must_not_say("WARNING");
    }
    case.services
        .ocsp(&case.pki.leaf, Ocsp::OldWithoutNextUpdate);
    case.ocsp(&["-status_age", "3600"])
        .must_say("status too old");
    case.services.ocsp(&case.pki.leaf, Ocsp::Contradictory);
    case.ocsp(&["-resp_text"]).must_say("Cert Status: revoked");
    case.services
        .ocsp(&case.pki.leaf, Ocsp::UnknownCriticalExtension);
    case.ocsp(&["-resp_text"]).must_say("critical");
}

/// As an auditor does with the file of the evidence.
#[test]
fn a_response_is_verified_without_the_responder() {
    let case = Case::new();
    case.services.revoke(&case.pki.leaf, Reason::KeyCompromise);
    case.ocsp(&["-no_nonce", "-respout", "response.der"])
        .must_say(VERIFIED);
    let leaf = ["-issuer", "intermediate.pem", "-cert", "leaf.pem"];
    let file = [
        "-respin",
        "response.der",
        "-no_nonce",
        "-CAfile",
        "root.pem",
    ];
    let said = case.openssl(&[&["ocsp"], &leaf[..], &file].concat());
    said.must_say(VERIFIED);
    said.must_say("leaf.pem: revoked");
    said.must_say("Reason: keyCompromise");
}

#[test]
fn some_answers_first() {
    let case = Case::new();
    let later = Ocsp::Refused(Refusal::TryLater);
    case.services.ocsp_first(2, &case.pki.leaf, later);
    case.ocsp(&[]).must_say("trylater (3)");
    case.ocsp(&[]).must_say("trylater (3)");
    case.ocsp(&[]).must_say("leaf.pem: good");
}

#[test]
fn a_chain_of_two_intermediates_is_answered_for_as_a_whole() {
    let case = Case::of(small().intermediate_keys(&[KeyKind::EccP256, KeyKind::EccP256]));
    let Pki {
        root,
        intermediates,
        leaf,
    } = &case.pki;
    let pairs = [
        (root, &intermediates[0]),
        (&intermediates[0], &intermediates[1]),
        (&intermediates[1], leaf),
    ];
    for (issuer, subject) in pairs {
        std::fs::write(case.path("issuer.pem"), issuer.pem()).unwrap();
        std::fs::write(case.path("subject.pem"), subject.pem()).unwrap();
        let url = case.services.ocsp_url();
        let who = ["-issuer", "issuer.pem", "-cert", "subject.pem"];
        let said =
            case.openssl(&[&["ocsp", "-CAfile", "root.pem"], &who[..], &["-url", &url]].concat());
        said.must_say("subject.pem: good");
        said.must_say(VERIFIED);
    }
}
