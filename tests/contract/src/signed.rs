//! Packages under a signing key that a test has made.

use std::collections::BTreeMap;

use aws_sdk_kms::Client as Kms;
use aws_sdk_s3::Client as S3;
use ceremony::algorithms::SignatureAlgorithm as A;
use ceremony::enrolment::Installed;
use ceremony::id::Ceremony;
use ceremony::publication::Publication;
use emulated::aws::{self, Aws};
use partner::{KeyKind, PrivateKey};
use signing::SigningKeys;
use step::Journal;

/// By their names.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Of the signing key.
pub const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/signing";

/// As `sign-package` signs it, and a state machine passes it on.
pub async fn signed(
    ceremony: Ceremony,
    publication: Publication,
    aws: &Aws,
    algorithm: A,
    signer: Option<Installed>,
) -> Files {
    let config = aws.config();
    let context = sign_package::Context {
        keys: SigningKeys::new(Kms::new(&config), ARN),
        s3: S3::new(&config),
        evidence_bucket: "evidence".to_owned(),
    };
    let input = sign_package::Input {
        ceremony,
        publication,
        algorithm,
        signer,
        public_key: None,
    };
    let signed = sign_package::handle(&context, input, &Journal::default()).await;
    let signed = signed.expect("the package is signed").publication;
    // As a state machine passes it on.
    let document = serde_json::to_string(&signed).expect("it is a document");
    let publication: Publication = serde_json::from_str(&document).expect("it is read again");
    let files = publication.files.into_iter().chain([publication.manifest]);
    files.map(|file| (file.name, file.contents)).collect()
}

/// On the curve, or of the family, that the algorithm takes.
pub fn signing_key(algorithm: A) -> PrivateKey {
    let kind = match algorithm {
        A::ECDSA_SHA_256 => KeyKind::EccP256,
        A::ECDSA_SHA_384 => KeyKind::EccP384,
        A::ECDSA_SHA_512 => KeyKind::EccP521,
        _ => KeyKind::Rsa2048,
    };
    PrivateKey::cached(kind, "signing")
}

/// With that key in KMS.
pub fn signer(algorithm: A) -> Aws {
    let aws = Aws::default();
    aws.put_signer(aws::Signer::new(ARN, signing_key(algorithm)));
    aws
}
