//! A key block that has come back, held to what was asked for.

use aws_sdk_paymentcryptography::types::{WrappedKey, WrappedKeyMaterialFormat};
use ceremony::algorithms::KekAlgorithm;
use ceremony::tr31::{Asked, Header, HeaderDiffers, KeyBlock, letter_of, version_under};
use ceremony::working_keys::plan::{EstablishedKekFacts, ExportedKey, ReadyKey};

use crate::Error;

pub(crate) fn checked(
    wrapped: WrappedKey,
    kek: &EstablishedKekFacts,
    key: ReadyKey,
) -> Result<ExportedKey, Error> {
    let name = key.name.to_string();
    let differs = |reason: String| Error::BlockDiffers {
        name: name.clone(),
        reason,
    };
    if wrapped.wrapped_key_material_format != WrappedKeyMaterialFormat::Tr31KeyBlock {
        return Err(differs(format!(
            "it is a {}",
            wrapped.wrapped_key_material_format
        )));
    }
    if wrapped.wrapping_key_arn != kek.key_arn {
        return Err(differs("it is under another key".to_owned()));
    }
    let found = wrapped.key_check_value.unwrap_or_default();
    if !found.eq_ignore_ascii_case(&key.kcv) {
        return Err(Error::KcvMismatch {
            name,
            expected: key.kcv,
            found,
        });
    }
    let block =
        KeyBlock::read(&wrapped.key_material).map_err(|error| differs(error.to_string()))?;
    is_as_asked(block.header(), kek.algorithm, &key).map_err(|error| differs(error.to_string()))?;
    Ok(ExportedKey {
        header: block.header().clone(),
        key_block: block.as_str().to_owned(),
        key,
    })
}

fn is_as_asked(header: &Header, kek: KekAlgorithm, key: &ReadyKey) -> Result<(), HeaderDiffers> {
    let blocks = key.optional_blocks.iter();
    let blocks: Vec<_> = blocks
        .map(|it| (it.id.as_str(), it.data.as_str()))
        .collect();
    header.answers(&Asked {
        version: version_under(kek),
        usages: &[key.usage.as_str()],
        algorithm: letter_of(key.algorithm),
        modes: &[key.modes.as_str()],
        exportabilities: &[key.exportability.as_str()],
        optional_blocks: &blocks,
    })
}
