//! Where an order is dropped: the prefix says who asks.
//!
//! | inbox key | holds | written by |
//! | --- | --- | --- |
//! | `<folder>/requests/<name>.json` | a request | the partner |
//! | `<folder>/orders/<name>.json` | an order | our requester, and no partner |
//! | `<folder>/requests/<name>/…`, `<folder>/orders/<name>/…` | what an order refers to | the same |

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digest::Sha256;
use crate::id::{InputSet, Kind};
use crate::identifiers::Folder;
use crate::text::shown;

/// Who asks.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum AskedBy {
    /// By a request.
    Partner,
    /// By an order.
    Requester,
}

impl AskedBy {
    pub const ALL: [Self; 2] = [Self::Partner, Self::Requester];

    /// The folder below a partner's, and the name of the rules for it in a profile.
    pub fn section(self) -> &'static str {
        match self {
            Self::Partner => "requests",
            Self::Requester => "orders",
        }
    }
}

impl fmt::Display for AskedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Partner => "the partner",
            Self::Requester => "our requester",
        })
    }
}

/// Where an order lies.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderPlace {
    pub folder: Folder,
    pub asked_by: AskedBy,
    /// Of the file, without `.json`: the order's.
    pub name: String,
}

/// What an inbox key is to the ceremonies that orders start.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OrderRole {
    Order(OrderPlace),
    /// Something that an order refers to.
    Attachment,
    /// Meant as an order, and why it is none.
    Misplaced(String),
}

impl OrderPlace {
    /// Reads the key of an order; `None` for a key of other ceremonies.
    pub fn of_inbox_key(key: &str) -> Option<OrderRole> {
        let parts: Vec<&str> = key.splitn(5, '/').collect();
        let [partner, environment, data_type, section, rest] = parts[..] else {
            return None;
        };
        let mut all = AskedBy::ALL.into_iter();
        let asked_by = all.find(|asked_by| asked_by.section() == section)?;
        if rest.contains('/') {
            return Some(OrderRole::Attachment);
        }
        let folder = match Folder::of_inbox_key(&format!("{partner}/{environment}/{data_type}/x")) {
            Ok(folder) => folder,
            Err(reason) => return Some(OrderRole::Misplaced(reason)),
        };
        let name = rest.strip_suffix(".json").unwrap_or_default();
        if !is_name(name) {
            return Some(OrderRole::Misplaced(format!(
                "`{}` is not the name of an order: 1 to 64 letters, digits, hyphens and underscores, \
                 then `.json`, are expected",
                shown(rest)
            )));
        }
        Some(OrderRole::Order(Self {
            folder,
            asked_by,
            name: name.to_owned(),
        }))
    }

    /// Its inbox key.
    pub fn key(&self) -> String {
        let Self {
            folder,
            asked_by,
            name,
        } = self;
        format!("{}{}/{name}.json", folder.prefix(), asked_by.section())
    }

    /// Where the files lie that the order refers to, with the closing slash.
    pub fn attachments(&self) -> String {
        let Self {
            folder,
            asked_by,
            name,
        } = self;
        format!("{}{}/{name}/", folder.prefix(), asked_by.section())
    }

    /// The inbox key of a file that the order refers to.
    pub fn attachment_key(&self, file: &str) -> String {
        self.attachments() + file
    }

    /// Whether the key is that of a certificate beside the order, by its name.
    pub fn has_certificate_at(&self, key: &str) -> bool {
        let file = key.strip_prefix(&self.attachments()).unwrap_or_default();
        let ending = file
            .rsplit_once('.')
            .map(|(_, ending)| ending.to_ascii_lowercase());
        let is_one = ending.is_some_and(|it| CERTIFICATES.contains(&it.as_str()));
        is_one && !file.contains('/')
    }
}

/// How the names of files end that hold certificates beside an order: others lie there too.
const CERTIFICATES: [&str; 3] = ["cer", "crt", "pem"];

/// What one order asks for: the same document at the same place asks for the same ceremony.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OrderSet {
    kind: Kind,
    place: OrderPlace,
    /// Of the document.
    sha256: Sha256,
}

impl OrderSet {
    /// The kind is that of the ceremony which the document asks for.
    pub fn new(kind: Kind, place: OrderPlace, sha256: Sha256) -> Self {
        Self {
            kind,
            place,
            sha256,
        }
    }
}

impl InputSet for OrderSet {
    type Place = Folder;

    fn kind(&self) -> Kind {
        self.kind
    }

    fn place(&self) -> &Folder {
        &self.place.folder
    }

    fn lines(&self) -> String {
        let (kind, folder) = (self.kind(), self.place.folder.prefix());
        let (key, sha256) = (self.place.key(), &self.sha256);
        format!("{kind}\n{folder}\norder {key}\nsha256 {sha256}")
    }
}

/// Below a folder, in the table of rejections: those of orders are gathered apart from those of
/// certificates, which are another ceremony's.
pub const REJECTIONS: &str = "orders/";

/// Whether it is the name of an order.
pub(crate) fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_says_who_asks() {
        for (section, asked_by) in [
            ("requests", AskedBy::Partner),
            ("orders", AskedBy::Requester),
        ] {
            let key = format!("acme/production/pin/{section}/zpk-2026.json");
            let Some(OrderRole::Order(place)) = OrderPlace::of_inbox_key(&key) else {
                panic!("{key}");
            };
            assert_eq!(place.asked_by, asked_by);
            assert_eq!(place.name, "zpk-2026");
            assert_eq!(place.folder.prefix(), "acme/production/pin/");
            assert_eq!(place.key(), key);
        }
    }

    #[test]
    fn a_certificate_beside_an_order_is_known_by_its_name() {
        let Some(OrderRole::Order(place)) =
            OrderPlace::of_inbox_key("acme/production/pin/orders/may.json")
        else {
            panic!("it is an order");
        };
        for (file, expected) in [
            ("may/leaf.pem", true),
            ("may/CA.CRT", true),
            ("may/issuing.2026.cer", true),
            ("may/fleet.csv", false),
            ("may/pem", false),
            ("may/below/leaf.pem", false),
            ("june/leaf.pem", false),
            ("leaf.pem", false),
        ] {
            let key = format!("acme/production/pin/orders/{file}");
            assert_eq!(place.has_certificate_at(&key), expected, "{file}");
        }
    }

    #[test]
    fn another_document_or_another_place_is_another_ceremony() {
        let id = |key: &str, document: &[u8], run| {
            let Some(OrderRole::Order(place)) = OrderPlace::of_inbox_key(key) else {
                panic!("{key}");
            };
            let set = OrderSet::new(Kind::WorkingKeyExport, place, Sha256::of(document));
            set.ceremony(run).ceremony_id
        };
        let key = "acme/production/pin/orders/a.json";
        let one = id(key, b"{}", 1);
        assert_eq!(one, id(key, b"{}", 1));
        for other in [
            id("acme/production/pin/orders/b.json", b"{}", 1),
            id("acme/production/pin/requests/a.json", b"{}", 1),
            id(key, b"{ }", 1),
            id(key, b"{}", 2),
        ] {
            assert_ne!(one, other);
        }
        let folder = Folder::of_inbox_key("acme/production/pin/x").unwrap();
        assert!(one.is_for(&folder));
    }

    #[test]
    fn a_key_of_other_ceremonies_is_no_order() {
        for key in [
            "acme/production/pin/leaf.pem",
            "acme/production/pin/requests",
            "acme/production/pin/blocks/1.tr31",
            "requests/x.json",
        ] {
            assert_eq!(OrderPlace::of_inbox_key(key), None, "{key}");
        }
        let list = "acme/production/pin/requests/fleet/terminals.csv";
        assert_eq!(OrderPlace::of_inbox_key(list), Some(OrderRole::Attachment));
    }

    #[test]
    fn what_is_meant_as_an_order_and_is_none_is_told() {
        for (key, part) in [
            ("acme/production/pin/requests/zpk.JSON", "`zpk.JSON`"),
            ("acme/production/pin/orders/.json", "`.json`"),
            ("acme/production/pin/orders/a b.json", "`a b.json`"),
            ("acme/production/pin/orders/", "``"),
            ("acme/prod/pin/orders/a.json", "`prod`"),
        ] {
            let Some(OrderRole::Misplaced(reason)) = OrderPlace::of_inbox_key(key) else {
                panic!("{key}");
            };
            assert!(reason.contains(part), "{reason}");
        }
    }
}
