//! What a dropped file may be, and what it may not.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::bundle::{UnusableFile, certificates_in};
use ceremony::certificate::Certificate;
use partner::{KeyKind, Pki, PrivateKey, Profile, bundle, certificate, hostile, pkcs7};

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
fn a_private_key_is_refused_as_what_it_is_in_every_form() {
    for kind in [KeyKind::EccP256, KeyKind::EccP521, KeyKind::Rsa2048] {
        let key = PrivateKey::cached(kind, "hostile");
        let certified = Profile::leaf("ACME", "uid").self_signed(&key);
        let files = hostile::private_keys(&certified);
        assert!(files.len() > 30);
        for (name, file) in files {
            let found = certificates_in(&file);
            assert!(
                matches!(found, Err(UnusableFile::PrivateKey(_))),
                "{kind:?} {name}: {found:?}"
            );
        }
    }
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
        key.lines().take(2).collect::<Vec<_>>().join("\n"),
        key.lines().nth(1).unwrap().to_owned(),
    ] {
        assert!(
            matches!(
                certificates_in(file.as_bytes()),
                Err(UnusableFile::PrivateKey(_))
            ),
            "{file}"
        );
    }
}

/// Words of which keys have some stand in names and notes too.
#[test]
fn what_only_speaks_of_a_private_key_is_read() {
    let key = PrivateKey::cached(KeyKind::EccP256, "hostile");
    let ca = Profile::root("ACME PRIVATE KEY-ENCRYPTION CA").self_signed(&key);
    let pem = ca.pem();
    for file in [
        ca.der().to_vec(),
        pem.clone().into_bytes(),
        pkcs7([&ca]),
        format!("# PRIVATE KEY - kept in HSM\n{pem}").into_bytes(),
        format!("THE BACKEND PRIVATE KEY-PAIR\n--- PRIVATE KEY --- see below\n{pem}").into_bytes(),
    ] {
        let certificates = certificates_in(&file).unwrap();
        assert_eq!(certificates[0].sha256().to_string(), ca.sha256());
    }
}

/// A Secret of Kubernetes, a mail, what programs for archives write.
#[test]
fn a_private_key_in_a_file_that_is_base64_is_found() {
    use base64::Engine;
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let wrapped = |bytes: &[u8]| {
        let text = base64(bytes);
        let lines = text.as_bytes().chunks(76).map(String::from_utf8_lossy);
        lines.collect::<Vec<_>>().join("\r\n")
    };
    for kind in [KeyKind::EccP256, KeyKind::Rsa2048] {
        let key = PrivateKey::cached(kind, "hostile");
        let certified = Profile::leaf("ACME", "uid").self_signed(&key);
        let (certificate, pem) = (certified.pem(), key.pem());
        let both = format!("{certificate}{pem}");
        let one_behind_the_other = [certified.der(), key.der()].concat();
        let mut message = pkcs7([&certified]);
        message.extend(key.der());
        let wide: Vec<u8> = pem.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for file in [
            format!(
                "kind: Secret\ndata:\n  tls.crt: {}\n  tls.key: {}\ntype: kubernetes.io/tls\n",
                base64(certificate.as_bytes()),
                base64(pem.as_bytes())
            ),
            format!(
                "Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
                wrapped(both.as_bytes())
            ),
            format!("the key {}", wrapped(key.der())),
            format!("the keys {}", wrapped(key.der())),
            wrapped(&one_behind_the_other),
            format!(
                "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
                wrapped(&one_behind_the_other)
            ),
            format!(
                "-----BEGIN PKCS7-----\n{}\n-----END PKCS7-----\n",
                wrapped(&message)
            ),
            base64(&wide),
            hex::encode(&one_behind_the_other),
            format!("the key, in hex {} ends", hex::encode(key.der())),
            format!("a code {}", hex::encode(key.der())),
            pem.replace("-----", "\u{2014}"),
        ] {
            let found = certificates_in(file.as_bytes());
            assert!(
                matches!(found, Err(UnusableFile::PrivateKey(_))),
                "{found:?}: {file}"
            );
        }
        // And of a certificate nothing of the sort is found.
        for file in [
            base64(certificate.as_bytes()),
            format!("certificate {}", wrapped(certified.der())),
            hex::encode(certified.der()),
        ] {
            assert!(!matches!(
                certificates_in(file.as_bytes()),
                Err(UnusableFile::PrivateKey(_))
            ));
        }
    }
}

#[test]
fn the_largest_file_of_any_kind_is_looked_through_in_time() {
    for piece in [
        "-----BEGIN ",
        "PRIVATE KEY",
        "MAAA",
        "a ",
        "0\u{2}\u{1}\0",
        "LS0t",
        "30",
        "{\"a\":",
    ] {
        let file = piece.repeat(64 * 1024 / piece.len());
        let began = std::time::Instant::now();
        let _ = certificates_in(file.as_bytes());
        let took = began.elapsed();
        assert!(took.as_millis() < 2_000, "{piece}: {took:?}");
    }
}

/// A certificate of version 1 begins like a key where its serial number is small.
#[test]
fn no_certificate_is_taken_for_a_private_key() {
    let key = PrivateKey::cached(KeyKind::Rsa2048, "hostile").pem();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.pem");
    std::fs::write(&file, key).unwrap();
    let request = format!("req -new -key {} -subj /CN=ACME", file.display());
    let request = String::from_utf8(hostile::openssl(&request, "")).unwrap();
    for serial in [0, 1, 3, 127] {
        let make = format!(
            "x509 -req -signkey {} -set_serial {serial} -sha256",
            file.display()
        );
        let pem = hostile::openssl(&make, &request);
        let certificates = certificates_in(&pem).unwrap();
        assert_eq!(
            certificates_in(certificates[0].der()).unwrap(),
            certificates
        );
        let message = hostile::openssl(
            "crl2pkcs7 -nocrl -certfile /dev/stdin -outform DER",
            &String::from_utf8(pem).unwrap(),
        );
        assert_eq!(certificates_in(&message).unwrap(), certificates);
    }
}

/// The parser takes it for text between blocks: a new leaf would be passed over without a word.
#[test]
fn a_block_without_its_beginning_or_end_is_refused() {
    let pki = pki();
    let (ca, leaf) = (pki.intermediates[0].pem(), pki.leaf.pem());
    let cut = leaf.split("-----END").next().unwrap();
    for file in [
        format!("{ca}{cut}"),
        format!("{cut}{ca}"),
        format!("{ca}{}", &leaf[..leaf.len() / 2]),
        format!("{ca}{}", leaf.replace("-----BEGIN", "----BEGIN")),
        format!("{}{ca}", leaf.replace("-----END", "----END")),
        cut.to_owned(),
    ] {
        assert!(
            matches!(
                certificates_in(file.as_bytes()),
                Err(UnusableFile::Malformed(_))
            ),
            "{file}"
        );
    }
    let words = certificates_in(format!("{ca}{cut}").as_bytes()).unwrap_err();
    assert!(
        words
            .to_string()
            .ends_with("a PEM block has no beginning or no end")
    );
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
        let error = certificates_in(file.as_bytes()).unwrap_err();
        assert!(!error.to_string().contains("SECRET"), "{error}");
    }
}

#[test]
fn what_is_no_certificate_is_refused_by_name() {
    let pki = pki();
    let key = PrivateKey::cached(KeyKind::Rsa2048, "hostile").pem();
    let request = hostile::openssl("req -new -key /dev/stdin -subj /CN=ACME -outform DER", &key);
    let list = "-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n";
    let pem = pki.leaf.pem();
    let le: Vec<u8> = pem.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let be: Vec<u8> = pem.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut tar = vec![0; 1024];
    tar[..8].copy_from_slice(b"leaf.pem");
    tar[257..262].copy_from_slice(b"ustar");
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let tagged =
        |tag: &str| format!("-----BEGIN {tag}-----\nMAA=\n-----END {tag}-----\n").into_bytes();
    for (file, expected) in [
        (Vec::new(), UnusableFile::Empty),
        (b" \r\n".to_vec(), UnusableFile::Empty),
        (b"hello".to_vec(), UnusableFile::NoCertificate),
        (vec![0; 4096], UnusableFile::NoCertificate),
        (request, UnusableFile::CertificateRequest),
        (
            tagged("CERTIFICATE REQUEST"),
            UnusableFile::UnexpectedBlock("with a request for a certificate (CSR)"),
        ),
        (
            list.as_bytes().to_vec(),
            UnusableFile::UnexpectedBlock("with a revocation list (CRL)"),
        ),
        (
            tagged("SECRET"),
            UnusableFile::UnexpectedBlock("of another kind"),
        ),
        ([&[0xff, 0xfe][..], &le].concat(), UnusableFile::Utf16),
        ([&[0xfe, 0xff][..], &be].concat(), UnusableFile::Utf16),
        (le, UnusableFile::Utf16),
        (be, UnusableFile::Utf16),
        (b"\x1f\x8b\x08\0".to_vec(), UnusableFile::Archive("gzip")),
        (b"PK\x03\x04".to_vec(), UnusableFile::Archive("zip")),
        (tar, UnusableFile::Archive("tar")),
        (
            b"\n<!DOCTYPE html><p>Sign in".to_vec(),
            UnusableFile::WebPage,
        ),
        (b"\xef\xbb\xbf<HTML>".to_vec(), UnusableFile::WebPage),
        (base64.into_bytes(), UnusableFile::BareBase64),
        (
            vec![0x30, 0x80, 0x06, 0x09, 0, 0],
            UnusableFile::IndefiniteLength,
        ),
    ] {
        assert_eq!(certificates_in(&file), Err(expected));
    }
    assert!(matches!(
        certificates_in(&[0x30, 0x82, 1, 2, 3]),
        Err(UnusableFile::MalformedCertificate(_))
    ));
}

/// One that a program for revocation lists has written.
#[test]
fn a_revocation_list_in_der_is_refused_by_name() {
    let pki = pki();
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.key_usages = vec![rcgen::KeyUsagePurpose::CrlSign];
    let issuer = rcgen::Issuer::new(params, key);
    let list = rcgen::CertificateRevocationListParams {
        this_update: rcgen::date_time_ymd(2026, 1, 1),
        next_update: rcgen::date_time_ymd(2027, 1, 1),
        crl_number: rcgen::SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: Vec::new(),
        key_identifier_method: rcgen::KeyIdMethod::Sha256,
    };
    let list = list.signed_by(&issuer).unwrap();
    assert_eq!(
        certificates_in(list.der()),
        Err(UnusableFile::RevocationList)
    );
    assert!(certificates_in(pki.leaf.der()).is_ok());
}

/// As editors and mail leave them behind.
#[test]
fn a_mark_a_preamble_and_empty_lines_do_no_harm() {
    let pem = pki().leaf.pem();
    for file in [
        format!("\u{feff}{pem}"),
        format!("Bag Attributes\n    friendlyName: x\nsubject=CN = x\n{pem}\n\nbye"),
        pem.replace('\n', "\r\n"),
    ] {
        assert_eq!(certificates_in(file.as_bytes()).unwrap().len(), 1);
    }
}

#[test]
fn a_message_with_hundreds_of_certificates_is_refused_before_they_are_read() {
    let key = PrivateKey::cached(KeyKind::EccP256, "many");
    let many: Vec<_> = (0..120)
        .map(|number| Profile::leaf(&number.to_string(), "x").self_signed(&key))
        .collect();
    let message = pkcs7(&many);
    assert!(message.len() < 64 * 1024);
    let began = std::time::Instant::now();
    assert_eq!(
        certificates_in(&message),
        Err(UnusableFile::TooManyCertificates(120))
    );
    assert!(began.elapsed().as_millis() < 500, "{:?}", began.elapsed());
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
