//! `statemachine/examples/NAME/`: one input and one output document per state of a machine, and
//! `<State>.<side>.<variant>.json` where a machine goes other ways than its first: `tr34`, say; with
//! `.again` behind it for the second call on that way.
//!
//! Certificates are not committed; the documents have `{{leaf}}` and the like where a PEM, or
//! `{{leaf.sha256}}` where a fingerprint belongs, and get them here, made for the occasion.

use std::path::PathBuf;

use partner::{KeyKind, Pki};
use serde_json::Value;

/// What else an output may be called: of a step that has to be called again, that refuses, or that is
/// called for the second time.
const NO_VARIANTS: [&str; 3] = ["again", "pending", "refused"];

pub struct Examples {
    pki: Pki,
}

impl Examples {
    pub fn new() -> Self {
        let pki = Pki::builder("identity:idms.group.7814046")
            .named("examples")
            .root_key(KeyKind::EccP384)
            .intermediate_keys(&[KeyKind::EccP384])
            .leaf_key(KeyKind::Rsa3072)
            .build();
        Self { pki }
    }

    pub fn folder(machine: &str) -> PathBuf {
        let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../statemachine/examples");
        PathBuf::from(examples).join(machine)
    }

    /// The other ways of a machine: all that an output has a document for.
    pub fn variants(machine: &str) -> Vec<String> {
        let entries = std::fs::read_dir(Self::folder(machine)).expect("the folder of the examples");
        let mut variants: Vec<String> = entries
            .filter_map(|entry| {
                let name = entry.expect("an entry").file_name().into_string().ok()?;
                let (_, variant) = name.strip_suffix(".json")?.split_once(".output.")?;
                let variant = variant.strip_suffix(".again").unwrap_or(variant);
                Some(variant.to_owned())
            })
            .filter(|name| !NO_VARIANTS.contains(&name.as_str()))
            .collect();
        variants.sort_unstable();
        variants.dedup();
        variants
    }

    /// Whether there is such a document.
    pub fn has(machine: &str, state: &str, side: &str) -> bool {
        Self::folder(machine)
            .join(format!("{state}.{side}.json"))
            .exists()
    }

    /// `<State>.<input|output>.json`, filled in.
    pub fn load(&self, machine: &str, state: &str, side: &str) -> Value {
        let path = Self::folder(machine).join(format!("{state}.{side}.json"));
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let document = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        self.fill(document)
    }

    fn fill(&self, document: Value) -> Value {
        match document {
            Value::String(text) => Value::String(self.fill_text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.fill(item)).collect(),
            Value::Object(members) => members
                .into_iter()
                .map(|(name, member)| (name, self.fill(member)))
                .collect(),
            other => other,
        }
    }

    fn fill_text(&self, text: &str) -> String {
        let Pki {
            root,
            intermediates,
            leaf,
        } = &self.pki;
        let mut text = text.to_owned();
        for (name, certificate) in [
            ("leaf", leaf),
            ("issuing", &intermediates[0]),
            ("root", root),
        ] {
            text = text
                .replace(&format!("{{{{{name}}}}}"), &certificate.pem())
                .replace(&format!("{{{{{name}.sha256}}}}"), &certificate.sha256());
        }
        text
    }
}

impl Default for Examples {
    fn default() -> Self {
        Self::new()
    }
}
