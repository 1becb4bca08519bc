//! Who a ceremony is for: partner, environment, data type, and the folder that the three name.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::algorithms::KeyAlgorithm;
use crate::digest::Sha256;
use crate::text::shown;
use crate::working_keys::order::{EstablishedKek, KeyName};

/// A partner's id: `[a-z0-9-]{1,32}`, so that a ceremony id fits the 80 characters of an
/// execution name. It does not end in `-non`, because the ceremonies of `acme-non` in `production`
/// would begin like those of `acme` in `non-production`; and it is none of the [`RESERVED`] words.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PartnerId(
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[a-z0-9-]{1,32}$")))] String,
);

/// Folders of the inbox that belong to ceremonies of our own, not to a partner.
pub const RESERVED: [&str; 3] = ["byok", "enrolment", "pix"];

impl PartnerId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PartnerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<PartnerId> for String {
    fn from(value: PartnerId) -> Self {
        value.0
    }
}

impl TryFrom<String> for PartnerId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if text.is_empty() || text.len() > 32 || !text.bytes().all(allowed) {
            return Err(format!(
                "`{}` is not a partner id: 1 to 32 lower-case letters, digits and hyphens are expected",
                shown(&text)
            ));
        }
        if text.ends_with("-non") {
            return Err(format!(
                "`{text}` is not a partner id: it must not end in `-non`"
            ));
        }
        if RESERVED.contains(&text.as_str()) {
            return Err(format!(
                "`{text}` is not a partner id: the name is reserved"
            ));
        }
        Ok(Self(text))
    }
}

macro_rules! folder_name {
    ($(#[$doc:meta])* $name:ident, $what:literal, { $($variant:ident = $text:literal),+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(rename_all = "kebab-case")]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum $name { $($variant),+ }

        impl $name {
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            fn parse(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(format!(
                        concat!("`{}` is not ", $what, ": {} expected"),
                        shown(text),
                        [$(concat!("`", $text, "`")),+].join(" or ")
                    )),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

folder_name!(
    /// Second folder of an inbox key.
    Environment, "an environment", { NonProduction = "non-production", Production = "production" }
);
folder_name!(
    /// Third folder of an inbox key: what the keys under the KEK will protect.
    DataType, "a data type", { Cardholder = "cardholder", Pin = "pin" }
);

/// Where a partner drops files and fetches packages: `<partner>/<environment>/<data-type>/`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Folder {
    pub partner: PartnerId,
    pub environment: Environment,
    pub data_type: DataType,
}

impl Folder {
    /// Reads the folder out of an inbox key `<partner>/<environment>/<data-type>/<file>`.
    pub fn of_inbox_key(key: &str) -> Result<Self, String> {
        let parts: Vec<&str> = key.split('/').collect();
        let [partner, environment, data_type, file] = parts[..] else {
            return Err(format!(
                "`{}` is not <partner>/<environment>/<data-type>/<file>",
                shown(key)
            ));
        };
        if file.is_empty() {
            return Err(format!("`{}` names a folder, not a file", shown(key)));
        }
        Ok(Self {
            partner: PartnerId::try_from(partner.to_owned())?,
            environment: Environment::parse(environment)?,
            data_type: DataType::parse(data_type)?,
        })
    }

    /// The folder's prefix in the inbox and in the outbox, with its closing slash.
    pub fn prefix(&self) -> String {
        format!("{}/{}/{}/", self.partner, self.environment, self.data_type)
    }

    /// The SSM parameter that holds the folder's profile.
    pub fn profile_parameter(&self) -> String {
        format!(
            "/key-ceremony/partners/{}/{}/{}",
            self.partner, self.environment, self.data_type
        )
    }

    /// The alias under which the KEK for one leaf certificate is found again.
    pub fn kek_alias(&self, leaf: &Sha256) -> String {
        format!("alias/key-ceremony/kek/{}{}", self.prefix(), leaf.short())
    }

    /// The alias under which our key is found again that agrees with leaves on this curve: one of
    /// those that [`Method::Ecdh`](crate::exchange::Method) works with.
    pub fn agreement_alias(&self, curve: &KeyAlgorithm) -> String {
        format!("alias/key-ceremony/agreement/{}{curve}", self.prefix())
    }

    /// The alias of the KEK that is established with the partner: sent last, or received.
    pub fn established_kek_alias(&self, which: EstablishedKek) -> String {
        format!("alias/key-ceremony/kek/{}{which}", self.prefix())
    }

    /// The alias under which the KEK of one block of the partner's is found again.
    pub fn received_kek_alias(&self, block: &Sha256) -> String {
        let received = self.established_kek_alias(EstablishedKek::Received);
        format!("{received}/{}", block.short())
    }

    /// The alias under which a working key that was made for the folder is found again.
    pub fn working_key_alias(&self, name: &KeyName) -> String {
        format!("alias/key-ceremony/keys/{}{name}", self.prefix())
    }
}

/// The alias under which an imported CA certificate is found again.
pub fn ca_alias(certificate: &Sha256) -> String {
    format!("alias/key-ceremony/ca/{certificate}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> Folder {
        Folder::of_inbox_key("acme/non-production/cardholder/leaf.pem").unwrap()
    }

    #[test]
    fn an_inbox_key_names_partner_environment_and_data_type() {
        assert_eq!(folder().prefix(), "acme/non-production/cardholder/");
        assert_eq!(
            folder().profile_parameter(),
            "/key-ceremony/partners/acme/non-production/cardholder"
        );
    }

    #[test]
    fn aliases_name_the_folder_and_the_certificate() {
        let sha256 = Sha256::of(b"leaf");
        assert_eq!(
            folder().kek_alias(&sha256),
            format!(
                "alias/key-ceremony/kek/acme/non-production/cardholder/{}",
                &sha256.to_string()[..16]
            )
        );
        assert_eq!(ca_alias(&sha256), format!("alias/key-ceremony/ca/{sha256}"));
    }

    #[test]
    fn a_key_outside_the_layout_is_refused_with_the_part_that_is_wrong() {
        for (key, part) in [
            ("leaf.pem", "<partner>/<environment>/<data-type>/<file>"),
            (
                "acme/production/pin/old/leaf.pem",
                "<partner>/<environment>/<data-type>/<file>",
            ),
            ("acme/production/pin/", "a folder"),
            ("ACME/production/pin/leaf.pem", "`ACME` is not a partner id"),
            ("acme/prod/pin/leaf.pem", "`prod` is not an environment"),
            ("acme/production/pan/leaf.pem", "`pan` is not a data type"),
            ("acme-non/production/pin/leaf.pem", "must not end in `-non`"),
            ("pix/production/pin/leaf.pem", "reserved"),
        ] {
            let error = Folder::of_inbox_key(key).unwrap_err();
            assert!(error.contains(part), "{key}: {error}");
        }
    }

    #[test]
    fn a_partner_id_has_1_to_32_characters() {
        let id = |text: String| PartnerId::try_from(text);
        assert!(id("x".repeat(32)).is_ok());
        assert!(id("x".repeat(33)).is_err());
        assert!(id(String::new()).is_err());
        for reserved in RESERVED {
            assert!(id(reserved.to_owned()).is_err());
            assert!(id(format!("{reserved}-bank")).is_ok());
        }
    }
}
