//! Target `tr34`: messages, read by the codec and by the product.

use ceremony::tr34::Freshness as Seen;
use der::asn1::Any;
use der::{Decode, Encode};
use keyblock::tr31::Tr31Error;
use keyblock::tr34::{
    CertificateId, Freshness, Nonce, RANDOM_LENGTH, Tr34Error, UnwrappedKey, unwrap, wrap,
};

use crate::forge::{Draft, SIGNING_TIME, attribute, tlv};
use crate::parties::{RECIPIENT, SENDER};

/// The first byte chooses what the others are. All but a whole message are made into one with what
/// else it takes, up to the signature, as otherwise nothing behind the signature would be reached.
///
/// | byte, modulo 6 | the rest |
/// | --- | --- |
/// | 0 | a message |
/// | 1 | the signed attributes |
/// | 2 | the envelope, with 256 `K` for the encrypted key |
/// | 3 | the decrypted key block |
/// | 4 | the number of a part, and the part |
/// | 5 | the certificate of the sender |
///
/// Holds if what is opened can be sent again and opens to the same, if the issuer and the serial number
/// of a certificate's id are in it byte for byte, and if the product, which opens nothing, reads the same
/// of what is opened. No input depends on the keys, which are new in every process.
pub fn tr34(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else {
        return;
    };
    let mut draft = draft();
    let message = match choice % 6 {
        0 => data.to_vec(),
        1 => draft.signed(&draft.envelope(&draft.padded_key_block()), data),
        2 => {
            let envelope = with_encrypted_key(data, &draft);
            draft.signed(&envelope, &draft.attributes(&envelope).concat())
        }
        3 => {
            let mut text = data.to_vec();
            text.resize(text.len().next_multiple_of(8), 0);
            let envelope = draft.envelope(&text);
            draft.signed(&envelope, &draft.attributes(&envelope).concat())
        }
        4 => {
            let Some((number, part)) = data.split_first() else {
                return;
            };
            let mut parts = parts(&mut draft);
            let number = usize::from(*number) % parts.len();
            *parts[number] = part.to_vec();
            draft.message()
        }
        _ => return check_certificate(data),
    };
    let read = ceremony::tr34::KeyBlock::read(&message);
    for nonce in [None, Some(Nonce::new(&NONCE).unwrap())] {
        let recipient = RECIPIENT.as_recipient();
        if let Ok(unwrapped) = unwrap(&message, &SENDER.certificate, &recipient, nonce.as_ref()) {
            check_key(&unwrapped);
            if let Ok(read) = &read {
                check_same(read, &unwrapped);
            }
        }
    }
}

fn check_same(read: &ceremony::tr34::KeyBlock, unwrapped: &UnwrappedKey) {
    let header = &unwrapped.header;
    let letters: String = read.header().chars().skip(5).take(4).collect();
    let expected: [&str; 3] = [
        header.key_usage.into(),
        header.algorithm.into(),
        header.mode_of_use.into(),
    ];
    assert_eq!(letters, expected.concat());
    match (read.freshness(), &unwrapped.freshness) {
        (Seen::Nonce(seen), Freshness::Nonce(nonce)) => assert_eq!(seen.bytes(), nonce.as_bytes()),
        (Seen::SigningTime(seen), Freshness::SigningTime(time)) => {
            assert_eq!(seen.unix_seconds(), *time);
        }
        (seen, other) => panic!("{seen:?} is no {other:?}"),
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let mut draft = draft();
    let text = draft.padded_key_block();
    let envelope = draft.envelope(&text);
    let two_passes = draft.attributes(&envelope).concat();
    let nonce = std::mem::replace(
        &mut draft.freshness,
        attribute(SIGNING_TIME, &tlv(0x17, &[b"230609233946Z"])),
    );
    let one_pass = draft.attributes(&envelope).concat();
    draft.freshness = nonce;
    let aes = draft.clone().with_aes();

    let mut seeds = vec![
        [b"0", &draft.message()[..]].concat(),
        [b"1", &two_passes[..]].concat(),
        [b"1", &one_pass[..]].concat(),
        [b"2", &with_marker(&envelope)[..]].concat(),
        [
            b"2",
            &with_marker(&aes.envelope(&aes.padded_key_block()))[..],
        ]
        .concat(),
        [b"3", &text[..]].concat(),
        [b"3", &draft.key_block()[..]].concat(),
        [b"5", &SENDER.certificate[..]].concat(),
    ];
    for (number, part) in (0_u8..).zip(parts(&mut draft)) {
        seeds.push([&[b'4', number], &part[..]].concat());
    }
    seeds
}

fn draft() -> Draft<'static> {
    Draft::new(&SENDER, &RECIPIENT, HEADER, &NONCE)
}

/// The parts that an input can replace.
fn parts<'a>(draft: &'a mut Draft<'_>) -> Vec<&'a mut Vec<u8>> {
    vec![
        &mut draft.key_block_version,
        &mut draft.key_block_sender,
        &mut draft.key,
        &mut draft.key_block_attribute,
        &mut draft.header,
        &mut draft.envelope_version,
        &mut draft.recipient_version,
        &mut draft.recipient_id,
        &mut draft.key_encryption,
        &mut draft.content_type,
        &mut draft.content_encryption,
        &mut draft.iv,
        &mut draft.signed_header,
        &mut draft.freshness,
        &mut draft.signed_content_type,
        &mut draft.message_type,
        &mut draft.message_version,
        &mut draft.digest_algorithm,
        &mut draft.envelope_type,
        &mut draft.signer_version,
        &mut draft.sender_id,
        &mut draft.signer_digest_algorithm,
        &mut draft.signature_algorithm,
    ]
}

fn check_key(unwrapped: &UnwrappedKey) {
    let UnwrappedKey {
        header,
        key,
        freshness,
    } = unwrapped;
    let sender = SENDER.as_sender();
    let random = [b'R'; RANDOM_LENGTH];
    let message = match wrap(
        key,
        header,
        &sender,
        &RECIPIENT.certificate,
        freshness,
        &random,
    ) {
        Ok(message) => message,
        // Padding can be one optional block too many, or make the header too long.
        Err(Tr34Error::KeyBlockHeader(Tr31Error::TooLong(_))) => return,
        Err(error) => panic!("{header:?} is not sent: {error}"),
    };
    let nonce = match freshness {
        Freshness::Nonce(nonce) => Some(nonce),
        Freshness::SigningTime(_) => None,
    };
    let recipient = RECIPIENT.as_recipient();
    let again = unwrap(&message, &SENDER.certificate, &recipient, nonce).unwrap();
    assert_eq!(again.header, *header);
    assert_eq!(again.freshness, *freshness);
    assert_eq!(again.key.algorithm(), key.algorithm());
    assert!(again.key.bytes().expose() == key.bytes().expose());
}

fn check_certificate(certificate: &[u8]) {
    if let Ok(id) = CertificateId::of_certificate(certificate) {
        let id = id.to_der().unwrap();
        for part in Vec::<Any>::from_der(&id).unwrap() {
            let part = part.to_der().unwrap();
            assert!(
                find(certificate, &part).is_some(),
                "{part:02X?} is not there"
            );
        }
    }
    let message = draft().message();
    let nonce = Nonce::new(&NONCE).unwrap();
    let recipient = RECIPIENT.as_recipient();
    if let Ok(unwrapped) = unwrap(&message, certificate, &recipient, Some(&nonce)) {
        check_key(&unwrapped);
    }
}

/// An encrypted key is another in every process; a marker of the same length stands for it.
fn with_encrypted_key(envelope: &[u8], draft: &Draft<'_>) -> Vec<u8> {
    let mut envelope = envelope.to_vec();
    if let Some(position) = find(&envelope, &MARKER) {
        let encrypted_key = draft.encrypted_key();
        envelope[position..position + MARKER.len()].copy_from_slice(&encrypted_key);
    }
    envelope
}

fn with_marker(envelope: &[u8]) -> Vec<u8> {
    let mut envelope = envelope.to_vec();
    // After the tag and length of the OCTET STRING, and the algorithm, which ends so.
    let before = [0x04, 0x00, 0x04, 0x82, 0x01, 0x00];
    let position = find(&envelope, &before).unwrap() + before.len();
    envelope[position..position + MARKER.len()].copy_from_slice(&MARKER);
    envelope
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

const HEADER: &str = "D0112K0TB00E0000";
const NONCE: [u8; 8] = [0xA5; 8];
const MARKER: [u8; 256] = [b'K'; 256];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marker_stands_for_the_encrypted_key() {
        let draft = draft();
        let envelope = with_marker(&draft.envelope(&draft.padded_key_block()));
        assert!(find(&envelope, &MARKER).is_some());
        let envelope = with_encrypted_key(&envelope, &draft);
        let message = draft.signed(&envelope, &draft.attributes(&envelope).concat());
        let nonce = Nonce::new(&NONCE).unwrap();
        let recipient = RECIPIENT.as_recipient();
        let opened = unwrap(&message, &SENDER.certificate, &recipient, Some(&nonce));
        assert!(opened.is_ok());
    }
}
