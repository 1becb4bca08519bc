//! The signed attributes: each is there, once, and says what it should.

use keyblock::tr34::{Field, Freshness, Nonce, Tr34Error, unwrap};

use super::forge::{
    DATA, Draft, RANDOM_NONCE, SIGNING_TIME, attribute, octets, oid, sequence, tlv,
};
use super::parties::{RECIPIENT, SENDER};

const HEADER: &str = "D0112K0TB00E0000";
const NONCE: [u8; 8] = [0xA5; 8];

#[test]
fn every_attribute_is_there_exactly_once() {
    let draft = draft();
    let envelope = draft.envelope(&draft.padded_key_block());
    let attributes = draft.attributes(&envelope);
    let refused =
        |attributes: &[Vec<u8>]| open(&draft.signed(&envelope, &attributes.concat())).err();
    for (position, field) in [
        Field::ContentType,
        Field::Nonce,
        Field::KeyBlockHeader,
        Field::MessageDigest,
    ]
    .into_iter()
    .enumerate()
    {
        let mut without = attributes.clone();
        let attribute = without.remove(position);
        assert_eq!(refused(&without), Some(Tr34Error::Missing(field)));
        let twice = [&attributes[..], &[attribute]].concat();
        assert_eq!(refused(&twice), Some(Tr34Error::Duplicate(field)));
    }

    let with = |attribute| [&attributes[..], &[attribute]].concat();
    let time = signing_time(b"230609233946Z");
    assert_eq!(
        refused(&with(time)),
        Some(Tr34Error::Duplicate(Field::SigningTime))
    );
    let unknown = attribute("2A864886F70D01090D", &octets(b"?"));
    assert_eq!(
        refused(&with(unknown)),
        Some(Tr34Error::Value(Field::SignedAttributes))
    );
    for malformed in [
        vec![0],
        sequence(&[&oid(DATA)]),
        sequence(&[&oid(DATA), &tlv(0x31, &[])]),
        sequence(&[
            &oid(RANDOM_NONCE),
            &tlv(0x31, &[&octets(&NONCE), &octets(&NONCE)]),
        ]),
    ] {
        assert_eq!(
            refused(&with(malformed)),
            Some(Tr34Error::Encoding(Field::SignedAttributes))
        );
    }
    assert_eq!(refused(&[]), Some(Tr34Error::Missing(Field::ContentType)));
}

#[test]
fn a_digest_of_another_envelope_is_refused() {
    let draft = draft();
    let envelope = draft.envelope(&draft.padded_key_block());
    let another = draft.envelope(&draft.padded_key_block());
    let message = draft.signed(&envelope, &draft.attributes(&another).concat());
    let expected = Tr34Error::Mismatch(Field::MessageDigest);
    assert_eq!(open(&message).err(), Some(expected));
}

#[test]
fn the_nonce_is_the_one_that_was_asked_for_or_none() {
    let (two_passes, one_pass) = (draft().message(), one_pass().message());
    let open = |message: &[u8], nonce: Option<&[u8]>| {
        let nonce = nonce.map(|nonce| Nonce::new(nonce).unwrap());
        let recipient = RECIPIENT.as_recipient();
        unwrap(message, &SENDER.certificate, &recipient, nonce.as_ref())
            .map(|unwrapped| unwrapped.freshness)
    };
    let nonce = Nonce::new(&NONCE).unwrap();
    assert_eq!(open(&two_passes, Some(&NONCE)), Ok(Freshness::Nonce(nonce)));
    assert_eq!(
        open(&two_passes, Some(&[0xA5; 16])),
        Err(Tr34Error::Mismatch(Field::Nonce))
    );
    assert_eq!(
        open(&two_passes, None),
        Err(Tr34Error::Unexpected(Field::Nonce))
    );
    // 2023-06-09 23:39:46 UTC.
    let time = Freshness::SigningTime(1_686_353_986);
    assert_eq!(open(&one_pass, None), Ok(time));
    assert_eq!(
        open(&one_pass, Some(&NONCE)),
        Err(Tr34Error::Missing(Field::Nonce))
    );
}

fn draft() -> Draft<'static> {
    Draft::new(&SENDER, &RECIPIENT, HEADER, &NONCE)
}

fn one_pass() -> Draft<'static> {
    let mut draft = draft();
    draft.freshness = signing_time(b"230609233946Z");
    draft
}

fn signing_time(text: &[u8]) -> Vec<u8> {
    attribute(SIGNING_TIME, &tlv(0x17, &[text]))
}

/// As the recipient does who sent the nonce. The key is left out of the result, to compare it.
fn open(message: &[u8]) -> Result<(), Tr34Error> {
    let nonce = Nonce::new(&NONCE)?;
    let recipient = RECIPIENT.as_recipient();
    unwrap(message, &SENDER.certificate, &recipient, Some(&nonce)).map(drop)
}
