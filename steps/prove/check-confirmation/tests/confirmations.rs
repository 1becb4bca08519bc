//! What confirms a check value, what contradicts it, and what is neither.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm};
use ceremony::digest::Sha256;
use ceremony::execution::DroppedObject;
use ceremony::key_import::run::ReceivedKek;
use ceremony::keys::Origin;
use check_confirmation::{Context, Error, Input, Output, handle};
use emulated::aws::{Aws, Fault};
use step::StepError;

const KEY: &str = "acme/production/cardholder/blocks/zmk.0123456789abcdef.kcv";
const ARN: &str = "arn:aws:payment-cryptography:eu-west-1:111122223333:key/kek";

struct Dropped {
    aws: Aws,
    input: Input,
}

impl Dropped {
    fn new(file: &[u8]) -> Self {
        let aws = Aws::default();
        let input = Input {
            ceremony: emulated::ceremony(),
            kek: ReceivedKek {
                key_arn: ARN.to_owned(),
                alias: "alias/key-ceremony/kek/acme/production/cardholder/received/1".to_owned(),
                algorithm: KekAlgorithm::AES_128,
                kcv: "7AD386".to_owned(),
                kcv_algorithm: KcvAlgorithm::CMAC,
                origin: Origin::Created,
            },
            confirmation: DroppedObject {
                key: KEY.to_owned(),
                version_id: aws.put("inbox", KEY, file),
                bytes: file.len() as u64,
                sha256: Sha256::of(file),
            },
        };
        Self { aws, input }
    }

    async fn checked(&self) -> Result<Output, Error> {
        let context = Context {
            s3: aws_sdk_s3::Client::new(&self.aws.config()),
            inbox_bucket: "inbox".to_owned(),
        };
        handle(&context, self.input.clone()).await
    }

    /// Name and words of a refusal, which ends nothing.
    async fn refused(&self) -> (String, String) {
        let output = self.checked().await.unwrap();
        assert!(!output.confirmed);
        let refusal = output.refused.unwrap();
        assert!(refusal.what.ends_with('.') && refusal.remedy.ends_with('.'));
        (refusal.error, refusal.what)
    }
}

#[tokio::test(start_paused = true)]
async fn six_digits_in_either_case_confirm_it() {
    for file in ["7AD386", "7ad386", "7Ad386\n", "7AD386\r\n"] {
        let dropped = Dropped::new(file.as_bytes());
        let output = dropped.checked().await.unwrap();
        assert!(output.confirmed && output.refused.is_none(), "{file:?}");
        assert_eq!(output.confirmation, dropped.input.confirmation);
    }
}

#[tokio::test(start_paused = true)]
async fn another_check_value_ends_the_ceremony() {
    for file in ["7AD387", "000000\n"] {
        let error = Dropped::new(file.as_bytes()).checked().await.unwrap_err();
        assert_eq!(error.name(), "KcvNotConfirmed");
        let words = error.to_string();
        for part in [file.trim(), "7AD386", ARN] {
            assert!(words.contains(part), "{words}");
        }
        assert!(error.remedy().contains("delete it"));
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_is_no_check_value_is_refused_and_not_repeated() {
    for file in [
        &b""[..],
        b"\n",
        b"7AD38",
        b"7AD3860",
        b"7AD386\n\n",
        b"7AD386 ",
        b" 7AD386",
        b"7AD3 86",
        b"\xef\xbb\xbf7AD386",
        b"0x7AD386",
        b"7AD38G",
        b"kcv: 7AD386",
        b"7AD386\n7AD387",
        b"\xff\xfe\x37\x00",
    ] {
        let (error, words) = Dropped::new(file).refused().await;
        assert_eq!(error, "ConfirmationUnreadable", "{file:?}");
        assert!(!words.contains("7AD3"), "{words}");
    }
}

/// A partner that drops its key where its check value belongs.
#[tokio::test(start_paused = true)]
async fn a_secret_is_told_as_that() {
    let clear = "0123456789ABCDEF0123456789ABCDEF";
    let (error, words) = Dropped::new(clear.as_bytes()).refused().await;
    assert_eq!(error, "ClearKeyReceived");
    assert!(!words.contains("0123"), "{words}");
    let key = emulated::quick_chain().leaf.key().pem();
    assert_eq!(
        Dropped::new(key.as_bytes()).refused().await.0,
        "PrivateKeyReceived"
    );
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_gone_or_too_large_is_refused() {
    let dropped = Dropped::new(b"7AD386");
    let version = &dropped.input.confirmation.version_id;
    dropped.aws.delete_version("inbox", KEY, version);
    assert_eq!(dropped.refused().await.0, "ConfirmationUnreadable");

    let large = vec![b'0'; 1024 * 1024];
    let (error, words) = Dropped::new(&large).refused().await;
    assert_eq!(error, "ConfirmationUnreadable");
    assert!(words.contains("1048576"), "{words}");
}

/// Exactly the version that was seen, and no other bytes.
#[tokio::test(start_paused = true)]
async fn what_was_changed_is_not_read() {
    let mut dropped = Dropped::new(b"7AD386");
    let other = dropped.aws.put("inbox", KEY, "7AD387");
    assert!(dropped.checked().await.unwrap().confirmed);
    dropped.input.confirmation.version_id = other;
    let error = dropped.checked().await.unwrap_err();
    assert_eq!(error.name(), "DigestMismatch");
}

#[tokio::test(start_paused = true)]
async fn an_input_of_another_folder_is_refused() {
    for key in [
        KEY.replace("acme", "globex"),
        KEY.replace(".kcv", ".tr31"),
        KEY.replace("blocks/", ""),
    ] {
        let mut dropped = Dropped::new(b"7AD386");
        dropped.input.confirmation.key = key;
        let error = dropped.checked().await.unwrap_err();
        assert_eq!(error.name(), "InputMalformed");
    }
    let mut dropped = Dropped::new(b"7AD386");
    dropped.input.kek.kcv = String::new();
    let error = dropped.checked().await.unwrap_err();
    assert_eq!(error.name(), "InputMalformed");
}

#[tokio::test(start_paused = true)]
async fn what_the_service_says_is_told() {
    let dropped = Dropped::new(b"7AD386");
    dropped.aws.fault("GetObject", 1..=9, Fault::Denied);
    let error = dropped.checked().await.unwrap_err();
    assert_eq!(error.name(), "AccessDenied");
}
