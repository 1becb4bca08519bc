//! Why a profile cannot be read, in words.

use crate::text::shown;

/// The profile cannot be read. The words are of bounded length, and nothing in them acts on a
/// terminal, whatever the profile holds.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct MalformedProfile(String);

pub(super) fn fault<T>(words: &str) -> Result<T, MalformedProfile> {
    Err(MalformedProfile::new(words))
}

impl MalformedProfile {
    pub(crate) fn new(words: &str) -> Self {
        Self(clean(words))
    }

    pub(crate) fn of_json(error: &serde_json::Error) -> Self {
        // The place is told last; it must not be what is cut off.
        let place = format!(" at line {} column {}", error.line(), error.column());
        let words = error.to_string();
        let words = words.strip_suffix(&place).unwrap_or(&words);
        Self(format!("{}{place}", clean(words)))
    }
}

/// A parser's words repeat names and values of the document, between backticks of its own.
fn clean(words: &str) -> String {
    const CHARACTERS: usize = 800;
    let parts: Vec<String> = words.split('`').map(shown).collect();
    let words = parts.join("`");
    match words.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        fault::<()>(text).unwrap_err().to_string()
    }

    #[test]
    fn what_a_document_repeats_does_not_act() {
        let (text, expected) = (
            "field `a\u{1b}b\u{202e}` is",
            r"field `a\u{1b}b\u{202e}` is",
        );
        assert_eq!(words(text), expected);
    }

    #[test]
    fn words_are_bounded_and_the_place_is_still_told() {
        for name in ["x".repeat(5000), "`".repeat(5000), "x`".repeat(5000)] {
            assert!(words(&format!("unknown field `{name}`")).chars().count() <= 801);
            let document = format!("{{\n  \"{name}\": 1\n}}");
            let error = serde_json::from_str::<super::super::Profile>(&document).unwrap_err();
            let words = MalformedProfile::of_json(&error).to_string();
            let (before, place) = words.rsplit_once(" at line ").unwrap();
            assert!(before.chars().count() <= 801, "{words}");
            assert_eq!(place, format!("2 column {}", name.len() + 4), "{words}");
        }
    }
}
