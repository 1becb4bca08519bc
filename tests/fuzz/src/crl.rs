//! Target `crl`: certificate revocation lists.

use std::sync::LazyLock;

use ceremony::revocation::{Order, Status};
use der::asn1::{ObjectIdentifier, OctetString};
use der::{Decode, Encode};
use webpki::{BorrowedCertRevocationList, CertRevocationList, Error};
use x509_cert::Certificate;
use x509_cert::crl::{RevokedCert, TbsCertList};
use x509_cert::ext::Extension;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::Time;

use crate::answers::{PARTIES, contains, ecdsa, is_proof, signed};

/// The first byte chooses what the others are. All but a whole CRL are signed by the issuer, as
/// otherwise nothing behind the signature would be reached.
///
/// | byte, modulo 4 | the rest |
/// | --- | --- |
/// | 0 | a CertificateList |
/// | 1 | the TBSCertList |
/// | 2 | the value of the issuing distribution point |
/// | 3 | the value of an extension of an entry that is not the leaf's |
///
/// Holds if nothing is believed that the issuer has not signed, and if webpki, which reads CRLs
/// with a parser of its own, finds the leaf in exactly those that revoke it.
pub fn crl(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else {
        return;
    };
    let list = match choice % 4 {
        0 => {
            let proven = is_proof(&PARTIES.answered(Order::CrlOnly, data));
            assert!(!proven || GENUINE.iter().any(|list| contains(data, list)));
            return;
        }
        1 => data.to_vec(),
        2 => with_scope(data),
        _ => with_entry_extension(data),
    };
    let list = signed(&list, &PARTIES.issuer, &[]);
    let status = PARTIES.answered(Order::CrlOnly, &list);
    let serial = leaf_serial();
    let found = BorrowedCertRevocationList::from_der(&list).and_then(|list| {
        let list = CertRevocationList::from(list);
        Ok(list.find_serial(serial.as_bytes())?.is_some())
    });
    match (&status, found) {
        (Status::NotRevoked { .. }, Ok(listed)) => assert!(!listed),
        (Status::Revoked { .. }, Ok(listed)) => assert!(listed),
        // Only distribution points that are one of several have to have a name.
        (
            Status::NotRevoked { .. } | Status::Revoked { .. },
            Err(Error::UnsupportedCrlIssuingDistributionPoint),
        ) => {}
        (_, Err(_)) => assert!(!is_proof(&status)),
        _ => {}
    }
}

/// With and without the leaf, whole and in parts.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for list in GENUINE.iter() {
        let whole = signed(list, &PARTIES.issuer, &[]);
        assert!(is_proof(&PARTIES.answered(Order::CrlOnly, &whole)));
        seeds.extend([[&[0], &whole[..]].concat(), [&[1], &list[..]].concat()]);
    }
    for scope in [
        &b"\x30\x0f\xa0\x0d\xa0\x0b\x86\x09http://a/"[..],
        b"\x30\x12\xa0\x0d\xa0\x0b\x86\x09http://a/\x81\x01\xff",
        b"\x30\x03\x81\x01\xff",
        b"\x30\x03\x84\x01\xff",
        b"\x30\x04\x83\x02\x07\x80",
    ] {
        seeds.push([&[2], scope].concat());
    }
    seeds.push(vec![3, 10, 1, 1]);
    seeds
}

static GENUINE: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let other = || entry(SerialNumber::new(&[7]).unwrap(), vec![]);
    let encoded = |entries: Option<Vec<RevokedCert>>| {
        let mut list = list();
        list.revoked_certificates = entries;
        list.to_der().unwrap()
    };
    vec![
        encoded(None),
        encoded(Some(vec![other()])),
        encoded(Some(vec![other(), entry(leaf_serial(), vec![])])),
    ]
});

fn with_scope(scope: &[u8]) -> Vec<u8> {
    let mut list = list();
    let extensions = list.crl_extensions.as_mut().unwrap();
    extensions.push(extension("2.5.29.28", true, scope));
    list.to_der().unwrap()
}

fn with_entry_extension(value: &[u8]) -> Vec<u8> {
    let mut list = list();
    let other = SerialNumber::new(&[7]).unwrap();
    let reason = extension("2.5.29.21", false, value);
    list.revoked_certificates = Some(vec![
        entry(other, vec![reason]),
        entry(leaf_serial(), vec![]),
    ]);
    list.to_der().unwrap()
}

fn list() -> TbsCertList {
    let issuer = Certificate::from_der(PARTIES.issuer.der()).unwrap();
    TbsCertList {
        version: x509_cert::Version::V2,
        signature: ecdsa(),
        issuer: issuer.tbs_certificate.subject,
        this_update: time(-60),
        next_update: Some(time(60)),
        revoked_certificates: None,
        crl_extensions: Some(vec![extension("2.5.29.20", false, &[2, 1, 7])]),
    }
}

fn entry(serial_number: SerialNumber, extensions: Vec<Extension>) -> RevokedCert {
    RevokedCert {
        serial_number,
        revocation_date: time(-60),
        crl_entry_extensions: (!extensions.is_empty()).then_some(extensions),
    }
}

fn extension(oid: &str, critical: bool, value: &[u8]) -> Extension {
    Extension {
        extn_id: ObjectIdentifier::new_unwrap(oid),
        critical,
        extn_value: OctetString::new(value).unwrap(),
    }
}

fn time(seconds: i64) -> Time {
    let time = der::asn1::GeneralizedTime::from_date_time(PARTIES.date(seconds));
    Time::GeneralTime(time)
}

fn leaf_serial() -> SerialNumber {
    let leaf = Certificate::from_der(PARTIES.leaf.der()).unwrap();
    leaf.tbs_certificate.serial_number
}
