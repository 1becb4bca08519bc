//! The algorithm by which a certificate is signed.

use x509_parser::prelude::X509Certificate;
use x509_parser::signature_algorithm::SignatureAlgorithm;

/// The digest under a certificate's signature, if it is one whose collisions are known.
pub(super) fn broken_digest(certificate: &X509Certificate<'_>) -> Option<&'static str> {
    let oid = certificate.signature_algorithm.algorithm.to_id_string();
    Some(match oid.as_str() {
        "1.2.840.113549.1.1.2" => "MD2",
        "1.2.840.113549.1.1.3" => "MD4",
        "1.2.840.113549.1.1.4" => "MD5",
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" | "1.2.840.10040.4.3" | "1.2.840.10045.4.1" => {
            "SHA-1"
        }
        "1.2.840.113549.1.1.10" => {
            // Where its parameters name no digest it is SHA-1 (RFC 4055 §3.1).
            let algorithm = SignatureAlgorithm::try_from(&certificate.signature_algorithm);
            let Ok(SignatureAlgorithm::RSASSA_PSS(parameters)) = algorithm else {
                return None;
            };
            let digest = parameters.hash_algorithm_oid().to_id_string();
            return (digest == "1.3.14.3.2.26").then_some("SHA-1");
        }
        _ => return None,
    })
}
