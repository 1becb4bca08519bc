//! Whether the key block that came back is the one that was asked for.

use aws_sdk_paymentcryptography::operation::export_key::ExportKeyOutput;
use aws_sdk_paymentcryptography::types::WrappedKeyMaterialFormat;
use ceremony::algorithms::KekAlgorithm;
use ceremony::keys::{KekFacts, Origin};
use ceremony::tr31::{Asked, KeyBlock, letter_of, version_under};
use exports::key_material;

use crate::Error;

/// What a header says of a key that may leave its receiver, under one that is no weaker.
const EXPORTABLE: &str = "E";

/// The block, if it is of the KEK by its check value, and its header says what a KEK is. Whether the
/// header is true is under the block's MAC, which the partner verifies.
pub(crate) fn checked(
    answer: ExportKeyOutput,
    kek: &KekFacts,
    derived_key: KekAlgorithm,
) -> Result<String, Error> {
    let text = key_material(answer, &WrappedKeyMaterialFormat::Tr31KeyBlock, kek)?;
    let block = KeyBlock::read(&text)?;
    // What a ceremony makes is a K0 that encrypts, decrypts, wraps and unwraps. What a profile names may
    // be a key block protection key, and good for one direction only.
    let (usages, modes): (&[&str], &[&str]) = match kek.origin {
        Origin::Created | Origin::Found => (&["K0"], &["B"]),
        Origin::Order | Origin::Profile => (&["K0", "K1"], &["B", "D", "E"]),
    };
    block.header().answers(&Asked {
        version: version_under(derived_key),
        usages,
        algorithm: letter_of(kek.algorithm),
        modes,
        exportabilities: &[EXPORTABLE],
        optional_blocks: &[],
    })?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use aws_sdk_paymentcryptography::types::WrappedKey;
    use ceremony::algorithms::KcvAlgorithm;

    use super::*;

    /// An AES-128 KEK under an AES-256 key, opened with psec.
    const BLOCK: &str = "D0144K0AB00E00002C77FA3F4A553BED6E88AE5C172A4166E3D4ACA8E2AC71C158A476FAC12C13C3829DE55D3AB54C48F4C4FEF7AC75E90FC47F1B77E7B19A73ED46E64410082557";

    fn kek(origin: Origin) -> KekFacts {
        KekFacts {
            key_arn: "arn".to_owned(),
            algorithm: KekAlgorithm::AES_128,
            kcv: "08793E".to_owned(),
            kcv_algorithm: KcvAlgorithm::CMAC,
            origin,
            replaces_key_arn: None,
        }
    }

    fn answer(block: &str) -> ExportKeyOutput {
        let wrapped = WrappedKey::builder()
            .wrapping_key_arn("arn")
            .wrapped_key_material_format(WrappedKeyMaterialFormat::Tr31KeyBlock)
            .key_material(block)
            .key_check_value("08793e")
            .build();
        let wrapped = wrapped.unwrap();
        ExportKeyOutput::builder().wrapped_key(wrapped).build()
    }

    fn of_block(block: &str, origin: Origin) -> Result<String, Error> {
        checked(answer(block), &kek(origin), KekAlgorithm::AES_256)
    }

    #[test]
    fn a_block_of_the_kek_passes() {
        assert_eq!(of_block(BLOCK, Origin::Created), Ok(BLOCK.to_owned()));
        let of_k1 = BLOCK.replacen("K0", "K1", 1);
        assert_eq!(of_block(&of_k1, Origin::Profile), Ok(of_k1.clone()));
    }

    #[test]
    fn a_block_that_says_something_else_is_not_passed_on() {
        for (from, to, said) in [
            ("K0AB", "K1AB", "usage"),
            ("K0AB", "P0AB", "usage"),
            ("K0AB", "K0TB", "algorithm"),
            ("K0AB", "K0AE", "mode"),
            ("00E0", "00N0", "exportability"),
        ] {
            let block = BLOCK.replacen(from, to, 1);
            let error = of_block(&block, Origin::Found).unwrap_err();
            assert!(matches!(error, Error::KeyBlockHeaderWrong(_)), "{to}");
            assert!(error.to_string().contains(said), "{error}");
        }
        let cut = &BLOCK[..BLOCK.len() - 1];
        let error = of_block(cut, Origin::Found).unwrap_err();
        assert!(matches!(error, Error::KeyBlockMalformed(_)), "{error}");
    }

    /// Under a derived key of AES nothing but version D holds; under one of TDES none but B.
    #[test]
    fn the_version_is_that_of_the_key_that_was_derived() {
        let error = checked(
            answer(BLOCK),
            &kek(Origin::Created),
            KekAlgorithm::TDES_3KEY,
        )
        .unwrap_err();
        assert!(error.to_string().contains("version"), "{error}");
    }
}
