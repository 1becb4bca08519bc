//! OpenSSL is the other side: its responder and its authority, our reader.

use std::fs;
use std::path::Path;
use std::process::Command;

use ceremony::revocation::{Order, Status};
use partner::certificate::{Certified, Profile};
use partner::{KeyKind, PrivateKey};
use revocation::Found;
use tempfile::TempDir;

use crate::forge::*;

/// A folder in which `openssl` works as the authority `ca`.
struct Authority {
    folder: TempDir,
    ca: Certified,
    leaf: Certified,
}

impl Authority {
    /// `line` is the beginning of the leaf's line in `index.txt`, up to its serial number.
    fn new(ca: Certified, line: &str) -> Self {
        let leaf = leaf(&ca);
        let folder = TempDir::new().unwrap();
        let authority = Self { folder, ca, leaf };
        let serial = hex(decoded(&authority.leaf)
            .tbs_certificate
            .serial_number
            .as_bytes());
        // Another certificate before it, so that one has to be found.
        let index = format!(
            "R\t400101000000Z\t250101000000Z\t07\tunknown\t/CN=other\n\
             {line}\t{serial}\tunknown\t/CN=leaf\n"
        );
        authority.write("index.txt", if line.is_empty() { "" } else { &index });
        authority.write("index.txt.attr", "unique_subject = no\n");
        authority.write("crlnumber", "07\n");
        authority.write("ca.pem", &authority.ca.pem());
        authority.write("ca.key", &authority.ca.key().pem());
        authority.write(
            "ca.cnf",
            "[ca]\ndefault_ca = a\n[a]\ndatabase = index.txt\ncrlnumber = crlnumber\n\
             default_md = sha256\ndefault_crl_days = 1\ncrl_extensions = e\n[e]\n\
             authorityKeyIdentifier = keyid\n[scoped]\nissuingDistributionPoint = critical,@idp\n\
             [idp]\nfullname = URI:http://crl.example/ca.crl\nonlyuser = TRUE\n\
             [unnamed]\nissuingDistributionPoint = critical,@only\n[only]\nonlyuser = TRUE\n\
             [cas]\nissuingDistributionPoint = critical,@onlycas\n[onlycas]\nonlyCA = TRUE\n",
        );
        authority
    }

    fn write(&self, name: &str, contents: &str) {
        fs::write(self.folder.path().join(name), contents).unwrap();
    }

    /// What `openssl ocsp` answers, as `signer`.
    async fn responds(&self, signer: &Certified, options: &[&str]) -> Found {
        self.write("signer.pem", &signer.pem());
        self.write("signer.key", &signer.key().pem());
        ask(Order::OcspOnly, &self.leaf, &self.ca, |request| {
            let folder = self.folder.path();
            fs::write(folder.join("request.der"), request.body.unwrap()).unwrap();
            let arguments = [
                "ocsp",
                "-index",
                "index.txt",
                "-CA",
                "ca.pem",
                "-rsigner",
                "signer.pem",
                "-rkey",
                "signer.key",
                "-reqin",
                "request.der",
                "-respout",
                "response.der",
            ];
            openssl(folder, &[&arguments[..], options].concat());
            Ok(fs::read(folder.join("response.der")).unwrap())
        })
        .await
    }

    /// What the CRL of `openssl ca -gencrl` comes to.
    async fn lists(&self, options: &[&str]) -> Found {
        let folder = self.folder.path();
        let arguments = [
            "ca", "-gencrl", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-out",
            "crl.pem",
        ];
        openssl(folder, &[&arguments[..], options].concat());
        openssl(
            folder,
            &[
                "crl", "-in", "crl.pem", "-outform", "DER", "-out", "crl.der",
            ],
        );
        let bytes = fs::read(folder.join("crl.der")).unwrap();
        ask(Order::CrlOnly, &self.leaf, &self.ca, |_| Ok(bytes.clone())).await
    }
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("openssl");
    let output = command
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "openssl {arguments:?}: {said}");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

const VALID: &str = "V\t400101000000Z\t";

fn revoked(reason: &str) -> String {
    format!("R\t400101000000Z\t250203040506Z{reason}")
}

const REASONS: [(&str, Option<&str>); 8] = [
    ("", None),
    (",unspecified", Some("unspecified")),
    (",keyCompromise", Some("keyCompromise")),
    (",CACompromise", Some("cACompromise")),
    (",affiliationChanged", Some("affiliationChanged")),
    (",superseded", Some("superseded")),
    (",cessationOfOperation", Some("cessationOfOperation")),
    (",certificateHold", Some("certificateHold")),
];

#[track_caller]
fn assert_revoked(found: &Found, expected: Option<&str>) {
    let Status::Revoked {
        revoked_at, reason, ..
    } = &found.status
    else {
        panic!("{:?}", found.status);
    };
    assert_eq!(revoked_at.to_string(), "2025-02-03T04:05:06Z");
    assert_eq!(reason.as_deref(), expected);
}

#[tokio::test(flavor = "current_thread")]
async fn its_responder_says_good_revoked_and_unknown() {
    let good = Authority::new(ca(), VALID);
    // With a nonce that comes back, and nextUpdate or none.
    for options in [
        &["-ndays", "1"][..],
        &["-nmin", "5"],
        &[],
        &["-resp_key_id"],
    ] {
        assert_not_revoked(&good.responds(&good.ca, options).await);
    }
    for (line, words) in REASONS {
        let revoked = Authority::new(ca(), &revoked(line));
        assert_revoked(&revoked.responds(&revoked.ca, &[]).await, words);
    }
    let unknown = Authority::new(ca(), "");
    let found = unknown.responds(&unknown.ca, &[]).await;
    assert!(
        matches!(found.status, Status::Unknown { .. }),
        "{:?}",
        found.status
    );
}

#[tokio::test(flavor = "current_thread")]
async fn its_responder_is_a_delegate() {
    let authority = Authority::new(ca(), VALID);
    let delegate = |profile: Profile| profile.issued_by(&authority.ca, &key("delegate"));
    let right = delegate(no_check(delegate_profile()));
    assert_not_revoked(&authority.responds(&right, &[]).await);
    assert_not_revoked(&authority.responds(&right, &["-resp_key_id"]).await);
    assert_unusable(
        &authority.responds(&right, &["-resp_no_certs"]).await,
        "signed neither by",
    );
    let expired = delegate(no_check(delegate_profile().expired()));
    assert_unusable(&authority.responds(&expired, &[]).await, "CertExpired");
    let unchecked = delegate(delegate_profile());
    assert_unusable(
        &authority.responds(&unchecked, &[]).await,
        "neither id-pkix-ocsp-nocheck",
    );
    let leaf = delegate(no_check(leaf_profile()));
    assert_unusable(&authority.responds(&leaf, &[]).await, "does not verify");
}

#[tokio::test(flavor = "current_thread")]
async fn its_responder_signs_with_rsa_and_other_curves_but_not_with_sha1() {
    for kind in [KeyKind::Rsa2048, KeyKind::EccP384, KeyKind::EccP521] {
        let key = PrivateKey::cached(kind, "ca");
        let authority = Authority::new(Profile::root("ACME CA").self_signed(&key), VALID);
        for digest in ["sha256", "sha384", "sha512"] {
            let found = authority.responds(&authority.ca, &["-rmd", digest]).await;
            assert_not_revoked(&found);
        }
        let found = authority.responds(&authority.ca, &["-rmd", "sha1"]).await;
        assert_unusable(&found, "is not accepted");
    }
    let rsa = PrivateKey::cached(KeyKind::Rsa2048, "ca");
    let authority = Authority::new(Profile::root("ACME CA").self_signed(&rsa), VALID);
    let pss = [
        "-rmd",
        "sha256",
        "-rsigopt",
        "rsa_padding_mode:pss",
        "-rsigopt",
    ];
    let found = authority
        .responds(&authority.ca, &[&pss[..], &["rsa_pss_saltlen:32"]].concat())
        .await;
    assert_not_revoked(&found);
}

#[tokio::test(flavor = "current_thread")]
async fn its_authority_lists_what_it_has_revoked() {
    let good = Authority::new(ca(), VALID);
    assert_not_revoked(&good.lists(&[]).await);
    for extensions in ["scoped", "unnamed"] {
        assert_not_revoked(&good.lists(&["-crlexts", extensions]).await);
    }
    assert_unusable(
        &good.lists(&["-crlexts", "cas"]).await,
        "CA certificates only",
    );
    for (line, words) in REASONS {
        let revoked = Authority::new(ca(), &revoked(line));
        assert_revoked(&revoked.lists(&[]).await, words);
        assert_revoked(&revoked.lists(&["-crlexts", "scoped"]).await, words);
    }
    let empty = Authority::new(ca(), "");
    assert_not_revoked(&empty.lists(&[]).await);
    let old = [
        "-crl_lastupdate",
        "20250101000000Z",
        "-crl_nextupdate",
        "20250102000000Z",
    ];
    assert_unavailable(&good.lists(&old).await, "out of date");
    assert_unusable(&good.lists(&["-md", "sha1"]).await, "is not accepted");
}

/// What is kept as evidence convinces OpenSSL, too.
#[tokio::test(flavor = "current_thread")]
async fn it_verifies_what_was_kept() {
    let authority = Authority::new(ca(), VALID);
    let folder = authority.folder.path();
    let ocsp = authority
        .responds(&authority.ca, &["-ndays", "1"])
        .await
        .response
        .unwrap();
    fs::write(folder.join("kept.der"), ocsp.bytes).unwrap();
    authority.write("leaf.pem", &authority.leaf.pem());
    openssl(
        folder,
        &[
            "ocsp",
            "-respin",
            "kept.der",
            "-issuer",
            "ca.pem",
            "-cert",
            "leaf.pem",
            "-CAfile",
            "ca.pem",
            "-no_nonce",
        ],
    );
    let list = authority.lists(&[]).await.response.unwrap();
    fs::write(folder.join("kept.crl"), list.bytes).unwrap();
    openssl(
        folder,
        &[
            "crl", "-inform", "DER", "-in", "kept.crl", "-CAfile", "ca.pem", "-noout",
        ],
    );
}
