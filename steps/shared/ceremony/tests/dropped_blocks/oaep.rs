//! RSA blocks, which say nothing of their key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::algorithms::OaepHash;
use ceremony::evidence::Recordable;
use ceremony::key_import::block::CheckedBlock;
use ceremony::key_import::encoding::Mistake;
use ceremony::key_import::refused::Refused;

use crate::story::Story;

const KEK: [u8; 16] = [0x5a; 16];

#[test]
fn a_block_as_long_as_the_modulus_may_go_to_the_service() {
    let story = Story::rsa_oaep(|_| {});
    let block = story.published().by_rsa_oaep(&KEK).unwrap();
    assert_eq!(block.len(), 384);
    let digits = hex::encode_upper(&block);
    for file in [
        block.clone(),
        digits.clone().into_bytes(),
        format!("{}\n", digits.to_lowercase()).into_bytes(),
    ] {
        let checked = story.check(&file).unwrap();
        let expected = CheckedBlock::Oaep {
            cryptogram: digits.clone(),
            hash: OaepHash::SHA_256,
        };
        assert_eq!(checked, expected);
        let recorded = serde_json::to_value(checked.recordable()).unwrap();
        assert_eq!(recorded["bytes"], 384);
        assert_eq!(recorded["hash"], "SHA_256");
        assert!(!recorded.to_string().contains(&digits));
    }
}

#[test]
fn a_block_of_another_length_or_above_the_modulus_is_refused() {
    let story = Story::rsa_oaep(|_| {});
    let block = story.published().by_rsa_oaep(&KEK).unwrap();
    for length in [256, 383, 385, 512] {
        let mut other = block.clone();
        other.resize(length, 1);
        let digits = hex::encode(&other);
        assert_eq!(story.refused(digits.as_bytes()), "BlockLengthWrong");
    }
    let above = [0xff; 384];
    assert_eq!(story.refused(&above), "BlockNotUnderOfferedKey");
    let digits = hex::encode(above);
    assert_eq!(story.refused(digits.as_bytes()), "BlockNotUnderOfferedKey");
}

#[test]
fn base64_is_refused_by_name() {
    let story = Story::rsa_oaep(|_| {});
    let block = story.published().by_rsa_oaep(&KEK).unwrap();
    let mut cut = block.clone();
    cut.truncate(300);
    for (file, mistake) in [
        (STANDARD.encode(&block).into_bytes(), Mistake::Base64),
        (cut, Mistake::Binary),
        (b"the block is attached".to_vec(), Mistake::Other),
    ] {
        let refused = story.check(&file).unwrap_err();
        let Refused::BlockUnreadable(unreadable) = refused else {
            panic!("{mistake}: {refused}");
        };
        assert_eq!(unreadable.mistake(), mistake);
    }
}
