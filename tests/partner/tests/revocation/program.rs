//! The program `revocation-services`: somebody revokes a certificate with one line in a file.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use partner::Pki;
use tempfile::TempDir;

use crate::support::{Said, get, small};

struct Program {
    child: Child,
    url: String,
    directory: TempDir,
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Program {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_revocation-services"))
            .args(["--listen", "127.0.0.1:0", "--directory"])
            .arg(directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line
            .trim()
            .strip_prefix("listening on ")
            .unwrap()
            .to_owned();
        Self {
            child,
            url,
            directory,
        }
    }

    /// A partner whose certificates name the program, with its folder.
    fn enrol(&self, partner: &str) -> Pki {
        let pki = small().services_at(&self.url).build();
        let folder = self.directory.path().join(partner);
        std::fs::create_dir(&folder).unwrap();
        for (name, certificate) in [
            ("root", &pki.root),
            ("intermediate", &pki.intermediates[0]),
            ("leaf", &pki.leaf),
        ] {
            std::fs::write(folder.join(format!("{name}.pem")), certificate.pem()).unwrap();
            if name != "leaf" {
                let key = certificate.key().pem();
                std::fs::write(folder.join(format!("{name}.key")), key).unwrap();
            }
        }
        pki
    }

    fn revoked(&self, partner: &str, text: &str) {
        let file = self.directory.path().join(partner).join("revoked");
        std::fs::write(file, text).unwrap();
    }

    fn ocsp(&self, partner: &str) -> Said {
        let url = format!("{}/ocsp", self.url);
        let folder = self.directory.path().join(partner);
        let leaf = ["-issuer", "intermediate.pem", "-cert", "leaf.pem"];
        let whom = ["-url", &url, "-CAfile", "root.pem"];
        openssl(&folder, &[&["ocsp"], &leaf[..], &whom].concat())
    }
}

fn openssl(folder: &Path, arguments: &[&str]) -> Said {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    Said {
        well: output.status.success(),
        text: String::from_utf8_lossy(&text).into_owned(),
    }
}

#[test]
fn one_line_revokes_a_certificate() {
    let program = Program::start();
    let pki = program.enrol("acme");
    program.enrol("other");
    program.ocsp("acme").must_say("leaf.pem: good");

    program.revoked("acme", "# a remark\n\nleaf.pem keyCompromise\n");
    let said = program.ocsp("acme");
    said.must_say("leaf.pem: revoked");
    said.must_say("Reason: keyCompromise");
    program.ocsp("other").must_say("leaf.pem: good");

    let (_, list) = get(&partner::responder::address::crl(
        &program.url,
        pki.intermediates[0].der(),
    ));
    let file = program.directory.path().join("acme/list");
    std::fs::write(&file, list).unwrap();
    let text = ["crl", "-inform", "DER", "-in", "list", "-noout", "-text"];
    openssl(file.parent().unwrap(), &text).must_say(&pki.leaf.serial());

    // By number, with a time of its own.
    let line = format!("{} SUPERSEDED 2025-06-15T15:06:40Z\n", pki.leaf.serial());
    program.revoked("acme", &line);
    let said = program.ocsp("acme");
    said.must_say("Reason: superseded");
    said.must_say("Revocation Time: Jun 15 15:06:40 2025 GMT");

    program.revoked("acme", "leaf unknown\n");
    program.ocsp("acme").must_say("leaf.pem: unknown");
    program.revoked("acme", "");
    program.ocsp("acme").must_say("leaf.pem: good");
}

/// Nobody is to believe that a certificate is revoked because of a line that says nothing.
#[test]
fn a_line_that_is_not_understood_is_no_answer() {
    let program = Program::start();
    let pki = program.enrol("acme");
    let list = partner::responder::address::crl(&program.url, pki.intermediates[0].der());
    for line in [
        "leaf.pem",
        "leaf.pem stolen",
        "nobody.pem keyCompromise",
        "leaf.pem keyCompromise yesterday",
    ] {
        program.revoked("acme", &format!("# a remark\n{line}\n"));
        let (head, body) = get(&list);
        assert!(head.starts_with("HTTP/1.1 500 "), "{head}");
        let body = String::from_utf8(body).unwrap();
        assert!(body.contains("/acme/revoked:2: "), "{body}");
        assert!(body.contains(line), "{body}");
    }
}

#[test]
fn it_is_for_this_machine_alone() {
    let said = program(&["--listen", "0.0.0.0:0", "--directory", "."]);
    said.must_say("for this machine alone");
    let said = program(&["--directory", "/nowhere"]);
    said.must_say("/nowhere: ");
    assert!(!said.well);
}

fn program(arguments: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_revocation-services"))
        .args(arguments)
        .output()
        .unwrap();
    Said {
        well: output.status.success(),
        text: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
