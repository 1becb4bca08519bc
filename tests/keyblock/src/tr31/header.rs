//! The header: what the key is and what may be done with it, in the clear but under the MAC.

use super::reader::Reader;
use super::{
    Algorithm, BlockId, Exportability, Field, KeyUsage, KeyVersion, ModeOfUse, OptionalBlocks,
    Tr31Error, Version,
};
use crate::{HmacHash, SymmetricAlgorithm};

/// The attributes of a key (X9.143-2021 clause 6.2 table 1).
///
/// ```text
/// offset length
///      0      1  version
///      1      4  length of the key block in characters, decimal
///      5      2  key usage
///      7      1  algorithm
///      8      1  mode of use
///      9      2  key version
///     11      1  exportability
///     12      2  number of optional blocks, decimal
///     14      2  reserved, 00
///     16      n  optional blocks
/// ```
///
/// The length is not kept: it follows from what is wrapped.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Header {
    /// How the key is protected.
    pub version: Version,
    /// What the key is for.
    pub key_usage: KeyUsage,
    /// What the key is a key of.
    pub algorithm: Algorithm,
    /// Which operations it may perform.
    pub mode_of_use: ModeOfUse,
    /// Which version of the key it is.
    pub key_version: KeyVersion,
    /// Whether it may be exported again.
    pub exportability: Exportability,
    /// Further attributes.
    pub optional_blocks: OptionalBlocks,
}

impl Header {
    /// The length of a header without optional blocks, in characters.
    pub const LENGTH: usize = 16;

    /// The header of an exportable key without a version. An HMAC key has its hash in an optional
    /// block `HM`; other keys have no optional blocks.
    pub fn new(
        key_usage: KeyUsage,
        algorithm: SymmetricAlgorithm,
        mode_of_use: ModeOfUse,
        version: Version,
    ) -> Self {
        let mut optional_blocks = OptionalBlocks::new();
        let algorithm = match algorithm {
            SymmetricAlgorithm::Aes128
            | SymmetricAlgorithm::Aes192
            | SymmetricAlgorithm::Aes256 => Algorithm::Aes,
            SymmetricAlgorithm::Hmac(hash) => {
                // The first block cannot be a duplicate, and its data is two digits.
                let _ = optional_blocks.push(BlockId::HM, hash_code(hash));
                Algorithm::Hmac
            }
            SymmetricAlgorithm::Tdes2Key | SymmetricAlgorithm::Tdes3Key => Algorithm::Tdes,
        };
        Self {
            version,
            key_usage,
            algorithm,
            mode_of_use,
            key_version: KeyVersion::UNUSED,
            exportability: Exportability::Exportable,
            optional_blocks,
        }
    }

    /// Reads a header from the beginning of a text; what follows it is not looked at, and neither
    /// is the length it states. Whoever has a whole key block wants [`unwrap`](super::unwrap).
    pub fn decode(text: &str) -> Result<DecodedHeader, Tr31Error> {
        let mut reader = Reader::new(text);
        let version = reader.parse(1, Field::Version)?;
        let declared_length = reader.decimal(4, Field::Length)?;
        let key_usage = reader.parse(2, Field::KeyUsage)?;
        let algorithm = reader.parse(1, Field::Algorithm)?;
        let mode_of_use = reader.parse(1, Field::ModeOfUse)?;
        let key_version = reader.parse(2, Field::KeyVersion)?;
        let exportability = reader.parse(1, Field::Exportability)?;
        let count = reader.decimal(2, Field::OptionalBlockCount)?;
        let reserved = reader.take(2, Field::Reserved)?;
        if reserved != "00" {
            return Err(Tr31Error::Value {
                field: Field::Reserved,
                found: reserved.to_owned(),
            });
        }
        let optional_blocks = OptionalBlocks::decode(count, &mut reader)?;
        Ok(DecodedHeader {
            header: Self {
                version,
                key_usage,
                algorithm,
                mode_of_use,
                key_version,
                exportability,
                optional_blocks,
            },
            declared_length,
            encoded_length: text.len() - reader.rest().len(),
        })
    }

    /// Writes the header of a block in which this many characters follow it. The optional blocks
    /// are filled up to whole cipher blocks, with padding made from random bytes; 16 are enough for
    /// every header.
    pub fn encode(&self, remaining_length: usize, padding: &[u8]) -> Result<String, Tr31Error> {
        let (count, optional_blocks) = self
            .optional_blocks
            .encode(self.version.block_length(), padding)?;
        let length = Self::LENGTH + optional_blocks.len() + remaining_length;
        if length > 9999 {
            return Err(Tr31Error::TooLong(Field::Length));
        }
        let version: &str = self.version.into();
        let key_usage: &str = self.key_usage.into();
        let algorithm: &str = self.algorithm.into();
        let mode_of_use: &str = self.mode_of_use.into();
        let key_version = self.key_version;
        let exportability: &str = self.exportability.into();
        Ok(format!(
            "{version}{length:04}{key_usage}{algorithm}{mode_of_use}{key_version}{exportability}\
             {count:02}00{optional_blocks}"
        ))
    }

    /// The algorithm of a key of this many bytes that has this header.
    pub fn key_algorithm(&self, length: usize) -> Result<SymmetricAlgorithm, Tr31Error> {
        match (self.algorithm, length) {
            (Algorithm::Aes, 16) => Ok(SymmetricAlgorithm::Aes128),
            (Algorithm::Aes, 24) => Ok(SymmetricAlgorithm::Aes192),
            (Algorithm::Aes, 32) => Ok(SymmetricAlgorithm::Aes256),
            (Algorithm::Hmac, 1..) => Ok(SymmetricAlgorithm::Hmac(self.hmac_hash()?)),
            (Algorithm::Tdes, 16) => Ok(SymmetricAlgorithm::Tdes2Key),
            (Algorithm::Tdes, 24) => Ok(SymmetricAlgorithm::Tdes3Key),
            (algorithm, length) => Err(Tr31Error::KeyForAlgorithm { algorithm, length }),
        }
    }

    /// The hash in optional block `HM` (X9.143-2021 clause 6.3.6.5 table 13).
    fn hmac_hash(&self) -> Result<HmacHash, Tr31Error> {
        let field = Field::OptionalBlock(BlockId::HM);
        let code = self
            .optional_blocks
            .get(BlockId::HM)
            .ok_or(Tr31Error::Missing(field))?;
        [
            HmacHash::Sha224,
            HmacHash::Sha256,
            HmacHash::Sha384,
            HmacHash::Sha512,
        ]
        .into_iter()
        .find(|hash| hash_code(*hash) == code)
        .ok_or_else(|| Tr31Error::Value {
            field,
            found: code.to_owned(),
        })
    }
}

/// A header together with what was only needed to read on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DecodedHeader {
    /// The header.
    pub header: Header,
    /// The length of the whole key block that it states.
    pub declared_length: usize,
    /// Its own length, with optional blocks and padding.
    pub encoded_length: usize,
}

/// X9.143-2021 clause 6.3.6.5 table 13. `10` (SHA-1) and `30` to `33` (SHA-3) are of keys that do
/// not exist here.
fn hash_code(hash: HmacHash) -> &'static str {
    match hash {
        HmacHash::Sha224 => "20",
        HmacHash::Sha256 => "21",
        HmacHash::Sha384 => "22",
        HmacHash::Sha512 => "23",
    }
}
