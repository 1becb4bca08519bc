//! Certificates as they travel: base64 of PEM text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// `CertificateType`: 1 to 32768 characters of `[^\[;\]<>]+`, the base64 encoding of a PEM text
/// with one certificate; not DER, and not PEM itself. Holds the DER that was inside.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "String")]
pub struct CertificateText {
    der: Vec<u8>,
}

impl CertificateText {
    pub fn der(&self) -> &[u8] {
        &self.der
    }
}

impl TryFrom<String> for CertificateText {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.is_empty() || text.len() > 32768 || text.contains(['[', ';', ']', '<', '>']) {
            return Err(r"value must match [^\[;\]<>]+ and have 1 to 32768 characters".to_owned());
        }
        // INFERRED: line breaks within the base64 text do not matter.
        let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let pem = STANDARD
            .decode(compact)
            .map_err(|_| NOT_A_CERTIFICATE.to_owned())?;
        let blocks = pem::parse_many(pem).map_err(|_| NOT_A_CERTIFICATE.to_owned())?;
        // INFERRED: exactly one certificate; a bundle is refused rather than half looked at.
        match <[pem::Pem; 1]>::try_from(blocks) {
            Ok([block]) if block.tag() == "CERTIFICATE" => Ok(Self {
                der: block.into_contents(),
            }),
            _ => Err(NOT_A_CERTIFICATE.to_owned()),
        }
    }
}

/// A certificate in the form in which it travels.
pub fn encode(der: &[u8]) -> String {
    encode_pem(&pem::encode_config(
        &pem::Pem::new("CERTIFICATE", der),
        pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF),
    ))
}

/// PEM text in the form in which it travels.
pub fn encode_pem(pem: &str) -> String {
    STANDARD.encode(pem)
}

/// The one message of the service that is publicly known for this mistake.
pub const NOT_A_CERTIFICATE: &str = "Provided public key is not a valid X509 certificate.";

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";

    #[test]
    fn a_certificate_travels_as_base64_of_pem() {
        let parse = |text: &str| CertificateText::try_from(text.to_owned());
        assert_eq!(parse(&STANDARD.encode(PEM)).unwrap().der(), [0x30, 0x00]);
        assert_eq!(parse(&encode(&[0x30, 0x00])).unwrap().der(), [0x30, 0x00]);
        assert!(parse("").is_err());
        assert!(parse(PEM).is_err());
        assert!(parse("MAA=").is_err());
        assert!(parse(&STANDARD.encode(format!("{PEM}{PEM}"))).is_err());
        assert!(parse(&STANDARD.encode(PEM.replace("CERTIFICATE", "PUBLIC KEY"))).is_err());
    }
}
