//! `ceremony check --revocation`: what the services say that the certificates name.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod desk;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use ceremony::utc::Utc;
use desk::{Desk, Ran, chain};
use partner::{Certified, Pki, PkiBuilder, bundle};
use rcgen::{CertificateParams, CertificateRevocationListParams, DnType, Issuer, KeyPair};
use rcgen::{KeyIdMethod, RevocationReason, RevokedCertParams, SerialNumber};
use serde_json::{Value, json};

/// Serves CRLs on loopback, and counts who asks.
struct Lists {
    url: String,
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    asked: Arc<AtomicUsize>,
}

impl Lists {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let files: Arc<Mutex<BTreeMap<String, Vec<u8>>>> = Arc::default();
        let asked: Arc<AtomicUsize> = Arc::default();
        let (served, counted) = (files.clone(), asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).unwrap();
                    request.push(byte[0]);
                }
                let request = String::from_utf8(request).unwrap();
                let path = request.split(' ').nth(1).unwrap();
                let body = served.lock().unwrap().get(path).cloned().unwrap();
                let length = body.len();
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
                stream
                    .write_all(&[head.as_bytes(), &body].concat())
                    .unwrap();
            }
        });
        Self { url, files, asked }
    }

    /// A chain whose certificates name the list of their issuer.
    fn chain(&self) -> PkiBuilder {
        chain()
            .intermediate(0, |ca| named(ca, &format!("{}/root.crl", self.url)))
            .leaf(|leaf| named(leaf, &format!("{}/ca.crl", self.url)))
    }

    fn serve(&self, pki: &Pki, revoked: Option<&Certified>) {
        let root = crl(&pki.root, "ACME Root CA", None);
        let ca = crl(&pki.intermediates[0], "ACME Issuing CA 1", revoked);
        let files = [("/root.crl".to_owned(), root), ("/ca.crl".to_owned(), ca)];
        *self.files.lock().unwrap() = BTreeMap::from(files);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// CRLDistributionPoints (RFC 5280 §4.2.1.13) with one URI.
fn named(profile: partner::Profile, url: &str) -> partner::Profile {
    let tlv = |tag: u8, value: &[u8]| {
        let length = u8::try_from(value.len()).unwrap();
        assert!(length < 128);
        [&[tag, length], value].concat()
    };
    let name = tlv(0xa0, &tlv(0xa0, &tlv(0x86, url.as_bytes())));
    let points = tlv(0x30, &tlv(0x30, &name));
    profile.extension(&[2, 5, 29, 31], false, points)
}

fn crl(issuer: &Certified, common_name: &str, revoked: Option<&Certified>) -> Vec<u8> {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, "US");
    params
        .distinguished_name
        .push(DnType::OrganizationName, "ACME");
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    let key = KeyPair::from_pem(&issuer.key().pem()).unwrap();
    let now = Utc::now();
    let revoked_certs = revoked.into_iter().map(|certified| {
        let serial = emulated::certificate(certified).serial().to_owned();
        let digits = (0..serial.len()).step_by(2);
        let bytes = digits.map(|at| u8::from_str_radix(&serial[at..at + 2], 16).unwrap());
        RevokedCertParams {
            serial_number: SerialNumber::from(bytes.collect::<Vec<u8>>()),
            revocation_time: now.plus_seconds(-3600).into(),
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        }
    });
    let list = CertificateRevocationListParams {
        this_update: now.plus_seconds(-60).into(),
        next_update: now.plus_seconds(3600).into(),
        crl_number: SerialNumber::from(1_u64),
        issuing_distribution_point: None,
        revoked_certs: revoked_certs.collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    list.signed_by(&Issuer::new(params, key))
        .unwrap()
        .der()
        .to_vec()
}

fn check(pki: &Pki, change: impl FnOnce(&mut Value), more: &[&str]) -> Ran {
    let desk = Desk::new();
    desk.put("all.pem", bundle(pki.chain()));
    let mut profile = emulated::profile(pki);
    profile["revocation"] = json!({ "order": "crl-only" });
    change(&mut profile);
    desk.put("acme.json", profile.to_string());
    let arguments = ["check", "all.pem", "--profile", "acme.json", "--revocation"];
    desk.ceremony(&[&arguments[..], more].concat())
}

const ALLOWED: [&str; 3] = ["--allow-host", "127.0.0.1", "--json"];

fn error(ran: &Ran) -> Value {
    ran.json()["problems"][0]["error"].clone()
}

#[test]
fn what_is_not_revoked_would_go_on() {
    let lists = Lists::start();
    let pki = lists.chain().build();
    lists.serve(&pki, None);
    let ran = check(&pki, |_| (), &ALLOWED);
    assert_eq!(ran.code, 0, "{ran:?}");
    let document = ran.json();
    let findings = document["revocation"]["findings"].as_array().unwrap();
    let told: Vec<_> = findings
        .iter()
        .map(|it| (&it["role"], &it["status"]["status"]))
        .collect();
    let good = json!("not-revoked");
    assert_eq!(
        told,
        [(&json!("leaf"), &good), (&json!("intermediate"), &good)]
    );
    assert_eq!(lists.asked(), 2);

    let told = check(&pki, |_| (), &ALLOWED[..2]).out;
    let url = format!("by CRL at {}/ca.crl", lists.url);
    assert!(
        told.contains("not revoked  leaf ") && told.contains(&url),
        "{told}"
    );
    assert!(told.contains("\nThe ceremony would go on.\n"), "{told}");
}

#[test]
fn a_revoked_leaf_is_refused_with_time_and_reason() {
    let lists = Lists::start();
    let pki = lists.chain().build();
    lists.serve(&pki, Some(&pki.leaf));
    let ran = check(&pki, |_| (), &ALLOWED);
    assert_eq!(
        (ran.code, error(&ran)),
        (1, json!("CertificateRevoked")),
        "{ran:?}"
    );
    let what = ran.json()["problems"][0]["what"].to_string();
    assert!(
        what.contains("key compromise") && what.contains("1 of 2"),
        "{what}"
    );
    let told = check(&pki, |_| (), &ALLOWED[..2]).out;
    assert!(
        told.contains("Ceremony Failed, CertificateRevoked: "),
        "{told}"
    );
    assert!(told.contains("revoked      leaf "), "{told}");
}

/// The step would ask no address of this kind either.
#[test]
fn nobody_is_asked_on_an_address_that_is_not_public() {
    let lists = Lists::start();
    let pki = lists.chain().build();
    lists.serve(&pki, None);
    for more in [&["--json"][..], &["--json", "--allow-host", "127.0.0.2"]] {
        let ran = check(&pki, |_| (), more);
        assert_eq!(
            (ran.code, error(&ran)),
            (1, json!("RevocationProofUnusable")),
            "{ran:?}"
        );
    }
    assert_eq!(lists.asked(), 0);
}

#[test]
fn a_service_that_does_not_answer_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/crl", listener.local_addr().unwrap());
    drop(listener);
    let pki = chain()
        .intermediate(0, |ca| named(ca, &url))
        .leaf(|leaf| named(leaf, &url))
        .build();
    let ran = check(&pki, |_| (), &ALLOWED);
    assert_eq!(
        (ran.code, error(&ran)),
        (1, json!("RevocationUnavailable")),
        "{ran:?}"
    );
}

#[test]
fn what_names_no_service_is_for_the_profile_to_say() {
    let pki = chain().build();
    let ran = check(&pki, |_| (), &["--json"]);
    assert_eq!(
        (ran.code, error(&ran)),
        (1, json!("RevocationServiceMissing")),
        "{ran:?}"
    );
    let policy = |policy: &'static str| {
        move |profile: &mut Value| {
            profile["environment"] = json!("non-production");
            profile["revocation"] = json!({ "policy": policy });
        }
    };
    let ran = check(&pki, policy("when-available"), &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("no service   leaf "), "{}", ran.out);
    let ran = check(&pki, policy("off"), &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("wants nobody to be asked"), "{}", ran.out);
}

/// An address out of a certificate that nobody vouches for is nobody's business.
#[test]
fn of_a_path_that_is_refused_nobody_is_asked() {
    let lists = Lists::start();
    let pki = lists.chain().build();
    lists.serve(&pki, None);
    for change in [
        |profile: &mut Value| profile["identity"] = json!("somebody else"),
        |profile: &mut Value| profile["trustAnchors"] = json!(["11".repeat(32)]),
    ] {
        let ran = check(&pki, change, &ALLOWED);
        assert_eq!(ran.code, 1);
        assert_eq!(ran.json()["revocation"], Value::Null);
    }
    assert_eq!(lists.asked(), 0);
}

/// A ceremony with a file that is rejected does not begin, so nobody would be asked.
#[test]
fn beside_a_file_that_is_rejected_nobody_is_asked() {
    let lists = Lists::start();
    let pki = lists.chain().build();
    lists.serve(&pki, None);
    let desk = Desk::new();
    desk.put("all.pem", bundle(pki.chain()));
    desk.put("key.pem", pki.leaf.key().pem());
    let mut profile = emulated::profile(&pki);
    profile["revocation"] = json!({ "order": "crl-only" });
    desk.put("acme.json", profile.to_string());
    let arguments = [
        "check",
        "all.pem",
        "key.pem",
        "--profile",
        "acme.json",
        "--revocation",
    ];
    let ran = desk.ceremony(&[&arguments[..], &ALLOWED].concat());
    assert_eq!(ran.code, 1, "{ran:?}");
    let document = ran.json();
    assert_eq!(document["problems"].as_array().unwrap().len(), 1, "{ran:?}");
    let mut checks = document["checks"].as_array().unwrap().iter();
    assert!(checks.all(|it| it["passed"] == true || it["severity"] == "note"));
    assert_eq!(document["revocation"], Value::Null);
    assert_eq!(lists.asked(), 0);
}

#[test]
fn the_services_are_asked_now_whatever_time_it_is_looked_for() {
    let lists = Lists::start();
    let pki = lists.chain().build();
    lists.serve(&pki, None);
    let later = Utc::now().plus_seconds(30 * 24 * 60 * 60).to_string();
    let ran = check(&pki, |_| (), &[&ALLOWED[..], &["--time", &later]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let document = ran.json();
    assert_eq!(document["at"], later);
    assert!(document["revocation"]["askedAt"].as_str().unwrap() < later.as_str());
}
