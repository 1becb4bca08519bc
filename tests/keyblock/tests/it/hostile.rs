//! Blocks that were changed, cut, or never were any: each is refused, and the error says why.

use keyblock::SymmetricAlgorithm::{Aes128, Hmac, Tdes2Key};
use keyblock::tr31::{
    Algorithm, BlockId, Exportability, Field, Header, KeyUsage, LengthMasking, ModeOfUse,
    OptionalBlocks, RANDOM_LENGTH, Tr31Error, Version, unwrap, wrap,
};
use keyblock::{ClearKey, HmacHash};
use strum::VariantArray;

use crate::support::key;

const KEY: &str = "0123456789ABCDEFFEDCBA9876543210";

/// A block of each version, with an optional block, and the key that opens it.
fn blocks() -> Vec<(String, ClearKey)> {
    let wrapped = key(Hmac(HmacHash::Sha256), KEY);
    Version::VARIANTS
        .iter()
        .map(|version| {
            let algorithm = if *version == Version::D {
                Aes128
            } else {
                Tdes2Key
            };
            let protection_key = key(algorithm, KEY);
            let mut header = Header::new(
                KeyUsage::M7,
                wrapped.algorithm(),
                ModeOfUse::Generate,
                *version,
            );
            header
                .optional_blocks
                .push("09".parse().unwrap(), "Any data")
                .unwrap();
            let random = [0x77; RANDOM_LENGTH];
            let block = wrap(
                &wrapped,
                &header,
                LengthMasking::None,
                &protection_key,
                &random,
            );
            (block.unwrap(), protection_key)
        })
        .collect()
}

#[test]
fn every_changed_character_is_noticed() {
    for (block, protection_key) in blocks() {
        assert!(unwrap(&block, &protection_key).is_ok());
        for position in 0..block.len() {
            for replacement in ' '..='~' {
                let mut changed = block.clone();
                changed.replace_range(position..=position, &replacement.to_string());
                if changed != block {
                    let refused = unwrap(&changed, &protection_key);
                    assert!(refused.is_err(), "{replacement:?} at {position} of {block}");
                }
            }
        }
    }
}

#[test]
fn every_flipped_bit_of_ciphertext_and_mac_fails_the_mac() {
    for (block, protection_key) in blocks() {
        let header_length = Header::decode(&block).unwrap().encoded_length;
        let sealed = hex::decode(&block[header_length..]).unwrap();
        for bit in 0..8 * sealed.len() {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let changed = format!("{}{}", &block[..header_length], hex::encode_upper(changed));
            assert_eq!(
                unwrap(&changed, &protection_key).err(),
                Some(Tr31Error::Mac)
            );
        }
    }
}

#[test]
fn a_block_that_is_cut_or_goes_on_is_refused() {
    for (block, protection_key) in blocks() {
        for length in 0..block.len() {
            assert!(
                unwrap(&block[..length], &protection_key).is_err(),
                "{length}"
            );
            // The same, with a length that agrees.
            if length >= Header::LENGTH {
                let cut = format!("{}{length:04}{}", &block[..1], &block[5..length]);
                assert!(unwrap(&cut, &protection_key).is_err(), "{cut}");
            }
        }
        for more in ["0", " ", "\n", "00", "0000000000000000"] {
            let extended = format!("{block}{more}");
            assert!(unwrap(&extended, &protection_key).is_err(), "{extended}");
            let length = extended.len();
            let extended = format!("{}{length:04}{}", &block[..1], &extended[5..]);
            assert!(unwrap(&extended, &protection_key).is_err(), "{extended}");
        }
    }
}

#[test]
fn lower_case_hexadecimal_is_refused() {
    for (block, protection_key) in blocks() {
        let (header, sealed) = block.split_at(Header::decode(&block).unwrap().encoded_length);
        let mac_length = 2 * Header::decode(header).unwrap().header.version.mac_length();
        let (ciphertext, mac) = sealed.split_at(sealed.len() - mac_length);
        for (changed, field) in [
            (
                format!("{header}{}{mac}", ciphertext.to_lowercase()),
                Field::Ciphertext,
            ),
            (
                format!("{header}{ciphertext}{}", mac.to_lowercase()),
                Field::Mac,
            ),
        ] {
            let refused = unwrap(&changed, &protection_key).err();
            assert_eq!(refused, Some(Tr31Error::NotHexadecimal(field)), "{changed}");
        }
        assert!(unwrap(&block.to_lowercase(), &protection_key).is_err());
    }
}

#[test]
fn characters_outside_ascii_are_refused() {
    for (block, protection_key) in blocks() {
        for position in 0..block.len() {
            for replacement in ["é", "€", "\u{1F511}", "\0", "\u{7F}"] {
                let mut changed = block.clone();
                changed.replace_range(position..=position, replacement);
                assert_eq!(
                    unwrap(&changed, &protection_key).err(),
                    Some(Tr31Error::NotAscii)
                );
            }
        }
    }
}

#[test]
fn an_error_names_the_field() {
    let value = |field, found: &str| Tr31Error::Value {
        field,
        found: found.to_owned(),
    };
    let id: BlockId = "AA".parse().unwrap();
    for (text, expected) in [
        ("", Tr31Error::Truncated(Field::Version)),
        ("E0016P0TE00E0000", value(Field::Version, "E")),
        ("B001", Tr31Error::Truncated(Field::Length)),
        ("B+016P0TE00E0000", value(Field::Length, "+016")),
        ("B0016p0TE00E0000", value(Field::KeyUsage, "p0")),
        ("B0016P0XE00E0000", value(Field::Algorithm, "X")),
        ("B0016P0TA00E0000", value(Field::ModeOfUse, "A")),
        ("B0016P0TE0cE0000", value(Field::KeyVersion, "0c")),
        ("B0016P0TE00Y0000", value(Field::Exportability, "Y")),
        ("B0016P0TE00E0A00", value(Field::OptionalBlockCount, "0A")),
        ("B0016P0TE00E0001", value(Field::Reserved, "01")),
        (
            "B0016P0TE00E0100",
            Tr31Error::Truncated(Field::OptionalBlockId),
        ),
        ("B0016P0TE00E0100aA04", value(Field::OptionalBlockId, "aA")),
        (
            "B0016P0TE00E0100AA",
            Tr31Error::Truncated(Field::OptionalBlockLength(id)),
        ),
        (
            "B0016P0TE00E0100AA03",
            value(Field::OptionalBlockLength(id), "3"),
        ),
        (
            "B0016P0TE00E0100AA0a",
            value(Field::OptionalBlockLength(id), "0a"),
        ),
        (
            "B0016P0TE00E0100AA0000",
            value(Field::OptionalBlockLength(id), "0 digits"),
        ),
        (
            "B0016P0TE00E0100AA00FF",
            value(Field::OptionalBlockLength(id), "510 digits"),
        ),
        (
            "B0016P0TE00E0100AA00020009",
            value(Field::OptionalBlockLength(id), "9"),
        ),
        (
            "B0016P0TE00E0100AA0004FFFFFFFF",
            Tr31Error::Truncated(Field::OptionalBlock(id)),
        ),
        (
            "B0016P0TE00E0100AA06x",
            Tr31Error::Truncated(Field::OptionalBlock(id)),
        ),
        (
            "B0016P0TE00E0200AA04AA04",
            Tr31Error::DuplicateOptionalBlock(id),
        ),
        ("B0016P0TE00E0200PB04AA04", Tr31Error::PaddingBlock),
    ] {
        assert_eq!(Header::decode(text), Err(expected), "{text}");
    }
}

#[test]
fn a_header_that_does_not_fit_the_key_is_refused() {
    let wrapped = key(Aes128, KEY);
    let header = Header::new(KeyUsage::K0, Tdes2Key, ModeOfUse::Encrypt, Version::D);
    let random = [0; RANDOM_LENGTH];
    let refused = wrap(&wrapped, &header, LengthMasking::Maximum, &wrapped, &random);
    let expected = Tr31Error::KeyForAlgorithm {
        algorithm: Algorithm::Tdes,
        length: 16,
    };
    assert_eq!(refused, Err(expected));

    let wrapped = key(Hmac(HmacHash::Sha512), KEY);
    let mut header = Header::new(
        KeyUsage::M7,
        Hmac(HmacHash::Sha256),
        ModeOfUse::Generate,
        Version::D,
    );
    let protection_key = key(Aes128, KEY);
    let refused = wrap(
        &wrapped,
        &header,
        LengthMasking::None,
        &protection_key,
        &random,
    );
    assert_eq!(
        refused,
        Err(Tr31Error::HmacHash {
            key: HmacHash::Sha512
        })
    );

    header.optional_blocks = OptionalBlocks::new();
    let refused = wrap(
        &wrapped,
        &header,
        LengthMasking::None,
        &protection_key,
        &random,
    );
    let field = Field::OptionalBlock(BlockId::HM);
    assert_eq!(refused, Err(Tr31Error::Missing(field)));
}

#[test]
fn a_block_can_have_9999_characters_at_most() {
    let wrapped = key(Aes128, KEY);
    let mut header = Header::new(KeyUsage::K0, Aes128, ModeOfUse::Encrypt, Version::D);
    header.exportability = Exportability::NonExportable;
    for id in ["01", "02"] {
        header
            .optional_blocks
            .push(id.parse().unwrap(), &"x".repeat(5000))
            .unwrap();
    }
    let random = [0; RANDOM_LENGTH];
    let refused = wrap(&wrapped, &header, LengthMasking::Maximum, &wrapped, &random);
    assert_eq!(refused, Err(Tr31Error::TooLong(Field::Length)));
}
