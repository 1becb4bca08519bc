//! Target `profile`: what an operator writes about a partner's folder.

use std::sync::LazyLock;

use ceremony::identifiers::Folder;
use ceremony::profile::Profile;
use serde_json::{Value, json};

/// The first byte chooses what the others are, modulo the number of all choices.
///
/// | choice | the rest |
/// | --- | --- |
/// | 0 | a document |
/// | a value of [`EXAMPLE`] | the text that takes its place |
/// | a value of [`EXAMPLE`] | the JSON that takes its place, if it is JSON |
/// | an object of [`EXAMPLE`] | the name of one more member |
///
/// Holds if what is read is written, and read again, as the same; and if what is said of a document
/// that is not read is short, and has nothing in it that acts on a terminal.
pub fn profile(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else {
        return;
    };
    let text = String::from_utf8_lossy(data);
    let places = PLACES.len();
    let document = match usize::from(*choice) % (1 + 3 * places) {
        0 => text.into_owned(),
        choice => {
            let choice = choice - 1;
            let mut document = EXAMPLE.clone();
            let Some(value) = document.pointer_mut(&PLACES[choice % places]) else {
                return;
            };
            match (choice / places, serde_json::from_str(&text)) {
                (0, _) => *value = json!(text),
                (1, Ok(other)) => *value = other,
                (2, _) if value.is_object() => value[text.as_ref()] = json!(1),
                _ => return,
            }
            document.to_string()
        }
    };
    read(&document);
}

fn read(document: &str) -> bool {
    let folder = Folder::of_inbox_key("acme/production/cardholder/leaf.pem").unwrap();
    match Profile::read(document) {
        Ok(profile) => {
            let written = serde_json::to_string(&profile).unwrap();
            assert_eq!(Profile::read(&written).unwrap(), profile);
            let own = profile.folder();
            assert_eq!(Profile::parse(document, &own).unwrap(), profile);
            match Profile::parse(document, &folder) {
                Ok(same) => assert_eq!((own, same), (folder, profile)),
                Err(error) => check_words(&error.to_string()),
            }
            true
        }
        Err(error) => {
            check_words(&error.to_string());
            false
        }
    }
}

fn check_words(words: &str) {
    assert!(!words.is_empty());
    assert!(words.chars().count() <= 1000, "{words}");
    let acts = |c: char| {
        let marks = ('\u{200b}'..='\u{200f}').contains(&c);
        let directions = ('\u{2028}'..='\u{202e}').contains(&c) || c == '\u{61c}';
        let isolates = ('\u{2060}'..='\u{206f}').contains(&c) || c == '\u{feff}';
        c.is_control() || marks || directions || isolates
    };
    assert!(!words.contains(acts), "{words:?}");
}

/// Every choice with what is there already, and documents that are wrong in ways of their own.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    let mut seed = |choice: usize, rest: &str| {
        let choice = u8::try_from(choice).unwrap();
        seeds.push([&[choice], rest.as_bytes()].concat());
    };
    let whole = serde_json::to_string_pretty(&*EXAMPLE).unwrap();
    let off = whole.replace(r#""required""#, r#""off""#);
    for document in [&whole, &off, "{}", "[1e999]", r#"{"partner":"\ud800"}"#] {
        seed(0, document);
    }
    for (number, place) in PLACES.iter().enumerate() {
        let value = EXAMPLE.pointer(place).unwrap();
        if let Some(text) = value.as_str() {
            seed(1 + number, text);
        }
        seed(1 + PLACES.len() + number, &value.to_string());
        if value.is_object() {
            seed(1 + 2 * PLACES.len() + number, "member");
        }
    }
    seeds
}

/// With every member that there is, and a root that it supplies.
static EXAMPLE: LazyLock<Value> = LazyLock::new(|| {
    let example = include_str!("../../../steps/shared/ceremony/profile.example.json");
    let mut example: Value = serde_json::from_str(example).unwrap();
    let root = root();
    let fingerprint = ceremony::digest::Sha256::of(pem::parse(&root).unwrap().contents());
    example["trustAnchors"] = json!([fingerprint]);
    example["rootCertificates"] = json!([root]);
    let key = "arn:aws:payment-cryptography:eu-west-1:111122223333:key/abcdefghijklmnop";
    example["caKeyArns"] = json!({ fingerprint.to_string(): key });
    example["kekExport"]["kek"]["keyArn"] = json!(key);
    example
});

/// The same in every run: what is drawn is the key alone, and that is part of no seed's meaning.
fn root() -> String {
    let mut params = rcgen::CertificateParams::new([]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    params.self_signed(&key).unwrap().pem()
}

/// JSON pointers to every value of the example, the objects included.
static PLACES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut places = Vec::new();
    let mut open = vec![(String::new(), &*EXAMPLE)];
    while let Some((place, value)) = open.pop() {
        match value {
            Value::Object(members) => {
                open.extend(
                    members
                        .iter()
                        .map(|(name, value)| (format!("{place}/{name}"), value)),
                );
            }
            Value::Array(items) => {
                let items = items.iter().enumerate();
                open.extend(items.map(|(number, value)| (format!("{place}/{number}"), value)));
            }
            _ => {}
        }
        places.push(place);
    }
    places
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_read_as_long_as_it_is_not_changed() {
        assert!(read(&EXAMPLE.to_string()));
        assert!(!read("{}"));
        assert!(PLACES.len() > 20 && 3 * PLACES.len() < 256, "{PLACES:?}");
    }

    #[test]
    #[should_panic(expected = "\\u{1b}")]
    fn words_that_act_on_a_terminal_are_found() {
        check_words("unknown field `\u{1b}[2J`");
    }
}
