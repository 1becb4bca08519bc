//! TR-31 blocks under a key that both sides derive, and under an established KEK.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::algorithms::KekAlgorithm;
use ceremony::evidence::Recordable;
use ceremony::key_import::block::{CheckedBlock, Protection, tr31_block};
use ceremony::key_import::encoding::Mistake;
use ceremony::key_import::refused::Refused;
use partner::KeyKind;
use partner::tr31::{Draft, seal};
use serde_json::json;

use crate::story::Story;

const SAYS: &str = "K0AB00N";
const KEK: [u8; 16] = [0x5a; 16];

fn aes_128() -> Story {
    Story::ecdh(KeyKind::EccP256, |_| {})
}

fn block(story: &Story, draft: &Draft<'_>, key: &[u8]) -> String {
    let offer = story.published();
    assert_eq!(offer.method(), "ecdh");
    offer
        .by_ecdh(story.partners.leaf.key(), draft, key)
        .unwrap()
}

/// Every algorithm on the weakest curve that may carry it, from an HSM that hides the length of a key and from
/// one that does not.
#[test]
fn a_block_of_the_expected_key_may_go_to_the_service() {
    for (algorithm, curve, says, bytes) in [
        ("AES_128", KeyKind::EccP256, "K0AB00N", 16),
        ("AES_192", KeyKind::EccP384, "K0AB00N", 24),
        ("AES_256", KeyKind::EccP521, "K0AB00N", 32),
        ("TDES_2KEY", KeyKind::EccP256, "K0TB00N", 16),
        ("TDES_3KEY", KeyKind::EccP256, "K0TB00N", 24),
    ] {
        let story = Story::ecdh(curve, |request| request["algorithm"] = json!(algorithm));
        for masked in [true, false] {
            let draft = Draft {
                masked,
                ..Draft::new(says)
            };
            let text = block(&story, &draft, &vec![0x5a; bytes]);
            for end in ["", "\n", "\r\n"] {
                let checked = story.check(format!("{text}{end}").as_bytes()).unwrap();
                let CheckedBlock::Tr31 { key_block, header } = &checked else {
                    panic!("{checked:?}");
                };
                assert_eq!(*key_block, text);
                assert_eq!(header.usage, "K0");
            }
        }
    }
}

#[test]
fn of_a_block_the_header_is_recorded_and_never_the_block() {
    let story = aes_128();
    let text = block(&story, &Draft::new(SAYS), &KEK);
    let checked = story.check(text.as_bytes()).unwrap();
    let recorded = serde_json::to_value(checked.recordable()).unwrap();
    assert_eq!(recorded["form"], "tr31");
    assert_eq!(recorded["bytes"], 144);
    assert_eq!(recorded["header"]["usage"], "K0");
    assert!(!recorded.to_string().contains(&text[16..]));
}

#[test]
fn a_header_that_says_something_else_is_refused_by_its_field() {
    let story = aes_128();
    for (says, field) in [
        ("P0AB00N", "usage"),
        ("K1AB00N", "usage"),
        ("K0TB00N", "algorithm"),
        ("K0AE00N", "mode of use"),
        ("K0AN00N", "mode of use"),
        ("K0AB01N", "key version"),
        ("K0ABc1N", "key version"),
        ("K0AB00E", "exportability"),
        ("K0AB00S", "exportability"),
    ] {
        let text = block(&story, &Draft::new(says), &KEK);
        let refused = story.check(text.as_bytes()).unwrap_err();
        assert_eq!(refused.error(), "BlockHeaderDiffers", "{says}");
        assert!(refused.to_string().contains(field), "{refused}");
    }
    let under_tdes = seal(&Draft::new(SAYS), "TDES_3KEY", &[1; 24], &KEK).unwrap();
    let refused = story.check(under_tdes.as_bytes()).unwrap_err();
    assert!(refused.to_string().contains("version"), "{refused}");
}

#[test]
fn every_character_of_a_header_counts() {
    let story = aes_128();
    let text = block(&story, &Draft::new(SAYS), &KEK);
    for at in 0..16 {
        for other in ['1', 'Z', ' '] {
            let mut changed: Vec<char> = text.chars().collect();
            if changed[at] == other {
                continue;
            }
            changed[at] = other;
            let changed: String = changed.into_iter().collect();
            assert!(story.check(changed.as_bytes()).is_err(), "{at}: {other}");
        }
    }
    for cut in 0..text.len() {
        assert!(story.check(&text.as_bytes()[..cut]).is_err(), "{cut}");
    }
}

#[test]
fn optional_blocks_that_change_nothing_may_be_added() {
    let story = Story::ecdh(KeyKind::EccP256, |request| request["kcv"] = json!("7ad386"));
    let with = |optional_blocks| Draft {
        optional_blocks,
        ..Draft::new(SAYS)
    };
    for blocks in [
        &[("KC", "017AD386")][..],
        &[("KC", "017AD386ABCD"), ("KP", "01AABBCC"), ("LB", "zmk")],
        &[("TS", "20261127203000Z"), ("TC", "20261127203000Z")],
        // Of another form than is known: nothing is compared.
        &[("KC", "0212345678")],
    ] {
        let text = block(&story, &with(blocks), &KEK);
        assert!(story.check(text.as_bytes()).is_ok(), "{blocks:?}");
    }
    for blocks in [
        &[("HM", "21")][..],
        &[("IK", "1234567890123456")],
        &[("WP", "0002")],
        &[("DA", "0102")],
        &[("LB", "zmk"), ("10", "private")],
    ] {
        let text = block(&story, &with(blocks), &KEK);
        assert_eq!(story.refused(text.as_bytes()), "BlockHeaderDiffers");
    }
    let text = block(&story, &with(&[("LB", "our zmk!")]), &KEK);
    assert_eq!(story.refused(text.as_bytes()), "CharactersNotTaken");
    let text = block(&story, &with(&[("KC", "01112233")]), &KEK);
    assert_eq!(story.refused(text.as_bytes()), "KcvDiffers");
}

#[test]
fn an_optional_block_that_was_asked_for_must_be_there_as_it_was() {
    let story = Story::ecdh(KeyKind::EccP256, |request| {
        request["optionalBlocks"] = json!([{ "id": "LB", "data": "zmk" }]);
    });
    let with = |optional_blocks| {
        let draft = Draft {
            optional_blocks,
            ..Draft::new(SAYS)
        };
        block(&story, &draft, &KEK)
    };
    assert!(story.check(with(&[("LB", "zmk")]).as_bytes()).is_ok());
    for blocks in [&[][..], &[("LB", "zpk")], &[("TS", "zmk")]] {
        let text = with(blocks);
        assert_eq!(story.refused(text.as_bytes()), "BlockHeaderDiffers");
    }
}

/// The header of AES says nothing of its length; what follows it does.
#[test]
fn a_block_that_is_too_short_for_the_key_is_refused() {
    let story = Story::ecdh(KeyKind::EccP521, |request| {
        request["algorithm"] = json!("AES_256");
    });
    let draft = Draft {
        masked: false,
        ..Draft::new(SAYS)
    };
    let text = block(&story, &draft, &KEK);
    assert_eq!(story.refused(text.as_bytes()), "BlockTooShort");
}

/// The KEK's own check value, where an HSM writes it into the block.
#[test]
fn a_block_under_an_established_kek_is_held_to_that_kek() {
    let story = aes_128();
    let under = Protection::established(KekAlgorithm::AES_128, "7AD386");
    let check = |blocks, algorithm, kek: &[u8]| {
        let draft = Draft {
            optional_blocks: blocks,
            ..Draft::new(SAYS)
        };
        let text = seal(&draft, algorithm, kek, &KEK).unwrap();
        let checked = tr31_block(text.as_bytes(), under, &story.request.expected, None);
        checked.map(|_| ()).map_err(|refused| refused.error())
    };
    let kek = &[7; 16];
    assert_eq!(check(&[], "AES_128", kek), Ok(()));
    assert_eq!(check(&[("KP", "017ad386")], "AES_128", kek), Ok(()));
    assert_eq!(check(&[("KP", "017AD3")], "AES_128", kek), Ok(()));
    let other = check(&[("KP", "01999999")], "AES_128", kek);
    assert_eq!(other, Err("BlockUnderAnotherKey"));
    assert_eq!(check(&[], "TDES_2KEY", kek), Err("BlockHeaderDiffers"));
}

#[test]
fn other_encodings_are_refused_by_name() {
    let story = aes_128();
    let text = block(&story, &Draft::new(SAYS), &KEK);
    let utf16: Vec<u8> = text.bytes().flat_map(|byte| [byte, 0]).collect();
    for (file, mistake) in [
        (STANDARD.encode(&text).into_bytes(), Mistake::Base64),
        (
            STANDARD.encode(format!("{text}\n")).into_bytes(),
            Mistake::Base64,
        ),
        (hex::encode(&text).into_bytes(), Mistake::HexOfText),
        (hex::decode(&text[16..]).unwrap(), Mistake::Binary),
        (utf16, Mistake::Binary),
        (
            format!("-----BEGIN KEY BLOCK-----\n{text}\n-----END KEY BLOCK-----\n").into_bytes(),
            Mistake::Pem,
        ),
    ] {
        let refused = story.check(&file).unwrap_err();
        let Refused::BlockUnreadable(unreadable) = refused else {
            panic!("{mistake}: {refused}");
        };
        assert_eq!(unreadable.mistake(), mistake);
    }
    for file in [
        text.to_lowercase(),
        format!("{text}{text}"),
        format!(" {text}"),
        format!("{text} and more"),
        format!("{}\n{}", &text[..80], &text[80..]),
    ] {
        assert_eq!(story.refused(file.as_bytes()), "KeyBlockMalformed");
    }
    assert_eq!(story.refused(b""), "BlockSizeWrong");
    assert_eq!(story.refused(&[b'D'; 20_000]), "BlockSizeWrong");
}

/// Somebody sends the key itself, or the wrong half of a pair.
#[test]
fn what_may_be_a_key_in_the_clear_is_told_as_that() {
    let story = aes_128();
    for bytes in [16, 24, 32] {
        let key = vec![0x9c; bytes];
        assert_eq!(story.refused(&key), "ClearKeyReceived");
        let digits = format!("{}\n", hex::encode_upper(&key));
        assert_eq!(story.refused(digits.as_bytes()), "ClearKeyReceived");
    }
    let pem = story.partners.leaf.key().pem();
    assert_eq!(story.refused(pem.as_bytes()), "PrivateKeyReceived");
}
