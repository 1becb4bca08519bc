//! A chain with services, its files, and `openssl`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;

use partner::{KeyKind, Pki, PkiBuilder, Services};
use tempfile::TempDir;

pub(crate) struct Case {
    pub(crate) services: Services,
    pub(crate) pki: Pki,
    folder: TempDir,
}

impl Case {
    pub(crate) fn new() -> Self {
        Self::of(small())
    }

    pub(crate) fn of(builder: PkiBuilder) -> Self {
        let services = Services::start().unwrap();
        let pki = builder.services(&services).build();
        let folder = tempfile::tempdir().unwrap();
        let intermediate = &pki.intermediates[0];
        for (name, certificate) in [
            ("root.pem", &pki.root),
            ("intermediate.pem", intermediate),
            ("leaf.pem", &pki.leaf),
        ] {
            std::fs::write(folder.path().join(name), certificate.pem()).unwrap();
        }
        Self {
            services,
            pki,
            folder,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What `openssl ocsp` makes of the answer about the leaf.
    pub(crate) fn ocsp(&self, options: &[&str]) -> Said {
        let url = self.services.ocsp_url();
        let leaf = ["-cert", "leaf.pem", "-url", &url, "-CAfile", "root.pem"];
        let arguments = [&["ocsp", "-issuer", "intermediate.pem"], options, &leaf].concat();
        self.openssl(&arguments)
    }

    /// The list that may name the leaf, as it is served now.
    pub(crate) fn crl(&self) -> Vec<u8> {
        let (head, body) = get(&self.services.crl_url(&self.pki.intermediates[0]));
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        body
    }

    /// What `openssl verify` makes of the leaf by that list.
    pub(crate) fn verify_by_crl(&self) -> Said {
        std::fs::write(self.path("list.der"), self.crl()).unwrap();
        let pem = ["-inform", "DER", "-in", "list.der", "-out", "list.pem"];
        self.openssl(&[&["crl"], &pem[..]].concat()).must_do();
        let chain = ["-CAfile", "root.pem", "-untrusted", "intermediate.pem"];
        let list = ["-crl_check", "-CRLfile", "list.pem", "leaf.pem"];
        self.openssl(&[&["verify"], &chain[..], &list].concat())
    }

    pub(crate) fn openssl(&self, arguments: &[&str]) -> Said {
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .expect("openssl");
        let text = [output.stdout, output.stderr].concat();
        Said {
            well: output.status.success(),
            text: String::from_utf8_lossy(&text).into_owned(),
        }
    }
}

/// Elliptic curves are quick.
pub(crate) fn small() -> PkiBuilder {
    Pki::builder("uid")
        .named("revocation")
        .root_key(KeyKind::EccP384)
        .intermediate_keys(&[KeyKind::EccP256])
        .leaf_key(KeyKind::EccP256)
}

/// What a program printed, and whether it was content.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) well: bool,
    pub(crate) text: String,
}

impl Said {
    pub(crate) fn must_do(&self) {
        assert!(self.well, "{}", self.text);
    }

    pub(crate) fn must_say(&self, what: &str) {
        assert!(self.text.contains(what), "no `{what}` in: {}", self.text);
    }

    pub(crate) fn must_not_say(&self, what: &str) {
        assert!(!self.text.contains(what), "`{what}` in: {}", self.text);
    }
}

/// Head and body of the answer to a GET.
pub(crate) fn get(url: &str) -> (String, Vec<u8>) {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap());
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    // A connection that is closed in the middle has said what it had to say.
    let _ = stream.read_to_end(&mut answer);
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let body = end.map_or(Vec::new(), |end| answer[end + 4..].to_vec());
    let head = &answer[..end.unwrap_or(answer.len())];
    (String::from_utf8_lossy(head).into_owned(), body)
}
