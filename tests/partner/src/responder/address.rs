//! Where each service is below the address of all.

use aws_lc_rs::digest::{SHA256, digest};
use der::{Decode, Encode};
use x509_cert::Certificate;

/// A port that nobody listens on: TCPMUX, which is no more.
pub const UNREACHABLE: &str = "http://localhost:1";

pub fn ocsp(base: &str) -> String {
    format!("{base}/ocsp")
}

/// The CRL that the holder of this certificate issues.
pub fn crl(base: &str, issuer: &[u8]) -> String {
    format!("{base}/crl/{}.crl", key_id(issuer))
}

/// An authority by its key: the first 16 hex digits of SHA-256 over its SubjectPublicKeyInfo.
pub(crate) fn key_id(certificate: &[u8]) -> String {
    let certificate = Certificate::from_der(certificate).expect("a certificate of our own making");
    let key = certificate.tbs_certificate.subject_public_key_info;
    let key = key.to_der().expect("a key that was decoded");
    hex::encode(&digest(&SHA256, &key).as_ref()[..8])
}
