//! Why a certificate is not the issuer of another one, although it has the name.

use x509_parser::oid_registry::{
    OID_PKCS1_MD5WITHRSAENC, OID_PKCS1_RSASSAPSS, OID_PKCS1_SHA1WITHRSA, OID_PKCS1_SHA256WITHRSA,
    OID_PKCS1_SHA384WITHRSA, OID_PKCS1_SHA512WITHRSA, OID_SIG_ECDSA_WITH_SHA256,
    OID_SIG_ECDSA_WITH_SHA384, OID_SIG_ECDSA_WITH_SHA512,
};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::algorithms::KeyAlgorithm;
use crate::certificate::Certificate;
use crate::digest::Sha256;

/// A certificate of the right name that is not the issuer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Namesake {
    pub certificate: Sha256,
    /// Its subject.
    pub name: String,
    pub why: String,
}

/// The words for the first thing that is in the way.
pub(super) fn why_not_issued(certificate: &Certificate, issuer: &Certificate) -> String {
    let (Ok((_, signed)), Ok((_, by))) = (
        X509Certificate::from_der(certificate.der()),
        X509Certificate::from_der(issuer.der()),
    ) else {
        return "it cannot be read again".to_owned();
    };
    let itself = certificate == issuer;
    if signed.issuer().as_raw() != by.subject().as_raw() {
        return "it writes its name with other string types than the certificate that names it as \
                its issuer: the partner's CA must use one form"
            .to_owned();
    }
    if let KeyAlgorithm::Other(key) = issuer.key_algorithm() {
        return format!("its key is one that Payment Cryptography does not take: {key}");
    }
    let whose = if itself { "its own" } else { "the" };
    let algorithm = &signed.signature_algorithm.algorithm;
    let weak = [
        (OID_PKCS1_MD5WITHRSAENC, "MD5"),
        (OID_PKCS1_SHA1WITHRSA, "SHA-1"),
        (
            x509_parser::oid_registry::asn1_rs::oid!(1.2.840.10045.4.1),
            "SHA-1",
        ),
    ];
    if let Some((_, hash)) = weak.iter().find(|(weak, _)| weak == algorithm) {
        return format!("{whose} signature is over {hash}, which proves nothing any more");
    }
    let strong = [
        OID_PKCS1_SHA256WITHRSA,
        OID_PKCS1_SHA384WITHRSA,
        OID_PKCS1_SHA512WITHRSA,
        OID_SIG_ECDSA_WITH_SHA256,
        OID_SIG_ECDSA_WITH_SHA384,
        OID_SIG_ECDSA_WITH_SHA512,
    ];
    if *algorithm == OID_PKCS1_RSASSAPSS {
        return format!(
            "{whose} signature is not its key's, or is RSASSA-PSS with other parameters than are \
             usual: SHA-256, SHA-384 or SHA-512 for the message and MGF1, and a salt of that length"
        );
    }
    if !strong.contains(algorithm) {
        return format!("{whose} signature is by an algorithm that is not supported: {algorithm}");
    }
    if itself {
        "its own signature is wrong, as if a byte of it had been changed".to_owned()
    } else {
        "the signature is not by its key: the CA may have several certificates of that name, with \
         other keys"
            .to_owned()
    }
}
