//! The subject of a certificate signing request.

use der::Tag;
use der::asn1::ObjectIdentifier;
use der::oid::db::{rfc3280, rfc4519};
use serde::Deserialize;

use super::limits::text_of_length;

/// `CertificateSubjectType`: who the certificate is to be for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "PascalCase")]
pub struct CertificateSubject {
    common_name: NamePart<64>,
    organization_unit: Option<NamePart<64>>,
    organization: Option<NamePart<64>>,
    city: Option<NamePart<128>>,
    country: Option<Country>,
    state_or_province: Option<NamePart<128>>,
    email_address: Option<EmailAddress>,
}

impl CertificateSubject {
    /// The attributes that are there, most general first. INFERRED: the order.
    pub fn attributes(&self) -> Vec<(ObjectIdentifier, Tag, &str)> {
        let part = |oid, text| Some((oid, Tag::Utf8String, text));
        [
            self.country
                .as_ref()
                .map(|Country(text)| (rfc4519::C, Tag::PrintableString, text.as_str())),
            self.state_or_province
                .as_ref()
                .and_then(|NamePart(text)| part(rfc4519::ST, text.as_str())),
            self.city
                .as_ref()
                .and_then(|NamePart(text)| part(rfc4519::L, text.as_str())),
            self.organization
                .as_ref()
                .and_then(|NamePart(text)| part(rfc4519::O, text.as_str())),
            self.organization_unit
                .as_ref()
                .and_then(|NamePart(text)| part(rfc4519::OU, text.as_str())),
            part(rfc4519::CN, self.common_name.0.as_str()),
            self.email_address
                .as_ref()
                .map(|EmailAddress(text)| (rfc3280::EMAIL_ADDRESS, Tag::Ia5String, text.as_str())),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// 1 to that many characters of `[^\[;\]<>]+`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "String")]
struct NamePart<const MAXIMUM: usize>(String);

impl<const MAXIMUM: usize> TryFrom<String> for NamePart<MAXIMUM> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.contains(['[', ';', ']', '<', '>']) {
            return Err(r"value must match [^\[;\]<>]+".to_owned());
        }
        text_of_length(text, 1, MAXIMUM).map(Self)
    }
}

/// Two letters.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "String")]
struct Country(String);

impl TryFrom<String> for Country {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.len() == 2 && text.chars().all(|c| c.is_ascii_alphabetic()) {
            Ok(Self(text))
        } else {
            Err("value must be two letters".to_owned())
        }
    }
}

/// `local@domain`, at most 128 characters.
///
/// The model's pattern lets the local part contain a typographic apostrophe, which no IA5String
/// can hold; only ASCII is accepted here.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "String")]
struct EmailAddress(String);

impl TryFrom<String> for EmailAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let local = |c: char| c.is_ascii_alphanumeric() || ".!#$%&*+/=?^_`{|}~-".contains(c);
        let label = |label: &str| {
            !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        let matches = text.split_once('@').is_some_and(|(name, domain)| {
            !name.is_empty() && name.chars().all(local) && domain.split('.').all(label)
        });
        if matches {
            text_of_length(text, 1, 128).map(Self)
        } else {
            Err("value must be an email address".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parse(value: Value) -> Result<CertificateSubject, serde_json::Error> {
        serde_json::from_value(value)
    }

    #[test]
    fn what_is_there_becomes_a_name() {
        let subject = parse(json!({
            "CommonName": "kdh", "Country": "BR", "EmailAddress": "keys@example.com",
        }))
        .unwrap();
        let texts: Vec<_> = subject.attributes().iter().map(|part| part.2).collect();
        assert_eq!(texts, ["BR", "kdh", "keys@example.com"]);
    }

    #[test]
    fn parts_have_patterns_and_limits() {
        for wrong in [
            json!({}),
            json!({ "CommonName": "" }),
            json!({ "CommonName": "a;b" }),
            json!({ "CommonName": "a".repeat(65) }),
            json!({ "CommonName": "a", "City": "a".repeat(129) }),
            json!({ "CommonName": "a", "Country": "BRA" }),
            json!({ "CommonName": "a", "Country": "B1" }),
            json!({ "CommonName": "a", "EmailAddress": "@example.com" }),
            json!({ "CommonName": "a", "EmailAddress": "keys@example..com" }),
            json!({ "CommonName": "a", "EmailAddress": "keys" }),
        ] {
            assert!(parse(wrong.clone()).is_err(), "{wrong}");
        }
        assert!(parse(json!({ "CommonName": "a".repeat(64), "City": "a".repeat(128) })).is_ok());
    }
}
