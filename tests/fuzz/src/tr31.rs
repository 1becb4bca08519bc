//! Target `tr31`: key blocks and headers.

use aes::Aes128;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeEncrypt, KeyInit, KeyIvInit};
use ceremony::tr31::KeyBlock;
use cmac::{Cmac, Mac};
use des::TdesEde2;
use keyblock::SymmetricAlgorithm::{self, Hmac, Tdes2Key, Tdes3Key};
use keyblock::tr31::{
    Header, KeyUsage, LengthMasking, ModeOfUse, RANDOM_LENGTH, Tr31Error, UnwrappedKey, Version,
    unwrap, wrap,
};
use keyblock::{ClearKey, HmacHash};

/// The first byte chooses what the others are.
///
/// | byte, modulo 2 | the rest |
/// | --- | --- |
/// | 0 | the text of a key block |
/// | 1 | the length of a header, the header, and a payload: they are sealed, so that the MAC is right |
///
/// Holds if what is read is written the same again: a header as a header, a key as a key block; and if
/// the domain, which reads headers only, reads of every block that opens the same.
pub fn tr31(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else {
        return;
    };
    if choice % 2 == 0 {
        if let Ok(text) = std::str::from_utf8(data) {
            check_text(text);
        }
    } else if let Some((length, data)) = data.split_first() {
        let (header, payload) = data.split_at(data.len().min(usize::from(*length)));
        if let Some(block) = seal(header, payload) {
            check_text(&block);
        }
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for version in [Version::A, Version::B, Version::C, Version::D] {
        for algorithm in [
            Tdes2Key,
            Tdes3Key,
            SymmetricAlgorithm::Aes256,
            Hmac(HmacHash::Sha256),
        ] {
            let key = ClearKey::new(algorithm, vec![0x42; algorithm.key_length()].into()).unwrap();
            let mut header = Header::new(KeyUsage::K0, algorithm, ModeOfUse::Encrypt, version);
            let id = "KS".parse().unwrap();
            header.optional_blocks.push(id, "00604B120F").unwrap();
            let masking = LengthMasking::Maximum;
            let random = [b'R'; RANDOM_LENGTH];
            let block = wrap(&key, &header, masking, &protection_key(version), &random).unwrap();
            seeds.push([b"0", block.as_bytes()].concat());

            let header = header.encode(0, &random).unwrap();
            let bits = u16::try_from(8 * algorithm.key_length()).unwrap();
            let parts = [
                &[b'1', u8::try_from(header.len()).unwrap()],
                header.as_bytes(),
                &bits.to_be_bytes(),
                key.bytes().expose(),
            ];
            seeds.push(parts.concat());
        }
    }
    seeds.push(b"0D0016K0TB00E0200AA00020104PB08xxxx".to_vec());
    seeds
}

fn check_text(text: &str) {
    let read = KeyBlock::read(text);
    if let Ok(decoded) = Header::decode(text) {
        check_header(&decoded.header);
    }
    for version in [Version::B, Version::D] {
        let protection_key = protection_key(version);
        if let Ok(unwrapped) = unwrap(text, &protection_key) {
            check_key(&unwrapped, &protection_key);
            let domain = read.as_ref().unwrap().header();
            let usage: &str = unwrapped.header.key_usage.into();
            assert_eq!(domain.usage, usage);
            let blocks = domain.optional_blocks.iter();
            let blocks = blocks.filter(|block| block.id != "PB");
            let blocks = blocks.map(|block| (block.id.clone(), block.data.as_str()));
            let expected = unwrapped.header.optional_blocks.iter();
            let expected = expected.map(|(id, data)| (id.to_string(), data));
            assert!(blocks.eq(expected));
        }
    }
}

fn check_header(header: &Header) {
    let encoded = match header.encode(100, &[b'R'; 16]) {
        Ok(encoded) => encoded,
        // Padding can be one optional block too many, or make the header too long.
        Err(Tr31Error::TooLong(_)) => return,
        Err(error) => panic!("{header:?} is not written: {error}"),
    };
    let decoded = Header::decode(&encoded).unwrap();
    assert_eq!(decoded.header, *header);
    assert_eq!(decoded.encoded_length, encoded.len());
    assert_eq!(decoded.declared_length, encoded.len() + 100);
}

fn check_key(unwrapped: &UnwrappedKey, protection_key: &ClearKey) {
    let UnwrappedKey { header, key } = unwrapped;
    for masking in [LengthMasking::Maximum, LengthMasking::None] {
        let block = match wrap(key, header, masking, protection_key, &[b'R'; RANDOM_LENGTH]) {
            Ok(block) => block,
            Err(Tr31Error::TooLong(_)) => continue,
            Err(error) => panic!("{header:?} is not wrapped: {error}"),
        };
        let again = unwrap(&block, protection_key).unwrap();
        assert_eq!(again.header, *header);
        assert_eq!(again.key.algorithm(), key.algorithm());
        assert!(again.key.bytes().expose() == key.bytes().expose());
    }
}

fn protection_key(version: Version) -> ClearKey {
    let algorithm = match version {
        Version::A | Version::B | Version::C => Tdes2Key,
        Version::D => SymmetricAlgorithm::Aes128,
    };
    ClearKey::new(algorithm, PROTECTION_KEY.to_vec().into()).unwrap()
}

const PROTECTION_KEY: [u8; 16] = [
    0x89, 0xE8, 0x8C, 0xF7, 0x93, 0x14, 0x44, 0xF3, 0x34, 0xBD, 0x75, 0x47, 0xFC, 0x3F, 0x38, 0x0C,
];

/// A key block of this header and payload, made without the codec. Its length is set right, as else
/// nothing would be read; its version is that of the header. `None` if there is no such block.
fn seal(header: &[u8], payload: &[u8]) -> Option<String> {
    let mut header = header.to_vec();
    let (block_length, mac_length) = match header.first()? {
        b'A' | b'C' => (8, 4),
        b'B' => (8, 8),
        b'D' => (16, 16),
        _ => return None,
    };
    let mut payload = payload.to_vec();
    payload.resize(payload.len().next_multiple_of(block_length), 0);
    let length = header.len() + 2 * (payload.len() + mac_length);
    header
        .get_mut(1..5)?
        .copy_from_slice(format!("{length:04}").as_bytes().get(..4)?);

    let mac = match block_length {
        16 => {
            let encryption = cmac::<Aes128>(&PROTECTION_KEY, &[1, 0, 0, 0, 0, 2, 0, 0x80]);
            let authentication = cmac::<Aes128>(&PROTECTION_KEY, &[1, 0, 1, 0, 0, 2, 0, 0x80]);
            let mac = cmac::<Aes128>(&authentication, &[&header[..], &payload].concat());
            encrypt::<Aes128>(&encryption, &mac, &mut payload);
            mac
        }
        _ if mac_length == 8 => {
            let derive = |purpose| {
                [1, 2]
                    .map(|counter| {
                        let input = [counter, 0, purpose, 0, 0, 0, 0, 0x80];
                        cmac::<TdesEde2>(&PROTECTION_KEY, &input)
                    })
                    .concat()
            };
            let mac = cmac::<TdesEde2>(&derive(1), &[&header[..], &payload].concat());
            encrypt::<TdesEde2>(&derive(0), &mac, &mut payload);
            mac
        }
        _ => {
            let variant = |mask| PROTECTION_KEY.map(|byte| byte ^ mask);
            encrypt::<TdesEde2>(&variant(0x45), header.get(..8)?, &mut payload);
            let mut chain = [&header[..], &payload].concat();
            chain.resize(chain.len().next_multiple_of(8), 0);
            encrypt::<TdesEde2>(&variant(0x4D), &[0; 8], &mut chain);
            chain[chain.len() - 8..][..4].to_vec()
        }
    };
    let header = String::from_utf8(header).ok()?;
    let (payload, mac) = (hex::encode_upper(payload), hex::encode_upper(mac));
    Some(header + &payload + &mac)
}

fn cmac<C>(key: &[u8], message: &[u8]) -> Vec<u8>
where
    C: cmac::block_api::CmacCipher,
    Cmac<C>: Mac + KeyInit,
{
    let mac = <Cmac<C> as KeyInit>::new_from_slice(key).unwrap();
    mac.chain_update(message).finalize().into_bytes().to_vec()
}

fn encrypt<C>(key: &[u8], iv: &[u8], data: &mut [u8])
where
    C: cbc::cipher::BlockCipherEncrypt + KeyInit,
{
    let length = data.len();
    cbc::Encryptor::<C>::new_from_slices(key, iv)
        .unwrap()
        .encrypt_padded::<NoPadding>(data, length)
        .unwrap();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_here_opens() {
        for seed in seeds() {
            let [b'1', length, rest @ ..] = &seed[..] else {
                continue;
            };
            let (header, payload) = rest.split_at(usize::from(*length));
            let block = seal(header, payload).unwrap();
            let version = Header::decode(&block).unwrap().header.version;
            assert!(unwrap(&block, &protection_key(version)).is_ok(), "{block}");
        }
    }
}
