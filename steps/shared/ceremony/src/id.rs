//! What a ceremony is called: its kind, and an id that no two folders, kinds or inputs share.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digest::Sha256;
use crate::identifiers::{DataType, Environment, Folder, PartnerId};

/// Which ceremony: the name of its state machine.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Kind {
    KekExport,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KekExport => "kek-export",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Execution name and ceremony id: `<partner>-<environment>-<data-type>-<16 hex digits>`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CeremonyId(String);

impl CeremonyId {
    /// Names the ceremony for one input.
    ///
    /// The hex digits are SHA-256 over lines: the kind, the folder, and what identifies the input,
    /// sorted. For a certificate set that is the version id of the object with the leaf, and the
    /// fingerprint of every CA on its path: the leaf counts by *version*, so that dropping it again
    /// asks for another ceremony; the CAs count by *content*, so that it makes no difference in
    /// which order the files of a set arrive, whether the root came with them or was known already,
    /// or how often they are sent.
    pub fn new(kind: Kind, folder: &Folder, leaf_version: &str, cas: &[Sha256]) -> Self {
        let mut identities: Vec<String> = cas.iter().map(Sha256::to_string).collect();
        identities.push(leaf_version.to_owned());
        identities.sort_unstable();
        let lines = format!("{kind}\n{}\n{}", folder.prefix(), identities.join("\n"));
        let digits = Sha256::of(lines.as_bytes()).short();
        Self(format!("{}{digits}", beginning(folder)))
    }

    /// Whether it is an id for this folder: it names folders of evidence and packages.
    pub fn is_for(&self, folder: &Folder) -> bool {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        self.0
            .strip_prefix(&beginning(folder))
            .is_some_and(|digits| digits.len() == 16 && digits.bytes().all(hex))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn beginning(folder: &Folder) -> String {
    let Folder {
        partner,
        environment,
        data_type,
    } = folder;
    format!("{partner}-{environment}-{data_type}-")
}

impl fmt::Display for CeremonyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One ceremony: what every step, event and record says of which it is and whom it serves.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ceremony {
    #[serde(rename = "ceremony")]
    pub kind: Kind,
    pub ceremony_id: CeremonyId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub data_type: DataType,
}

impl Ceremony {
    pub fn new(kind: Kind, ceremony_id: CeremonyId, folder: Folder) -> Self {
        let Folder {
            partner,
            environment,
            data_type,
        } = folder;
        Self {
            kind,
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

    /// The key of a document in the evidence bucket.
    pub fn evidence_key(&self, name: &str) -> String {
        format!("{}/{name}", self.ceremony_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> Folder {
        Folder::of_inbox_key("acme/non-production/cardholder/leaf.pem").unwrap()
    }

    fn id(leaf_version: &str, cas: &[Sha256]) -> CeremonyId {
        CeremonyId::new(Kind::KekExport, &folder(), leaf_version, cas)
    }

    #[test]
    fn the_id_does_not_depend_on_the_order_of_the_cas() {
        let (a, b) = (Sha256::of(b"a"), Sha256::of(b"b"));
        let one = id("v1", &[a.clone(), b.clone()]);
        assert_eq!(one, id("v1", &[b.clone(), a.clone()]));
        assert_ne!(one, id("v2", &[a.clone(), b]));
        assert_ne!(one, id("v1", &[a]));
    }

    /// Recomputed from the documented lines, so that nothing of them is left out by accident.
    #[test]
    fn the_digits_are_a_digest_over_kind_folder_and_input() {
        let ca = Sha256::of(b"ca");
        let lines = format!("kek-export\nacme/non-production/cardholder/\n{ca}\nversion");
        let digits = Sha256::of(lines.as_bytes()).short();
        assert_eq!(
            id("version", &[ca]).as_str(),
            format!("acme-non-production-cardholder-{digits}")
        );
    }

    #[test]
    fn an_id_belongs_to_its_folder() {
        let id = id("v", &[]);
        assert!(id.is_for(&folder()));
        let other = Folder::of_inbox_key("acme/production/cardholder/x").unwrap();
        assert!(!id.is_for(&other));
        for wrong in [
            "../x",
            "",
            "0123456789abcde",
            "0123456789abcdef/",
            "0123456789abcdef0",
            "0123456789ABCDEF",
            "0123456789abcdeg",
        ] {
            let id = CeremonyId(format!("acme-non-production-cardholder-{wrong}"));
            assert!(!id.is_for(&folder()), "{wrong}");
        }
    }

    #[test]
    fn a_ceremonys_things_lie_below_its_id() {
        let ceremony = Ceremony::new(Kind::KekExport, id("v", &[]), folder());
        let id = ceremony.ceremony_id.to_string();
        assert_eq!(ceremony.folder(), folder());
        assert_eq!(
            ceremony.evidence_key("record.json"),
            format!("{id}/record.json")
        );
        assert_eq!(
            ceremony.package_prefix(),
            format!("acme/non-production/cardholder/{id}/")
        );
        let document = serde_json::to_value(&ceremony).unwrap();
        assert_eq!(document["ceremony"], Kind::KekExport.as_str());
    }

    #[test]
    fn the_longest_id_fits_an_execution_name() {
        let folder = Folder {
            partner: PartnerId::try_from("x".repeat(32)).unwrap(),
            ..folder()
        };
        let id = CeremonyId::new(Kind::KekExport, &folder, "v", &[]);
        assert_eq!(
            id.as_str().len(),
            32 + "-non-production-cardholder-".len() + 16
        );
        assert!(id.as_str().len() <= 80);
    }
}
