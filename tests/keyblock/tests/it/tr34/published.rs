//! A message that the service itself made: the example of `import-key` in the manual of the AWS CLI,
//! of June 2023. The private key that opens it is not public, so it can be followed only as far as
//! to the recipient.

use keyblock::tr34::{CertificateId, Field, Nonce, Recipient, Tr34Error, unwrap};

use super::parties::RECIPIENT;

#[test]
fn a_message_of_the_service_is_read_as_far_as_to_its_recipient() {
    let (message, sender) = (message(), sender());
    let open = |message: &[u8], recipient: &Recipient<'_>, nonce: Option<&Nonce>| {
        unwrap(message, &sender, recipient, nonce).err()
    };
    // The signature verifies, the digest is that of the envelope, and it has a signing time.
    let ours = RECIPIENT.as_recipient();
    let expected = Tr34Error::Mismatch(Field::Recipient);
    assert_eq!(open(&message, &ours, None), Some(expected));
    let nonce = Nonce::new(&[0; 8]).unwrap();
    let expected = Tr34Error::Missing(Field::Nonce);
    assert_eq!(open(&message, &ours, Some(&nonce)), Some(expected));

    // With a certificate of the right name, everything up to the ciphertext is in order.
    let impostor = Recipient {
        certificate: &certificate_with_id_of_recipient(&message),
        private_key: &RECIPIENT.private_key,
    };
    assert_eq!(open(&message, &impostor, None), Some(Tr34Error::Unreadable));

    let mut changed = message.clone();
    changed[1100] ^= 1;
    let expected = Some(Tr34Error::Signature);
    assert_eq!(open(&changed, &ours, None), expected);
}

#[test]
fn the_id_of_a_certificate_is_in_the_message_byte_for_byte() {
    let id = CertificateId::of_certificate(&sender()).unwrap();
    let id = der::Encode::to_der(&id).unwrap();
    let message = message();
    assert!(message.windows(id.len()).any(|window| window == id));
}

/// The sender's certificate with the recipient's number: the same authority issued both.
fn certificate_with_id_of_recipient(message: &[u8]) -> Vec<u8> {
    // The serial number in the recipient's information: 16 bytes before the algorithm.
    let oaep = super::forge::bytes(super::forge::OAEP_SHA_256);
    let end = message
        .windows(oaep.len())
        .position(|window| window == oaep)
        .unwrap();
    let mut certificate = sender();
    let own_serial_number = 15..31;
    certificate[own_serial_number].copy_from_slice(&message[end - 16..end]);
    certificate
}

fn message() -> Vec<u8> {
    decode(include_str!("published/message.hex"))
}

fn sender() -> Vec<u8> {
    decode(include_str!("published/sender.hex"))
}

fn decode(lines: &str) -> Vec<u8> {
    hex::decode(lines.lines().collect::<String>()).unwrap()
}
