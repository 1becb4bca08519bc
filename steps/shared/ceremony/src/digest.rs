//! SHA-256, the one digest of every identifier, fingerprint and evidence record.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::text::shown;

/// A SHA-256 value, 64 lower-case hex digits when written down.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256([u8; 32]);

impl Sha256 {
    pub fn of(bytes: &[u8]) -> Self {
        let mut value = [0; 32];
        value.copy_from_slice(digest(&SHA256, bytes).as_ref());
        Self(value)
    }

    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 16 hex digits: enough to name a thing beside a handful of others.
    pub fn short(&self) -> String {
        hex::encode(&self.0[..8])
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl From<Sha256> for String {
    fn from(value: Sha256) -> Self {
        value.to_string()
    }
}

impl TryFrom<String> for Sha256 {
    type Error = String;

    /// Upper case is accepted too: it is what certificate viewers show.
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut value = [0; 32];
        hex::decode_to_slice(&text, &mut value).map_err(|_| {
            format!(
                "`{}` is not a SHA-256 value: 64 hex digits are expected",
                beginning(&text)
            )
        })?;
        Ok(Self(value))
    }
}

/// Enough to find it where it stands. All of it might be a secret that was put into the wrong place.
fn beginning(text: &str) -> String {
    const CHARACTERS: usize = 16;
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", shown(&text[..end])),
        None => shown(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_of_the_empty_string_is_the_published_one() {
        assert_eq!(
            Sha256::of(b"").to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(Sha256::of(b"").short(), "e3b0c44298fc1c14");
    }

    #[test]
    fn a_fingerprint_may_be_written_in_either_case_but_not_cut() {
        let upper = Sha256::of(b"x").to_string().to_uppercase();
        assert_eq!(Sha256::try_from(upper.clone()), Ok(Sha256::of(b"x")));
        assert!(Sha256::try_from(upper[2..].to_owned()).is_err());
    }

    #[test]
    fn of_what_is_no_fingerprint_only_the_beginning_is_repeated() {
        for (text, told) in [
            ("00ff", "`00ff` is"),
            ("0123456789abcdef", "`0123456789abcdef` is"),
            ("0123456789abcdefg", "`0123456789abcdef…` is"),
            ("\u{1b}c", r"`\u{1b}c` is"),
        ] {
            let error = Sha256::try_from(text.to_owned()).unwrap_err();
            assert!(error.starts_with(told), "{error}");
        }
    }
}
