//! A key block that has come back, held to what was asked for.

use aws_sdk_paymentcryptography::types::{WrappedKey, WrappedKeyMaterialFormat};
use ceremony::algorithms::KekAlgorithm;
use ceremony::tr31::{Header, KeyBlock};
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
    if let Some(reason) = why_other(block.header(), kek.algorithm, &key) {
        return Err(differs(reason));
    }
    Ok(ExportedKey {
        header: block.header().clone(),
        key_block: block.as_str().to_owned(),
        key,
    })
}

/// What in the header is not what was asked for.
fn why_other(header: &Header, kek: KekAlgorithm, key: &ReadyKey) -> Option<String> {
    let letter = |algorithm| match algorithm {
        KekAlgorithm::TDES_2KEY | KekAlgorithm::TDES_3KEY => "T",
        KekAlgorithm::AES_128 | KekAlgorithm::AES_192 | KekAlgorithm::AES_256 => "A",
    };
    // ANSI X9.143 §5: version D by AES, B by TDES.
    let version = if letter(kek) == "A" { "D" } else { "B" };
    for (what, found, asked) in [
        ("version", header.version.to_string(), version),
        ("usage", header.usage.clone(), key.usage.as_str()),
        (
            "algorithm",
            header.algorithm.to_string(),
            letter(key.algorithm),
        ),
        ("mode of use", header.mode.to_string(), key.modes.as_str()),
        (
            "exportability",
            header.exportability.to_string(),
            key.exportability.as_str(),
        ),
    ] {
        if found != asked {
            return Some(format!("its {what} is {found}, {asked} was asked for"));
        }
    }
    // Padding may be added, so that the header is as long as whole cipher blocks.
    let found = header.optional_blocks.iter().filter(|it| it.id != "PB");
    let mut found: Vec<_> = found.map(|it| (it.id.as_str(), it.data.as_str())).collect();
    let asked = key.optional_blocks.iter();
    let mut asked: Vec<_> = asked.map(|it| (it.id.as_str(), it.data.as_str())).collect();
    found.sort_unstable();
    asked.sort_unstable();
    (found != asked).then(|| "its optional blocks are others".to_owned())
}
