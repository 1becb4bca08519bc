//! Key serial numbers: who a terminal is, and how many transactions it has made.
//!
//! ```text
//! TDES (ANSI X9.24-1:2009), 20 hex digits     AES (ANSI X9.24-3:2017), 24 hex digits
//! offset bits                                 offset bits
//!      0   59  initial key serial number           0   64  initial key identifier (IKID)
//!     59   21  transaction counter                64   32  transaction counter
//! ```

use serde::{Deserialize, Serialize};

/// A key serial number of a terminal that has made no transaction yet: its counter is zero, as an
/// initial key is for all of them.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct SerialNumber(String);

/// Names one initial key: a serial number without its counter. Two serial numbers with the same one
/// are the same terminal.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct InitialKeyId(u64);

/// Digits of a serial number that goes with a TDES key.
pub const TDES_DIGITS: usize = 20;

/// Digits of a serial number that goes with an AES key.
pub const AES_DIGITS: usize = 24;

/// The bits of the counter in the last bytes.
const TDES_COUNTER: u32 = (1 << 21) - 1;
const AES_COUNTER: u32 = u32::MAX;

impl SerialNumber {
    /// Reads 20 or 24 hex digits of either case.
    pub fn parse(text: &str) -> Result<Self, MalformedSerialNumber> {
        if !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(MalformedSerialNumber::NotHex);
        }
        let counter = match text.len() {
            TDES_DIGITS => TDES_COUNTER,
            AES_DIGITS => AES_COUNTER,
            digits => return Err(MalformedSerialNumber::Length { digits }),
        };
        let last = u32::from_str_radix(&text[text.len() - 8..], 16);
        if last.is_ok_and(|last| last & counter == 0) {
            Ok(Self(text.to_ascii_uppercase()))
        } else {
            Err(MalformedSerialNumber::Counter)
        }
    }

    /// As the service takes it: upper-case hex.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn digits(&self) -> usize {
        self.0.len()
    }

    pub fn initial_key_id(&self) -> InitialKeyId {
        let first = u64::from_str_radix(&self.0[..16], 16).unwrap_or_default();
        // With TDES the counter begins within the eighth byte; it is zero.
        InitialKeyId(first)
    }
}

impl InitialKeyId {
    /// Upper-case hex, as the optional block `IK` of a key block has it.
    pub fn hex(self) -> String {
        format!("{:016X}", self.0)
    }
}

impl From<SerialNumber> for String {
    fn from(number: SerialNumber) -> Self {
        number.0
    }
}

impl TryFrom<String> for SerialNumber {
    type Error = MalformedSerialNumber;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

/// Why a text is no serial number. It is not repeated: it is from somebody's file.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MalformedSerialNumber {
    #[error("its transaction counter is not zero (the last 21 bits for TDES, 32 for AES)")]
    Counter,
    #[error("it has {digits} digits: 20 for TDES or 24 for AES are expected")]
    Length { digits: usize },
    #[error("it is not hex")]
    NotHex,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_number_has_20_or_24_digits_and_no_counter() {
        for text in [
            "FFFF9876543210E00000",
            "ffff9876543210e00000",
            "123456789012345600000000",
        ] {
            let number = SerialNumber::parse(text).unwrap();
            assert_eq!(number.as_str(), text.to_ascii_uppercase());
        }
        use MalformedSerialNumber::{Counter, Length, NotHex};
        for (text, why) in [
            ("FFFF9876543210E00001", Counter),
            ("FFFF9876543210F00000", Counter),
            ("123456789012345600000001", Counter),
            ("123456789012345680000000", Counter),
            ("FFFF9876543210E0000", Length { digits: 19 }),
            ("", Length { digits: 0 }),
            ("FFFF9876543210E0000G", NotHex),
            ("+FFF9876543210E00000", NotHex),
            ("FFFF9876543210E0000\u{e9}", NotHex),
        ] {
            assert_eq!(SerialNumber::parse(text), Err(why), "{text}");
        }
    }

    /// Bit 21 is the lowest of the initial key serial number: it tells two terminals apart.
    #[test]
    fn the_initial_key_is_named_by_all_but_the_counter() {
        let id = |text: &str| SerialNumber::parse(text).unwrap().initial_key_id();
        assert_ne!(id("FFFF9876543210E00000"), id("FFFF9876543210C00000"));
        assert_eq!(id("ffff9876543210e00000"), id("FFFF9876543210E00000"));
        assert_eq!(id("123456789012345600000000").hex(), "1234567890123456");
    }
}
