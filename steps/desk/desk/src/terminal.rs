//! What is printed acts on no terminal, whoever has chosen the words.
//!
//! Names out of certificates and profiles are escaped where they are read. This is the last guard, for
//! all the rest: names of files, tags of PEM blocks, words of services.

use ceremony::text::shown;

/// The text with everything spelled out that is not to be seen on a line; lines stay lines.
pub fn plain(text: &str) -> String {
    each(text, |character| shown(&character.to_string()))
}

/// The same for a JSON document, in JSON's own spelling: it means what it meant.
pub fn plain_json(document: &str) -> String {
    each(document, |character| {
        let text = character.to_string();
        if shown(&text) == text {
            return text;
        }
        let mut units = [0; 2];
        let units = character.encode_utf16(&mut units);
        units.iter().map(|unit| format!("\\u{unit:04x}")).collect()
    })
}

fn each(text: &str, spell: impl Fn(char) -> String) -> String {
    let mut plain = String::new();
    for character in text.chars() {
        match character {
            '\n' | ' '..='~' => plain.push(character),
            other => plain.push_str(&spell(other)),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_spelled_out_and_the_rest_stays() {
        let text = "`Zürich` <ok> …\n\u{1b}[2J\u{9b}\u{202e}\r";
        let expected = "`Zürich` <ok> …\n\\u{1b}[2J\\u{9b}\\u{202e}\\u{d}";
        assert_eq!(plain(text), expected);
    }

    #[test]
    fn a_document_means_what_it_meant() {
        let value = serde_json::json!({ "a": "Zürich\u{9b}\u{202e}\u{e0001}\u{1b}" });
        let document = plain_json(&value.to_string());
        assert!(
            document.contains("Zürich\\u009b\\u202e\\udb40\\udc01\\u001b"),
            "{document}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&document).unwrap(),
            value
        );
    }
}
