//! Files that nobody should send: a private key in every form in which one leaves its owner.

use std::io::Write;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::{Certified, KeyKind, PrivateKey};

/// A private key in every form, each with a name for people.
///
/// # Panics
///
/// If the program `openssl` cannot be run.
pub fn private_keys(certified: &Certified) -> Vec<(String, Vec<u8>)> {
    let key = certified.key();
    let mut files = vec![
        ("PKCS#8 in PEM".to_owned(), key.pem().into_bytes()),
        ("PKCS#8 in DER".to_owned(), key.der().to_vec()),
    ];
    let mut made = |name: &str, arguments: &str| {
        files.push((name.to_owned(), openssl(arguments, &key.pem())));
    };
    made("encrypted PKCS#8 in PEM", "pkcs8 -topk8 -passout pass:x");
    made(
        "encrypted PKCS#8 in DER",
        "pkcs8 -topk8 -passout pass:x -outform DER",
    );
    let v1 = "pkcs8 -topk8 -passout pass:x -v1 PBE-SHA1-3DES -outform DER";
    made("encrypted PKCS#8 by PKCS#12's rules", v1);
    let program = match key.kind() {
        KeyKind::EccP256 | KeyKind::EccP384 | KeyKind::EccP521 => "ec",
        KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => "rsa -traditional",
    };
    made("traditional in PEM", program);
    made("traditional in DER", &format!("{program} -outform DER"));
    made(
        "traditional and encrypted",
        &format!("{program} -aes256 -passout pass:x"),
    );
    made("text", "pkey -text -noout");
    let with_certificate = format!("{}{}", key.pem(), certified.pem());
    let pkcs12 = openssl("pkcs12 -export -passout pass:x", &with_certificate);
    let frame = format!(
        "-----BEGIN PKCS12-----\n{}-----END PKCS12-----\n",
        lines(&pkcs12)
    );
    files.extend([
        ("PKCS#12".to_owned(), pkcs12.clone()),
        (
            "PKCS#12 in Base64".to_owned(),
            STANDARD.encode(&pkcs12).into_bytes(),
        ),
        ("PKCS#12 in PEM".to_owned(), frame.into_bytes()),
        (
            "behind its certificate".to_owned(),
            [certified.der(), key.der()].concat(),
        ),
        (
            "beside its certificate".to_owned(),
            with_certificate.into_bytes(),
        ),
    ]);
    files.extend(careless(key));
    files
}

/// What editors, mail and people make of a key.
fn careless(key: &PrivateKey) -> Vec<(String, Vec<u8>)> {
    let (pem, base64) = (key.pem(), STANDARD.encode(key.der()));
    let wrapped = lines(key.der());
    let texts = [
        ("in Base64", base64.clone()),
        ("in Base64 of many lines", wrapped.clone()),
        (
            "in Base64 of many lines, after words",
            format!("My key is:\r\n\r\n{wrapped}"),
        ),
        ("as a property", format!("key={base64}")),
        ("in JSON", format!("{{\"key\":\"{base64}\"}}")),
        ("in hex", hex::encode(key.der())),
        (
            "in the frame of a certificate",
            format!("-----BEGIN CERTIFICATE-----\n{wrapped}-----END CERTIFICATE-----\n"),
        ),
        (
            "without its end",
            pem.split("-----END").next().unwrap_or_default().to_owned(),
        ),
        ("with blank lines", pem.replace('\n', "\r\n\r\n")),
        (
            "as OpenPGP",
            "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ==\n".to_owned(),
        ),
        (
            "as OpenSSH without a frame",
            STANDARD.encode(b"openssh-key-v1\0\0\0\0\x04none"),
        ),
        (
            "as SSH2",
            "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nAA==\n".to_owned(),
        ),
        (
            "of PuTTY",
            "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n".to_owned(),
        ),
        (
            "a JSON Web Key",
            r#"{"keys":[{"kty":"EC","crv":"P-256","x":"AA","d":"AA"}]}"#.to_owned(),
        ),
        (
            "XML",
            "<RSAKeyValue><Modulus>AA</Modulus><D>AA</D></RSAKeyValue>".to_owned(),
        ),
    ];
    let mut files: Vec<_> = texts
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text.into_bytes()))
        .collect();
    for (what, text) in [("PEM", &pem), ("Base64", &base64)] {
        for (name, mark, order) in [
            (
                "UTF-16, little end first",
                false,
                u16::to_le_bytes as fn(u16) -> [u8; 2],
            ),
            ("UTF-16, little end first, marked", true, u16::to_le_bytes),
            ("UTF-16, big end first", false, u16::to_be_bytes),
            ("UTF-16, big end first, marked", true, u16::to_be_bytes),
        ] {
            let mark = mark.then_some(0xfeff);
            let units = mark.into_iter().chain(text.encode_utf16());
            files.push((format!("{what} in {name}"), units.flat_map(order).collect()));
        }
    }
    files.push((
        "a Java keystore".to_owned(),
        vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2],
    ));
    files
}

fn lines(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    text.as_bytes()
        .chunks(64)
        .map(|line| format!("{}\n", String::from_utf8_lossy(line)))
        .collect()
}

/// What the program `openssl` makes of an input.
///
/// # Panics
///
/// If it cannot be run, or fails.
pub fn openssl(arguments: &str, input: &str) -> Vec<u8> {
    let mut program = Command::new("openssl")
        .args(arguments.split(' '))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program openssl");
    let mut stdin = program.stdin.take().expect("a pipe");
    stdin
        .write_all(input.as_bytes())
        .expect("an input that is read");
    drop(stdin);
    let output = program.wait_with_output().expect("its end");
    assert!(output.status.success(), "openssl {arguments}");
    output.stdout
}
