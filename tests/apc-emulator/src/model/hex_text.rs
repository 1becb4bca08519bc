//! Bytes that travel as hexadecimal text, with the limits of the service's model.

use std::fmt;

use keyblock::SecretBytes;
use serde::Deserialize;

/// `WrappedKeyCryptogram`: 16 to 4096 of `[0-9A-F]`.
pub type WrappedKeyCryptogram = UpperHex<16, 4096>;
/// `Tr34WrappedKeyBlock`: 2 to 4096 of `[0-9A-F]`.
pub type Tr34WrappedKeyBlock = UpperHex<2, 4096>;
/// `EvenHexLengthBetween16And32`: the nonce of TR-34, 8 to 16 bytes.
pub type RandomNonce = Hex<16, 32>;
/// `SharedInformation`: 1 to 1024 bytes.
///
/// The documentation says that it "must not contain zero bytes". INFERRED: it must not be empty.
/// The service's own samples send random bytes, of which some are zero.
pub type SharedInformation = Hex<2, 2048>;

/// Upper-case digits only; the limits count digits.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct UpperHex<const MINIMUM: usize, const MAXIMUM: usize>(SecretBytes);

/// Digits of either case; the limits count digits.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Hex<const MINIMUM: usize, const MAXIMUM: usize>(SecretBytes);

impl<const MINIMUM: usize, const MAXIMUM: usize> UpperHex<MINIMUM, MAXIMUM> {
    pub fn bytes(&self) -> &[u8] {
        self.0.expose()
    }
}

impl<const MINIMUM: usize, const MAXIMUM: usize> Hex<MINIMUM, MAXIMUM> {
    pub fn bytes(&self) -> &[u8] {
        self.0.expose()
    }
}

impl<const MINIMUM: usize, const MAXIMUM: usize> TryFrom<String> for UpperHex<MINIMUM, MAXIMUM> {
    type Error = HexError<MINIMUM, MAXIMUM>;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.contains(|c: char| c.is_ascii_lowercase()) {
            Err(HexError { digits: "0-9A-F" })
        } else {
            decode(&text, "0-9A-F").map(Self)
        }
    }
}

impl<const MINIMUM: usize, const MAXIMUM: usize> TryFrom<String> for Hex<MINIMUM, MAXIMUM> {
    type Error = HexError<MINIMUM, MAXIMUM>;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        decode(&text, "0-9a-fA-F").map(Self)
    }
}

/// The text is not hexadecimal, or too short or long.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HexError<const MINIMUM: usize, const MAXIMUM: usize> {
    digits: &'static str,
}

impl<const MINIMUM: usize, const MAXIMUM: usize> fmt::Display for HexError<MINIMUM, MAXIMUM> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits;
        write!(
            f,
            "value must be {MINIMUM} to {MAXIMUM} of [{digits}], an even number of them"
        )
    }
}

fn decode<const MINIMUM: usize, const MAXIMUM: usize>(
    text: &str,
    digits: &'static str,
) -> Result<SecretBytes, HexError<MINIMUM, MAXIMUM>> {
    let error = HexError { digits };
    if !(MINIMUM..=MAXIMUM).contains(&text.len()) {
        return Err(error);
    }
    hex::decode(text).map(SecretBytes::new).map_err(|_| error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_limits_are_checked() {
        let upper = |text: &str| UpperHex::<2, 4>::try_from(text.to_owned()).map(|hex| hex.0);
        let either = |text: &str| Hex::<2, 4>::try_from(text.to_owned()).map(|hex| hex.0);
        assert_eq!(upper("AB").unwrap().expose(), [0xAB]);
        assert_eq!(either("abCD").unwrap().expose(), [0xAB, 0xCD]);
        for wrong in ["", "A", "ABC", "ABCDEF", "GG", "A ", "ÄA"] {
            assert!(upper(wrong).is_err(), "{wrong:?}");
            assert!(either(wrong).is_err(), "{wrong:?}");
        }
        assert!(upper("ab").is_err());
    }
}
