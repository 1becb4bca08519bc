//! The certificates in one dropped file, whatever it is called and however they are packed.

use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use der::asn1::ObjectIdentifier;
use der::{Decode, Encode};
use pem::PemError;

use crate::certificate::{Certificate, MalformedCertificate};

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
/// error of its own: the file must not stay where it lies.
pub fn certificates_in(file: &[u8]) -> Result<Vec<Certificate>, UnusableFile> {
    let certificates = if is_der(file) {
        certificates_in_der(file)?
    } else {
        certificates_in_pem(file)?
    };
    match certificates.len() {
        0 => Err(UnusableFile::NoCertificate),
        count if count > MAX_CERTIFICATES => Err(UnusableFile::TooManyCertificates(count)),
        _ => Ok(certificates),
    }
}

fn certificates_in_pem(file: &[u8]) -> Result<Vec<Certificate>, UnusableFile> {
    if holds_private_key(file) {
        return Err(UnusableFile::PrivateKey);
    }
    let blocks = pem::parse_many(file)
        .map_err(|error| UnusableFile::Malformed(in_our_words(&error).to_owned()))?;
    let mut certificates = Vec::new();
    for block in &blocks {
        match block.tag() {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                certificates.push(Certificate::from_der(block.contents())?);
            }
            "PKCS7" | "CMS" => certificates.extend(certificates_in_pkcs7(block.contents())?),
            tag => return Err(UnusableFile::UnexpectedBlock(tag.to_owned())),
        }
    }
    Ok(certificates)
}

/// Looks at the text and not at what a parser makes of it: of a key whose end is lost, or which has
/// a blank line in it, a parser makes nothing or an error.
fn holds_private_key(file: &[u8]) -> bool {
    const IN_ITS_FRAME: &[u8] = b"PRIVATE KEY-";
    file.windows(IN_ITS_FRAME.len())
        .any(|text| text == IN_ITS_FRAME)
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
        | PemError::MissingEndTag => "a PEM block has no beginning or no end",
    }
}

fn certificates_in_der(file: &[u8]) -> Result<Vec<Certificate>, UnusableFile> {
    if let [0x30, 0x80, ..] = file {
        return Err(UnusableFile::IndefiniteLength);
    }
    match ContentInfo::from_der(file) {
        Ok(_) => certificates_in_pkcs7(file),
        Err(_) => Ok(vec![Certificate::from_der(file)?]),
    }
}

/// RFC 5652 §5.1: SignedData, of which only the `certificates` field is of interest.
fn certificates_in_pkcs7(file: &[u8]) -> Result<Vec<Certificate>, UnusableFile> {
    let malformed = |error: der::Error| UnusableFile::Malformed(format!("PKCS#7: {error}"));
    let content = ContentInfo::from_der(file).map_err(malformed)?;
    if content.content_type != SIGNED_DATA {
        return Err(UnusableFile::Malformed(format!(
            "PKCS#7 of type {}; signed data with certificates is expected",
            content.content_type
        )));
    }
    let signed: SignedData = content.content.decode_as().map_err(malformed)?;
    let mut certificates = Vec::new();
    for choice in signed.certificates.iter().flat_map(|set| set.0.iter()) {
        if let CertificateChoices::Certificate(certificate) = choice {
            let der = certificate.to_der().map_err(malformed)?;
            certificates.push(Certificate::from_der(&der)?);
        }
    }
    Ok(certificates)
}

/// DER of a certificate or of PKCS#7 starts with a SEQUENCE in long form; PEM is text.
fn is_der(file: &[u8]) -> bool {
    matches!(file, [0x30, 0x80..=0xff, ..])
}

/// Why nothing can be taken from a file.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UnusableFile {
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
    #[error(
        "it holds a private key: treat that key as compromised, delete every version of the \
         object, and send only certificates"
    )]
    PrivateKey,
    #[error("it holds {0} certificates; at most {MAX_CERTIFICATES} are accepted")]
    TooManyCertificates(usize),
    #[error("it holds a PEM block `{0}`; only certificates are expected")]
    UnexpectedBlock(String),
}
