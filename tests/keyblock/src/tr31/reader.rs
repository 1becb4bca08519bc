//! Reading a key block from left to right.

use std::str::FromStr;

use super::{Field, Tr31Error};

/// What is left of the text. Every step names the field it reads, for the error.
pub(super) struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// The next characters, as they are.
    pub(super) fn take(&mut self, length: usize, field: Field) -> Result<&'a str, Tr31Error> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(Tr31Error::Truncated(field))?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next characters, as one of the field's values.
    pub(super) fn parse<T: FromStr>(
        &mut self,
        length: usize,
        field: Field,
    ) -> Result<T, Tr31Error> {
        let text = self.take(length, field)?;
        text.parse().map_err(|_| unknown(field, text))
    }

    /// The next characters, as a number in decimal digits.
    pub(super) fn decimal(&mut self, length: usize, field: Field) -> Result<usize, Tr31Error> {
        let text = self.take(length, field)?;
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(unknown(field, text));
        }
        text.parse().map_err(|_| unknown(field, text))
    }

    /// The next characters, as a number in upper-case hexadecimal digits.
    pub(super) fn hexadecimal(&mut self, length: usize, field: Field) -> Result<usize, Tr31Error> {
        let text = self.take(length, field)?;
        if !is_hexadecimal(text) {
            return Err(unknown(field, text));
        }
        usize::from_str_radix(text, 16).map_err(|_| unknown(field, text))
    }

    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }
}

/// Bytes in upper-case hexadecimal digits.
pub(super) fn decode_bytes(text: &str, field: Field) -> Result<Vec<u8>, Tr31Error> {
    if !is_hexadecimal(text) {
        return Err(Tr31Error::NotHexadecimal(field));
    }
    hex::decode(text).map_err(|_| Tr31Error::NotHexadecimal(field))
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
}

fn unknown(field: Field, found: &str) -> Tr31Error {
    Tr31Error::Value {
        field,
        found: found.to_owned(),
    }
}
