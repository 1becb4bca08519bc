//! The certificate of the signing key, in every package once one has been enrolled.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use aws_sdk_kms::Client as Kms;
use aws_sdk_s3::Client as S3;
use ceremony::algorithms::SignatureAlgorithm as A;
use ceremony::digest::Sha256;
use ceremony::enrolment::{Installed, OwnKey};
use ceremony::evidence::Deed;
use ceremony::execution::{File, JSON, TEXT};
use ceremony::publication::Publication;
use ceremony::utc::Utc;
use emulated::aws::{self, Aws, Fault};
use emulated::{ceremony, certificate};
use partner::certificate::KeyUsage;
use partner::{Certified, KeyKind, PrivateKey, Profile};
use sign_package::{Context, Error, Input, Output, handle};
use signing::{SigningError, SigningKeys};
use step::{Journal, StepError};

const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/signing";
const NEXT: &str = "arn:aws:kms:eu-west-1:111122223333:key/next";
const CHAIN: &str = "enrolment-package-signing-0123456789abcdef/certificates.pem";

/// A KMS with a key, and a CA that certifies keys.
struct Enrolled {
    aws: Aws,
    ca: Certified,
    journal: Journal,
}

impl Enrolled {
    fn new() -> Self {
        let (aws, key) = (
            Aws::default(),
            PrivateKey::cached(KeyKind::EccP256, "signing"),
        );
        aws.put_signer(aws::Signer::new(ARN, key));
        let key = PrivateKey::cached(KeyKind::EccP384, "bank");
        Self {
            aws,
            ca: Profile::root("Bank Root").self_signed(&key),
            journal: Journal::default(),
        }
    }

    /// As an enrolment leaves it: what is installed, and its chain.
    fn certifies(&self, key: &str, change: impl FnOnce(Profile) -> Profile) -> (Installed, String) {
        let key = PrivateKey::cached(KeyKind::EccP256, key);
        let profile = Profile::leaf("Signing", "uid").key_usage(&[KeyUsage::DigitalSignature]);
        let certified = change(profile).issued_by(&self.ca, &key);
        let read = certificate(&certified);
        let chain = format!("{}{}", read.to_pem(), certificate(&self.ca).to_pem());
        let version = self.aws.put("evidence", CHAIN, chain.as_bytes());
        let installed = Installed {
            version: Installed::VERSION,
            key: OwnKey::PackageSigning,
            key_arn: ARN.to_owned(),
            chain_key: CHAIN.to_owned(),
            chain_version_id: version,
            chain_sha256: Sha256::of(chain.as_bytes()),
            certificate_sha256: read.sha256(),
            not_before: read.not_before(),
            not_after: read.not_after(),
            ceremony_id: "enrolment-package-signing-0123456789abcdef".to_owned(),
            installed_at: Utc::now(),
        };
        (installed, chain)
    }

    async fn signs(&self, installed: Installed) -> Result<Output, Error> {
        let config = self.aws.config();
        let context = Context {
            keys: SigningKeys::new(Kms::new(&config), &format!("{ARN},{NEXT}")),
            s3: S3::new(&config),
            evidence_bucket: "evidence".to_owned(),
        };
        let publication = Publication {
            files: vec![File::new("kek.bin", TEXT, "kek")],
            manifest: File::new("manifest.json", JSON, "{}\n"),
            objects: Vec::new(),
            documents: Vec::new(),
            trusted_roots: Vec::new(),
        };
        let input = Input {
            ceremony: ceremony(),
            publication,
            algorithm: A::ECDSA_SHA_256,
            signer: Some(installed),
            public_key: None,
        };
        handle(&context, input, &self.journal).await
    }

    async fn refuses(&self, installed: Installed) -> &'static str {
        let error = self.signs(installed).await.unwrap_err();
        assert_eq!(self.journal.deeds(), [], "{error}");
        error.name()
    }
}

fn text(output: &Output, name: &str) -> String {
    let mut files = output.publication.files.iter();
    let file = files.find(|file| file.name == name).unwrap();
    String::from_utf8(file.contents.clone()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_certificate_and_its_issuers_are_in_the_package_and_on_the_list() {
    let enrolled = Enrolled::new();
    let (installed, chain) = enrolled.certifies("signing", |it| it);
    let output = enrolled.signs(installed.clone()).await.unwrap();
    assert_eq!(text(&output, "signing-certificates.pem"), chain);
    let line = format!("{}  signing-certificates.pem\n", installed.chain_sha256);
    assert!(text(&output, "SHA256SUMS").contains(&line));
    let told = output.signed.certificate_sha256;
    assert_eq!(told, Some(installed.certificate_sha256));
}

/// The next key signs as soon as its certificate is installed.
#[tokio::test(start_paused = true)]
async fn the_key_that_the_certificate_is_for_signs() {
    let enrolled = Enrolled::new();
    let next = PrivateKey::cached(KeyKind::EccP256, "next");
    enrolled.aws.put_signer(aws::Signer::new(NEXT, next));
    let (mut installed, _) = enrolled.certifies("next", |it| it);
    installed.key_arn = NEXT.to_owned();
    let output = enrolled.signs(installed).await.unwrap();
    let key_arn = NEXT.to_owned();
    assert_eq!(enrolled.journal.deeds(), [Deed::Signed { key_arn }]);
    assert_eq!(output.signed.key_arn, NEXT);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_signed_under_a_certificate_for_another_key() {
    let enrolled = Enrolled::new();
    let (installed, _) = enrolled.certifies("next", |it| it);
    assert_eq!(
        enrolled.refuses(installed).await,
        "CertificateForAnotherKey"
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_signed_by_a_key_that_is_not_among_ours() {
    let enrolled = Enrolled::new();
    let (mut installed, _) = enrolled.certifies("signing", |it| it);
    installed.key_arn = "arn:aws:kms:eu-west-1:111122223333:key/theirs".to_owned();
    assert_eq!(enrolled.refuses(installed).await, "KeyNotOurs");
    assert!(enrolled.aws.calls().is_empty());
}

/// What the certificate says counts, whatever was written down when it was installed.
#[tokio::test(start_paused = true)]
async fn nothing_is_signed_under_a_certificate_that_is_over() {
    let enrolled = Enrolled::new();
    let now = time::OffsetDateTime::now_utc();
    let over = |it: Profile| it.valid(now - time::Duration::days(9), now - time::Duration::days(1));
    let (installed, _) = enrolled.certifies("signing", over);
    assert_eq!(
        enrolled.refuses(installed.clone()).await,
        "CertificateNotValid"
    );
    assert!(enrolled.aws.calls().is_empty());
    let hopeful = Installed {
        not_after: Utc::now().plus_seconds(60),
        ..installed
    };
    assert_eq!(enrolled.refuses(hopeful).await, "CertificateNotValid");
}

#[tokio::test(start_paused = true)]
async fn another_chain_than_the_one_that_was_installed_is_refused() {
    let enrolled = Enrolled::new();
    let (installed, _) = enrolled.certifies("signing", |it| it);
    let changes: [fn(&mut Installed); 2] = [
        |it| it.chain_sha256 = Sha256::of(b"another"),
        |it| it.certificate_sha256 = Sha256::of(b"another"),
    ];
    for change in changes {
        let mut changed = installed.clone();
        change(&mut changed);
        assert_eq!(enrolled.refuses(changed).await, "CertificatesUnreadable");
    }
}

/// A chain that would not fit the states behind this one is no reason to lose them.
#[tokio::test(start_paused = true)]
async fn a_chain_that_is_too_long_is_refused_with_a_name() {
    let enrolled = Enrolled::new();
    let (mut installed, chain) = enrolled.certifies("signing", |it| it);
    let issuer = certificate(&enrolled.ca).to_pem();
    let chain = chain + &issuer.repeat(20);
    installed.chain_version_id = enrolled.aws.put("evidence", CHAIN, chain.as_bytes());
    installed.chain_sha256 = Sha256::of(chain.as_bytes());
    assert_eq!(enrolled.refuses(installed).await, "CertificatesTooLong");
}

#[tokio::test(start_paused = true)]
async fn a_chain_that_cannot_be_read_just_now_is_read_later() {
    let enrolled = Enrolled::new();
    let (installed, _) = enrolled.certifies("signing", |it| it);
    enrolled.aws.fault_for_good("GetObject", Fault::Throttled);
    let error = enrolled.signs(installed).await.unwrap_err();
    assert_eq!(error.name(), "ServiceThrottled");
    assert!(matches!(error, Error::Signing(SigningError::Service(_))));
}
