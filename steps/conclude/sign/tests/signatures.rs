//! What KMS is asked to sign, and that its word is not taken for the answer.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use aws_sdk_kms::Client;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::algorithms::SignatureAlgorithm;
use ceremony::evidence::Deed;
use ceremony::signature::{MessageType, SignatureFacts};
use emulated::aws::{self, Aws, Fault, spki};
use emulated::ceremony;
use partner::signature::verify;
use partner::{KeyKind, PrivateKey};
use serde_json::{Value, json};
use sign::{Error, Input, Output, handle};
use signing::SigningKeys;
use step::{Journal, StepError};

const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/signing";
const PREFIX: &[u8] = b"10000TPAEAY";

use SignatureAlgorithm as A;

/// A KMS with one key, and what became of one call of the step.
struct Kms {
    aws: Aws,
    key: PrivateKey,
    journal: Journal,
}

impl Kms {
    fn with(kind: KeyKind) -> Self {
        let (aws, key) = (Aws::default(), PrivateKey::cached(kind, "signing"));
        aws.put_signer(aws::Signer::new(ARN, key.clone()));
        Self {
            aws,
            key,
            journal: Journal::default(),
        }
    }

    async fn sign(&self, algorithm: A, cryptogram: &str) -> Result<SignatureFacts, Error> {
        let keys = SigningKeys::new(Client::new(&self.aws.config()), ARN);
        let input = Input {
            ceremony: ceremony(),
            signed_prefix: hex::encode(PREFIX).try_into().unwrap(),
            cryptogram: cryptogram.to_owned(),
            algorithm,
            signer: None,
        };
        let output = handle(&keys, input, &self.journal).await;
        output.map(|Output(facts)| facts)
    }

    async fn refused(&self, algorithm: A) -> &'static str {
        self.sign(algorithm, "00FF").await.unwrap_err().name()
    }

    fn signed(&self) -> bool {
        let deed = Deed::Signed {
            key_arn: ARN.to_owned(),
        };
        match &self.journal.deeds()[..] {
            [] => false,
            [one] if *one == deed => true,
            deeds => panic!("one signature at most: {deeds:?}"),
        }
    }

    fn asked_to_sign(&self) -> bool {
        self.aws.calls().contains(&format!("Sign {ARN}"))
    }
}

fn kind_for(algorithm: A) -> KeyKind {
    match algorithm {
        A::ECDSA_SHA_256 => KeyKind::EccP256,
        A::ECDSA_SHA_384 => KeyKind::EccP384,
        A::ECDSA_SHA_512 => KeyKind::EccP521,
        _ => KeyKind::Rsa2048,
    }
}

/// By every algorithm of the profile, both as a message and (over 4096 bytes, which KMS does not
/// take) as its digest.
#[tokio::test(start_paused = true)]
async fn prefix_and_cryptogram_are_signed_as_one_message() {
    for algorithm in A::ALL {
        for (cryptogram, message_type) in [
            (vec![0xA5; 384], MessageType::Raw),
            (vec![0xA5; 4096 - PREFIX.len()], MessageType::Raw),
            (vec![0xA5; 4097 - PREFIX.len()], MessageType::Digest),
        ] {
            let kms = Kms::with(kind_for(algorithm));
            let facts = kms.sign(algorithm, &hex::encode_upper(&cryptogram)).await;
            let facts = facts.unwrap();
            assert_eq!(facts.message_type, message_type, "{algorithm}");
            assert_eq!((facts.algorithm, facts.key_arn.as_str()), (algorithm, ARN));

            let public_key = pem::parse(&facts.public_key).unwrap();
            assert_eq!(public_key.tag(), "PUBLIC KEY");
            assert_eq!(public_key.contents(), spki(&kms.key));
            let signature = hex::decode(&facts.signature).unwrap();
            let message = [PREFIX, &cryptogram].concat();
            let (name, key) = (algorithm.as_str(), public_key.contents());
            assert_eq!(
                verify(name, key, &message, &signature),
                Some(true),
                "{name}"
            );
            assert!(kms.signed());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_does_not_offer_the_algorithm_is_not_asked_to_sign() {
    for (kind, algorithm) in [
        (KeyKind::EccP256, A::RSASSA_PKCS1_V1_5_SHA_256),
        (KeyKind::EccP256, A::ECDSA_SHA_384),
        (KeyKind::Rsa2048, A::ECDSA_SHA_256),
    ] {
        let kms = Kms::with(kind);
        assert_eq!(kms.refused(algorithm).await, "AlgorithmNotOffered");
        assert!(!kms.asked_to_sign() && !kms.signed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_cryptogram_that_is_not_hex_asks_nobody() {
    for cryptogram in ["0", "0G", "00 FF"] {
        let kms = Kms::with(KeyKind::EccP256);
        let error = kms.sign(A::ECDSA_SHA_256, cryptogram).await.unwrap_err();
        assert_eq!(error, Error::CryptogramNotHex);
        assert!(kms.aws.calls().is_empty());
    }
}

/// KMS has signed all the same, which the journal says.
#[tokio::test(start_paused = true)]
async fn a_signature_that_does_not_verify_is_not_passed_on() {
    // Base64 of another signature, of a part of one, and of none.
    let answers: [fn(&mut Value); 3] = [
        |answer| {
            let text = answer["Signature"].as_str().unwrap();
            let (head, last) = text.split_at(text.len() - 8);
            let other = if last.starts_with('A') { "B" } else { "A" };
            answer["Signature"] = json!(format!("{head}{other}{}", &last[1..]));
        },
        |answer| {
            let text = answer["Signature"].as_str().unwrap();
            answer["Signature"] = json!(text[..text.len() - 8]);
        },
        |answer| answer["Signature"] = json!(""),
    ];
    for answer in answers {
        for algorithm in [A::RSASSA_PSS_SHA_256, A::ECDSA_SHA_256] {
            let kms = Kms::with(kind_for(algorithm));
            kms.aws.fault("Sign", 1..=1, Fault::Answered(answer));
            assert_eq!(kms.refused(algorithm).await, "SignatureInvalid");
            assert!(kms.signed());
        }
    }
}

/// The package would hold a key with which its signature does not verify.
#[tokio::test(start_paused = true)]
async fn the_public_key_of_another_key_is_noticed() {
    let changes: [fn(&mut Value); 2] = [
        |answer| {
            let other = spki(&PrivateKey::cached(KeyKind::EccP256, "other"));
            answer["PublicKey"] = json!(STANDARD.encode(other));
        },
        |answer| answer["PublicKey"] = json!(STANDARD.encode(b"no key")),
    ];
    for change in changes {
        let kms = Kms::with(KeyKind::EccP256);
        kms.aws
            .fault("GetPublicKey", 1..=1, Fault::Answered(change));
        assert_eq!(kms.refused(A::ECDSA_SHA_256).await, "SignatureInvalid");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_its_member_is_refused() {
    let without_key: fn(&mut Value) = |answer| answer["PublicKey"] = Value::Null;
    let without_signature: fn(&mut Value) = |answer| answer["Signature"] = Value::Null;
    let without_algorithms: fn(&mut Value) = |answer| answer["SigningAlgorithms"] = Value::Null;
    for (operation, change, expected) in [
        ("GetPublicKey", without_key, "PublicKeyMissing"),
        ("GetPublicKey", without_algorithms, "AlgorithmNotOffered"),
        ("Sign", without_signature, "SignatureMissing"),
    ] {
        let kms = Kms::with(KeyKind::EccP256);
        kms.aws.fault(operation, 1..=1, Fault::Answered(change));
        assert_eq!(kms.refused(A::ECDSA_SHA_256).await, expected);
        assert_eq!(kms.asked_to_sign(), operation == "Sign");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_not_there_or_not_usable_is_refused_by_the_service() {
    let kms = Kms::with(KeyKind::EccP256);
    let elsewhere = PrivateKey::cached(KeyKind::EccP256, "signing");
    kms.aws
        .put_signer(aws::Signer::new("arn:another", elsewhere));
    assert_eq!(kms.refused(A::ECDSA_SHA_256).await, "ServiceRefused");
    for code in ["DisabledException", "KMSInvalidStateException"] {
        let kms = Kms::with(KeyKind::EccP256);
        kms.aws.fault("Sign", 1..=1, Fault::Refused(409, code));
        let error = kms.sign(A::ECDSA_SHA_256, "00FF").await.unwrap_err();
        assert_eq!(error.name(), "ServiceRefused");
        assert!(error.to_string().contains(code), "{error}");
        assert!(!kms.signed());
    }
}

#[tokio::test(start_paused = true)]
async fn throttles_and_lost_answers_are_waited_out_and_denials_are_not() {
    for operation in ["GetPublicKey", "Sign"] {
        for (fault, expected) in [
            (Fault::Throttled, "ServiceThrottled"),
            (Fault::AnswerLost, "ServiceUnavailable"),
            (Fault::Denied, "AccessDenied"),
        ] {
            let kms = Kms::with(KeyKind::EccP256);
            kms.aws.fault(operation, 1..=1, fault.clone());
            let once = kms.sign(A::ECDSA_SHA_256, "00FF").await;
            assert_eq!(once.is_ok(), expected != "AccessDenied", "{operation}");
            assert_eq!(kms.signed(), once.is_ok());

            let kms = Kms::with(KeyKind::EccP256);
            kms.aws.fault_for_good(operation, fault);
            assert_eq!(kms.refused(A::ECDSA_SHA_256).await, expected);
            assert!(!kms.signed());
        }
    }
}
