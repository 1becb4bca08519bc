//! X.509 certificates (RFC 5280): what the service looks at when one is imported or wrapped under.
//!
//! Not looked at, because nothing documents that the service does: names, path lengths, extended key
//! usage, policies, extensions that are critical and unknown, revocation.

use x509_cert::der::Decode;
use x509_cert::spki::SubjectPublicKeyInfoRef;
use x509_parser::asn1_rs::Oid;
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_NIST_EC_P521,
    OID_PKCS1_RSAENCRYPTION,
};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::signatures::{self, SignatureError, SignerKey};
use crate::clock::Timestamp;
use crate::model::attributes::KeyAlgorithm;

/// A certificate that parses and whose key is of a kind the service knows. Holding one says nothing
/// about dates or signatures; the methods do.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    algorithm: KeyAlgorithm,
    public_key: Vec<u8>,
    subject_public_key_info: Vec<u8>,
    not_before: i64,
    not_after: i64,
    authority: Result<(), CertificateError>,
}

impl Certificate {
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let parsed = parse(der)?;
        let public_key = parsed.public_key();
        // What is kept is read again, and hashed: it must be DER, and not only look like it.
        SubjectPublicKeyInfoRef::from_der(public_key.raw)
            .map_err(|_| CertificateError::Unreadable)?;
        Ok(Self {
            der: der.to_vec(),
            algorithm: key_algorithm(public_key).ok_or(CertificateError::UnsupportedKey)?,
            public_key: public_key.subject_public_key.data.to_vec(),
            subject_public_key_info: public_key.raw.to_vec(),
            not_before: parsed.validity().not_before.timestamp(),
            not_after: parsed.validity().not_after.timestamp(),
            authority: check_authority(&parsed),
        })
    }

    /// The kind and size of the certified key.
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The bits of the certified key, without the algorithm.
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// The certificate itself.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certified key, DER.
    pub fn subject_public_key_info(&self) -> &[u8] {
        &self.subject_public_key_info
    }

    /// Within its validity period (RFC 5280 section 4.1.2.5: both ends included).
    pub fn check_dates(&self, now: Timestamp) -> Result<(), CertificateError> {
        let now = now.as_seconds();
        if now < self.not_before {
            return Err(CertificateError::NotYetValid);
        }
        if now > self.not_after {
            return Err(CertificateError::Expired);
        }
        Ok(())
    }

    /// Marked as a certificate authority: BasicConstraints with cA, and keyCertSign if there is a
    /// KeyUsage at all (RFC 5280 sections 4.2.1.3 and 4.2.1.9).
    pub fn check_authority(&self) -> Result<(), CertificateError> {
        self.authority
    }

    /// Signed by the key of the other certificate, which may be itself.
    pub fn check_signed_by(&self, authority: &Self) -> Result<(), CertificateError> {
        let parsed = parse(&self.der)?;
        // RFC 5280 section 4.1.1.2: the algorithm inside the signed part is the one outside; and a
        // signature is whole bytes.
        if parsed.signature_algorithm != parsed.tbs_certificate.signature
            || parsed.signature_value.unused_bits != 0
        {
            return Err(CertificateError::NotSignedByAuthority);
        }
        authority
            .verify_signature(&parsed)
            .map_err(|_| CertificateError::NotSignedByAuthority)
    }

    /// Verifies the signature of a certificate with the key of this one.
    fn verify_signature(&self, signed: &X509Certificate<'_>) -> Result<(), SignatureError> {
        let signer = SignerKey {
            algorithm: self.algorithm,
            public_key: &self.public_key,
        };
        signatures::verify(
            signer,
            &signed.signature_algorithm,
            signed.tbs_certificate.as_ref(),
            &signed.signature_value.data,
        )
    }
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CertificateError {
    #[error("the certificate has expired")]
    Expired,
    #[error("the certificate is not that of a certificate authority")]
    NotAnAuthority,
    #[error("the certificate is not signed by the given certificate authority")]
    NotSignedByAuthority,
    #[error("the certificate is not yet valid")]
    NotYetValid,
    #[error("Provided public key is not a valid X509 certificate.")]
    Unreadable,
    #[error(
        "the certificate's key is not RSA of 2048, 3072 or 4096 bits nor on P-256, P-384 or P-521"
    )]
    UnsupportedKey,
}

fn parse(der: &[u8]) -> Result<X509Certificate<'_>, CertificateError> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        _ => Err(CertificateError::Unreadable),
    }
}

fn check_authority(certificate: &X509Certificate<'_>) -> Result<(), CertificateError> {
    let constraints = certificate
        .basic_constraints()
        .map_err(|_| CertificateError::Unreadable)?;
    let usage = certificate
        .key_usage()
        .map_err(|_| CertificateError::Unreadable)?;
    let is_authority = constraints.is_some_and(|extension| extension.value.ca);
    let may_sign = usage.is_none_or(|extension| extension.value.key_cert_sign());
    if is_authority && may_sign {
        Ok(())
    } else {
        Err(CertificateError::NotAnAuthority)
    }
}

/// RFC 3279 section 2.3.1 (RSA) and RFC 5480 section 2.1.1 (named curves).
fn key_algorithm(key: &SubjectPublicKeyInfo<'_>) -> Option<KeyAlgorithm> {
    if key.algorithm.algorithm == OID_PKCS1_RSAENCRYPTION {
        let Ok(PublicKey::RSA(rsa)) = key.parsed() else {
            return None;
        };
        return match modulus_bits(rsa.modulus) {
            2048 => Some(KeyAlgorithm::Rsa2048),
            3072 => Some(KeyAlgorithm::Rsa3072),
            4096 => Some(KeyAlgorithm::Rsa4096),
            _ => None,
        };
    }
    if key.algorithm.algorithm != OID_KEY_TYPE_EC_PUBLIC_KEY {
        return None;
    }
    let curve: Oid<'_> = key.algorithm.parameters.as_ref()?.as_oid().ok()?;
    [
        (OID_EC_P256, KeyAlgorithm::EccNistP256),
        (OID_NIST_EC_P384, KeyAlgorithm::EccNistP384),
        (OID_NIST_EC_P521, KeyAlgorithm::EccNistP521),
    ]
    .into_iter()
    .find_map(|(oid, algorithm)| (oid == curve).then_some(algorithm))
}

/// The length of the modulus without leading zeros; sizes are exact, so 2047 bits are not RSA-2048.
fn modulus_bits(modulus: &[u8]) -> usize {
    let significant = modulus.iter().skip_while(|byte| **byte == 0).count();
    let leading = modulus
        .iter()
        .find(|byte| **byte != 0)
        .map_or(0, |byte| byte.leading_zeros());
    significant * 8 - leading as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::test_certificates::{
        Curve, Hash, ecdsa, ed25519, pkcs1_identifier, pkcs1_sha1_identifier, pss_identifier,
        rsa_of_size, rsa_pkcs1, rsa_pss, rsa_stating,
    };

    #[test]
    fn the_modulus_is_counted_in_bits() {
        assert_eq!(modulus_bits(&[]), 0);
        assert_eq!(modulus_bits(&[0, 0x80, 0]), 16);
        assert_eq!(modulus_bits(&[0x7f, 0xff]), 15);
    }

    #[test]
    fn rubbish_is_not_a_certificate() {
        for rubbish in [&[][..], &[0x30, 0x00], &[0xff; 64]] {
            assert_eq!(
                Certificate::from_der(rubbish).err(),
                Some(CertificateError::Unreadable)
            );
        }
    }

    #[test]
    fn signatures_of_every_accepted_kind_verify() {
        for hash in Hash::ALL {
            for (name, der) in [
                ("RSA PKCS#1", rsa_pkcs1(hash)),
                ("RSA-PSS", rsa_pss(hash)),
                ("ECDSA on P-256", ecdsa(Curve::P256, hash)),
                ("ECDSA on P-384", ecdsa(Curve::P384, hash)),
                ("ECDSA on P-521", ecdsa(Curve::P521, hash)),
            ] {
                let certificate = Certificate::from_der(&der).unwrap();
                assert_eq!(
                    certificate.check_signed_by(&certificate),
                    Ok(()),
                    "{name} with {hash:?}"
                );
            }
        }
    }

    #[test]
    fn a_flipped_bit_anywhere_in_a_certificate_spoils_it() {
        let good = ecdsa(Curve::P256, Hash::Sha256);
        // The tag of the outer algorithm identifier is not signed, and the parser does not look at
        // it: flipping it changes nothing that the certificate says.
        let parsed = parse(&good).unwrap();
        let outer_tag = 4 + parsed.tbs_certificate.as_ref().len() + 2;
        assert_eq!(good[outer_tag], 0x06);
        for position in (0..good.len()).filter(|position| *position != outer_tag) {
            let mut bad = good.clone();
            bad[position] ^= 1;
            let verified = Certificate::from_der(&bad).and_then(|certificate| {
                let authority = Certificate::from_der(&good)?;
                certificate.check_signed_by(&authority)
            });
            assert!(verified.is_err(), "byte {position}");
        }
    }

    /// The certificates are all signed with PKCS#1 and SHA-256, whatever they state; that an
    /// algorithm is refused for itself shows in the reason.
    #[test]
    fn signatures_by_other_algorithms_do_not_verify() {
        use Hash::{Sha256, Sha384, Sha512};
        use SignatureError::{Invalid, UnsupportedAlgorithm};
        for (name, stated, reason) in [
            ("SHA-1", pkcs1_sha1_identifier(), UnsupportedAlgorithm),
            (
                "PSS with a salt of 20",
                pss_identifier(Sha256, Sha256, 20),
                UnsupportedAlgorithm,
            ),
            (
                "PSS with another hash in its mask",
                pss_identifier(Sha256, Sha512, 32),
                UnsupportedAlgorithm,
            ),
            // Supported, and not what the signature is.
            ("SHA-384", pkcs1_identifier(Sha384), Invalid),
            ("PSS", pss_identifier(Sha256, Sha256, 32), Invalid),
        ] {
            let der = rsa_stating(&stated);
            let certificate = Certificate::from_der(&der).unwrap();
            assert_eq!(
                certificate.verify_signature(&parse(&der).unwrap()),
                Err(reason),
                "{name}"
            );
            assert_eq!(
                certificate.check_signed_by(&certificate),
                Err(CertificateError::NotSignedByAuthority),
                "{name}"
            );
        }
    }

    #[test]
    fn keys_that_the_service_does_not_have_are_refused() {
        for (name, der) in [
            ("RSA-1024", rsa_of_size(1024)),
            ("RSA-2047", rsa_of_size(2047)),
            ("Ed25519", ed25519()),
            ("secp256k1", ecdsa(Curve::Secp256k1, Hash::Sha256)),
        ] {
            let refused = Certificate::from_der(&der).err();
            assert_eq!(refused, Some(CertificateError::UnsupportedKey), "{name}");
        }
        // Made like the smaller ones: only the size is in their way.
        let accepted = Certificate::from_der(&rsa_of_size(2048)).unwrap();
        assert_eq!(accepted.algorithm(), KeyAlgorithm::Rsa2048);
    }
}
