//! What this implementation writes, byte by byte, and what it refuses to.

use std::process::Command;

use keyblock::SymmetricAlgorithm::{self, Aes128, Aes256, Hmac, Tdes2Key, Tdes3Key};
use keyblock::tr31::{Algorithm, BlockId, Header, KeyUsage, ModeOfUse, Tr31Error, Version};
use keyblock::tr34::{Field, Freshness, Nonce, RANDOM_LENGTH, Sender, Tr34Error, unwrap, wrap};
use keyblock::{ClearKey, HmacHash, SecretBytes};
use rcgen::KeyPair;

use super::forge::{
    AES_128_CBC, CONTENT_TYPE, DATA, DES_EDE3_CBC, Draft, ENVELOPED_DATA, MESSAGE_DIGEST,
    OAEP_SHA_256, RANDOM_NONCE, SIGNED_DATA, SIGNING_TIME, attribute, bytes, id, octets, oid, tlv,
};
use super::parties::{RECIPIENT, SENDER};

#[test]
fn the_header_is_that_of_a_block_which_hides_the_length_of_the_key() {
    for (algorithm, version, expected) in [
        (Tdes2Key, Version::D, "D0112K0TB00E0000"),
        (Tdes3Key, Version::D, "D0112K0TB00E0000"),
        (Aes128, Version::D, "D0144K0AB00E0000"),
        (Aes256, Version::D, "D0144K0AB00E0000"),
        (Tdes2Key, Version::B, "B0096K0TB00E0000"),
    ] {
        let message = send(algorithm, version, &two_passes());
        assert_contains(&message, &attribute(DATA, &octets(expected.as_bytes())));
    }
}

#[test]
fn optional_blocks_stand_in_the_header_and_are_padded() {
    let mut header = header(Tdes2Key, Version::D);
    header
        .optional_blocks
        .push(BlockId::KS, "00604B120F9292800000")
        .unwrap();
    let message = wrap_with(&key(Tdes2Key), &header, &two_passes()).unwrap();
    // 24 characters, and 8 of padding to make them whole blocks of 16. The random byte is a J here.
    let text = "D0144K0TB00E0200KS1800604B120F9292800000PB08JJJJ".as_bytes();
    assert_contains(&message, &attribute(DATA, &octets(text)));
    assert_eq!(open(&message).unwrap(), header);
}

#[test]
fn a_message_has_the_layout_of_the_format() {
    for (algorithm, cipher, block_length) in
        [(Tdes2Key, DES_EDE3_CBC, 8), (Aes128, AES_128_CBC, 16)]
    {
        let message = send(algorithm, Version::D, &two_passes());
        assert_eq!(message[..2], [0x30, 0x82]);
        let rest = message.len() - 4;
        assert_eq!(usize::from(message[2]) << 8 | usize::from(message[3]), rest);
        assert_eq!(message[4..15], oid(SIGNED_DATA));
        assert_eq!(message[15..17], [0xA0, 0x82]);
        let version_and_digests = bytes("020101310D300B0609608648016503040201");
        assert!(message[23..].starts_with(&version_and_digests));

        // The envelope starts with its version and the set of recipients, without a SEQUENCE.
        assert_contains(&message, &bytes("0201003182"));
        let recipient = [id(&RECIPIENT), bytes(OAEP_SHA_256), bytes("04820100")].concat();
        assert_contains(&message, &recipient);

        // A key block as long as the forger's, padded to whole blocks; in a primitive [0].
        let draft = Draft::new(&SENDER, &RECIPIENT, "D0112K0TB00E0000", &[0; 8]);
        let length = (draft.key_block().len() / block_length + 1) * block_length;
        let iv = octets(&[b'R'; 16][..block_length]);
        let ciphertext = tlv(0x80, &[&vec![0; length]]);
        let start = &ciphertext[..ciphertext.len() - length];
        assert_contains(&message, &[&oid(cipher), &iv, start].concat());
    }
}

#[test]
fn the_attributes_stand_in_the_order_of_the_format() {
    let nonce = |bytes: &[u8]| Freshness::Nonce(Nonce::new(bytes).unwrap());
    for (freshness, expected) in [
        (
            nonce(&[0xA5; 8]),
            attribute(RANDOM_NONCE, &octets(&[0xA5; 8])),
        ),
        (
            nonce(&[0xA5; 16]),
            attribute(RANDOM_NONCE, &octets(&[0xA5; 16])),
        ),
        (
            Freshness::SigningTime(1_686_353_986),
            attribute(SIGNING_TIME, &tlv(0x17, &[b"230609233946Z"])),
        ),
    ] {
        let message = send(Tdes2Key, Version::D, &freshness);
        // Without the digest itself, which is another every time.
        let digest = attribute(MESSAGE_DIGEST, &octets(&[0; 32]));
        let (digest, _) = digest.split_at(digest.len() - 32);
        let attributes = [
            &attribute(CONTENT_TYPE, &oid(ENVELOPED_DATA)),
            &expected,
            &attribute(DATA, &octets(b"D0112K0TB00E0000")),
            digest,
        ]
        .concat();
        assert_contains(&message, &attributes);
    }
}

/// OpenSSL, which has no part in this crate, says the same of the signature.
#[test]
fn openssl_verifies_the_signature() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    for freshness in [two_passes(), Freshness::SigningTime(1_686_353_986)] {
        let message = send(Tdes3Key, Version::D, &freshness);
        // The signature ends the message, and the attributes end before its algorithm.
        let (rest, signature) = message.split_at(message.len() - 256);
        let algorithm = bytes(
            "300D06092A864886F70D0101010500 04820100"
                .replace(' ', "")
                .as_str(),
        );
        let rest = rest.strip_suffix(&algorithm[..]).unwrap();
        let start = attribute(CONTENT_TYPE, &oid(ENVELOPED_DATA));
        let start = rest.windows(start.len()).position(|window| window == start);
        let attributes = tlv(0x31, &[&rest[start.unwrap()..]]);
        std::fs::write(file("attributes"), attributes).unwrap();
        std::fs::write(file("signature"), signature).unwrap();
        let key = KeyPair::try_from(SENDER.private_key.expose()).unwrap();
        std::fs::write(file("public-key"), key.public_key_pem()).unwrap();

        let output = Command::new("openssl")
            .args(["dgst", "-sha256", "-verify"])
            .arg(file("public-key"))
            .arg("-signature")
            .arg(file("signature"))
            .arg(file("attributes"))
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "Verified OK\n");
    }
}

#[test]
fn what_cannot_be_sent_is_refused() {
    let hmac = Hmac(HmacHash::Sha256);
    let refused = wrap_with(&key(hmac), &header(hmac, Version::D), &two_passes());
    assert_eq!(refused, Err(Tr34Error::Algorithm { algorithm: hmac }));

    let refused = wrap_with(&key(Aes128), &header(Tdes2Key, Version::D), &two_passes());
    let mismatch = Tr31Error::KeyForAlgorithm {
        algorithm: Algorithm::Tdes,
        length: 16,
    };
    assert_eq!(refused, Err(Tr34Error::KeyBlockHeader(mismatch)));

    // UTCTime ends with 2049-12-31 23:59:59.
    for (seconds, sent) in [(-1, false), (2_524_607_999, true), (2_524_608_000, false)] {
        let time = Freshness::SigningTime(seconds);
        let message = wrap_with(&key(Tdes2Key), &header(Tdes2Key, Version::D), &time);
        assert_eq!(message.is_ok(), sent, "{seconds}");
        if !sent {
            assert_eq!(message, Err(Tr34Error::Value(Field::SigningTime)));
        }
    }
    for length in [0, 7, 17] {
        let refused = Nonce::new(&vec![0; length]);
        assert_eq!(refused, Err(Tr34Error::NonceLength { length }));
    }
}

#[test]
fn keys_and_certificates_of_the_caller_are_checked() {
    let ecdsa = KeyPair::generate().unwrap();
    let ecdsa_certificate = rcgen::CertificateParams::default()
        .self_signed(&ecdsa)
        .unwrap();
    let ecdsa_key = SecretBytes::new(ecdsa.serialize_der());
    let send = |certificate: &[u8], private_key: &SecretBytes, recipient: &[u8]| {
        let sender = Sender {
            certificate,
            private_key,
        };
        let random = [b'R'; RANDOM_LENGTH];
        let header = header(Tdes2Key, Version::D);
        let freshness = two_passes();
        wrap(
            &key(Tdes2Key),
            &header,
            &sender,
            recipient,
            &freshness,
            &random,
        )
        .err()
    };
    let (ours, theirs) = (&SENDER.certificate, &RECIPIENT.certificate);
    assert_eq!(
        send(ours, &ecdsa_key, theirs),
        Some(Tr34Error::UnusableKey(Field::SenderPrivateKey))
    );
    assert_eq!(
        send(ours, &RECIPIENT.private_key, theirs),
        Some(Tr34Error::Mismatch(Field::SenderPrivateKey))
    );
    assert_eq!(
        send(&ours[1..], &SENDER.private_key, theirs),
        Some(Tr34Error::Encoding(Field::SenderCertificate))
    );
    assert_eq!(
        send(ours, &SENDER.private_key, &theirs[..100]),
        Some(Tr34Error::Encoding(Field::RecipientCertificate))
    );
    assert_eq!(
        send(ours, &SENDER.private_key, ecdsa_certificate.der()),
        Some(Tr34Error::UnusableKey(Field::RecipientCertificate))
    );
}

fn send(algorithm: SymmetricAlgorithm, version: Version, freshness: &Freshness) -> Vec<u8> {
    wrap_with(&key(algorithm), &header(algorithm, version), freshness).unwrap()
}

fn wrap_with(key: &ClearKey, header: &Header, freshness: &Freshness) -> Result<Vec<u8>, Tr34Error> {
    let random = [b'R'; RANDOM_LENGTH];
    let sender = SENDER.as_sender();
    wrap(
        key,
        header,
        &sender,
        &RECIPIENT.certificate,
        freshness,
        &random,
    )
}

fn open(message: &[u8]) -> Result<Header, Tr34Error> {
    let nonce = Nonce::new(&[0xA5; 8])?;
    let recipient = RECIPIENT.as_recipient();
    unwrap(message, &SENDER.certificate, &recipient, Some(&nonce)).map(|opened| opened.header)
}

fn header(algorithm: SymmetricAlgorithm, version: Version) -> Header {
    Header::new(
        KeyUsage::K0,
        algorithm,
        ModeOfUse::EncryptAndDecrypt,
        version,
    )
}

fn key(algorithm: SymmetricAlgorithm) -> ClearKey {
    let bytes: Vec<u8> = (0x30..).take(algorithm.key_length()).collect();
    ClearKey::new(algorithm, bytes.into()).unwrap()
}

fn two_passes() -> Freshness {
    Freshness::Nonce(Nonce::new(&[0xA5; 8]).unwrap())
}

fn assert_contains(message: &[u8], part: &[u8]) {
    let found = message.windows(part.len()).any(|window| window == part);
    assert!(
        found,
        "{} has no {}",
        hex::encode_upper(message),
        hex::encode_upper(part)
    );
}
