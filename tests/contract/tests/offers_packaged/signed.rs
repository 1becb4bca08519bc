//! Packages under a signing key that a test has made.

use aws_sdk_kms::Client as Kms;
use aws_sdk_s3::Client as S3;
use ceremony::algorithms::SignatureAlgorithm as A;
use ceremony::digest::Sha256;
use ceremony::enrolment::{Installed, OwnKey};
use ceremony::id::Ceremony;
use ceremony::publication::Publication;
use ceremony::utc::Utc;
use emulated::aws::{self, Aws};
use emulated::{UID, certificate};
use partner::certificate::KeyUsage;
use partner::{Certified, KeyKind, PrivateKey, Profile};
use signing::SigningKeys;
use step::Journal;

use crate::terminal::Files;

const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/signing";

/// As `sign-package` signs it, and a state machine passes it on.
pub(crate) async fn signed(
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
    // As a state machine passes it on.
    let document = serde_json::to_string(&signed.unwrap().publication).unwrap();
    let publication: Publication = serde_json::from_str(&document).unwrap();
    let files = publication.files.into_iter().chain([publication.manifest]);
    files.map(|file| (file.name, file.contents)).collect()
}

/// A CA that sender and receiver know.
pub(crate) fn bank() -> Certified {
    let key = PrivateKey::cached(KeyKind::EccP384, "bank");
    Profile::root("Bank Root").self_signed(&key)
}

/// What is installed when this CA has certified the signing key.
pub(crate) fn certified(aws: &Aws, ca: &Certified, algorithm: A) -> Installed {
    let certified = Profile::leaf("Key Ceremony Signing Key", UID)
        .key_usage(&[KeyUsage::DigitalSignature])
        .issued_by(ca, &signing_key(algorithm));
    let chain = format!("{}{}", certified.pem(), ca.pem());
    let chain_key = "enrolment-package-signing-0123456789abcdef/certificates.pem";
    let read = certificate(&certified);
    Installed {
        version: Installed::VERSION,
        key: OwnKey::PackageSigning,
        key_arn: ARN.to_owned(),
        chain_key: chain_key.to_owned(),
        chain_version_id: aws.put("evidence", chain_key, chain.as_bytes()),
        chain_sha256: Sha256::of(chain.as_bytes()),
        certificate_sha256: read.sha256(),
        not_before: read.not_before(),
        not_after: read.not_after(),
        ceremony_id: "enrolment-package-signing-0123456789abcdef".to_owned(),
        installed_at: Utc::now(),
    }
}

fn signing_key(algorithm: A) -> PrivateKey {
    let kind = match algorithm {
        A::ECDSA_SHA_256 => KeyKind::EccP256,
        A::ECDSA_SHA_384 => KeyKind::EccP384,
        A::ECDSA_SHA_512 => KeyKind::EccP521,
        _ => KeyKind::Rsa2048,
    };
    PrivateKey::cached(kind, "signing")
}

pub(crate) fn signer(algorithm: A) -> Aws {
    let aws = Aws::default();
    aws.put_signer(aws::Signer::new(ARN, signing_key(algorithm)));
    aws
}
