//! The certificate that is asked about and the one that issued it.

use aws_lc_rs::digest::{Algorithm, digest};
use ceremony::certificate::Certificate;
use ceremony::text::shown;
use der::asn1::ObjectIdentifier;
use der::oid::AssociatedOid;
use der::{Decode, Encode};
use x509_cert::ext::pkix::KeyUsage;

use crate::FetchError;

/// Both, decoded.
#[derive(Debug)]
pub(crate) struct Parties {
    pub(crate) subject: Party,
    pub(crate) issuer: Party,
}

impl Parties {
    /// Refuses an `issuer` that has not issued `subject`: its answers would be about another
    /// certificate with the same serial number.
    pub(crate) fn of(subject: &Certificate, issuer: &Certificate) -> Result<Self, FetchError> {
        if !subject.is_signed_by(issuer) {
            return Err(FetchError::unusable(format!(
                "the certificate was not issued by `{}`",
                shown(issuer.subject())
            )));
        }
        Ok(Self {
            subject: Party::of(subject)?,
            issuer: Party::of(issuer)?,
        })
    }
}

/// A certificate as its parts are needed here: exactly as they are encoded.
#[derive(Debug)]
pub(crate) struct Party {
    pub(crate) certificate: Certificate,
    pub(crate) decoded: x509_cert::Certificate,
    /// The subject's Name and the SubjectPublicKeyInfo, DER.
    pub(crate) name: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

impl Party {
    pub(crate) fn of(certificate: &Certificate) -> Result<Self, FetchError> {
        let unreadable = |error: der::Error| {
            FetchError::unusable(format!("the certificate cannot be read: {error}"))
        };
        let decoded = x509_cert::Certificate::from_der(certificate.der()).map_err(unreadable)?;
        let tbs = &decoded.tbs_certificate;
        Ok(Self {
            certificate: certificate.clone(),
            name: tbs.subject.to_der().map_err(unreadable)?,
            key: tbs.subject_public_key_info.to_der().map_err(unreadable)?,
            decoded,
        })
    }

    /// The subject for messages and proofs.
    pub(crate) fn subject(&self) -> String {
        shown(self.certificate.subject())
    }

    pub(crate) fn serial(&self) -> &[u8] {
        self.decoded.tbs_certificate.serial_number.as_bytes()
    }

    /// Over the contents of the BIT STRING subjectPublicKey, as OCSP hashes keys (RFC 6960 §4.1.1).
    pub(crate) fn key_hash(&self, algorithm: &'static Algorithm) -> Vec<u8> {
        let key = &self.decoded.tbs_certificate.subject_public_key_info;
        digest(algorithm, key.subject_public_key.raw_bytes())
            .as_ref()
            .to_vec()
    }

    pub(crate) fn has_extension(&self, id: ObjectIdentifier) -> bool {
        let extensions = self.decoded.tbs_certificate.extensions.iter().flatten();
        extensions
            .into_iter()
            .any(|extension| extension.extn_id == id)
    }

    /// Decoded strictly. One that is there twice, or not as it should be, is an error and not an
    /// absent one.
    pub(crate) fn extension<T>(&self) -> Result<Option<T>, FetchError>
    where
        T: AssociatedOid + for<'a> Decode<'a>,
    {
        let extensions = self.decoded.tbs_certificate.extensions.iter().flatten();
        let mut found = extensions.filter(|extension| extension.extn_id == T::OID);
        let Some(extension) = found.next() else {
            return Ok(None);
        };
        if found.next().is_some() {
            return Err(FetchError::unusable(format!(
                "the certificate has the extension {} twice",
                T::OID
            )));
        }
        T::from_der(extension.extn_value.as_bytes())
            .map(Some)
            .map_err(|error| {
                FetchError::unusable(format!(
                    "the certificate's extension {} cannot be read: {error}",
                    T::OID
                ))
            })
    }

    /// Whether its key may be used so: yes where nothing is said of it (RFC 5280 §4.2.1.3).
    pub(crate) fn may(&self, allows: fn(&KeyUsage) -> bool) -> Result<bool, FetchError> {
        Ok(self.extension()?.is_none_or(|usage| allows(&usage)))
    }
}
