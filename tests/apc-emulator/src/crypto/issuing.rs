//! The certificate authorities of the emulator, and the certificates and requests it makes.
//!
//! Names and extensions are those seen in certificates of the service (2023), apart from the
//! organizational unit, which says what this is: nobody should take one for the service's.

use der::asn1::{BitString, ObjectIdentifier};
use der::oid::db::rfc5280;
use der::pem::LineEnding;
use der::{Decode, Encode, EncodePem};
use keyblock::SecretBytes;
use serde::{Deserialize, Serialize};
use x509_cert::attr::Attributes;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages,
    SubjectKeyIdentifier,
};
use x509_cert::name::Name;
use x509_cert::request::{CertReq, CertReqInfo, Version as RequestVersion};
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::Validity;
use x509_cert::{Certificate, TbsCertificate, Version};

use super::certificate_parts::{
    authority_name, extension, key_identifier, leaf_name, serial_number, signature_algorithm, time,
};
use super::material::{GenerationFailed, KeyMaterial};
use super::private_keys::{self, PrivateKeyError, SigningHash};
use super::saved;
use crate::clock::Timestamp;
use crate::model::attributes::KeyAlgorithm;
use crate::model::identifiers::AccountId;

/// A certificate authority of one account and region.
#[derive(Clone, Deserialize, Serialize)]
pub struct Issuer {
    account: AccountId,
    algorithm: KeyAlgorithm,
    certificate: Vec<u8>,
    #[serde(with = "saved::secret")]
    private_key: SecretBytes,
}

impl Issuer {
    /// A new authority with a self-signed certificate. RSA keys are certified by an RSA authority,
    /// elliptic-curve keys by one on P-521: a public client imports its certificate as such.
    pub fn generate(
        account: &AccountId,
        family: IssuerFamily,
        now: Timestamp,
    ) -> Result<Self, IssuingError> {
        let algorithm = match family {
            IssuerFamily::Ecc => KeyAlgorithm::EccNistP521,
            IssuerFamily::Rsa => KeyAlgorithm::Rsa4096,
        };
        let KeyMaterial::Pair {
            private_key,
            public_key,
        } = KeyMaterial::generate(algorithm)?
        else {
            return Err(IssuingError);
        };
        let mut issuer = Self {
            account: account.clone(),
            algorithm,
            certificate: Vec::new(),
            private_key,
        };
        let key_usage = KeyUsages::KeyCertSign | KeyUsages::CRLSign | KeyUsages::DigitalSignature;
        issuer.certificate = issuer.issue(Template {
            authority: true,
            extended_key_usage: &[],
            key_usage: KeyUsage(key_usage),
            // INFERRED: long enough for everything issued under it.
            not_after: now.plus_days(10 * 365),
            not_before: now.plus_days(-1),
            public_key: &public_key,
            subject: authority_name(account)?,
        })?;
        Ok(issuer)
    }

    /// The authority's own certificate, DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// A certificate for a public key (SubjectPublicKeyInfo), DER; valid from an hour ago, so that
    /// clocks may differ.
    pub fn certify(
        &self,
        algorithm: KeyAlgorithm,
        public_key: &[u8],
        now: Timestamp,
        not_after: Timestamp,
    ) -> Result<Vec<u8>, IssuingError> {
        // INFERRED for ECC: the bit for what the key does. That of RSA was seen.
        let purpose = if algorithm.is_ecc() {
            KeyUsages::KeyAgreement
        } else {
            KeyUsages::KeyEncipherment
        };
        self.issue(Template {
            authority: false,
            extended_key_usage: &[rfc5280::ID_KP_SERVER_AUTH, rfc5280::ID_KP_CLIENT_AUTH],
            key_usage: KeyUsage(KeyUsages::DigitalSignature | purpose),
            not_after,
            not_before: now.plus_seconds(-3600),
            public_key,
            subject: leaf_name(&self.account)?,
        })
    }

    fn issue(&self, template: Template<'_>) -> Result<Vec<u8>, IssuingError> {
        let subject_public_key_info = SubjectPublicKeyInfoOwned::from_der(template.public_key)?;
        let own_key = key_identifier(&subject_public_key_info)?;
        let authority_key = if template.authority {
            own_key.clone()
        } else {
            let certificate = Certificate::from_der(&self.certificate)?;
            key_identifier(&certificate.tbs_certificate.subject_public_key_info)?
        };
        let constraints = BasicConstraints {
            ca: template.authority,
            path_len_constraint: None,
        };
        let authority_key = AuthorityKeyIdentifier {
            key_identifier: Some(authority_key),
            authority_cert_issuer: None,
            authority_cert_serial_number: None,
        };
        let mut extensions = vec![
            extension(&constraints, template.authority)?,
            extension(&authority_key, false)?,
            extension(&SubjectKeyIdentifier(own_key), false)?,
            extension(&template.key_usage, true)?,
        ];
        if !template.extended_key_usage.is_empty() {
            let usage = ExtendedKeyUsage(template.extended_key_usage.to_vec());
            extensions.push(extension(&usage, false)?);
        }

        let signature_algorithm = signature_algorithm(self.algorithm, SigningHash::Sha512)?;
        let tbs_certificate = TbsCertificate {
            version: Version::V3,
            serial_number: serial_number()?,
            signature: signature_algorithm.clone(),
            issuer: authority_name(&self.account)?,
            validity: Validity {
                not_before: time(template.not_before)?,
                not_after: time(template.not_after)?,
            },
            subject: template.subject,
            subject_public_key_info,
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: Some(extensions),
        };
        let signature = private_keys::sign(
            self.algorithm,
            &self.private_key,
            SigningHash::Sha512,
            &tbs_certificate.to_der()?,
        )?;
        let certificate = Certificate {
            tbs_certificate,
            signature_algorithm,
            signature: BitString::from_bytes(&signature)?,
        };
        Ok(certificate.to_der()?)
    }
}

/// Which authority certifies a key.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum IssuerFamily {
    Ecc,
    Rsa,
}

impl IssuerFamily {
    pub fn for_key(algorithm: KeyAlgorithm) -> Self {
        if algorithm.is_ecc() {
            Self::Ecc
        } else {
            Self::Rsa
        }
    }
}

/// A PKCS#10 request (RFC 2986) for a key pair, PEM.
pub fn certificate_request(
    algorithm: KeyAlgorithm,
    private_key: &SecretBytes,
    public_key: &[u8],
    hash: SigningHash,
    subject: Name,
) -> Result<String, IssuingError> {
    let info = CertReqInfo {
        version: RequestVersion::V1,
        subject,
        public_key: SubjectPublicKeyInfoOwned::from_der(public_key)?,
        attributes: Attributes::new(),
    };
    let signature = private_keys::sign(algorithm, private_key, hash, &info.to_der()?)?;
    let request = CertReq {
        info,
        algorithm: signature_algorithm(algorithm, hash)?,
        signature: BitString::from_bytes(&signature)?,
    };
    Ok(request.to_pem(LineEnding::LF)?)
}

/// Something could not be encoded or signed: the emulator's fault, not the caller's.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a certificate could not be made")]
pub struct IssuingError;

impl From<der::Error> for IssuingError {
    fn from(_: der::Error) -> Self {
        Self
    }
}

impl From<GenerationFailed> for IssuingError {
    fn from(_: GenerationFailed) -> Self {
        Self
    }
}

impl From<PrivateKeyError> for IssuingError {
    fn from(_: PrivateKeyError) -> Self {
        Self
    }
}

struct Template<'a> {
    authority: bool,
    extended_key_usage: &'a [ObjectIdentifier],
    key_usage: KeyUsage,
    not_after: Timestamp,
    not_before: Timestamp,
    public_key: &'a [u8],
    subject: Name,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::crypto::certificates::Certificate as Checked;

    #[test]
    fn what_an_authority_issues_verifies_under_it() {
        let now = Clock::default().now();
        let account = AccountId::default();
        for (family, leaf) in [
            (IssuerFamily::Ecc, KeyAlgorithm::EccNistP256),
            (IssuerFamily::Rsa, KeyAlgorithm::Rsa2048),
        ] {
            assert_eq!(IssuerFamily::for_key(leaf), family);
            let issuer = Issuer::generate(&account, family, now).unwrap();
            let KeyMaterial::Pair { public_key, .. } = KeyMaterial::generate(leaf).unwrap() else {
                panic!("an asymmetric algorithm makes a pair");
            };
            let der = issuer
                .certify(leaf, &public_key, now, now.plus_days(30))
                .unwrap();

            let authority = Checked::from_der(issuer.certificate()).unwrap();
            let certificate = Checked::from_der(&der).unwrap();
            assert_eq!(authority.check_authority(), Ok(()));
            assert_eq!(authority.check_signed_by(&authority), Ok(()));
            assert_eq!(certificate.check_signed_by(&authority), Ok(()));
            assert!(certificate.check_authority().is_err());
            assert_eq!(certificate.subject_public_key_info(), public_key);
            assert_eq!(certificate.check_dates(now), Ok(()));
            assert!(certificate.check_dates(now.plus_days(31)).is_err());
        }
    }
}
