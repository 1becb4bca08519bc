//! What other implementations write otherwise than this one, and may.

use keyblock::SymmetricAlgorithm::{self, Aes128, Aes256, Tdes2Key, Tdes3Key};
use keyblock::tr31::{BlockId, Version};
use keyblock::tr34::{Nonce, UnwrappedKey, unwrap};

use super::forge::Draft;
use super::parties::{RECIPIENT, SENDER, STRONG_RECIPIENT, STRONG_SENDER};

const NONCE: [u8; 16] = [0xA5; 16];

#[test]
fn a_message_of_another_implementation_opens() {
    for (sender, recipient) in [(&SENDER, &RECIPIENT), (&STRONG_SENDER, &STRONG_RECIPIENT)] {
        let tdes = Draft::new(sender, recipient, "D0112K0TB00E0000", &NONCE);
        let aes = Draft::new(sender, recipient, "D0144K0AB00E0000", &NONCE).with_aes();
        // A key of one kind under the cipher of the other is for the caller to refuse or not.
        let mut mixed = Draft::new(sender, recipient, "D0112K0TB00E0000", &NONCE).with_aes();
        mixed.key = vec![0x42; 24];
        for (draft, algorithm) in [(tdes, Tdes2Key), (aes, Aes128), (mixed, Tdes3Key)] {
            let nonce = Nonce::new(&NONCE).unwrap();
            let opened = unwrap(
                &draft.message(),
                &sender.certificate,
                &recipient.as_recipient(),
                Some(&nonce),
            )
            .unwrap();
            assert_eq!(opened.key.algorithm(), algorithm);
            assert_eq!(opened.key.bytes().expose(), draft.key);
        }
    }
}

/// Strict DER would sort them, which for a nonce of 16 bytes gives another order than the format's.
#[test]
fn the_attributes_may_stand_in_any_order() {
    let draft = Draft::new(&SENDER, &RECIPIENT, "D0112K0TB00E0000", &NONCE);
    let envelope = draft.envelope(&draft.padded_key_block());
    let attributes = draft.attributes(&envelope);
    let mut sorted = attributes.clone();
    sorted.sort();
    assert_ne!(sorted, attributes);
    let mut reversed = attributes.clone();
    reversed.reverse();
    for attributes in [attributes, sorted, reversed] {
        open(&draft.signed(&envelope, &attributes.concat()));
    }
}

#[test]
fn padding_may_be_left_out_or_of_another_kind() {
    // One of these headers makes the key block whole cipher blocks.
    let aligned = (1..=8)
        .map(|length| format!("D0000K0TB00E0100AA{:02X}{}", 4 + length, "x".repeat(length)))
        .map(|header| Draft::new(&SENDER, &RECIPIENT, &header, &NONCE))
        .find(|draft| draft.key_block().len().is_multiple_of(8))
        .unwrap();
    let text = aligned.key_block();
    for padding in [&[][..], &[0; 8], &[8; 8], &[1, 2, 3, 4, 5, 6, 7, 8]] {
        let envelope = aligned.envelope(&[&text, padding].concat());
        let attributes = aligned.attributes(&envelope).concat();
        let opened = open(&aligned.signed(&envelope, &attributes));
        assert_eq!(opened.key.bytes().expose(), aligned.key);
    }
}

#[test]
fn neither_version_nor_length_in_the_header_binds_anything() {
    for (header, version) in [
        ("D9999K0TB00E0000", Version::D),
        ("B9999K0TB00E0000", Version::B),
        ("A0000K0TB00E0000", Version::A),
    ] {
        let opened = open(&Draft::new(&SENDER, &RECIPIENT, header, &NONCE).message());
        assert_eq!(opened.header.version, version);
        assert_eq!(opened.key.algorithm(), Tdes2Key);
    }
}

#[test]
fn a_header_may_have_optional_blocks() {
    let header = "D0128B1TX00E0200KS1800604B120F9292800000PB080000";
    let opened = open(&Draft::new(&SENDER, &RECIPIENT, header, &NONCE).message());
    let blocks: Vec<_> = opened.header.optional_blocks.iter().collect();
    assert_eq!(blocks, [(BlockId::KS, "00604B120F9292800000")]);
}

#[test]
fn the_algorithm_is_that_of_the_header_with_the_length_of_the_key() {
    for (letter, length, algorithm) in [
        ('T', 16, Tdes2Key),
        ('T', 24, Tdes3Key),
        ('A', 16, Aes128),
        ('A', 24, SymmetricAlgorithm::Aes192),
        ('A', 32, Aes256),
    ] {
        let header = format!("D0000K0{letter}B00E0000");
        let mut draft = Draft::new(&SENDER, &RECIPIENT, &header, &NONCE);
        draft.key = vec![0x42; length];
        assert_eq!(open(&draft.message()).key.algorithm(), algorithm);
    }
}

fn open(message: &[u8]) -> UnwrappedKey {
    let nonce = Nonce::new(&NONCE).unwrap();
    let recipient = RECIPIENT.as_recipient();
    unwrap(message, &SENDER.certificate, &recipient, Some(&nonce)).unwrap()
}
