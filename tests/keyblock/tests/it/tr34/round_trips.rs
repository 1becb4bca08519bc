//! What one party wraps, the other unwraps.

use keyblock::ClearKey;
use keyblock::SymmetricAlgorithm::{self, Aes128, Aes192, Aes256, Tdes2Key, Tdes3Key};
use keyblock::tr31::{Header, KeyUsage, ModeOfUse, Version};
use keyblock::tr34::{Freshness, Nonce, RANDOM_LENGTH, unwrap, wrap};

use super::parties::{RECIPIENT, SENDER, STRONG_RECIPIENT, STRONG_SENDER};

#[test]
fn what_was_wrapped_is_unwrapped() {
    for (sender, recipient) in [(&SENDER, &RECIPIENT), (&STRONG_SENDER, &STRONG_RECIPIENT)] {
        for algorithm in [Tdes2Key, Tdes3Key, Aes128, Aes192, Aes256] {
            for freshness in [
                Freshness::Nonce(Nonce::new(&[0xA5; 8]).unwrap()),
                Freshness::Nonce(Nonce::new(&[0xA5; 16]).unwrap()),
                Freshness::SigningTime(0),
                Freshness::SigningTime(1_686_353_986),
            ] {
                let key = key(algorithm);
                let header = Header::new(
                    KeyUsage::K0,
                    algorithm,
                    ModeOfUse::EncryptAndDecrypt,
                    Version::D,
                );
                let message = wrap(
                    &key,
                    &header,
                    &sender.as_sender(),
                    &recipient.certificate,
                    &freshness,
                    &[0x77; RANDOM_LENGTH],
                )
                .unwrap();
                let nonce = match &freshness {
                    Freshness::Nonce(nonce) => Some(nonce),
                    Freshness::SigningTime(_) => None,
                };
                let unwrapped = unwrap(
                    &message,
                    &sender.certificate,
                    &recipient.as_recipient(),
                    nonce,
                )
                .unwrap();
                assert_eq!(unwrapped.header, header);
                assert_eq!(unwrapped.key.algorithm(), algorithm);
                assert_eq!(unwrapped.key.bytes().expose(), key.bytes().expose());
                assert_eq!(unwrapped.freshness, freshness);
            }
        }
    }
}

fn key(algorithm: SymmetricAlgorithm) -> ClearKey {
    let bytes: Vec<u8> = (0xC0..).take(algorithm.key_length()).collect();
    ClearKey::new(algorithm, bytes.into()).unwrap()
}
