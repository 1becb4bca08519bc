//! Tokens of GetParametersForImport and GetParametersForExport, and what they are for.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::attributes::wire_enum;

wire_enum! {
    /// What is to be imported or exported. Parameters exist only for two of these.
    KeyMaterialType {
        KeyCryptogram = "KEY_CRYPTOGRAM",
        RootPublicKeyCertificate = "ROOT_PUBLIC_KEY_CERTIFICATE",
        Tr31KeyBlock = "TR31_KEY_BLOCK",
        Tr34KeyBlock = "TR34_KEY_BLOCK",
        TrustedPublicKeyCertificate = "TRUSTED_PUBLIC_KEY_CERTIFICATE",
    }
}

/// Which way a token lets a key go.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Direction {
    Export,
    Import,
}

impl Direction {
    fn prefix(self) -> &'static str {
        match self {
            Self::Export => "export-token-",
            Self::Import => "import-token-",
        }
    }
}

/// `import-token-[0-9a-zA-Z]{16,64}` or `export-token-[0-9a-zA-Z]{16,64}`.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String")]
pub struct ExchangeToken(String);

impl TryFrom<String> for ExchangeToken {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.starts_with(Direction::Import.prefix()) {
            Self::parse(Direction::Import, text)
        } else {
            Self::parse(Direction::Export, text)
        }
    }
}

impl ExchangeToken {
    /// The token with this id.
    pub fn of(direction: Direction, id: &str) -> Self {
        Self(format!("{}{id}", direction.prefix()))
    }

    fn parse(direction: Direction, text: String) -> Result<Self, String> {
        let prefix = direction.prefix();
        let matches = text.strip_prefix(prefix).is_some_and(|id| {
            (16..=64).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric())
        });
        if matches {
            Ok(Self(text))
        } else {
            Err(format!("value must match {prefix}[0-9a-zA-Z]{{16,64}}"))
        }
    }
}

impl fmt::Display for ExchangeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A token as ImportKey is given it. The model lets it be empty, which is the same as absent.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(try_from = "String")]
pub struct ImportToken(pub Option<ExchangeToken>);

impl TryFrom<String> for ImportToken {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.is_empty() {
            Ok(Self(None))
        } else {
            ExchangeToken::parse(Direction::Import, text).map(|token| Self(Some(token)))
        }
    }
}

/// A token as ExportKey is given it; may be empty likewise.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(try_from = "String")]
pub struct ExportToken(pub Option<ExchangeToken>);

impl TryFrom<String> for ExportToken {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.is_empty() {
            Ok(Self(None))
        } else {
            ExchangeToken::parse(Direction::Export, text).map(|token| Self(Some(token)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_direction() {
        let import = |text: &str| ImportToken::try_from(text.to_owned());
        let token = ExchangeToken::of(Direction::Import, "kwapwa6qaifllw2h");
        assert_eq!(import(&token.to_string()), Ok(ImportToken(Some(token))));
        assert_eq!(import(""), Ok(ImportToken(None)));
        for wrong in [
            "import-token-",
            "import-token-short",
            "import-token-kwapwa6qaifllw2!",
            "export-token-kwapwa6qaifllw2h",
            "kwapwa6qaifllw2h",
        ] {
            assert!(import(wrong).is_err(), "{wrong:?}");
        }
        assert!(ExportToken::try_from("export-token-kwapwa6qaifllw2h".to_owned()).is_ok());
    }
}
