//! The header that is expected, in words and in characters (ANSI X9.143).

use std::fmt::Write;

use ceremony::algorithms::KekAlgorithm;
use ceremony::key_import::attributes::{KekModes, KekUsage};
use ceremony::key_import::request::ExpectedKek;
use ceremony::tr31::{letter_of, version_under};
use ceremony::working_keys::attributes::Exportability;

/// What the block says of its key, but for version, length and optional blocks: `K0AB00N`.
pub(crate) fn says(expected: &ExpectedKek) -> String {
    let ExpectedKek {
        algorithm,
        usage,
        modes,
        exportability,
        ..
    } = expected;
    let algorithm = letter_of(*algorithm);
    format!("{usage}{algorithm}{modes}00{exportability}")
}

/// A table of the fields.
pub(crate) fn fields(expected: &ExpectedKek) -> String {
    let ExpectedKek {
        algorithm,
        usage,
        modes,
        exportability,
        ..
    } = expected;
    let letter = letter_of(*algorithm);
    format!(
        "\
| field | is | means |
| --- | --- | --- |
| key usage | `{usage}` | {} |
| algorithm | `{letter}` | {algorithm} |
| mode of use | `{modes}` | {} |
| key version | `00` | none |
| exportability | `{exportability}` | {} |
",
        match usage {
            KekUsage::K0 => "it encrypts keys",
            KekUsage::K1 => "it protects key blocks",
        },
        match modes {
            KekModes::B => "keys go both ways under it",
            KekModes::D => "keys come to us under it",
            KekModes::E => "keys leave us under it",
        },
        match exportability {
            Exportability::E => "we may send it on, in a block that says as much",
            Exportability::N => "we cannot send it on to anybody",
            Exportability::S => "we may send it on, in a block of another form too",
        },
    )
}

/// The optional blocks in words; `None` where none are asked for.
pub(crate) fn optional_blocks(expected: &ExpectedKek) -> Option<String> {
    let blocks = &expected.optional_blocks;
    let words: Vec<String> = blocks
        .iter()
        .map(|block| format!("`{}` with `{}`", block.id, block.data))
        .collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// A whole TR-31 block, as long as one that hides how long its key is.
pub(crate) struct Block {
    /// With the optional blocks.
    pub(crate) header: String,
    /// Of the key, in bits: as `printf` takes two bytes.
    pub(crate) bits: &'static str,
    /// Random bytes behind the key.
    pub(crate) padding: usize,
}

impl Block {
    pub(crate) fn new(expected: &ExpectedKek, derived_key: KekAlgorithm) -> Self {
        let version = version_under(derived_key);
        let unit: usize = if version == 'D' { 16 } else { 8 };
        let longest = match letter_of(expected.algorithm) {
            'A' => 32,
            _ => 24,
        };
        let key_bytes = expected.algorithm.key_bytes();
        let payload = (2_usize + longest).next_multiple_of(unit);
        let (count, blocks) = written(expected, unit);
        let length = 16 + blocks.len() + 2 * (payload + unit);
        let says = says(expected);
        Self {
            header: format!("{version}{length:04}{says}{count:02}00{blocks}"),
            bits: match key_bytes {
                16 => r"\000\200",
                24 => r"\000\300",
                _ => r"\001\000",
            },
            padding: payload - 2 - key_bytes,
        }
    }
}

/// How many there are, and their text, which fills whole blocks of the cipher (X9.143 §6.3.6).
fn written(expected: &ExpectedKek, unit: usize) -> (usize, String) {
    let mut text = String::new();
    for block in &expected.optional_blocks {
        let _ = write!(
            text,
            "{}{:02X}{}",
            block.id,
            4 + block.data.len(),
            block.data
        );
    }
    let mut count = expected.optional_blocks.len();
    if !text.len().is_multiple_of(unit) {
        let length = (text.len() + 4).next_multiple_of(unit) - text.len();
        let _ = write!(text, "PB{length:02X}{}", "0".repeat(length - 4));
        count += 1;
    }
    (count, text)
}
