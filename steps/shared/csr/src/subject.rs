//! The name that a certificate is asked for.

use std::fmt;
use std::str::FromStr;

use ceremony::text::shown;
use der::asn1::{Ia5StringRef, PrintableStringRef, Utf8StringRef};
use der::{Decode, Encode, Tag, Tagged};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::RdnSequence;

use crate::{Error, unreadable};

/// A distinguished name that is not empty.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subject {
    name: RdnSequence,
    der: Vec<u8>,
}

impl Subject {
    /// Reads RFC 4514: `CN=Payments Signing,O=Example,C=BR`.
    pub fn named(text: &str) -> Result<Self, Error> {
        let malformed = |reason: String| Error::SubjectMalformed {
            subject: shown(text),
            reason,
        };
        let name = RdnSequence::from_str(text).map_err(|error| malformed(error.to_string()))?;
        if name.0.is_empty() {
            return Err(malformed("it is empty".to_owned()));
        }
        let der = name
            .to_der()
            .map_err(|error| malformed(error.to_string()))?;
        Ok(Self { name, der })
    }

    pub(crate) fn of_der(der: &[u8]) -> Result<Self, Error> {
        Ok(Self {
            name: RdnSequence::from_der(der).map_err(unreadable)?,
            der: der.to_vec(),
        })
    }

    pub(crate) fn name(&self) -> &RdnSequence {
        &self.name
    }

    /// The Name in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Its attributes by their OIDs, in order; none if one is no text, or shares its place with
    /// another.
    pub fn attributes(&self) -> Option<Vec<(String, String)>> {
        let names = self.name.0.iter().map(|name| match name.0.as_slice() {
            [attribute] => Some((attribute.oid.to_string(), text(attribute)?)),
            _ => None,
        });
        names.collect()
    }
}

fn text(attribute: &AttributeTypeAndValue) -> Option<String> {
    let value = &attribute.value;
    let text = match value.tag() {
        Tag::Utf8String => Utf8StringRef::try_from(value).ok()?.as_str().to_owned(),
        Tag::PrintableString => PrintableStringRef::try_from(value)
            .ok()?
            .as_str()
            .to_owned(),
        Tag::Ia5String => Ia5StringRef::try_from(value).ok()?.as_str().to_owned(),
        _ => return None,
    };
    Some(text)
}

/// As RFC 4514 writes it.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

/// `2.5.4.3`: what RFC 4514 §3 calls `CN`, and so on.
pub mod oid {
    pub const COMMON_NAME: &str = "2.5.4.3";
    pub const COUNTRY: &str = "2.5.4.6";
    pub const CITY: &str = "2.5.4.7";
    pub const STATE: &str = "2.5.4.8";
    pub const ORGANIZATION: &str = "2.5.4.10";
    pub const ORGANIZATION_UNIT: &str = "2.5.4.11";
    /// Of PKCS#9.
    pub const EMAIL_ADDRESS: &str = "1.2.840.113549.1.9.1";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_attributes_in_the_order_of_its_der() {
        let subject = Subject::named("CN=Payments\\, Signing,O=Example,C=BR").unwrap();
        let attributes = subject.attributes().unwrap();
        let attributes: Vec<(&str, &str)> = attributes
            .iter()
            .map(|(oid, text)| (oid.as_str(), text.as_str()))
            .collect();
        assert_eq!(
            attributes,
            [
                (oid::COUNTRY, "BR"),
                (oid::ORGANIZATION, "Example"),
                (oid::COMMON_NAME, "Payments, Signing"),
            ]
        );
    }

    /// A renewal asks for the name that the request before it was recorded under.
    #[test]
    fn what_a_name_is_told_as_is_the_same_name() {
        for text in [
            "CN=Payments\\, Signing,O=Example,C=BR",
            "CN=Schlüssel,OU=A\\+B,L=São Paulo",
            "emailAddress=keys@example.com,CN=x",
        ] {
            let subject = Subject::named(text).unwrap();
            let again = Subject::named(&subject.to_string()).unwrap();
            assert_eq!(again.der(), subject.der(), "{subject}");
        }
    }

    #[test]
    fn what_is_no_name_is_told_without_anything_active_in_it() {
        for text in ["", "Payments", "CN=\u{1b}[2J,Payments"] {
            let Err(Error::SubjectMalformed { subject, .. }) = Subject::named(text) else {
                panic!("{text} is taken");
            };
            assert!(!subject.contains('\u{1b}'), "{subject}");
        }
    }

    #[test]
    fn two_attributes_in_one_place_are_not_told_as_a_list() {
        let subject = Subject::named("CN=x+OU=y,C=BR").unwrap();
        assert_eq!(subject.attributes(), None);
    }
}
