//! Held to `openssl`, which makes the requests and verifies what is issued.

use std::path::Path;
use std::process::Command;

use super::*;

fn openssl(directory: &Path, arguments: &str) -> String {
    let output = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(directory)
        .output()
        .expect("openssl runs");
    assert!(output.status.success(), "openssl {arguments}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

fn chain() -> Pki {
    Pki::builder("uid")
        .named("requests")
        .root_key(KeyKind::EccP384)
        .intermediate_keys(&[KeyKind::EccP384])
        .leaf_key(KeyKind::EccP256)
        .build()
}

/// A request that `openssl` makes, with a key of this kind.
fn requested(directory: &Path, key: &str) -> String {
    openssl(
        directory,
        &format!(
            "req -new -newkey {key} -noenc -keyout key.pem -out request.pem -subj /O=Payments/CN=Signing"
        ),
    );
    std::fs::read_to_string(directory.join("request.pem")).expect("a request")
}

#[test]
fn what_is_issued_is_for_the_key_and_the_name_of_the_request() {
    for key in [
        "rsa:2048",
        "ec -pkeyopt ec_paramgen_curve:P-256",
        "ec -pkeyopt ec_paramgen_curve:P-384 -sha384",
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        let directory = directory.path();
        let request = Request::from_pem(&requested(directory, key)).expect("a request");
        let pki = chain();
        let issued = pki.issue(&request, Profile::signer(), None);
        for (file, text) in [
            ("root.pem", pki.root.pem()),
            ("issuing.pem", pki.intermediates[0].pem()),
            ("issued.pem", issued.pem()),
        ] {
            std::fs::write(directory.join(file), text).expect("a file");
        }
        openssl(
            directory,
            "verify -x509_strict -CAfile root.pem -untrusted issuing.pem issued.pem",
        );
        let told = |of: &str| openssl(directory, of);
        assert_eq!(
            told("x509 -in issued.pem -noout -pubkey"),
            told("req -in request.pem -noout -pubkey")
        );
        assert_eq!(
            told("x509 -in issued.pem -noout -subject"),
            told("req -in request.pem -noout -subject")
        );
        let usage = told("x509 -in issued.pem -noout -ext keyUsage");
        assert!(usage.contains("Digital Signature"), "{usage}");
    }
}

#[test]
fn a_request_that_another_key_signed_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let text = requested(directory.path(), "rsa:2048");
    let mut request = CertReq::from_pem(&text).expect("a request");
    request.info.subject = x509_cert::name::RdnSequence::default();
    let der = request.to_der().expect("a request");
    let error = Request::from_pem(&pem("CERTIFICATE REQUEST", &der)).unwrap_err();
    assert_eq!(error, RequestError::WrongSignature);
    let error = Request::from_pem("nothing").unwrap_err();
    assert!(matches!(error, RequestError::Malformed(_)), "{error}");
}
