//! What can be wrong with a key block.

use std::fmt;

use super::{Algorithm, BlockId, Version};
use crate::{HmacHash, SymmetricAlgorithm};

/// Why a key block was not opened, or not made. Nothing in it is secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Tr31Error {
    /// No two optional blocks have the same id (X9.143-2021 clause 6.3.6).
    #[error("optional block {0} appears twice")]
    DuplicateOptionalBlock(BlockId),
    /// Optional block `HM` says another hash than the key is for (X9.143-2021 clause 6.3.6.5).
    #[error(
        "{} is not that of a key for HMAC with {key:?}",
        Field::OptionalBlock(BlockId::HM)
    )]
    HmacHash {
        /// The hash of the key.
        key: HmacHash,
    },
    /// The payload states a length that is no whole number of bytes, or more than there are.
    #[error(
        "{}: {bits} bits are stated, {available} bytes present",
        Field::Payload
    )]
    KeyBits {
        /// The length in the payload.
        bits: u16,
        /// The bytes that follow it.
        available: usize,
    },
    /// The key does not have the length, or is not of the kind, that the header says.
    #[error(
        "{}: a key of {length} bytes is no key for {algorithm:?}",
        Field::Algorithm
    )]
    KeyForAlgorithm {
        /// The algorithm in the header.
        algorithm: Algorithm,
        /// The length of the key, in bytes.
        length: usize,
    },
    /// The length in the header is not that of the block (X9.143-2021 clause 6.2 table 1).
    #[error(
        "{}: {declared} is stated, the block has {actual} characters",
        Field::Length
    )]
    Length {
        /// The length in the header.
        declared: usize,
        /// The length of the text.
        actual: usize,
    },
    /// The MAC is another: the block was changed, or wrapped under another key.
    #[error(
        "{} does not agree with the block under this protection key",
        Field::Mac
    )]
    Mac,
    /// A field is missing that the others require.
    #[error("{0} is missing")]
    Missing(Field),
    /// Key blocks are ASCII.
    #[error("the block has a character that is not printable ASCII")]
    NotAscii,
    /// The field has characters other than upper-case hexadecimal digits.
    #[error("{0} is not upper-case hexadecimal")]
    NotHexadecimal(Field),
    /// Padding is made from random bytes, at most 16 of them; it is not an attribute to be given. In
    /// a header it stands last (X9.143-2021 clause 6.3.6).
    #[error(
        "{} is for padding, made from random bytes and last in the header",
        Field::OptionalBlock(BlockId::PB)
    )]
    PaddingBlock,
    /// A block of this version is protected by a key of another kind (X9.143-2021 clause 7.2).
    #[error(
        "{}: a key for {algorithm:?} protects no block of version {version:?}",
        Field::Version
    )]
    ProtectionKey {
        /// What the protection key is for.
        algorithm: SymmetricAlgorithm,
        /// The version in the header.
        version: Version,
    },
    /// The field has more characters than can be stated.
    #[error("{0} is too long")]
    TooLong(Field),
    /// The block ends within the field.
    #[error("the block ends within {0}")]
    Truncated(Field),
    /// The field is no whole number of cipher blocks.
    #[error("the length of {0} is no multiple of the cipher's block length")]
    Uneven(Field),
    /// The field does not have one of its values.
    #[error("{field} cannot be {found:?}")]
    Value {
        /// Where.
        field: Field,
        /// What stands there.
        found: String,
    },
}

/// A part of a key block, as [`Tr31Error`] names it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Field {
    /// Header, offset 7.
    Algorithm,
    /// The encrypted payload.
    Ciphertext,
    /// Header, offset 11.
    Exportability,
    /// The header as a whole, with its optional blocks.
    Header,
    /// Header, offset 5.
    KeyUsage,
    /// Header, offset 9.
    KeyVersion,
    /// Header, offset 1.
    Length,
    /// The message authentication code.
    Mac,
    /// Header, offset 8.
    ModeOfUse,
    /// The data of an optional block.
    OptionalBlock(BlockId),
    /// Header, offset 12.
    OptionalBlockCount,
    /// The id of an optional block.
    OptionalBlockId,
    /// The length of an optional block, short or extended.
    OptionalBlockLength(BlockId),
    /// The decrypted payload.
    Payload,
    /// Header, offset 14.
    Reserved,
    /// Header, offset 0.
    Version,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Algorithm => "algorithm",
            Self::Ciphertext => "encrypted key",
            Self::Exportability => "exportability",
            Self::Header => "header",
            Self::KeyUsage => "key usage",
            Self::KeyVersion => "key version",
            Self::Length => "key block length",
            Self::Mac => "MAC",
            Self::ModeOfUse => "mode of use",
            Self::OptionalBlock(id) => return write!(f, "optional block {id}"),
            Self::OptionalBlockCount => "number of optional blocks",
            Self::OptionalBlockId => "optional block id",
            Self::OptionalBlockLength(id) => return write!(f, "length of optional block {id}"),
            Self::Payload => "key length in the payload",
            Self::Reserved => "reserved field",
            Self::Version => "version",
        })
    }
}
