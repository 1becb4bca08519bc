//! The certificates in one dropped file, whatever it is called and however they are packed.
//!
//! What a file is refused for is said in our words alone: not a byte of it is repeated, but for what
//! is read out of a certificate, since it may be a key in a form that nobody knows.

mod form;
mod secret;

use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use der::asn1::ObjectIdentifier;
use der::{Decode, Encode};
use pem::PemError;

use crate::certificate::{Certificate, MalformedCertificate};

pub(crate) use secret::private_key_in_json;
pub use secret::{Form, private_key_in};

/// Limit for one dropped file, in bytes.
pub const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Limit for the files in one drop folder.
pub const MAX_FILES: usize = 16;

/// Limit for the certificates in one file.
pub const MAX_CERTIFICATES: usize = 32;

/// Limit for the certificates in one drop folder: choosing among them is quadratic.
pub const MAX_CERTIFICATES_IN_FOLDER: usize = 64;

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");

/// Reads PEM (one certificate or many), DER, or PKCS#7 (DER or PEM).
///
/// Text around PEM blocks is allowed, as `openssl x509 -text` writes it. A private key is an
/// error of its own, in whatever form it comes: the file must not stay where it lies.
pub fn certificates_in(file: &[u8]) -> Result<Vec<Certificate>, UnusableFile> {
    if let Some(form) = secret::private_key_in(file) {
        return Err(UnusableFile::PrivateKey(form));
    }
    if let Some(refusal) = form::unreadable(file) {
        return Err(refusal);
    }
    let certificates = if form::is_der(file) {
        certificates_in_der(file)?
    } else {
        certificates_in_pem(file)?
    };
    if certificates.is_empty() {
        return Err(form::without_certificate(file));
    }
    within_limit(certificates.len())?;
    Ok(certificates)
}

fn within_limit(count: usize) -> Result<(), UnusableFile> {
    if count > MAX_CERTIFICATES {
        return Err(UnusableFile::TooManyCertificates(count));
    }
    Ok(())
}

fn certificates_in_pem(file: &[u8]) -> Result<Vec<Certificate>, UnusableFile> {
    let blocks = pem::parse_many(file)
        .map_err(|error| UnusableFile::Malformed(in_our_words(&error).to_owned()))?;
    let mut certificates = Vec::new();
    // Before the first of them is read: reading takes longer than counting.
    within_limit(blocks.len())?;
    // The parser passes over what it cannot tell from the text around: a leaf whose end is lost, say.
    if form::frames(file) > blocks.len() {
        return Err(UnusableFile::Malformed(NO_BEGINNING_OR_END.to_owned()));
    }
    for block in &blocks {
        match block.tag() {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                certificates.push(Certificate::from_der(block.contents())?);
            }
            "PKCS7" | "CMS" => certificates.extend(certificates_in_pkcs7(block.contents())?),
            tag => return Err(UnusableFile::UnexpectedBlock(form::known_tag(tag))),
        }
    }
    Ok(certificates)
}

/// Without a word of the file. The parser's errors repeat what they cannot read, and what is told
/// here goes into logs, events and a locked record.
fn in_our_words(error: &PemError) -> &'static str {
    match error {
        PemError::InvalidData(_) => "a PEM block is not Base64",
        PemError::InvalidHeader(_) => "a PEM block has a malformed header, or a blank line in it",
        PemError::MismatchedTags(..) => "a PEM block does not end as it begins",
        PemError::NotUtf8(_) => "a PEM block is not text",
        PemError::MalformedFraming
        | PemError::MissingBeginTag
        | PemError::MissingData
        | PemError::MissingEndTag => NO_BEGINNING_OR_END,
    }
}

const NO_BEGINNING_OR_END: &str = "a PEM block has no beginning or no end";

fn certificates_in_der(file: &[u8]) -> Result<Vec<Certificate>, UnusableFile> {
    if let [0x30, 0x80, ..] = file {
        return Err(UnusableFile::IndefiniteLength);
    }
    if ContentInfo::from_der(file).is_ok() {
        return certificates_in_pkcs7(file);
    }
    match Certificate::from_der(file) {
        Ok(certificate) => Ok(vec![certificate]),
        Err(error) => Err(form::other_than_certificate(file).unwrap_or_else(|| error.into())),
    }
}

/// RFC 5652 §5.1: SignedData, of which only the `certificates` field is of interest.
fn certificates_in_pkcs7(file: &[u8]) -> Result<Vec<Certificate>, UnusableFile> {
    let malformed = |_| UnusableFile::Malformed("its PKCS#7 is malformed".to_owned());
    let content = ContentInfo::from_der(file).map_err(malformed)?;
    if content.content_type != SIGNED_DATA {
        return Err(UnusableFile::Malformed(
            "it is PKCS#7 that is encrypted or holds something else; signed data with certificates \
             is expected"
                .to_owned(),
        ));
    }
    let signed: SignedData = content.content.decode_as().map_err(malformed)?;
    let choices = signed.certificates.iter().flat_map(|set| set.0.iter());
    let packed: Vec<_> = choices
        .filter_map(|choice| match choice {
            CertificateChoices::Certificate(certificate) => Some(certificate),
            CertificateChoices::Other(_) => None,
        })
        .collect();
    within_limit(packed.len())?;
    let mut certificates = Vec::new();
    for certificate in packed {
        let der = certificate.to_der().map_err(malformed)?;
        certificates.push(Certificate::from_der(&der)?);
    }
    Ok(certificates)
}

/// Why nothing can be taken from a file.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UnusableFile {
    #[error("it is packed ({0}); send the certificates themselves, unpacked")]
    Archive(&'static str),
    #[error(
        "it is Base64 without the lines `-----BEGIN CERTIFICATE-----` and `-----END \
         CERTIFICATE-----`; `openssl base64 -d -A -in FILE | openssl x509 -inform DER` makes PEM of it"
    )]
    BareBase64,
    #[error(
        "it is a request for a certificate (CSR); the certificate that a CA made of it is expected"
    )]
    CertificateRequest,
    #[error("it is a revocation list (CRL); only certificates are expected")]
    RevocationList,
    #[error("it is empty")]
    Empty,
    #[error(
        "it is BER with indefinite lengths, DER is expected; `openssl pkcs7 -inform DER \
         -print_certs` makes PEM of it"
    )]
    IndefiniteLength,
    #[error("it cannot be read as PEM, DER or PKCS#7: {0}")]
    Malformed(String),
    #[error(transparent)]
    MalformedCertificate(#[from] MalformedCertificate),
    #[error("it holds no certificate; PEM, DER or PKCS#7 is expected")]
    NoCertificate,
    /// In which form.
    #[error(
        "it holds a private key ({0}): treat that key as compromised, delete every version of the \
         object, and send only certificates"
    )]
    PrivateKey(&'static str),
    #[error("it holds {0} certificates or other blocks; at most {MAX_CERTIFICATES} are accepted")]
    TooManyCertificates(usize),
    #[error("it holds a PEM block {0}; only certificates are expected")]
    UnexpectedBlock(&'static str),
    #[error("it is UTF-16; `iconv -f UTF-16 -t UTF-8 FILE` makes a text of it that can be read")]
    Utf16,
    #[error("it is a web page: a download that failed, perhaps")]
    WebPage,
}
