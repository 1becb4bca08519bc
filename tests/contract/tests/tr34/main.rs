//! `ceremony::tr34` judges blocks that nobody here has made: one of the service itself, which is public,
//! and those of a partner's cryptography in Python.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use ceremony::algorithms::KekAlgorithm;
use ceremony::certificate::Certificate;
use ceremony::exchange::Nonce;
use ceremony::tr34::{Cipher, Expected, Freshness, KeyBlock, MalformedBlock, Mismatch};
use ceremony::utc::Utc;
use serde::Deserialize;
use workbench::{Progress, prepare_python};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    kdh: Certificate,
    krd: Certificate,
    larger_krd: Certificate,
    /// Hex.
    blocks: BTreeMap<String, String>,
}

impl Made {
    async fn by_python() -> Self {
        let python = prepare_python(Progress::Quiet).await.unwrap();
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        let modules = tests.join("../../apc-emulator/tests/clients");
        let output = Command::new(python.join("python"))
            .args(["-B", "-W", "ignore"])
            .arg(tests.join("tr34/blocks.py"))
            .env_clear()
            .env("PYTHONPATH", modules)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn der(&self, name: &str) -> Vec<u8> {
        hex::decode(&self.blocks[name]).unwrap()
    }

    fn expected(&self) -> Expected<'_> {
        Expected {
            kdh: &self.kdh,
            krd: &self.krd,
            algorithm: KekAlgorithm::AES_128,
            usages: &["K0"],
            modes: &['B'],
            exportabilities: &['E'],
            nonce: None,
            now: Utc::now(),
        }
    }
}

fn nonce(byte: &str, count: usize) -> Nonce {
    Nonce::try_from(byte.repeat(count)).unwrap()
}

fn judged(der: &[u8], expected: &Expected<'_>) -> Result<(), Mismatch> {
    KeyBlock::read(der).unwrap().verify(expected)
}

#[tokio::test]
async fn blocks_of_a_partners_cryptography_are_verified() {
    let made = Made::by_python().await;
    let (short, long) = (nonce("A5", 8), nonce("a5", 16));
    let aes = made.expected();
    let tdes = Expected {
        algorithm: KekAlgorithm::TDES_2KEY,
        ..aes
    };
    let answering = |nonce, expected| Expected {
        nonce: Some(nonce),
        ..expected
    };
    for (name, expected) in [
        ("tdes", tdes),
        ("aes", aes),
        ("nonce8", answering(&short, aes)),
        ("nonce16", answering(&long, tdes)),
        // Where a nonce of sixteen bytes stands is documented nowhere.
        ("unsorted", aes),
    ] {
        assert_eq!(judged(&made.der(name), &expected), Ok(()), "{name}");
    }
    let block = KeyBlock::read(&made.der("nonce16")).unwrap();
    assert_eq!(block.header(), "D9999K0TB00E0000");
    assert_eq!(block.freshness(), &Freshness::Nonce(long));
    assert_eq!(block.cipher(), Cipher::Tdes);
}

#[tokio::test]
async fn what_is_not_as_it_was_asked_for_is_named() {
    let made = Made::by_python().await;
    let (expected, sent) = (made.expected(), nonce("A5", 8));
    for (name, mismatch) in [
        ("other-host", Mismatch::OtherHost),
        ("other-key", Mismatch::Signature),
        ("other-device", Mismatch::OtherDevice),
        ("other-envelope", Mismatch::Digest),
        ("nonce8", Mismatch::Nonce),
        ("weak", Mismatch::WeakCipher),
    ] {
        assert_eq!(judged(&made.der(name), &expected), Err(mismatch), "{name}");
    }
    for name in ["usage", "mode", "exportability", "tdes"] {
        let refused = judged(&made.der(name), &expected).unwrap_err();
        let is_header = matches!(refused, Mismatch::Header { .. });
        assert!(is_header, "{name}: {refused}");
    }
    // Another one, or the time instead of it.
    let answering = Expected {
        nonce: Some(&sent),
        ..expected
    };
    for name in ["other-nonce", "aes"] {
        let refused = judged(&made.der(name), &answering);
        assert_eq!(refused, Err(Mismatch::Nonce), "{name}");
    }
    for minutes in [-6, 6] {
        let now = Utc::now().plus_seconds(minutes * 60);
        let refused = judged(&made.der("aes"), &Expected { now, ..expected });
        assert!(matches!(refused, Err(Mismatch::SigningTime { .. })));
    }
    // The leaf of the same name and number, with a longer key.
    let krd = &made.larger_krd;
    let refused = judged(&made.der("other-device"), &Expected { krd, ..expected });
    assert_eq!(refused, Ok(()));
}

#[tokio::test]
async fn every_flipped_byte_is_noticed_and_nothing_may_be_cut_or_added() {
    let made = Made::by_python().await;
    let (expected, sent) = (made.expected(), nonce("A5", 8));
    for (name, nonce) in [("aes", None), ("nonce8", Some(&sent))] {
        let der = made.der(name);
        let expected = Expected { nonce, ..expected };
        let passes =
            |der: &[u8]| KeyBlock::read(der).is_ok_and(|block| block.verify(&expected).is_ok());
        assert!(passes(&der));
        for position in 0..der.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut changed = der.clone();
                changed[position] ^= flip;
                assert!(!passes(&changed), "{name}: byte {position} ^ {flip:#x}");
            }
            assert!(!passes(&der[..position]), "{name}: cut at {position}");
        }
        assert!(!passes(&[&der[..], &[0]].concat()));
    }
    let long = vec![0x30; 8 * 1024 + 1];
    assert_eq!(
        KeyBlock::read(&long),
        Err(MalformedBlock::TooLong(8 * 1024 + 1))
    );
}

/// The example of `import-key` in the manual of the AWS CLI, of June 2023: a TDES key. Its receiver's
/// certificate is not public; one with its issuer and number stands for it.
#[test]
fn a_block_of_the_service_itself_is_verified() {
    let decode = |lines: &str| hex::decode(lines.lines().collect::<String>()).unwrap();
    let der = decode(include_str!(
        "../../../keyblock/tests/it/tr34/published/message.hex"
    ));
    let sender = decode(include_str!(
        "../../../keyblock/tests/it/tr34/published/sender.hex"
    ));
    let block = KeyBlock::read(&der).unwrap();
    let Freshness::SigningTime(now) = *block.freshness() else {
        panic!("it has no signing time");
    };
    let kdh = Certificate::from_der(&sender).unwrap();
    let krd = Certificate::from_der(&with_number_of_receiver(&sender, &der)).unwrap();
    let header = block.header();
    let expected = Expected {
        kdh: &kdh,
        krd: &krd,
        algorithm: KekAlgorithm::TDES_2KEY,
        usages: &[&header[5..7]],
        exportabilities: &['E'],
        modes: &[header.chars().nth(8).unwrap()],
        nonce: None,
        now,
    };
    assert_eq!(block.verify(&expected), Ok(()));
    let refused = block.verify(&Expected {
        krd: &kdh,
        ..expected
    });
    assert_eq!(refused, Err(Mismatch::OtherDevice));
}

/// Both certificates are of one authority: only the number differs, which is of sixteen bytes, and in
/// the block stands before the algorithm.
fn with_number_of_receiver(sender: &[u8], block: &[u8]) -> Vec<u8> {
    let oaep = hex::decode("304506092A864886F70D010107").unwrap();
    let mut windows = block.windows(oaep.len());
    let end = windows.position(|window| window == oaep).unwrap();
    let mut certificate = sender.to_vec();
    certificate[15..31].copy_from_slice(&block[end - 16..end]);
    certificate
}
