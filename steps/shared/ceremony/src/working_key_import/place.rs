//! Where blocks of working keys are dropped.
//!
//! | inbox key | holds |
//! | --- | --- |
//! | `<folder>/keys/<name>.tr31` | one block; the name is the key's |
//! | `<folder>/keys/<name>.jsonl` | a line for each key, with its name |

use serde::{Deserialize, Serialize};

use crate::digest::Sha256;
use crate::id::{InputSet, Kind};
use crate::identifiers::Folder;
use crate::text::shown;
use crate::working_keys::order::KeyName;
use crate::working_keys::place::is_name;

/// The folder below a partner's.
const SECTION: &str = "keys";

/// Below a folder, in the table of rejections: those of files with keys are gathered apart from those of
/// other ceremonies.
pub const REJECTIONS: &str = "keys/";

/// How a file holds its blocks.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// One block, and nothing else.
    Tr31,
    /// JSON Lines: a document for each key.
    Jsonl,
}

impl Form {
    const ALL: [Self; 2] = [Self::Tr31, Self::Jsonl];

    /// How the names of such files end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Tr31 => "tr31",
            Self::Jsonl => "jsonl",
        }
    }
}

/// Where a file with keys lies.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeysPlace {
    pub folder: Folder,
    /// Of the file, without its ending.
    pub name: String,
    pub form: Form,
}

/// What an inbox key is to this ceremony.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeysRole {
    Keys(KeysPlace),
    /// Meant as a file with keys, and why it is none.
    Misplaced(String),
}

impl KeysPlace {
    /// Reads the key of a file with keys; `None` for a key of other ceremonies.
    pub fn of_inbox_key(key: &str) -> Option<KeysRole> {
        let parts: Vec<&str> = key.splitn(5, '/').collect();
        let [partner, environment, data_type, SECTION, file] = parts[..] else {
            return None;
        };
        let folder = match Folder::of_inbox_key(&format!("{partner}/{environment}/{data_type}/x")) {
            Ok(folder) => folder,
            Err(reason) => return Some(KeysRole::Misplaced(reason)),
        };
        let (name, ending) = file.rsplit_once('.').unwrap_or((file, ""));
        let mut all = Form::ALL.into_iter();
        let form = all.find(|form| form.ending() == ending);
        let place = form.filter(|form| form.takes(name)).map(|form| Self {
            folder,
            name: name.to_owned(),
            form,
        });
        Some(place.map_or_else(|| KeysRole::Misplaced(not_a_name(file)), KeysRole::Keys))
    }

    /// Its inbox key.
    pub fn key(&self) -> String {
        let (folder, name, ending) = (self.folder.prefix(), &self.name, self.form.ending());
        format!("{folder}{SECTION}/{name}.{ending}")
    }
}

impl Form {
    /// A single block has no other name than its file's.
    fn takes(self, name: &str) -> bool {
        match self {
            Self::Tr31 => KeyName::try_from(name.to_owned()).is_ok(),
            Self::Jsonl => is_name(name),
        }
    }
}

fn not_a_name(file: &str) -> String {
    format!(
        "`{}` is not the name of a file with keys: expected are `<name>.tr31`, where the name is the key's \
         and has 1 to 32 lower-case letters, digits and hyphens, or `<name>.jsonl` with 1 to 64 letters, \
         digits, hyphens and underscores",
        shown(file)
    )
}

/// What one file asks for: the same bytes at the same place ask for the same ceremony.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeysSet {
    place: KeysPlace,
    /// Of the file.
    sha256: Sha256,
}

impl KeysSet {
    pub fn new(place: KeysPlace, sha256: Sha256) -> Self {
        Self { place, sha256 }
    }
}

impl InputSet for KeysSet {
    type Place = Folder;

    fn kind(&self) -> Kind {
        Kind::WorkingKeyImport
    }

    fn place(&self) -> &Folder {
        &self.place.folder
    }

    fn lines(&self) -> String {
        let (kind, folder) = (self.kind(), self.place.folder.prefix());
        let (key, sha256) = (self.place.key(), &self.sha256);
        format!("{kind}\n{folder}\nkeys {key}\nsha256 {sha256}")
    }
}

impl Folder {
    /// The alias that names the newest key of that name which the partner has sent.
    pub fn received_key_alias(&self, name: &KeyName) -> String {
        format!("alias/key-ceremony/keys/{}received/{name}", self.prefix())
    }

    /// The alias under which the key of one block is found again.
    pub fn received_block_alias(&self, name: &KeyName, block: &Sha256) -> String {
        format!("{}/{}", self.received_key_alias(name), block.short())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(key: &str) -> KeysPlace {
        match KeysPlace::of_inbox_key(key) {
            Some(KeysRole::Keys(place)) => place,
            other => panic!("{key}: {other:?}"),
        }
    }

    #[test]
    fn a_file_is_known_by_its_ending() {
        for (file, name, form) in [
            ("zpk-2026.tr31", "zpk-2026", Form::Tr31),
            ("May_2026.jsonl", "May_2026", Form::Jsonl),
        ] {
            let key = format!("acme/production/pin/keys/{file}");
            let place = place(&key);
            assert_eq!((place.name.as_str(), place.form), (name, form));
            assert_eq!(place.folder.prefix(), "acme/production/pin/");
            assert_eq!(place.key(), key);
        }
    }

    #[test]
    fn what_is_meant_as_keys_and_is_none_is_told() {
        for (key, part) in [
            ("acme/production/pin/keys/Zpk.tr31", "`Zpk.tr31`"),
            ("acme/production/pin/keys/zpk.TR31", "`zpk.TR31`"),
            ("acme/production/pin/keys/zpk", "`zpk`"),
            ("acme/production/pin/keys/.jsonl", "`.jsonl`"),
            ("acme/production/pin/keys/a.b.jsonl", "`a.b.jsonl`"),
            (
                "acme/production/pin/keys/below/zpk.tr31",
                "`below/zpk.tr31`",
            ),
            ("acme/production/pin/keys/", "``"),
            ("acme/prod/pin/keys/zpk.tr31", "`prod`"),
        ] {
            let Some(KeysRole::Misplaced(reason)) = KeysPlace::of_inbox_key(key) else {
                panic!("{key}");
            };
            assert!(reason.contains(part), "{reason}");
        }
    }

    #[test]
    fn a_key_of_other_ceremonies_is_no_file_with_keys() {
        for key in [
            "acme/production/pin/zpk.tr31",
            "acme/production/pin/keys",
            "acme/production/pin/blocks/a.0123456789abcdef.tr31",
            "acme/production/keys/zpk.tr31",
        ] {
            assert_eq!(KeysPlace::of_inbox_key(key), None, "{key}");
        }
    }

    /// Recomputed from the documented lines.
    #[test]
    fn other_bytes_or_another_place_are_another_ceremony() {
        let key = "acme/production/pin/keys/zpk.tr31";
        let id = |key: &str, file: &[u8], run| {
            let set = KeysSet::new(place(key), Sha256::of(file));
            set.ceremony(run).ceremony_id
        };
        let one = id(key, b"D", 1);
        for other in [
            id("acme/production/pin/keys/tpk.tr31", b"D", 1),
            id("acme/production/pin/keys/zpk.jsonl", b"D", 1),
            id(key, b"D\n", 1),
            id(key, b"D", 2),
        ] {
            assert_ne!(one, other);
        }
        let sha256 = Sha256::of(b"D");
        let lines =
            format!("working-key-import\nacme/production/pin/\nkeys {key}\nsha256 {sha256}\nrun 1");
        let digits = Sha256::of(lines.as_bytes()).short();
        assert_eq!(one.as_str(), format!("acme-production-pin-{digits}"));
    }

    #[test]
    fn each_block_has_an_alias_below_that_of_its_name() {
        let folder = Folder::of_inbox_key("acme/production/pin/x").unwrap();
        let name = KeyName::try_from("zpk".to_owned()).unwrap();
        let newest = folder.received_key_alias(&name);
        let alias = "alias/key-ceremony/keys/acme/production/pin/received/zpk";
        assert_eq!(newest, alias);
        let block = Sha256::of(b"D");
        let own = folder.received_block_alias(&name, &block);
        assert_eq!(own, format!("{alias}/{}", block.short()));
        // The service takes no longer ones.
        assert!(own.len() + 32 + "non-production/cardholder".len() <= 256);
    }
}
