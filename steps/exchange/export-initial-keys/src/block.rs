//! Whether what came back is the initial key that was asked for, as far as its clear header says.

use aws_sdk_paymentcryptography::types::{WrappedKey, WrappedKeyMaterialFormat};
use ceremony::fleet::run::Kek;
use ceremony::fleet::{Derivation, SerialNumber};
use ceremony::tr31::{Asked, KeyBlock, version_under};

use crate::Error;

/// Block and check value, if they are what was asked for.
pub(crate) fn checked(
    wrapped: Option<WrappedKey>,
    derivation: &Derivation,
    kek: &Kek,
    number: &SerialNumber,
) -> Result<(String, String), Error> {
    let differs = |why: &str| Error::BlockDiffers(why.to_owned());
    let wrapped = wrapped.ok_or_else(|| differs("the answer has no wrapped key"))?;
    if wrapped.wrapped_key_material_format != WrappedKeyMaterialFormat::Tr31KeyBlock {
        return Err(differs("it is no TR-31 key block"));
    }
    if wrapped.wrapping_key_arn != kek.key_arn {
        return Err(differs("it is under another key"));
    }
    let block = KeyBlock::read(&wrapped.key_material);
    let block = block.map_err(|error| differs(&error.to_string()))?;
    let algorithm = derivation.bdk.algorithm;
    let in_block = derivation.serial_number_in_block;
    let in_block = in_block.then(|| algorithm.optional_block(number));
    let optional_blocks = in_block.as_ref().map(|(id, data)| (*id, data.as_str()));
    // An initial key is of usage B1 and mode X (ANSI X9.143), and may be given on, as it must reach the
    // terminal: the user guide's example of an export says `S`.
    let asked = Asked {
        version: version_under(kek.algorithm),
        usages: &["B1"],
        algorithm: algorithm.letter(),
        modes: &["X"],
        exportabilities: &["E", "S"],
        optional_blocks: optional_blocks.as_slice(),
    };
    let answers = block.header().answers(&asked);
    answers.map_err(|error| differs(&error.to_string()))?;
    let kcv = fleets::check_value(&wrapped);
    let kcv = kcv.ok_or_else(|| differs("the answer has no key check value"))?;
    Ok((wrapped.key_material, kcv))
}
