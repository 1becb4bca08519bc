//! What a partner wants to be signed in front of the wrapped KEK.
//!
//! The reference calls it a key-block header, which it is not: `10000TPAEAY` has neither the length
//! nor the fields of a TR-31 header, and no key block follows it.

use serde::{Deserialize, Serialize};

use crate::text::shown;

/// 1 to 256 printable ASCII characters, written as hex.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignedPrefix(
    #[cfg_attr(
        feature = "schema",
        schemars(with = "String", regex(pattern = r"^([2-7][0-9a-fA-F]){1,256}$"))
    )]
    Vec<u8>,
);

impl SignedPrefix {
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn hex(&self) -> String {
        hex::encode_upper(&self.0)
    }

    pub fn ascii(&self) -> String {
        self.0.iter().copied().map(char::from).collect()
    }
}

impl From<SignedPrefix> for String {
    fn from(prefix: SignedPrefix) -> Self {
        prefix.hex()
    }
}

impl TryFrom<String> for SignedPrefix {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const EXAMPLE: &str = "`10000TPAEAY`, say, is written 3130303030545041454159";
        let bytes = hex::decode(&text).map_err(|error| {
            format!(
                "signed prefix `{}` is not hex: {error}; {EXAMPLE}",
                shown(&text)
            )
        })?;
        let printable = |byte: &u8| (0x20..0x7f).contains(byte);
        if bytes.is_empty() || bytes.len() > 256 || !bytes.iter().all(printable) {
            return Err(format!(
                "signed prefix `{}` does not spell 1 to 256 printable ASCII characters; {EXAMPLE}",
                shown(&text)
            ));
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_written_as_hex_and_means_ascii() {
        let prefix = SignedPrefix::try_from("3130303030545041454159".to_owned()).unwrap();
        assert_eq!(prefix.ascii(), "10000TPAEAY");
        assert_eq!(prefix.bytes(), b"10000TPAEAY");
        assert_eq!(String::from(prefix), "3130303030545041454159");
    }

    #[test]
    fn what_spells_no_ascii_or_too_much_is_refused() {
        let parse = |bytes: &[u8]| SignedPrefix::try_from(hex::encode(bytes));
        assert!(parse(&[b'~'; 256]).is_ok());
        assert!(parse(b" ").is_ok());
        for wrong in [&[b'A'; 257][..], &[], &[0x1f], &[0x7f], &[b'A', 0xa9]] {
            assert!(parse(wrong).unwrap_err().contains("printable ASCII"));
        }
        let error = SignedPrefix::try_from("3".to_owned()).unwrap_err();
        assert!(error.contains("is not hex"), "{error}");
    }
}
