//! Who a ceremony is for, and what it and its things are called.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digest::Sha256;

/// A partner's id: `[a-z0-9-]{1,32}`, so that a ceremony id fits the 80 characters of an
/// execution name.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PartnerId(
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[a-z0-9-]{1,32}$")))] String,
);

impl PartnerId {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The SSM parameter that holds the partner's profile.
    pub fn profile_parameter(&self) -> String {
        format!("/key-ceremony/partners/{self}")
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
        match !text.is_empty() && text.len() <= 32 && text.bytes().all(allowed) {
            true => Ok(Self(text)),
            false => Err(format!(
                "`{text}` is not a partner id: 1 to 32 lower-case letters, digits and hyphens are expected"
            )),
        }
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
                        text,
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
                "`{key}` is not <partner>/<environment>/<data-type>/<file>"
            ));
        };
        if file.is_empty() {
            return Err(format!("`{key}` names a folder, not a file"));
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

    /// The alias under which the KEK for one leaf certificate is found again.
    pub fn kek_alias(&self, leaf: &Sha256) -> String {
        format!("alias/key-ceremony/kek/{}{}", self.prefix(), leaf.short())
    }
}

/// The alias under which an imported CA certificate is found again.
pub fn ca_alias(certificate: &Sha256) -> String {
    format!("alias/key-ceremony/ca/{certificate}")
}

/// Where `publish` keeps a root that has once been proven against a profile's trust anchor, so
/// that the partner need not send it again (bucket: evidence).
pub fn trusted_root_key(certificate: &Sha256) -> String {
    format!("trusted-roots/{certificate}.pem")
}

/// Execution name and ceremony id: `<partner>-<environment>-<data-type>-<16 hex digits>`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(transparent)]
pub struct CeremonyId(String);

impl CeremonyId {
    /// Names the ceremony for one certificate set.
    ///
    /// The hex digits are SHA-256 over the sorted, newline-joined identities of the set: the
    /// version id of the object that carries the leaf, and the fingerprint of every CA
    /// certificate on its path. The leaf counts by *version*, so that dropping it again asks for
    /// another ceremony; the CAs count by *content*, so that it makes no difference in which
    /// order the files of a set arrive, whether the root came with them or was known already,
    /// or how often they are sent.
    pub fn new(folder: &Folder, leaf_version: &str, cas: &[Sha256]) -> Self {
        let mut identities: Vec<String> = cas.iter().map(Sha256::to_string).collect();
        identities.push(leaf_version.to_owned());
        identities.sort_unstable();
        let digest = Sha256::of(identities.join("\n").as_bytes());
        Self(format!(
            "{}-{}-{}-{}",
            folder.partner,
            folder.environment,
            folder.data_type,
            digest.short()
        ))
    }

    /// Whether it is an id for this folder: it names folders of evidence and packages.
    pub fn is_for(&self, folder: &Folder) -> bool {
        let prefix = format!(
            "{}-{}-{}-",
            folder.partner, folder.environment, folder.data_type
        );
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        self.0
            .strip_prefix(&prefix)
            .is_some_and(|digits| digits.len() == 16 && digits.bytes().all(hex))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CeremonyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One ceremony: what every step, event and record says of whom it serves.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ceremony {
    pub ceremony_id: CeremonyId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub data_type: DataType,
}

impl Ceremony {
    pub fn new(ceremony_id: CeremonyId, folder: Folder) -> Self {
        let Folder {
            partner,
            environment,
            data_type,
        } = folder;
        Self {
            ceremony_id,
            partner,
            environment,
            data_type,
        }
    }

    pub fn folder(&self) -> Folder {
        Folder {
            partner: self.partner.clone(),
            environment: self.environment,
            data_type: self.data_type,
        }
    }

    /// The package's prefix in the outbox, with its closing slash.
    pub fn package_prefix(&self) -> String {
        format!("{}{}/", self.folder().prefix(), self.ceremony_id)
    }
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
        ] {
            let error = Folder::of_inbox_key(key).unwrap_err();
            assert!(error.contains(part), "{key}: {error}");
        }
    }

    #[test]
    fn the_ceremony_id_does_not_depend_on_the_order_of_the_cas() {
        let (a, b) = (Sha256::of(b"a"), Sha256::of(b"b"));
        assert_eq!(
            CeremonyId::new(&folder(), "v1", &[a.clone(), b.clone()]),
            CeremonyId::new(&folder(), "v1", &[b.clone(), a.clone()])
        );
        assert_ne!(
            CeremonyId::new(&folder(), "v1", &[a.clone(), b.clone()]),
            CeremonyId::new(&folder(), "v2", &[a, b])
        );
    }

    #[test]
    fn a_ceremony_id_belongs_to_its_folder() {
        let id = CeremonyId::new(&folder(), "v", &[]);
        assert!(id.is_for(&folder()));
        let other = Folder::of_inbox_key("acme/production/cardholder/x").unwrap();
        assert!(!id.is_for(&other));
        for wrong in [
            "../x",
            "",
            "0123456789abcde",
            "0123456789abcdef/",
            "0123456789ABCDEF",
        ] {
            let id = CeremonyId(format!("acme-non-production-cardholder-{wrong}"));
            assert!(!id.is_for(&folder()), "{wrong}");
        }
    }

    #[test]
    fn the_longest_ceremony_id_fits_an_execution_name() {
        let folder = Folder {
            partner: PartnerId::try_from("x".repeat(32)).unwrap(),
            ..folder()
        };
        let id = CeremonyId::new(&folder, "v", &[]);
        assert_eq!(
            id.as_str().len(),
            32 + "-non-production-cardholder-".len() + 16
        );
        assert!(id.as_str().len() <= 80);
    }
}
