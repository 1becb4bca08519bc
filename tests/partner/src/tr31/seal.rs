//! Key blocks as the partner's HSM makes them.

use aes::{Aes128, Aes192, Aes256};
use aws_lc_rs::rand;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeEncrypt, InnerIvInit};
use des::{TdesEde2, TdesEde3};

use super::{Cipher, cmac_of, derived};

/// What a block is to say of its key, be it right or wrong.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    /// `K0AB00N`, say: usage, algorithm, mode, key version and exportability.
    pub says: &'a str,
    /// Identifier and data of each optional block. Padding is added where it takes some.
    pub optional_blocks: &'a [(&'a str, &'a str)],
    /// Whether the length of the key is hidden. payShield does not hide it.
    pub masked: bool,
}

impl<'a> Draft<'a> {
    /// Without optional blocks, and with the length hidden.
    pub fn new(says: &'a str) -> Self {
        Self {
            says,
            optional_blocks: &[],
            masked: true,
        }
    }
}

/// Seals a key under a protection key in the clear. `algorithm` is that of the protection key, as Payment
/// Cryptography spells it; `None` where there is no such algorithm, or none of that length.
pub fn seal(draft: &Draft<'_>, algorithm: &str, protection: &[u8], key: &[u8]) -> Option<String> {
    match algorithm {
        "AES_128" => under::<Aes128>('D', draft, protection, 2, key),
        "AES_192" => under::<Aes192>('D', draft, protection, 3, key),
        "AES_256" => under::<Aes256>('D', draft, protection, 4, key),
        "TDES_2KEY" => under::<TdesEde2>('B', draft, protection, 0, key),
        "TDES_3KEY" => under::<TdesEde3>('B', draft, protection, 1, key),
        _ => None,
    }
}

fn under<C: Cipher>(
    version: char,
    draft: &Draft<'_>,
    protection: &[u8],
    code: u8,
    key: &[u8],
) -> Option<String> {
    let unit = if code < 2 { 8 } else { 16 };
    let mut payload = payload(draft, unit, key)?;
    let (count, blocks) = optional_blocks(draft.optional_blocks, unit);
    let length = 16 + blocks.len() + 2 * (payload.len() + unit);
    let says = draft.says;
    let header = format!("{version}{length:04}{says}{count:02}00{blocks}");

    let cipher = C::new_from_slice(protection).ok()?;
    let keyed = |purpose| C::new_from_slice(&derived(&cipher, purpose, code, protection.len()));
    let mac = cmac_of(&keyed(1).ok()?, &[header.as_bytes(), &payload]);
    let bytes = payload.len();
    cbc::Encryptor::inner_iv_slice_init(keyed(0).ok()?, &mac)
        .ok()?
        .encrypt_padded::<NoPadding>(&mut payload, bytes)
        .ok()?;
    let [payload, mac] = [payload, mac].map(hex::encode_upper);
    Some(format!("{header}{payload}{mac}"))
}

/// The length of the key in bits, the key, and random bytes (X9.143 §6.2).
fn payload(draft: &Draft<'_>, unit: usize, key: &[u8]) -> Option<Vec<u8>> {
    let bits = u16::try_from(8 * key.len()).ok()?;
    let longest = match draft.says.get(2..3)? {
        "T" => 24,
        _ => 32,
    };
    let hidden = if draft.masked { longest } else { key.len() };
    let mut payload = [&bits.to_be_bytes(), key].concat();
    let mut padding = vec![
        0;
        (2 + hidden)
            .next_multiple_of(unit)
            .checked_sub(payload.len())?
    ];
    rand::fill(&mut padding).ok()?;
    payload.extend(padding);
    Some(payload)
}

/// How many there are, and their text, which fills whole blocks of the cipher (X9.143 §6.3.6).
fn optional_blocks(blocks: &[(&str, &str)], unit: usize) -> (usize, String) {
    let written = blocks
        .iter()
        .map(|(id, data)| format!("{id}{:02X}{data}", 4 + data.len()));
    let mut text: String = written.collect();
    let mut count = blocks.len();
    if !text.len().is_multiple_of(unit) {
        let length = (text.len() + 4).next_multiple_of(unit) - text.len();
        text += &format!("PB{length:02X}{}", "0".repeat(length - 4));
        count += 1;
    }
    (count, text)
}

#[cfg(test)]
mod tests {
    use super::super::open;
    use super::*;

    #[test]
    fn what_is_sealed_is_opened_with_what_it_says() {
        let key = [7; 16];
        for (algorithm, length, version) in [
            ("AES_128", 16, "D"),
            ("AES_192", 24, "D"),
            ("AES_256", 32, "D"),
            ("TDES_2KEY", 16, "B"),
            ("TDES_3KEY", 24, "B"),
        ] {
            let protection: Vec<u8> = (1..=length).collect();
            for (says, masked, blocks) in [
                ("K0AB00N", true, &[][..]),
                ("K0TB00E", false, &[]),
                ("K1AD00N", false, &[("KC", "017AD386"), ("LB", "zmk")]),
            ] {
                let draft = Draft {
                    says,
                    optional_blocks: blocks,
                    masked,
                };
                let block = seal(&draft, algorithm, &protection, &key).unwrap();
                let opened = open(&block, algorithm, &protection).unwrap();
                assert_eq!(opened.expose(), key);
                assert_eq!(opened.header[..1], *version);
                assert_eq!(opened.header[5..12], *says);
                let told = opened.optional_blocks.iter();
                let told = told.filter(|(id, _)| id != "PB");
                let told: Vec<_> = told
                    .map(|(id, data)| (id.as_str(), data.as_str()))
                    .collect();
                assert_eq!(told, blocks);
            }
        }
    }

    #[test]
    fn a_length_that_is_not_hidden_makes_a_shorter_block() {
        let length = |masked| {
            let draft = Draft {
                masked,
                ..Draft::new("K0AB00N")
            };
            seal(&draft, "AES_256", &[1; 32], &[2; 16]).unwrap().len()
        };
        assert_eq!((length(true), length(false)), (144, 112));
    }

    #[test]
    fn there_is_no_block_under_a_key_of_another_length() {
        let draft = Draft::new("K0AB00N");
        assert_eq!(seal(&draft, "AES_256", &[1; 16], &[2; 16]), None);
        assert_eq!(seal(&draft, "HMAC", &[1; 32], &[2; 16]), None);
    }
}
