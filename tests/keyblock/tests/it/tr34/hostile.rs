//! Messages that were changed, cut, or never were any: each is refused, and the error says why.

use keyblock::tr31::{self, Algorithm, Tr31Error};
use keyblock::tr34::{Field, Nonce, Tr34Error, unwrap};

use super::forge::{
    AES_128_CBC, DATA, Draft, ENVELOPED_DATA, RANDOM_NONCE, SHA_256, SIGNED_DATA, SIGNING_TIME,
    attribute, bytes, id, integer, octets, oid, sequence, tlv,
};
use super::parties::{Party, RECIPIENT, SENDER, STRONG_RECIPIENT, STRONG_SENDER};

const HEADER: &str = "D0112K0TB00E0000";
const NONCE: [u8; 8] = [0xA5; 8];

#[test]
fn every_flipped_bit_is_noticed() {
    let message = draft().message();
    assert_eq!(open(&message).err(), None);
    for position in 0..message.len() {
        for bit in 0..8 {
            let mut changed = message.clone();
            changed[position] ^= 1 << bit;
            assert!(open(&changed).is_err(), "bit {bit} of byte {position}");
        }
    }
}

#[test]
fn a_message_that_is_cut_or_goes_on_is_refused() {
    let message = draft().message();
    for length in 0..message.len() {
        let refused = open(&message[..length]).err();
        assert_eq!(refused, Some(Tr34Error::Encoding(Field::Message)));
    }
    for more in [&[0][..], &[0, 0], &message] {
        let refused = open(&[&message, more].concat()).err();
        assert_eq!(refused, Some(Tr34Error::Encoding(Field::Message)));
    }
}

/// What only the holder of the sender's key can make: the signature is right, the rest need not be.
#[test]
fn a_right_signature_does_not_excuse_anything_else() {
    let renewed = SENDER.renewed("Sender");
    type Change<'a> = &'a dyn Fn(&mut Draft<'_>);
    let value = Tr34Error::Value;
    let mismatch = Tr34Error::Mismatch;
    let cases: [(Change<'_>, Tr34Error); 31] = [
        // The message.
        (
            &|draft| draft.message_type = oid(ENVELOPED_DATA),
            value(Field::ContentType),
        ),
        (
            &|draft| draft.message_version = integer(3),
            value(Field::Version),
        ),
        (
            &|draft| draft.digest_algorithm = sha_256_with_null(),
            value(Field::DigestAlgorithm),
        ),
        (
            &|draft| draft.envelope_type = oid(SIGNED_DATA),
            value(Field::ContentType),
        ),
        (
            &|draft| draft.signer_version = integer(3),
            value(Field::Version),
        ),
        (
            &|draft| draft.sender_id = id(&RECIPIENT),
            mismatch(Field::Sender),
        ),
        (
            &|draft| draft.sender_id = id(&renewed),
            mismatch(Field::Sender),
        ),
        (
            &|draft| draft.signer_digest_algorithm = sha_256_with_null(),
            value(Field::DigestAlgorithm),
        ),
        (
            &|draft| draft.signature_algorithm = sequence(&[&oid("2A864886F70D01010B"), &[5, 0]]),
            value(Field::SignatureAlgorithm),
        ),
        // The attributes.
        (
            &|draft| draft.signed_content_type = oid(DATA),
            value(Field::ContentType),
        ),
        (
            &|draft| draft.signed_content_type = integer(1),
            Tr34Error::Encoding(Field::ContentType),
        ),
        (
            &|draft| draft.freshness = nonce(&[0xA6; 8]),
            mismatch(Field::Nonce),
        ),
        (
            &|draft| draft.freshness = nonce(&[0xA5; 9]),
            mismatch(Field::Nonce),
        ),
        (
            &|draft| draft.freshness = nonce(&[0xA5; 7]),
            Tr34Error::NonceLength { length: 7 },
        ),
        (
            &|draft| draft.freshness = nonce(&[0xA5; 17]),
            Tr34Error::NonceLength { length: 17 },
        ),
        (
            &|draft| draft.freshness = signing_time(b"230609233946Z"),
            Tr34Error::Missing(Field::Nonce),
        ),
        (
            &|draft| draft.freshness = signing_time(b"2306092339Z"),
            Tr34Error::Encoding(Field::SigningTime),
        ),
        (
            &|draft| draft.signed_header = b"D0112K0TB00N0000".to_vec(),
            mismatch(Field::KeyBlockHeader),
        ),
        // The envelope.
        (
            &|draft| draft.envelope_version = integer(2),
            value(Field::Version),
        ),
        (
            &|draft| draft.envelope_version = octets(&[0]),
            Tr34Error::Encoding(Field::Envelope),
        ),
        (
            &|draft| draft.recipient_version = integer(2),
            value(Field::Version),
        ),
        (
            &|draft| draft.recipient_id = id(&SENDER),
            mismatch(Field::Recipient),
        ),
        (
            &|draft| draft.key_encryption = tagged_oaep_parameters(),
            value(Field::KeyEncryption),
        ),
        (
            &|draft| draft.content_type = oid(SIGNED_DATA),
            value(Field::ContentType),
        ),
        (
            &|draft| draft.content_encryption = oid(SHA_256),
            value(Field::ContentEncryption),
        ),
        (
            &|draft| draft.content_encryption = oid(AES_128_CBC),
            value(Field::InitializationVector),
        ),
        (
            &|draft| draft.iv = vec![0; 16],
            value(Field::InitializationVector),
        ),
        (
            &|draft| draft.iv = vec![],
            value(Field::InitializationVector),
        ),
        // The key block.
        (
            &|draft| draft.key_block_sender = id(&renewed),
            mismatch(Field::KeyBlockSender),
        ),
        (
            &|draft| draft.header = b"D0112K0TB00N0000".to_vec(),
            mismatch(Field::KeyBlockHeader),
        ),
        (
            &|draft| draft.header = b"d0112K0TB00E0000".to_vec(),
            mismatch(Field::KeyBlockHeader),
        ),
    ];
    for (number, (change, expected)) in cases.into_iter().enumerate() {
        let mut changed = draft();
        change(&mut changed);
        assert_eq!(
            open(&changed.message()).err(),
            Some(expected),
            "case {number}"
        );
    }
}

#[test]
fn a_header_that_does_not_fit_the_key_is_refused() {
    let no_key_for = |algorithm, length| {
        Tr34Error::KeyBlockHeader(Tr31Error::KeyForAlgorithm { algorithm, length })
    };
    let unknown = |field, found: &str| {
        Tr34Error::KeyBlockHeader(Tr31Error::Value {
            field,
            found: found.to_owned(),
        })
    };
    for (header, length, expected) in [
        (HEADER, 0, no_key_for(Algorithm::Tdes, 0)),
        (HEADER, 8, no_key_for(Algorithm::Tdes, 8)),
        (HEADER, 32, no_key_for(Algorithm::Tdes, 32)),
        ("D0112K0AB00E0000", 17, no_key_for(Algorithm::Aes, 17)),
        ("D0112K0RB00E0000", 16, no_key_for(Algorithm::Rsa, 16)),
        ("X0112K0TB00E0000", 16, unknown(tr31::Field::Version, "X")),
        ("D0112K0TB00E0001", 16, unknown(tr31::Field::Reserved, "01")),
        (
            "D0112K0TB00E00000",
            16,
            Tr34Error::Encoding(Field::KeyBlockHeader),
        ),
        (
            "D0112K0TB00E000",
            16,
            Tr34Error::KeyBlockHeader(Tr31Error::Truncated(tr31::Field::Reserved)),
        ),
        (
            "D0112M7HC00E0100HM0621",
            32,
            Tr34Error::Algorithm {
                algorithm: keyblock::SymmetricAlgorithm::Hmac(keyblock::HmacHash::Sha256),
            },
        ),
    ] {
        let mut draft = Draft::new(&SENDER, &RECIPIENT, header, &NONCE);
        draft.key = vec![0x42; length];
        assert_eq!(open(&draft.message()).err(), Some(expected), "{header}");
    }
    let mut draft = draft();
    draft.header = vec![0xFF; 16];
    draft.signed_header = vec![0xFF; 16];
    let expected = Tr34Error::KeyBlockHeader(Tr31Error::NotAscii);
    assert_eq!(open(&draft.message()).err(), Some(expected));
}

/// An answer that told these apart would tell a forger about the plaintext.
#[test]
fn all_that_can_be_wrong_with_a_decrypted_text_gives_one_error() {
    let draft = draft();
    let padded = draft.padded_key_block();
    let block = |change: &dyn Fn(&mut Draft<'_>)| {
        let mut changed = draft.clone();
        change(&mut changed);
        changed.padded_key_block()
    };
    let mut changed_key = draft.clone();
    changed_key.ephemeral_key.truncate(16);
    let other_recipient = Party {
        certificate: RECIPIENT.certificate.clone(),
        private_key: SENDER.private_key.clone(),
    };
    let mut for_another = draft.clone();
    for_another.recipient = &other_recipient;
    for (number, envelope) in [
        draft.envelope(&[]),
        draft.envelope(&[0; 64]),
        draft.envelope(&[0xFF; 64]),
        draft.envelope(&padded[8..]),
        draft.envelope(&padded[..padded.len() - 16]),
        // No whole number of blocks.
        draft.envelope(&padded[..padded.len() - 1]),
        // More than padding.
        draft.envelope(&[&padded[..], &[0; 8]].concat()),
        draft.envelope(&block(&|draft| draft.key_block_version = integer(0))),
        draft.envelope(&block(&|draft| draft.key_block_version = octets(&[1]))),
        draft.envelope(&block(&|draft| draft.key_block_sender = integer(1))),
        draft.envelope(&block(&|draft| {
            draft.key_block_attribute = oid(ENVELOPED_DATA)
        })),
        // Two keys where three are wanted, and a key that another can decrypt.
        changed_key.envelope(&padded),
        for_another.envelope(&padded),
    ]
    .into_iter()
    .enumerate()
    {
        let message = draft.signed(&envelope, &draft.attributes(&envelope).concat());
        assert_eq!(
            open(&message).err(),
            Some(Tr34Error::Unreadable),
            "case {number}"
        );
    }
}

#[test]
fn a_message_from_or_for_somebody_else_is_refused() {
    let message = draft().message();
    let nonce = Nonce::new(&NONCE).unwrap();
    let open = |sender: &Party, recipient: &Party| {
        let recipient = recipient.as_recipient();
        unwrap(&message, &sender.certificate, &recipient, Some(&nonce)).err()
    };
    assert_eq!(open(&STRONG_SENDER, &RECIPIENT), Some(Tr34Error::Signature));
    let renewed = SENDER.renewed("Sender");
    let expected = Tr34Error::Mismatch(Field::Sender);
    assert_eq!(open(&renewed, &RECIPIENT), Some(expected));
    let expected = Tr34Error::Mismatch(Field::Recipient);
    assert_eq!(open(&SENDER, &STRONG_RECIPIENT), Some(expected.clone()));
    assert_eq!(
        open(&SENDER, &RECIPIENT.renewed("Recipient")),
        Some(expected)
    );
}

fn draft() -> Draft<'static> {
    Draft::new(&SENDER, &RECIPIENT, HEADER, &NONCE)
}

fn nonce(nonce: &[u8]) -> Vec<u8> {
    attribute(RANDOM_NONCE, &octets(nonce))
}

fn signing_time(text: &[u8]) -> Vec<u8> {
    attribute(SIGNING_TIME, &tlv(0x17, &[text]))
}

fn sha_256_with_null() -> Vec<u8> {
    sequence(&[&oid(SHA_256), &[0x05, 0x00]])
}

/// As RFC 4055 section 4.1 has them, and CMS.
fn tagged_oaep_parameters() -> Vec<u8> {
    let sha_256 = sha_256_with_null();
    let mask = sequence(&[&oid("2A864886F70D010108"), &sha_256]);
    let parameters = sequence(&[&tlv(0xA0, &[&sha_256]), &tlv(0xA1, &[&mask])]);
    sequence(&[&bytes("06092A864886F70D010107"), &parameters])
}

/// As the recipient does who sent the nonce. The key is left out of the result, to compare it.
fn open(message: &[u8]) -> Result<(), Tr34Error> {
    let nonce = Nonce::new(&NONCE)?;
    let recipient = RECIPIENT.as_recipient();
    unwrap(message, &SENDER.certificate, &recipient, Some(&nonce)).map(drop)
}
