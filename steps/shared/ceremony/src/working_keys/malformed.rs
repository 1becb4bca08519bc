//! Why an order cannot be read: which field, and what belongs there. Never what is there.

use serde::de::DeserializeOwned;

use crate::text::shown;

/// The document is no order. Names of members that nobody knows are told, values are not.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct MalformedOrder(String);

impl MalformedOrder {
    pub(crate) fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// Reads a document, and nothing behind it.
    pub(crate) fn read<T: DeserializeOwned>(json: &str) -> Result<T, Self> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let document = serde_path_to_error::deserialize(&mut reader);
        let document = document.map_err(|error| Self::of_json(&error))?;
        match reader.end() {
            Ok(()) => Ok(document),
            Err(_) => Err(Self::new("something follows the document")),
        }
    }

    /// There is one version of every document.
    pub(crate) fn of_version(found: u32) -> Result<(), Self> {
        if found == 1 {
            return Ok(());
        }
        Err(Self::new(format!("`version` is {found}, 1 is expected")))
    }

    fn of_json(error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        let path = error.path().to_string();
        let error = error.inner();
        let (line, column) = (error.line(), error.column());
        let place = format!(" at line {line} column {column}");
        let words = error.to_string();
        let words = words.strip_suffix(&place).unwrap_or(&words);
        let field = match path.as_str() {
            "." | "?" => String::new(),
            path => format!("`{}`: ", with_brackets(&shown(path))),
        };
        let place = if line == 0 { String::new() } else { place };
        Self(format!("{field}{}{place}", without_value(words)))
    }
}

/// An index of a list is between brackets, which are told as escapes elsewhere.
fn with_brackets(path: &str) -> String {
    path.replace(r"\u{5b}", "[").replace(r"\u{5d}", "]")
}

/// A parser's words without the value that they are about.
fn without_value(words: &str) -> String {
    for (beginning, told) in [
        ("invalid type: ", "another type is"),
        ("invalid value: ", "another value is"),
        ("invalid length ", "another length is"),
        ("unknown variant ", "another value is"),
    ] {
        if words.starts_with(beginning) {
            let expected = words
                .rsplit_once(", expected ")
                .map(|(_, expected)| expected);
            let expected = expected.unwrap_or("something else");
            return format!("{told} expected: {}", quoted_parts(expected));
        }
    }
    quoted_parts(words)
}

/// A parser's words repeat names of the document, between backticks of its own.
fn quoted_parts(words: &str) -> String {
    let parts: Vec<String> = words.split('`').map(shown).collect();
    parts.join("`")
}
