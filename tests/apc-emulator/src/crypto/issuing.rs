//! The certificate authorities of the emulator, and the certificates and requests it makes.
//!
//! Names and extensions are those seen in certificates of the service (2023), apart from the
//! organizational unit, which says what this is: nobody should take one for the service's.

use der::asn1::{
    Any, BitString, GeneralizedTime, ObjectIdentifier, OctetString, SetOfVec, UtcTime,
};
use der::oid::AssociatedOid;
use der::oid::db::{rfc4519, rfc5280, rfc5912};
use der::pem::LineEnding;
use der::{Decode, Encode, EncodePem, Tag};
use keyblock::SecretBytes;
use serde::{Deserialize, Serialize};
use x509_cert::attr::{AttributeTypeAndValue, Attributes};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages,
    SubjectKeyIdentifier,
};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::request::{CertReq, CertReqInfo, Version as RequestVersion};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};
use x509_cert::{Certificate, TbsCertificate, Version};

use super::material::{GenerationFailed, KeyMaterial, random_bytes};
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
        let purpose = match algorithm.is_ecc() {
            true => KeyUsages::KeyAgreement,
            false => KeyUsages::KeyEncipherment,
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
        let authority_key = match template.authority {
            true => own_key.clone(),
            false => {
                let certificate = Certificate::from_der(&self.certificate)?;
                key_identifier(&certificate.tbs_certificate.subject_public_key_info)?
            }
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
        match algorithm.is_ecc() {
            true => Self::Ecc,
            false => Self::Rsa,
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

/// A name of these attributes, in this order, each an RDN of its own.
pub fn name(attributes: &[(ObjectIdentifier, Tag, &str)]) -> Result<Name, IssuingError> {
    let mut sequence = RdnSequence::default();
    for (oid, tag, text) in attributes {
        let attribute = AttributeTypeAndValue {
            oid: *oid,
            value: Any::new(*tag, text.as_bytes())?,
        };
        let set = SetOfVec::try_from(vec![attribute])?;
        sequence.0.push(RelativeDistinguishedName(set));
    }
    Ok(sequence)
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

fn authority_name(account: &AccountId) -> Result<Name, IssuingError> {
    name(&[
        (rfc4519::C, Tag::PrintableString, "US"),
        (rfc4519::O, Tag::Utf8String, "AWS Cryptography"),
        (
            rfc4519::OU,
            Tag::Utf8String,
            "AWS Payment Cryptography test double",
        ),
        (rfc4519::ST, Tag::Utf8String, "Virginia"),
        (rfc4519::CN, Tag::Utf8String, &account.to_string()),
        (rfc4519::L, Tag::Utf8String, "Arlington"),
    ])
}

/// The account, and ten digits that tell one certificate's subject from the next.
fn leaf_name(account: &AccountId) -> Result<Name, IssuingError> {
    let number = u64::from_be_bytes(random_bytes()?) % 10_000_000_000;
    name(&[
        (rfc4519::CN, Tag::Utf8String, &account.to_string()),
        (
            rfc4519::SERIAL_NUMBER,
            Tag::PrintableString,
            &format!("{number:010}"),
        ),
    ])
}

/// 127 random bits: positive, and as long as those of the service.
fn serial_number() -> Result<SerialNumber, IssuingError> {
    let mut bytes = random_bytes::<16>()?;
    bytes[0] = bytes[0] & 0x7F | 0x40;
    Ok(SerialNumber::new(&bytes)?)
}

/// RFC 5280 section 4.2.1.2, method 1.
fn key_identifier(key: &SubjectPublicKeyInfoOwned) -> Result<OctetString, IssuingError> {
    let digest = aws_lc_rs::digest::digest(
        &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY,
        key.subject_public_key.raw_bytes(),
    );
    Ok(OctetString::new(digest.as_ref())?)
}

fn extension<E: AssociatedOid + Encode>(
    value: &E,
    critical: bool,
) -> Result<Extension, IssuingError> {
    Ok(Extension {
        extn_id: E::OID,
        critical,
        extn_value: OctetString::new(value.to_der()?)?,
    })
}

/// RFC 5280 section 4.1.2.5: UTCTime through 2049, GeneralizedTime after.
fn time(timestamp: Timestamp) -> Result<Time, IssuingError> {
    let seconds = u64::try_from(timestamp.as_seconds()).map_err(|_| IssuingError)?;
    let duration = std::time::Duration::from_secs(seconds);
    match UtcTime::from_unix_duration(duration) {
        Ok(time) => Ok(Time::UtcTime(time)),
        Err(_) => Ok(Time::GeneralTime(GeneralizedTime::from_unix_duration(
            duration,
        )?)),
    }
}

/// RFC 4055 section 5 (RSA, parameters NULL) and RFC 5758 section 3.2 (ECDSA, no parameters).
fn signature_algorithm(
    key: KeyAlgorithm,
    hash: SigningHash,
) -> Result<AlgorithmIdentifierOwned, IssuingError> {
    let (oid, parameters) = match (key.is_rsa(), hash) {
        (true, SigningHash::Sha224) => (rfc5912::SHA_224_WITH_RSA_ENCRYPTION, Some(Any::null())),
        (true, SigningHash::Sha256) => (rfc5912::SHA_256_WITH_RSA_ENCRYPTION, Some(Any::null())),
        (true, SigningHash::Sha384) => (rfc5912::SHA_384_WITH_RSA_ENCRYPTION, Some(Any::null())),
        (true, SigningHash::Sha512) => (rfc5912::SHA_512_WITH_RSA_ENCRYPTION, Some(Any::null())),
        (false, SigningHash::Sha224) => (rfc5912::ECDSA_WITH_SHA_224, None),
        (false, SigningHash::Sha256) => (rfc5912::ECDSA_WITH_SHA_256, None),
        (false, SigningHash::Sha384) => (rfc5912::ECDSA_WITH_SHA_384, None),
        (false, SigningHash::Sha512) => (rfc5912::ECDSA_WITH_SHA_512, None),
    };
    Ok(AlgorithmIdentifierOwned { oid, parameters })
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

    #[test]
    fn times_are_written_as_their_century_demands() {
        let now = Clock::default().now();
        assert!(matches!(time(now), Ok(Time::UtcTime(_))));
        assert!(matches!(
            time(now.plus_days(100 * 365)),
            Ok(Time::GeneralTime(_))
        ));
    }
}
