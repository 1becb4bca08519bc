//! An authority's side of a certificate request (PKCS#10, RFC 2986): somebody else has the key, and
//! asks for a certificate.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    UnparsedPublicKey, VerificationAlgorithm,
};
use der::{Decode, DecodePem, Encode};
use x509_cert::request::CertReq;

use crate::certificate::pem;
use crate::responder::address;
use crate::{KeyKind, Pki, PrivateKey, Profile};

/// A request whose signature is by the key in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    subject: Vec<u8>,
    public_key: Vec<u8>,
}

/// Why an authority does not even look at a request.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RequestError {
    #[error("not a certificate request in PEM: {0}")]
    Malformed(String),
    #[error("signed by an algorithm that this authority does not know: {0}")]
    UnknownAlgorithm(String),
    #[error("not signed by the key that it is for")]
    WrongSignature,
}

impl Request {
    pub fn from_pem(text: &str) -> Result<Self, RequestError> {
        let malformed = |error: der::Error| RequestError::Malformed(error.to_string());
        let request = CertReq::from_pem(text).map_err(malformed)?;
        let signed = request.info.to_der().map_err(malformed)?;
        let algorithm = request.algorithm.oid.to_string();
        let verifier = verifier(&algorithm).ok_or(RequestError::UnknownAlgorithm(algorithm))?;
        let key = request.info.public_key.subject_public_key.raw_bytes();
        UnparsedPublicKey::new(verifier, key)
            .verify(&signed, request.signature.raw_bytes())
            .map_err(|_| RequestError::WrongSignature)?;
        Ok(Self {
            subject: request.info.subject.to_der().map_err(malformed)?,
            public_key: request.info.public_key.to_der().map_err(malformed)?,
        })
    }

    /// SHA-256 over the public key, in hex: how people compare it.
    pub fn public_key_sha256(&self) -> String {
        hex::encode(digest(&SHA256, &self.public_key))
    }
}

/// By the object identifier of the signature (RFC 4055 section 5, RFC 5758 section 3.2). An ECDSA
/// signature by another curve than is usual for its hash is not expected.
fn verifier(oid: &str) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match oid {
        "1.2.840.113549.1.1.11" => &RSA_PKCS1_2048_8192_SHA256,
        "1.2.840.113549.1.1.12" => &RSA_PKCS1_2048_8192_SHA384,
        "1.2.840.113549.1.1.13" => &RSA_PKCS1_2048_8192_SHA512,
        "1.2.840.10045.4.3.2" => &ECDSA_P256_SHA256_ASN1,
        "1.2.840.10045.4.3.3" => &ECDSA_P384_SHA384_ASN1,
        "1.2.840.10045.4.3.4" => &ECDSA_P521_SHA512_ASN1,
        _ => return None,
    })
}

/// A certificate for a key that the authority has never seen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Issued {
    der: Vec<u8>,
}

impl Issued {
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    pub fn pem(&self) -> String {
        pem("CERTIFICATE", &self.der)
    }

    /// The serial number, as `openssl x509 -serial` shows it.
    pub fn serial(&self) -> String {
        let issued = x509_cert::Certificate::from_der(&self.der).expect("our own certificate");
        hex::encode_upper(issued.tbs_certificate.serial_number.as_bytes())
    }

    /// SHA-256 over the DER in hex.
    pub fn sha256(&self) -> String {
        hex::encode(digest(&SHA256, &self.der))
    }
}

impl Pki {
    /// Issues what was requested, under the authority that issues leaves: the request says whose it is
    /// and for which key, the profile everything else. With the address of services, the certificate
    /// names them.
    pub fn issue(&self, request: &Request, profile: Profile, services: Option<&str>) -> Issued {
        let issuer = self.issuer();
        let profile = match services {
            Some(url) => profile
                .ocsp(&address::ocsp(url))
                .crl(&address::crl(url, issuer.der())),
            None => profile,
        };
        // In the place of the key that is not there; nothing of it is left in the end.
        let stand_in = PrivateKey::cached(KeyKind::EccP256, "certificate requests");
        let template = profile.issued_by(issuer, &stand_in);
        let issued = template.remade(issuer.key(), |parts| {
            parts.subject.clone_from(&request.subject);
            parts.key.clone_from(&request.public_key);
        });
        Issued {
            der: issued.der().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests;
