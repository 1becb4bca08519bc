//! A CRL as large as a profile allows by default.

use std::cell::RefCell;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use ceremony::certificate::Certificate;
use ceremony::revocation::{Order, Status};
use ceremony::utc::Utc;
use revocation::Inquiry;
use x509_cert::crl::RevokedCert;
use x509_cert::serial_number::SerialNumber;

use crate::forge::*;

const LIMIT: usize = 5 * 1024 * 1024;

/// With the leaf last, just below the limit.
fn large(ca: &partner::certificate::Certified, leaf: SerialNumber, entries: u32) -> Vec<u8> {
    let reason = extension("2.5.29.21", false, &[10, 1, 1]);
    let entry = |serial_number| RevokedCert {
        serial_number,
        revocation_date: crl_time(-86_400),
        crl_entry_extensions: Some(vec![reason.clone()]),
    };
    crl(ca, |list| {
        let entries = (0..entries).map(|number| {
            let mut serial = [0x40; 16];
            serial[..4].copy_from_slice(&(number | 1 << 30).to_be_bytes());
            entry(SerialNumber::new(&serial).unwrap())
        });
        list.revoked_certificates = Some(entries.chain([entry(leaf)]).collect());
    })
}

#[tokio::test(flavor = "current_thread")]
async fn a_crl_of_five_mebibytes_is_read_to_the_end_and_a_larger_one_is_not_read() {
    let ca = ca();
    let leaf = leaf(&ca);
    let serial = || decoded(&leaf).tbs_certificate.serial_number;
    let bytes = large(&ca, serial(), 102_500);
    assert!(
        bytes.len() <= LIMIT && bytes.len() > LIMIT - 200_000,
        "{}",
        bytes.len()
    );
    let found = ask(Order::CrlOnly, &leaf, &ca, |_| Ok(bytes.clone())).await;
    assert!(
        matches!(found.status, Status::Revoked { .. }),
        "{:?}",
        found.status
    );
    let bytes = large(&ca, serial(), 103_500);
    assert!(bytes.len() > LIMIT, "{}", bytes.len());
    let found = ask(Order::CrlOnly, &leaf, &ca, |_| Ok(bytes.clone())).await;
    assert_unusable(&found, "more than 5242880 bytes");
}

/// `cargo test --workspace --test revocation -- --ignored --nocapture figures`
#[tokio::test(flavor = "current_thread")]
#[ignore = "prints figures"]
async fn figures() {
    let ca = ca();
    let leaf = leaf(&ca);
    let list = large(&ca, decoded(&leaf).tbs_certificate.serial_number, 102_500);
    for _ in 0..3 {
        let list = list.clone();
        let taken = RefCell::new(Some(list));
        let start = Instant::now();
        ask(Order::CrlOnly, &leaf, &ca, |_| Ok(taken.take().unwrap())).await;
        println!("a CRL of 5 MiB, given: {:?}", start.elapsed());
    }
    let delegate = no_check(delegate_profile()).issued_by(&ca, &key("delegate"));
    for (signer, enclosed) in [(&ca, vec![]), (&delegate, vec![&delegate])] {
        let start = Instant::now();
        for _ in 0..100 {
            let found = ask(Order::OcspOnly, &leaf, &ca, |request| {
                Ok(response(request.body.unwrap(), signer, &enclosed, |_| {}))
            })
            .await;
            assert_not_revoked(&found);
        }
        println!("OCSP, made and checked: {:?}", start.elapsed() / 100);
    }
    // Memory is a process's own: this one has made the CRL.
    let folder = tempfile::TempDir::new().unwrap();
    for (name, bytes) in [("list", &list[..]), ("leaf", leaf.der()), ("ca", ca.der())] {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "large::memory", "--ignored", "--nocapture"])
        .env("FOLDER", folder.path())
        .status()
        .unwrap();
    assert!(status.success());
}

#[tokio::test(flavor = "current_thread")]
#[ignore = "run by figures"]
async fn memory() {
    let Ok(folder) = std::env::var("FOLDER") else {
        return;
    };
    let read = |name: &str| std::fs::read(Path::new(&folder).join(name)).unwrap();
    let subject = Certificate::from_der(&read("leaf")).unwrap();
    let issuer = Certificate::from_der(&read("ca")).unwrap();
    let services = Services::new(|_| Ok(read("list")));
    let mut inquiry = Inquiry::new(&services, rules(Order::CrlOnly));
    let before = peak();
    let found = inquiry.ask(&subject, &issuer, Utc::now()).await;
    assert!(matches!(found.status, Status::Revoked { .. }));
    println!(
        "a CRL of 5 MiB, read: {} KiB more at the peak",
        peak() - before
    );
}

/// The peak of resident memory so far, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.unwrap().parse().unwrap()
}
