//! Certificates, right ones and every kind of wrong one.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use cms::content_info::ContentInfo;
use der::asn1::{Ia5String, ObjectIdentifier};
use der::{Decode, DecodePem, Encode};
use rcgen::{
    BasicConstraints, CertificateParams, CrlDistributionPoint, CustomExtension, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, PublicKeyData, SanType, SerialNumber,
};
use time::{Duration, OffsetDateTime};
use x509_cert::PkiPath;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{AccessDescription, AuthorityInfoAccessSyntax};

pub use rcgen::KeyUsagePurpose as KeyUsage;

use crate::PrivateKey;
use crate::responder::Serial;

pub mod remade;

/// `userId` (RFC 4519 section 2.39), in which the partner carries its UID.
const USER_ID: &[u64] = &[0, 9, 2342, 19_200_300, 100, 1, 1];
/// `id-pe-authorityInfoAccess` (RFC 5280 section 4.2.2.1).
const AUTHORITY_INFO_ACCESS: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 1, 1];
/// `id-ad-ocsp` (RFC 5280 section 4.2.2.1).
const OCSP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1");
/// `id-pkix-ocsp-nocheck` (RFC 6960 section 4.2.2.2.1).
const OCSP_NO_CHECK: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 48, 1, 5];

/// What a certificate is to say. The constructors give what is right for their role; the methods
/// change one thing each, so that a test shows in one line what is wrong with its certificate.
#[derive(Clone, Debug)]
pub struct Profile {
    params: CertificateParams,
    common_name: String,
    organization: String,
    uid: Option<String>,
    ocsp: Vec<String>,
}

impl Profile {
    /// A root: ten years, any path length.
    pub fn root(common_name: &str) -> Self {
        let mut profile = Self::new(common_name, 3650);
        profile.params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        profile.key_usage(&[KeyUsage::KeyCertSign, KeyUsage::CrlSign])
    }

    /// An intermediate that may issue leaves only: five years.
    pub fn intermediate(common_name: &str) -> Self {
        let mut profile = Self::new(common_name, 1825);
        profile.params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        profile.key_usage(&[KeyUsage::KeyCertSign, KeyUsage::CrlSign])
    }

    /// A leaf to wrap keys for, with its UID in the subject: one year.
    pub fn leaf(common_name: &str, uid: &str) -> Self {
        let mut profile = Self::new(common_name, 365);
        profile.params.is_ca = IsCa::ExplicitNoCa;
        profile.uid = Some(uid.into());
        profile.key_usage(&[KeyUsage::KeyEncipherment])
    }

    /// A certificate for a key that signs, and whose name the request says: one year.
    pub fn signer() -> Self {
        let mut profile = Self::new("named by the request", 365);
        // Neither BasicConstraints nor, with them, an identifier of the stand-in's key.
        profile.params.is_ca = IsCa::NoCa;
        profile.key_usage(&[KeyUsage::DigitalSignature])
    }

    /// A certificate that may answer OCSP requests for whoever issues it (RFC 6960 section
    /// 4.2.2.2): a month.
    pub fn ocsp_responder(common_name: &str) -> Self {
        let mut profile = Self::new(common_name, 30);
        profile.params.is_ca = IsCa::ExplicitNoCa;
        profile.params.extended_key_usages = vec![ExtendedKeyUsagePurpose::OcspSigning];
        profile.key_usage(&[KeyUsage::DigitalSignature])
    }

    fn new(common_name: &str, days: i64) -> Self {
        // An hour ago: clocks differ.
        let start = now() - Duration::HOUR;
        let mut params = CertificateParams::default();
        params.not_before = start;
        params.not_after = start + Duration::days(days);
        params.use_authority_key_identifier_extension = true;
        Self {
            params,
            common_name: common_name.into(),
            organization: "ACME".into(),
            uid: None,
            ocsp: Vec::new(),
        }
    }

    pub fn common_name(mut self, name: &str) -> Self {
        self.common_name = name.into();
        self
    }

    pub fn organization(mut self, name: &str) -> Self {
        self.organization = name.into();
        self
    }

    /// The userId in the subject.
    pub fn uid(mut self, uid: &str) -> Self {
        self.uid = Some(uid.into());
        self
    }

    pub fn without_uid(mut self) -> Self {
        self.uid = None;
        self
    }

    /// One more URI in the subject alternative name: the other place for a UID.
    pub fn uri(mut self, uri: &str) -> Self {
        let uri = uri.try_into().expect("a URI in a certificate is ASCII");
        self.params.subject_alt_names.push(SanType::URI(uri));
        self
    }

    pub fn valid(mut self, not_before: OffsetDateTime, not_after: OffsetDateTime) -> Self {
        self.params.not_before = not_before;
        self.params.not_after = not_after;
        self
    }

    /// Ended yesterday.
    pub fn expired(self) -> Self {
        self.valid(now() - Duration::days(30), now() - Duration::DAY)
    }

    /// Begins tomorrow.
    pub fn not_yet_valid(self) -> Self {
        self.valid(now() + Duration::DAY, now() + Duration::days(30))
    }

    /// BasicConstraints with `cA` and this `pathLenConstraint`.
    pub fn path_length(mut self, length: u8) -> Self {
        self.params.is_ca = IsCa::Ca(BasicConstraints::Constrained(length));
        self
    }

    /// BasicConstraints that say "no authority".
    pub fn not_an_authority(mut self) -> Self {
        self.params.is_ca = IsCa::ExplicitNoCa;
        self
    }

    /// BasicConstraints that say "authority", without a path length.
    pub fn an_authority(mut self) -> Self {
        self.params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        self
    }

    pub fn without_basic_constraints(mut self) -> Self {
        self.params.is_ca = IsCa::NoCa;
        self
    }

    /// Nothing that says which key of the issuer signed it.
    pub fn without_authority_key_identifier(mut self) -> Self {
        self.params.use_authority_key_identifier_extension = false;
        self
    }

    /// KeyUsage with exactly these bits; none leaves the extension out.
    pub fn key_usage(mut self, usage: &[KeyUsage]) -> Self {
        self.params.key_usages = usage.to_vec();
        self
    }

    pub fn without_key_usage(self) -> Self {
        self.key_usage(&[])
    }

    pub fn without_extended_key_usage(mut self) -> Self {
        self.params.extended_key_usages = Vec::new();
        self
    }

    /// One more OCSP responder that answers for the certificate, in AuthorityInfoAccess.
    pub fn ocsp(mut self, url: &str) -> Self {
        self.ocsp.push(url.into());
        self
    }

    /// One more place where the CRL is that may list the certificate, in CRLDistributionPoints.
    pub fn crl(mut self, url: &str) -> Self {
        let uris = vec![url.into()];
        let point = CrlDistributionPoint { uris };
        self.params.crl_distribution_points.push(point);
        self
    }

    /// An OCSP responder's certificate says that nobody need ask whether it is revoked.
    pub fn ocsp_no_check(self) -> Self {
        const NULL: [u8; 2] = [5, 0];
        self.extension(OCSP_NO_CHECK, false, NULL.to_vec())
    }

    /// An extension of any kind: the last resort of a test.
    pub fn extension(mut self, oid: &[u64], critical: bool, value: Vec<u8>) -> Self {
        let mut extension = CustomExtension::from_oid_content(oid, value);
        extension.set_criticality(critical);
        self.params.custom_extensions.push(extension);
        self
    }

    /// A certificate for `key`, signed by itself.
    pub fn self_signed(&self, key: &PrivateKey) -> Certified {
        let params = self.params();
        let certificate = params
            .self_signed(key.pair())
            .expect("signing a certificate");
        Certified {
            der: certificate.der().to_vec(),
            key: key.clone(),
            params,
        }
    }

    /// A certificate for `key`, signed by an authority. The authority is not asked whether it may.
    pub fn issued_by(&self, issuer: &Certified, key: &PrivateKey) -> Certified {
        let params = self.params();
        let issuer = Issuer::from_params(&issuer.params, issuer.key.pair());
        let certificate = params
            .signed_by(key.pair(), &issuer)
            .expect("signing a certificate");
        Certified {
            der: certificate.der().to_vec(),
            key: key.clone(),
            params,
        }
    }

    fn params(&self) -> CertificateParams {
        let mut params = self.params.clone();
        let mut name = DistinguishedName::new();
        name.push(DnType::CountryName, "US");
        name.push(DnType::OrganizationName, self.organization.as_str());
        name.push(DnType::CommonName, self.common_name.as_str());
        if let Some(uid) = &self.uid {
            name.push(DnType::CustomDnType(USER_ID.to_vec()), uid.as_str());
        }
        params.distinguished_name = name;
        if !self.ocsp.is_empty() {
            let value = authority_info_access(&self.ocsp);
            let extension = CustomExtension::from_oid_content(AUTHORITY_INFO_ACCESS, value);
            params.custom_extensions.push(extension);
        }
        // Random, because a renewed certificate may well be for the same key.
        let mut serial = [0; 16];
        rand::fill(&mut serial).expect("the system's random numbers");
        serial[0] = serial[0] & 0x3f | 0x40;
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        params
    }
}

/// A certificate and the private key that belongs to it.
#[derive(Clone, Debug)]
pub struct Certified {
    der: Vec<u8>,
    key: PrivateKey,
    params: CertificateParams,
}

fn authority_info_access(responders: &[String]) -> Vec<u8> {
    let described = responders.iter().map(|url| AccessDescription {
        access_method: OCSP,
        access_location: GeneralName::UniformResourceIdentifier(
            Ia5String::new(url).expect("a URL in a certificate is ASCII"),
        ),
    });
    AuthorityInfoAccessSyntax(described.collect())
        .to_der()
        .expect("an extension in DER")
}

impl Certified {
    /// A certificate from elsewhere, in PEM, with the key that it is for: to sign and to agree with, and
    /// not to issue. `None` if it is none, or for another key.
    pub fn read(certificate: &str, key: PrivateKey) -> Option<Self> {
        let certificate = x509_cert::Certificate::from_pem(certificate).ok()?;
        let content = &certificate.tbs_certificate;
        let of_the_certificate = content.subject_public_key_info.to_der().ok()?;
        if of_the_certificate != key.pair().subject_public_key_info() {
            return None;
        }
        let mut params = CertificateParams::default();
        let serial = content.serial_number.as_bytes();
        params.serial_number = Some(SerialNumber::from_slice(serial));
        let der = certificate.to_der().ok()?;
        Some(Self { der, key, params })
    }

    pub fn der(&self) -> &[u8] {
        &self.der
    }

    pub fn pem(&self) -> String {
        pem("CERTIFICATE", &self.der)
    }

    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// The serial number, as `openssl x509 -serial` shows it.
    pub fn serial(&self) -> String {
        hex::encode_upper(self.serial_number().bytes())
    }

    pub(crate) fn serial_number(&self) -> Serial {
        let number = self.params.serial_number.as_ref();
        Serial::new(number.expect("every certificate here has one").as_ref())
    }

    /// SHA-256 over the DER in hex: how a profile pins a root.
    pub fn sha256(&self) -> String {
        hex::encode(digest(&SHA256, &self.der))
    }
}

/// Certificates one after the other in one PEM text.
pub fn bundle<'a>(certificates: impl IntoIterator<Item = &'a Certified>) -> String {
    certificates.into_iter().map(Certified::pem).collect()
}

/// Certificates in a PKCS#7 message without content or signers, in DER
/// (RFC 5652 section 5.1, the "degenerate case" of its section 5.2).
pub fn pkcs7<'a>(certificates: impl IntoIterator<Item = &'a Certified>) -> Vec<u8> {
    let path: PkiPath = certificates
        .into_iter()
        .map(|certificate| {
            x509_cert::Certificate::from_der(certificate.der()).expect("our own certificate")
        })
        .collect();
    let message = ContentInfo::try_from(path).expect("certificates fit in a message");
    message.to_der().expect("encoding a message")
}

/// The same message in PEM.
pub fn pkcs7_pem<'a>(certificates: impl IntoIterator<Item = &'a Certified>) -> String {
    pem("PKCS7", &pkcs7(certificates))
}

pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    der::pem::encode_string(label, der::pem::LineEnding::LF, der).expect("any bytes fit in PEM")
}

fn now() -> OffsetDateTime {
    // Certificates count whole seconds.
    OffsetDateTime::now_utc()
        .replace_nanosecond(0)
        .expect("0 is a nanosecond")
}

#[cfg(test)]
mod tests;
