//! DER, as far as a block needs it: every element in its place, of definite length in its shortest form,
//! and nothing behind the last one.

use super::MalformedBlock;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
/// `[0]`, constructed.
pub(super) const CONTEXT_0: u8 = 0xa0;
/// `[0] IMPLICIT OCTET STRING`.
pub(super) const CONTEXT_0_PRIMITIVE: u8 = 0x80;

/// What is left to be read of the contents of an element, and what that element is called.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    part: &'static str,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], part: &'static str) -> Self {
        Self { rest: bytes, part }
    }

    /// The contents of the next element.
    pub(super) fn contents(&mut self, tag: u8) -> Result<&'a [u8], MalformedBlock> {
        let (_, contents) = self.element(tag)?;
        Ok(contents)
    }

    /// The next element, as the part of the block that has this name.
    pub(super) fn inside(&mut self, tag: u8, part: &'static str) -> Result<Self, MalformedBlock> {
        Ok(Self::new(self.contents(tag)?, part))
    }

    /// The next element with its tag and length.
    pub(super) fn whole(&mut self, tag: u8) -> Result<&'a [u8], MalformedBlock> {
        let (whole, _) = self.element(tag)?;
        Ok(whole)
    }

    /// Elements of which every byte is known.
    pub(super) fn exactly(&mut self, expected: &[u8]) -> Result<(), MalformedBlock> {
        match self.rest.strip_prefix(expected) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => Err(self.fault()),
        }
    }

    /// That nothing follows.
    pub(super) fn end(&self) -> Result<(), MalformedBlock> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.fault())
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn fault(&self) -> MalformedBlock {
        MalformedBlock::Part(self.part)
    }

    fn element(&mut self, tag: u8) -> Result<(&'a [u8], &'a [u8]), MalformedBlock> {
        let (header, length) = match *self.rest {
            [found, short @ 0..=0x7f, ..] if found == tag => (2, usize::from(short)),
            [found, 0x81, long @ 0x80..=0xff, ..] if found == tag => (3, usize::from(long)),
            [found, 0x82, high @ 1..=0xff, low, ..] if found == tag => {
                (4, usize::from(u16::from_be_bytes([high, low])))
            }
            _ => return Err(self.fault()),
        };
        let whole = self.rest.get(..header + length);
        let whole = whole.ok_or_else(|| self.fault())?;
        self.rest = self.rest.get(whole.len()..).unwrap_or_default();
        Ok((whole, whole.get(header..).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Option<usize> {
        let mut reader = Reader::new(bytes, "a test");
        let contents = reader.contents(OCTET_STRING).ok()?;
        reader.end().ok()?;
        Some(contents.len())
    }

    #[test]
    fn a_length_is_read_in_its_shortest_form_only() {
        let of = |header: &[u8], length: usize| read(&[header, &vec![0; length]].concat());
        assert_eq!(of(&[0x04, 0x00], 0), Some(0));
        assert_eq!(of(&[0x04, 0x7f], 0x7f), Some(0x7f));
        assert_eq!(of(&[0x04, 0x81, 0x80], 0x80), Some(0x80));
        assert_eq!(of(&[0x04, 0x82, 0x01, 0x00], 0x100), Some(0x100));
        for (header, length) in [
            (&[0x04, 0x81, 0x7f][..], 0x7f),
            (&[0x04, 0x82, 0x00, 0xff], 0xff),
            (&[0x04, 0x83, 0x01, 0x00, 0x00], 0x10000),
            // Indefinite.
            (&[0x04, 0x80], 2),
            // One byte too few, one too many.
            (&[0x04, 0x03], 2),
            (&[0x04, 0x03], 4),
            (&[0x05, 0x00], 0),
            (&[0x04], 0),
            (&[], 0),
        ] {
            assert_eq!(of(header, length), None, "{header:02x?}");
        }
    }
}
