//! Which files are under the signature, and what is not signed at all.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::algorithms::SignatureAlgorithm as A;
use ceremony::digest::Sha256;
use ceremony::evidence::{Deed, Recordable};
use ceremony::execution::{BINARY, File, JSON, Location, TEXT};
use ceremony::publication::{Publication, StoredFile};
use ceremony::signature::MessageType;
use emulated::aws::{self, Aws, Fault, spki};
use emulated::ceremony;
use partner::signature::verify;
use partner::{KeyKind, PrivateKey};
use serde_json::json;
use sign_package::{Context, Error, Input, Output, handle};
use signing::{SigningError, SigningKeys};
use step::{Journal, StepError};

const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/signing";

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

    async fn signs(&self, algorithm: A, publication: Publication) -> Result<Output, Error> {
        let key = pem(&self.key);
        self.signs_after(algorithm, publication, Some(key)).await
    }

    async fn signs_after(
        &self,
        algorithm: A,
        publication: Publication,
        public_key: Option<String>,
    ) -> Result<Output, Error> {
        let config = self.aws.config();
        let context = Context {
            keys: SigningKeys::new(aws_sdk_kms::Client::new(&config), ARN),
            s3: aws_sdk_s3::Client::new(&config),
            evidence_bucket: "evidence".to_owned(),
        };
        let input = Input {
            ceremony: ceremony(),
            publication,
            algorithm,
            signer: None,
            public_key,
        };
        handle(&context, input, &self.journal).await
    }
}

fn pem(key: &PrivateKey) -> String {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new("PUBLIC KEY", spki(key)), config)
}

/// In no order, with a name of every kind of letter.
fn publication() -> Publication {
    Publication {
        files: vec![
            File::new("kek.bin", BINARY, [0xA5; 384]),
            File::new("README.md", TEXT, "read me"),
            File::new("a-b_c.1", TEXT, ""),
        ],
        manifest: File::new("manifest.json", JSON, "{}\n"),
        documents: vec![File::new("certificates.pem", TEXT, "not the partner's")],
        objects: vec![StoredFile {
            name: "fleet.csv".to_owned(),
            content_type: TEXT.to_owned(),
            location: Location {
                bucket: "parts".to_owned(),
                key: "fleet.csv".to_owned(),
            },
            bytes: 5,
            sha256: Sha256::of(b"fleet"),
        }],
        trusted_roots: Vec::new(),
    }
}

fn file<'a>(publication: &'a Publication, name: &str) -> &'a File {
    let mut files = publication.files.iter();
    files.find(|file| file.name == name).unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_file_of_the_package_is_listed_once_and_in_order() {
    let kms = Kms::with(KeyKind::EccP256);
    let Output {
        publication: made, ..
    } = kms.signs(A::ECDSA_SHA_256, publication()).await.unwrap();
    let expected = [
        ("README.md", &b"read me"[..]),
        ("a-b_c.1", b""),
        ("fleet.csv", b"fleet"),
        ("kek.bin", &[0xA5; 384]),
        ("manifest.json", b"{}\n"),
        ("signing-public-key.pem", pem(&kms.key).as_bytes()),
    ]
    .map(|(name, contents)| format!("{}  {name}\n", Sha256::of(contents)));
    let list = String::from_utf8(file(&made, "SHA256SUMS").contents.clone()).unwrap();
    assert_eq!(list, expected.concat());

    let before = publication();
    assert_eq!(made.files[..3], before.files);
    assert_eq!(made.files.len(), 6);
    assert_eq!(made.manifest, before.manifest);
    assert_eq!(made.documents, before.documents);
}

#[tokio::test(start_paused = true)]
async fn the_list_is_signed_by_the_algorithm_of_the_profile() {
    for algorithm in A::ALL {
        let kind = match algorithm {
            A::ECDSA_SHA_256 => KeyKind::EccP256,
            A::ECDSA_SHA_384 => KeyKind::EccP384,
            A::ECDSA_SHA_512 => KeyKind::EccP521,
            _ => KeyKind::Rsa2048,
        };
        let kms = Kms::with(kind);
        let output = kms.signs(algorithm, publication()).await.unwrap();
        let list = &file(&output.publication, "SHA256SUMS").contents;
        let signature = &file(&output.publication, "SHA256SUMS.sig").contents;
        let verified = verify(algorithm.as_str(), &spki(&kms.key), list, signature);
        assert_eq!(verified, Some(true), "{algorithm}");
        let key_arn = ARN.to_owned();
        assert_eq!(kms.journal.deeds(), [Deed::Signed { key_arn }]);
    }
}

/// More files than a message to KMS may list.
#[tokio::test(start_paused = true)]
async fn a_long_list_is_signed_by_its_digest() {
    let kms = Kms::with(KeyKind::EccP256);
    let mut many = publication();
    let more = (0..50).map(|number| File::new(&format!("block-{number}.txt"), TEXT, "block"));
    many.files.extend(more);
    let output = kms.signs(A::ECDSA_SHA_256, many).await.unwrap();
    assert_eq!(output.signed.message_type, MessageType::Digest);
    let list = &file(&output.publication, "SHA256SUMS").contents;
    assert!(list.len() > 4096);
    let signature = &file(&output.publication, "SHA256SUMS.sig").contents;
    let verified = verify("ECDSA_SHA_256", &spki(&kms.key), list, signature);
    assert_eq!(verified, Some(true));
}

#[tokio::test(start_paused = true)]
async fn the_evidence_has_the_digests_of_list_and_signature_and_no_file() {
    let kms = Kms::with(KeyKind::EccP256);
    let output = kms.signs(A::ECDSA_SHA_256, publication()).await.unwrap();
    let digest = |name: &str| {
        let contents = &file(&output.publication, name).contents;
        json!({
            "name": name, "bytes": contents.len(), "sha256": Sha256::of(contents).to_string(),
        })
    };
    let expected = json!({
        "list": digest("SHA256SUMS"), "signature": digest("SHA256SUMS.sig"),
        "algorithm": "ECDSA_SHA_256", "messageType": "RAW", "keyArn": ARN,
        "publicKeySha256": Sha256::of(&spki(&kms.key)).to_string(), "certificateSha256": null,
    });
    assert_eq!(serde_json::to_value(output.recordable()).unwrap(), expected);
}

/// For `sha256sum` or a shell they mean something else, or a file elsewhere.
#[tokio::test(start_paused = true)]
async fn a_name_that_is_not_plain_is_refused_before_anything_is_signed() {
    for name in [
        "",
        ".",
        "..",
        ".bashrc",
        "-",
        "--tag",
        "../kek.bin",
        "/etc/passwd",
        "sub/kek.bin",
        "kek.bin\n",
        "a\nb",
        "a\\nb",
        "kek.bin ",
        "SHA256SUMS",
        "SHA256SUMS.sig",
    ] {
        for manifest in [false, true] {
            let kms = Kms::with(KeyKind::EccP256);
            let mut publication = publication();
            if manifest {
                publication.manifest.name = name.to_owned();
            } else {
                publication.files.push(File::new(name, TEXT, "x"));
            }
            let error = kms.signs(A::ECDSA_SHA_256, publication).await.unwrap_err();
            assert_eq!(error, Error::FileNameUnusable(name.to_owned()));
            assert!(!error.to_string().contains('\n'), "{error}");
            assert!(kms.aws.calls().is_empty() && kms.journal.deeds().is_empty());
        }
    }
}

/// Only one of the two could be fetched.
#[tokio::test(start_paused = true)]
async fn two_files_of_one_name_are_refused_before_anything_is_signed() {
    for name in ["kek.bin", "manifest.json"] {
        let kms = Kms::with(KeyKind::EccP256);
        let mut publication = publication();
        publication.files.push(File::new(name, TEXT, "x"));
        let error = kms.signs(A::ECDSA_SHA_256, publication).await.unwrap_err();
        assert_eq!(error, Error::FileNameTwice(name.to_owned()));
        assert!(kms.aws.calls().is_empty());
    }
}

/// The partner gets one key, and could not verify the rest with it.
#[tokio::test(start_paused = true)]
async fn another_key_than_the_one_that_has_signed_already_signs_nothing() {
    let kms = Kms::with(KeyKind::EccP256);
    let other = pem(&PrivateKey::cached(KeyKind::EccP256, "other"));
    let outcome = kms
        .signs_after(A::ECDSA_SHA_256, publication(), Some(other))
        .await;
    let key_arn = ARN.to_owned();
    assert_eq!(outcome.unwrap_err(), Error::PublicKeyDiffers { key_arn });
    assert_eq!(kms.journal.deeds(), []);
    let outcome = kms.signs_after(A::ECDSA_SHA_256, publication(), None).await;
    assert!(outcome.is_ok(), "nothing has been signed before");
}

/// How KMS is asked, and what becomes of its answers, is tested with `sign`.
#[tokio::test(start_paused = true)]
async fn a_signature_that_does_not_verify_is_not_passed_on() {
    let kms = Kms::with(KeyKind::EccP256);
    let nothing = |answer: &mut serde_json::Value| answer["Signature"] = json!("");
    kms.aws.fault("Sign", 1..=1, Fault::Answered(nothing));
    let error = kms
        .signs(A::ECDSA_SHA_256, publication())
        .await
        .unwrap_err();
    let invalid = SigningError::SignatureInvalid {
        key_arn: ARN.to_owned(),
    };
    assert_eq!(error, Error::Signing(invalid));
    assert_eq!(error.name(), "SignatureInvalid");
}

#[test]
fn every_error_has_its_variants_name() {
    let names = Error::names();
    for name in ["FileNameUnusable", "SignatureInvalid", "ServiceThrottled"] {
        assert!(names.contains(&name), "{name}");
    }
    assert!(!names.contains(&"Signing") && !names.contains(&"Service"));
}
