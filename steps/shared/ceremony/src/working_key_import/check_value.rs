//! Check values that a block has in clear: of its key (`KC`), and of the KEK that protects it (`KP`).
//!
//! Their first two characters say how they were computed (X9.143 §6.3.6): `00` as of old, by encrypting
//! zeros, and `01` by a CMAC. One that was not computed as the service computes those of such a key cannot
//! be compared, and counts as none.

use crate::algorithms::{KcvAlgorithm, KekAlgorithm};
use crate::key_import::attributes::Kcv;
use crate::tr31::{Header, agree, letter_of};

use super::refused::Refused;

/// What is announced of the key in a block: as the file says it, else as the block does.
pub fn announced(header: &Header, by_file: Option<&Kcv>) -> Result<Option<String>, Refused> {
    let by_block = told(header, "KC", method_of_letter(header.algorithm));
    match (by_file, by_block) {
        (Some(by_file), Some(by_block)) if !agree(by_block, by_file.as_str()) => {
            Err(Refused::KcvDiffers {
                found: by_block.to_owned(),
                announced: by_file.to_string(),
            })
        }
        (Some(by_file), _) => Ok(Some(by_file.to_string())),
        (None, by_block) => Ok(by_block.map(str::to_ascii_uppercase)),
    }
}

/// Whether the block says that another KEK than this one protects it.
pub fn is_under(header: &Header, kek: KekAlgorithm, kek_kcv: &str) -> Result<(), Refused> {
    match told(header, "KP", Some(method(kek))) {
        Some(found) if !agree(found, kek_kcv) => Err(Refused::BlockUnderAnotherKek {
            found: found.to_owned(),
            expected: kek_kcv.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// The digits of an optional block that were computed by this method.
fn told<'a>(header: &'a Header, id: &str, method: Option<&str>) -> Option<&'a str> {
    header.check_value(id, &[method?])
}

fn method(algorithm: KekAlgorithm) -> &'static str {
    match algorithm.kcv_algorithm() {
        KcvAlgorithm::ANSI_X9_24 => "00",
        KcvAlgorithm::CMAC => "01",
    }
}

/// It is the same of all algorithms with the same letter.
fn method_of_letter(letter: char) -> Option<&'static str> {
    let mut all = KekAlgorithm::ALL.into_iter();
    all.find(|it| letter_of(*it) == letter).map(method)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tr31::OptionalBlock;

    fn header(algorithm: char, blocks: &[(&str, &str)]) -> Header {
        let blocks = blocks.iter().map(|(id, data)| OptionalBlock {
            id: (*id).to_owned(),
            data: (*data).to_owned(),
        });
        Header {
            version: 'D',
            usage: "P0".to_owned(),
            algorithm,
            mode: 'B',
            key_version: "00".to_owned(),
            exportability: 'N',
            optional_blocks: blocks.collect(),
        }
    }

    fn kcv(text: &str) -> Kcv {
        Kcv::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn the_file_announces_and_else_the_block_does() {
        let said = |blocks: &[(&str, &str)], by_file: Option<&str>| {
            let by_file = by_file.map(kcv);
            announced(&header('A', blocks), by_file.as_ref()).unwrap()
        };
        assert_eq!(said(&[], None), None);
        assert_eq!(said(&[], Some("7ad386")), Some("7AD386".to_owned()));
        assert_eq!(said(&[("KC", "017ad386")], None), Some("7AD386".to_owned()));
        let both = said(&[("KC", "017AD386FF")], Some("7AD386"));
        assert_eq!(both, Some("7AD386".to_owned()));
        let of_old = said(&[("KC", "007AD386")], None);
        assert_eq!(of_old, None, "the service computes no such one");
        let tdes = announced(&header('T', &[("KC", "007AD3")]), None).unwrap();
        assert_eq!(tdes, Some("7AD3".to_owned()));
        for cut in ["01", "017A", "017ADX86", "7AD386"] {
            assert_eq!(said(&[("KC", cut)], None), None, "{cut}");
        }
    }

    #[test]
    fn file_and_block_must_not_disagree() {
        let header = header('A', &[("KC", "017AD386")]);
        let error = announced(&header, Some(&kcv("7AD387"))).unwrap_err();
        assert_eq!(error.error(), "KcvDiffers");
    }

    #[test]
    fn a_block_that_names_another_kek_is_not_under_this_one() {
        let under = |data| {
            is_under(
                &header('T', &[("KP", data)]),
                KekAlgorithm::AES_128,
                "9A1B2C",
            )
        };
        assert_eq!(under("019A1B2C"), Ok(()));
        assert_eq!(under("019a1b"), Ok(()));
        assert_eq!(
            under("01AAAAAA").unwrap_err().error(),
            "BlockUnderAnotherKek"
        );
        assert_eq!(
            under("00AAAAAA"),
            Ok(()),
            "of another method: nothing is known"
        );
    }
}
