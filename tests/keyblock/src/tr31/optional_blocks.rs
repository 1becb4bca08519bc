//! Optional blocks: further attributes of the key, bound to it like the rest of the header.

use std::fmt;
use std::str::FromStr;

use super::reader::Reader;
use super::{Field, Tr31Error};

/// The optional blocks of a header, in their order and without padding.
///
/// ```text
/// short (X9.143-2021 clause 6.2 table 1)     extended, for 256 characters and more
/// offset length                              offset length
///      0      2  id                               0      2  id
///      2      2  length of the block, hex         2      2  00
///      4      n  data, printable ASCII            4      2  characters of the length / 2, hex: 02
///                                                 6      4  length of the block, hex
///                                                10      n  data
/// ```
///
/// Both lengths count the whole block, from its id on. Padding (`PB`) is added when a header is
/// written and dropped when one is read, as it says nothing about the key.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct OptionalBlocks(Vec<(BlockId, String)>);

impl OptionalBlocks {
    /// No optional blocks.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a block after the others.
    pub fn push(&mut self, id: BlockId, data: &str) -> Result<(), Tr31Error> {
        if id == BlockId::PB {
            return Err(Tr31Error::PaddingBlock);
        }
        if self.get(id).is_some() {
            return Err(Tr31Error::DuplicateOptionalBlock(id));
        }
        if !is_printable(data) {
            return Err(Tr31Error::NotAscii);
        }
        self.0.push((id, data.to_owned()));
        Ok(())
    }

    /// The data of the block with this id.
    pub fn get(&self, id: BlockId) -> Option<&str> {
        let (_, data) = self.0.iter().find(|(other, _)| *other == id)?;
        Some(data)
    }

    /// All blocks, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (BlockId, &str)> {
        self.0.iter().map(|(id, data)| (*id, data.as_str()))
    }

    /// Reads as many blocks as the header states.
    pub(super) fn decode(count: usize, reader: &mut Reader<'_>) -> Result<Self, Tr31Error> {
        let mut blocks = Self::new();
        for position in 1..=count {
            let id = reader.parse::<BlockId>(2, Field::OptionalBlockId)?;
            let length = decode_length(id, reader)?;
            let data = reader.take(length, Field::OptionalBlock(id))?;
            if id != BlockId::PB {
                blocks.push(id, data)?;
            } else if position != count {
                return Err(Tr31Error::PaddingBlock);
            }
        }
        Ok(blocks)
    }

    /// The blocks, with as much padding as makes them whole cipher blocks, and their number.
    pub(super) fn encode(
        &self,
        block_length: usize,
        padding: &[u8],
    ) -> Result<(usize, String), Tr31Error> {
        let mut count = self.0.len();
        let mut text = String::new();
        for (id, data) in &self.0 {
            let length = data.len() + 4;
            match length {
                0..=0xFF => text += &format!("{id}{length:02X}{data}"),
                0x100..0xFFFA => text += &format!("{id}0002{:04X}{data}", length + 6),
                _ => return Err(Tr31Error::TooLong(Field::OptionalBlock(*id))),
            }
        }
        if !text.len().is_multiple_of(block_length) {
            // From 1 to 16 characters: padding is never empty.
            let length = block_length - (text.len() + 4) % block_length;
            text += &format!("{}{:02X}", BlockId::PB, length + 4);
            text.extend(
                padding
                    .iter()
                    .take(length)
                    .map(|byte| padding_character(*byte)),
            );
            count += 1;
        }
        if count > 99 {
            return Err(Tr31Error::TooLong(Field::OptionalBlockCount));
        }
        Ok((count, text))
    }
}

/// The two characters that name an optional block (X9.143-2021 clause 6.3.6 table 7): digits and
/// upper-case letters.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct BlockId([char; 2]);

impl BlockId {
    /// The hash of an HMAC key.
    pub const HM: Self = Self(['H', 'M']);
    /// The initial key identifier of an AES DUKPT key.
    pub const IK: Self = Self(['I', 'K']);
    /// The check value of the wrapped key.
    pub const KC: Self = Self(['K', 'C']);
    /// The check value of the key block protection key.
    pub const KP: Self = Self(['K', 'P']);
    /// The key set identifier, or initial key serial number, of a TDES DUKPT key.
    pub const KS: Self = Self(['K', 'S']);
    /// Padding.
    pub const PB: Self = Self(['P', 'B']);
}

impl fmt::Debug for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([first, second]) = self;
        write!(f, "{first}{second}")
    }
}

impl FromStr for BlockId {
    type Err = Tr31Error;

    fn from_str(text: &str) -> Result<Self, Tr31Error> {
        let known = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase();
        match text.chars().collect::<Vec<_>>()[..] {
            [first, second] if known(first) && known(second) => Ok(Self([first, second])),
            _ => Err(Tr31Error::Value {
                field: Field::OptionalBlockId,
                found: text.to_owned(),
            }),
        }
    }
}

/// The length of the data of a block whose id was just read.
///
/// Any extended length is read that fits its field, also one that a short length could have said.
fn decode_length(id: BlockId, reader: &mut Reader<'_>) -> Result<usize, Tr31Error> {
    let field = Field::OptionalBlockLength(id);
    let short = reader.hexadecimal(2, field)?;
    let (length, overhead) = if short == 0 {
        let width = 2 * reader.hexadecimal(2, field)?;
        if !(2..=8).contains(&width) {
            return Err(Tr31Error::Value {
                field,
                found: format!("{width} digits"),
            });
        }
        (reader.hexadecimal(width, field)?, 6 + width)
    } else {
        (short, 4)
    };
    length.checked_sub(overhead).ok_or(Tr31Error::Value {
        field,
        found: length.to_string(),
    })
}

/// INFERRED: the service fills padding with random characters; which ones is not documented, but
/// what it accepts is alphanumeric.
fn padding_character(random: u8) -> char {
    char::from(b"0123456789ABCDEFGHJKLMNPQRSTUVWX"[usize::from(random % 32)])
}

pub(super) fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}
