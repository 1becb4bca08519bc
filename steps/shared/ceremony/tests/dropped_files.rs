//! What a dropped file may be, and what it may not.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::bundle::{UnusableFile, certificates_in};
use ceremony::certificate::Certificate;
use partner::{KeyKind, Pki, bundle, certificate, pkcs7};

fn pki() -> Pki {
    Pki::builder("identity:idms.group.1")
        .named("dropped files")
        .root_key(KeyKind::EccP256)
        .intermediate_keys(&[KeyKind::EccP256])
        .leaf_key(KeyKind::Rsa2048)
        .build()
}

fn fingerprints(certificates: &[Certificate]) -> Vec<String> {
    let mut fingerprints: Vec<String> = certificates
        .iter()
        .map(|certificate| certificate.sha256().to_string())
        .collect();
    fingerprints.sort();
    fingerprints
}

fn expected(pki: &Pki) -> Vec<String> {
    let mut fingerprints: Vec<String> = pki.chain().iter().map(|one| one.sha256()).collect();
    fingerprints.sort();
    fingerprints
}

#[test]
fn a_bundle_is_read_however_it_is_packed() {
    let pki = pki();
    let pem = bundle(pki.chain());
    let with_text = format!(
        "Certificate:\n    Data:\n{}trailing notes\n",
        pem.replace('\n', "\r\n")
    );
    for (packing, file) in [
        ("PEM", pem.into_bytes()),
        ("PEM among text, with CRLF", with_text.into_bytes()),
        ("PKCS#7 in DER", pkcs7(pki.chain())),
        (
            "PKCS#7 in PEM",
            certificate::pkcs7_pem(pki.chain()).into_bytes(),
        ),
    ] {
        let certificates =
            certificates_in(&file).unwrap_or_else(|error| panic!("{packing}: {error}"));
        assert_eq!(fingerprints(&certificates), expected(&pki), "{packing}");
    }
}

#[test]
fn one_certificate_is_read_from_der() {
    let pki = pki();
    let certificates = certificates_in(pki.leaf.der()).unwrap();
    assert_eq!(certificates[0].sha256().to_string(), pki.leaf.sha256());
    assert_eq!(certificates[0].der(), pki.leaf.der());
}

#[test]
fn a_certificate_survives_the_way_through_the_state_as_pem() {
    let leaf = certificates_in(pki().leaf.der()).unwrap().remove(0);
    let json = serde_json::to_string(&leaf).unwrap();
    assert_eq!(serde_json::from_str::<Certificate>(&json).unwrap(), leaf);
}

#[test]
fn a_private_key_is_refused_as_what_it_is() {
    let pki = pki();
    let file = format!("{}{}", pki.leaf.pem(), pki.leaf.key().pem());
    assert_eq!(
        certificates_in(file.as_bytes()),
        Err(UnusableFile::PrivateKey)
    );
}

/// What editors and mail make of one: a blank line, a lost or broken end, a broken beginning.
#[test]
fn a_damaged_private_key_is_refused_as_what_it_is() {
    let pki = pki();
    let (leaf, key) = (pki.leaf.pem(), pki.leaf.key().pem());
    let lost_end = key.split("-----END").next().unwrap();
    for file in [
        key.replace('\n', "\n\n"),
        key.replace('\n', "\r\n\r\n"),
        format!("{leaf}{lost_end}"),
        format!("{lost_end}-----END CERTIFICATE-----\n"),
        format!("{}{leaf}", key.replace("KEY-----\n", "KEY----\n")),
        format!("{leaf}{}", key.replace("-----BEGIN", "----BEGIN")),
    ] {
        assert_eq!(
            certificates_in(file.as_bytes()),
            Err(UnusableFile::PrivateKey),
            "{file}"
        );
    }
}

/// It may be a key whose frame nobody knows.
#[test]
fn what_cannot_be_read_is_not_repeated() {
    for file in [
        "-----BEGIN X-----\nSECRET\n\nAAAA\n-----END X-----\n",
        "-----BEGIN X----\nSECRET\n-----BEGIN Y-----\nAAAA\n-----END Z-----\n",
        "-----BEGIN X-----\nSECRET!\n-----END X-----\n",
        "-----BEGIN X-----\nAAAA\n-----END SECRET-----\n",
        "-----BEGIN -----\nSECRET\n-----END X-----\n",
    ] {
        let Err(error @ UnusableFile::Malformed(_)) = certificates_in(file.as_bytes()) else {
            panic!("refused as malformed: {file}");
        };
        assert!(!error.to_string().contains("SECRET"), "{error}");
    }
}

#[test]
fn what_is_no_certificate_is_refused() {
    let request = "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n";
    assert_eq!(certificates_in(b""), Err(UnusableFile::NoCertificate));
    assert_eq!(certificates_in(b"hello"), Err(UnusableFile::NoCertificate));
    assert_eq!(
        certificates_in(request.as_bytes()),
        Err(UnusableFile::UnexpectedBlock(
            "CERTIFICATE REQUEST".to_owned()
        ))
    );
    assert!(matches!(
        certificates_in(&[0x30, 0x82, 1, 2, 3]),
        Err(UnusableFile::MalformedCertificate(_))
    ));
    assert!(certificates_in(&[0; 4096]).is_err());
    assert_eq!(
        certificates_in(&[0x30, 0x80, 0x06, 0x09, 0, 0]),
        Err(UnusableFile::IndefiniteLength)
    );
}

#[test]
fn a_cut_or_lengthened_certificate_is_refused() {
    let pki = pki();
    let der = pki.leaf.der();
    assert!(certificates_in(&der[..der.len() - 1]).is_err());
    assert!(certificates_in(&[der, b"x"].concat()).is_err());
}

#[test]
fn a_file_with_too_many_certificates_is_refused() {
    let pki = pki();
    let many = pki.leaf.pem().repeat(33);
    assert_eq!(
        certificates_in(many.as_bytes()),
        Err(UnusableFile::TooManyCertificates(33))
    );
}
