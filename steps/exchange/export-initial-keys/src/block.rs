//! Whether what came back is the initial key that was asked for, as far as its clear header says.

use aws_sdk_paymentcryptography::types::{WrappedKey, WrappedKeyMaterialFormat};
use ceremony::algorithms::KekAlgorithm;
use ceremony::fleet::run::Kek;
use ceremony::fleet::{Derivation, SerialNumber};
use ceremony::tr31::{Header, KeyBlock};

/// Block and check value, if they are what was asked for.
pub(crate) fn checked(
    wrapped: Option<WrappedKey>,
    derivation: &Derivation,
    kek: &Kek,
    number: &SerialNumber,
) -> Result<(String, String), Unfit> {
    let wrapped = wrapped.ok_or(Unfit::Missing)?;
    if wrapped.wrapped_key_material_format != WrappedKeyMaterialFormat::Tr31KeyBlock {
        return Err(Unfit::Malformed);
    }
    let block = KeyBlock::read(&wrapped.key_material).map_err(|_| Unfit::Malformed)?;
    check_header(block.header(), derivation, kek, number)?;
    let kcv = fleets::check_value(&wrapped).ok_or(Unfit::NoCheckValue)?;
    Ok((wrapped.key_material, kcv))
}

/// An initial key is of usage B1 and mode X (ANSI X9.143), and may be given on, as it must reach the
/// terminal: the user guide's example of an export says `S`. The block is of version B under a TDES KEK and D under an AES KEK.
fn check_header(
    header: &Header,
    derivation: &Derivation,
    kek: &Kek,
    number: &SerialNumber,
) -> Result<(), Unfit> {
    let version = match kek.algorithm {
        KekAlgorithm::AES_128 | KekAlgorithm::AES_192 | KekAlgorithm::AES_256 => 'D',
        KekAlgorithm::TDES_2KEY | KekAlgorithm::TDES_3KEY => 'B',
    };
    let algorithm = derivation.bdk.algorithm;
    let right = header.version == version
        && header.usage == "B1"
        && header.mode == 'X'
        && header.algorithm == algorithm.letter()
        && matches!(header.exportability, 'E' | 'S');
    if !right {
        return Err(Unfit::Header(header.to_string()));
    }
    // The service may add padding, and nothing else.
    let mut blocks = header.optional_blocks.iter().filter(|it| it.id != "PB");
    let asked = derivation.serial_number_in_block;
    let asked = asked.then(|| algorithm.optional_block(number));
    let found = blocks.next().map(|it| (it.id.as_str(), it.data.clone()));
    if found != asked || blocks.next().is_some() {
        return Err(Unfit::OptionalBlocks);
    }
    Ok(())
}

/// Why an answer is not passed on: the reason for which a terminal failed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("the header of the key block is `{0}`, which was not asked for")]
    Header(String),
    #[error("what came back is no TR-31 key block")]
    Malformed,
    #[error("the answer of ExportKey has no wrapped key")]
    Missing,
    #[error("the answer of ExportKey has no key check value")]
    NoCheckValue,
    #[error("the optional blocks of the key block are not those that were asked for")]
    OptionalBlocks,
}
