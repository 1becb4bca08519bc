//! Check values that a header has in optional blocks: of the key (`KC`), or of the one that protects it (`KP`).

use super::Header;

/// Of a check value.
const LEAST_DIGITS: usize = 4;

impl Header {
    /// The digits of a check value in an optional block, computed by one of these methods, which are what it
    /// begins with (X9.143 §6.3.6). What is of another form is not compared: the key's own check value
    /// decides when it has come.
    pub fn check_value(&self, id: &str, methods: &[&str]) -> Option<&str> {
        let mut blocks = self.optional_blocks.iter();
        let data = &blocks.find(|block| block.id == id)?.data;
        let digits = methods.iter().find_map(|it| data.strip_prefix(it))?;
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        (is_hex && (LEAST_DIGITS..=16).contains(&digits.len())).then_some(digits)
    }
}

/// Whether two check values are of one key, as far as both go: some HSMs tell two bytes of one, some five.
pub fn agree(found: &str, expected: &str) -> bool {
    let length = found.len().min(expected.len());
    let beginning = |text: &str| text.get(..length).map(str::to_ascii_uppercase);
    length >= LEAST_DIGITS && beginning(found) == beginning(expected)
}
