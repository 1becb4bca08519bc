//! Target `inventory`: the terminals of a fleet, as somebody lists them.

use std::collections::HashSet;

use ceremony::digest::Sha256;
use ceremony::fleet::request::KeySet;
use ceremony::fleet::{
    AgreedInventory, BdkAlgorithm, Fault, Format, InventoryReader, MalformedInventory,
    SerialNumber, Terminals, UnfitInventory, What,
};

/// The first byte chooses what the list is held to, the second how the rest is cut into pieces.
///
/// | bits of the first byte | choose |
/// | --- | --- |
/// | 0 | CSV or JSON Lines |
/// | 1, 2 | the algorithm of the base derivation key |
/// | 3 | whether serial numbers have to begin as those of one key set do |
/// | 4 | whether there may be [`FEW`] terminals, or as many as there are |
///
/// Holds if the list comes to the same in whichever pieces it arrives; if every terminal in it is one of
/// the key, without a counter, and no other has its initial key; if the terminals, written plainly in
/// either form, are read as the same; and if of what is wrong no more is told than where and what, in
/// our own words.
pub fn inventory(data: &[u8]) {
    let [choice, cut, list @ ..] = data else {
        return;
    };
    let held = Held::of(*choice);
    let whole = held.read(list, list.len().max(1));
    for length in [1, 2, 1 + usize::from(*cut)] {
        assert_eq!(held.read(list, length), whole, "in pieces of {length}");
    }
    match whole {
        Ok(terminals) => {
            held.check(&terminals);
            held.check_written(&terminals);
            held.check_digest(list, terminals.len());
        }
        Err(error) => check_words(&error, list),
    }
}

/// How many terminals there may be, where there may be few.
const FEW: u32 = 3;

const KEY_SET: &str = "FFFF98";

/// What a list is held to.
#[derive(Clone, Copy)]
struct Held {
    format: Format,
    algorithm: BdkAlgorithm,
    key_set: bool,
    few: bool,
}

impl Held {
    fn of(choice: u8) -> Self {
        let format = if choice & 1 == 0 {
            Format::Csv
        } else {
            Format::JsonLines
        };
        Self {
            format,
            algorithm: BdkAlgorithm::ALL[usize::from(choice >> 1 & 3)],
            key_set: choice & 8 != 0,
            few: choice & 16 != 0,
        }
    }

    fn reader(self) -> InventoryReader {
        let key_set = self
            .key_set
            .then(|| KeySet::try_from(KEY_SET.to_owned()).unwrap());
        let most = if self.few { FEW } else { u32::MAX };
        InventoryReader::new(self.format, Terminals::new(self.algorithm, key_set, most))
    }

    /// In pieces of that length.
    fn read(self, list: &[u8], length: usize) -> Result<Vec<SerialNumber>, MalformedInventory> {
        let (mut reader, mut terminals) = (self.reader(), Vec::new());
        for piece in list.chunks(length) {
            reader.read(piece, |number| terminals.push(number));
        }
        let count = reader.finish(|number| terminals.push(number))?;
        assert_eq!(count as usize, terminals.len(), "each is handed out once");
        Ok(terminals)
    }

    fn check(self, terminals: &[SerialNumber]) {
        assert!(!terminals.is_empty());
        assert!(!self.few || terminals.len() <= FEW as usize);
        // The counter of a TDES key begins within a digit: ANSI X9.24-1 and X9.24-3.
        let (digits, counter) = match self.algorithm {
            BdkAlgorithm::TDES_2KEY => (20, (1_u128 << 21) - 1),
            _ => (24, (1 << 32) - 1),
        };
        let mut seen = HashSet::new();
        for terminal in terminals {
            let text = terminal.as_str();
            let hex = |digit: u8| digit.is_ascii_digit() || (b'A'..=b'F').contains(&digit);
            assert!(text.len() == digits && text.bytes().all(hex), "{text}");
            let number = u128::from_str_radix(text, 16).unwrap();
            assert_eq!(number & counter, 0, "{text} has a counter");
            assert!(!self.key_set || text.starts_with(KEY_SET), "{text}");
            assert!(seen.insert(number), "{text} is there twice");
        }
    }

    /// As nobody could write it more plainly; and with the first terminal once more, which is refused.
    fn check_written(self, terminals: &[SerialNumber]) {
        for format in [Format::Csv, Format::JsonLines] {
            let held = Self { format, ..self };
            let lines = terminals.iter().map(|it| line(format, it.as_str()));
            let mut list: String = lines.collect();
            assert_eq!(held.read(list.as_bytes(), 64).as_deref(), Ok(terminals));
            list.push_str(&line(format, &terminals[0].as_str().to_lowercase()));
            let again = Fault {
                line: u32::try_from(terminals.len()).unwrap() + 1,
                what: What::Duplicate { of: 1 },
            };
            assert_eq!(
                held.read(list.as_bytes(), 64),
                Err(MalformedInventory(vec![again]))
            );
        }
    }

    /// With the digest that was agreed on it is as many terminals; with another byte it is another list.
    fn check_digest(self, list: &[u8], count: usize) {
        let agreed = Sha256::of(list);
        let read = |list: &[u8]| {
            let mut inventory = AgreedInventory::new(self.reader(), agreed.clone());
            inventory.read(list, |_| {});
            inventory.finish(|_| {})
        };
        assert_eq!(read(list).map(|count| count as usize), Ok(count));
        let changed = read(&[list, b"\n\n"].concat());
        assert!(
            matches!(changed, Err(UnfitInventory::Changed { .. })),
            "{changed:?}"
        );
    }
}

fn line(format: Format, number: &str) -> String {
    match format {
        Format::Csv => format!("{number}\n"),
        Format::JsonLines => format!("{{\"ksn\":\"{number}\"}}\n"),
    }
}

/// The lines that are wrong, each once and in their order, and nothing that stands in them.
fn check_words(error: &MalformedInventory, list: &[u8]) {
    let faults = &error.0;
    assert!((1..=20).contains(&faults.len()));
    assert!(faults.is_sorted_by(|one, next| one.line < next.line));
    let lines = 1 + list.iter().filter(|byte| **byte == b'\n').count();
    assert!(faults.iter().all(|fault| fault.line as usize <= lines));
    let words = error.to_string();
    assert!(words.len() < 20 * 150, "too long: {words}");
    let plain = |c: char| c.is_ascii_graphic() || c == ' ';
    assert!(words.chars().all(plain), "{words:?}");
    // Our own words have no so many digits in a row.
    let hex = |byte: &u8| byte.is_ascii_hexdigit();
    for window in list.windows(8).filter(|window| window.iter().all(hex)) {
        let text = String::from_utf8_lossy(window);
        assert!(!words.contains(text.as_ref()), "{words}");
    }
}

/// Lists as programs write them, held to what goes with them, and some that are wrong.
pub fn seeds() -> Vec<Vec<u8>> {
    const TDES: [&str; 2] = ["FFFF9876543210E00000", "FFFF9876543210C00000"];
    const AES: [&str; 2] = ["123456789012345600000000", "123456789012345700000000"];
    let (csv, jsonl, aes_128, tdes, set, few) = (0, 1, 0, 3 << 1, 8, 16);
    let of = |choice: u8, cut: u8, list: String| [&[choice, cut][..], list.as_bytes()].concat();
    let [one, other] = TDES;
    let [first, second] = AES;
    vec![
        of(csv | tdes | set, 6, format!("{one}\n{other}\n")),
        of(
            csv | tdes,
            2,
            format!("\u{feff}\"KSN\"\r\n\"{one}\"\r\n{other}"),
        ),
        of(
            csv | tdes | few,
            9,
            format!("serial,ksn,site\nA1,{one},\"Oak Road 1, Leeds\"\n\"A\"\"2\",{other}\n"),
        ),
        of(csv | aes_128, 20, format!("{first}\n\n  \n{second}\n")),
        of(csv | aes_128, 0, format!("{first}\n{first}\n{one}\n")),
        of(csv | aes_128 | few, 3, "x\n".repeat(30)),
        of(
            jsonl | tdes,
            7,
            format!("{{\"ksn\":\"{one}\"}}\n{{\"ksn\":\"{other}\"}}\n"),
        ),
        of(
            jsonl | aes_128 | few,
            30,
            format!("{{ \"site\": [1], \"ksn\": \"{first}\" }}\r\n{{\"ksn\":\"{second}\"}}"),
        ),
        of(
            jsonl | tdes | set,
            1,
            format!("{{\"ksn\":\"FFFE{}\"}}\n[]\n", &one[4..]),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_seeds_are_inventories() {
        let seeds = seeds();
        let read = |seed: &&Vec<u8>| Held::of(seed[0]).read(&seed[2..], 64).is_ok();
        assert_eq!(seeds.iter().filter(read).count(), 6);
    }

    fn terminals(texts: &[&str]) -> Vec<SerialNumber> {
        let numbers = texts.iter().map(|text| SerialNumber::parse(text));
        numbers.map(Result::unwrap).collect()
    }

    #[test]
    #[should_panic(expected = "is there twice")]
    fn a_terminal_that_is_there_twice_is_found() {
        let twice = ["FFFF9876543210E00000", "FFFF9876543210E00000"];
        Held::of(3 << 1).check(&terminals(&twice));
    }

    #[test]
    #[should_panic(expected = "123456789012345600000000")]
    fn a_terminal_of_another_algorithm_is_found() {
        Held::of(3 << 1).check(&terminals(&["123456789012345600000000"]));
    }

    #[test]
    #[should_panic(expected = "line 1")]
    fn words_that_repeat_a_line_are_found() {
        let what = What::TooMany { most: 12_345_678 };
        let error = MalformedInventory(vec![Fault { line: 1, what }]);
        check_words(&error, b"12345678");
    }
}
