//! Packages as the steps make them, by each method.

use std::collections::BTreeMap;

use aws_sdk_kms::Client as Kms;
use aws_sdk_s3::Client as S3;
use ceremony::algorithms::SignatureAlgorithm as A;
use ceremony::enrolment::{Installed, OwnKey};
use ceremony::exchange::{Method, Nonce, Wrapped};
use ceremony::keys::KekFacts;
use ceremony::profile::Policy;
use ceremony::publication::Publication;
use ceremony::utc::Utc;
use emulated::aws::{self, Aws};
use emulated::{Emulated, UID, ceremony, chain, clearance, execution, path, policy};
use partner::certificate::KeyUsage;
use partner::terminal::follow_the_readme_with;
use partner::{Certified, KeyKind, OpenError, Opened, Package, Pki, PrivateKey, Profile, Receiver};
use serde_json::{Value, json};
use signing::SigningKeys;
use step::Journal;

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/signing";

/// A KEK, and how it travels.
#[derive(Clone)]
pub(crate) struct Case {
    pub leaf: KeyKind,
    pub kek: &'static str,
    pub exchange: Value,
    pub nonce: Option<&'static str>,
}

impl Case {
    pub(crate) fn rsa_oaep() -> Self {
        Self {
            leaf: KeyKind::Rsa3072,
            kek: "AES_128",
            exchange: json!({ "method": "rsa-oaep", "signedPrefix": "3130" }),
            nonce: None,
        }
    }

    /// In one pass, or in two with this nonce; signed by a key of the service.
    pub(crate) fn tr34(kek: &'static str, nonce: Option<&'static str>) -> Self {
        let passes = if nonce.is_some() { "two" } else { "one" };
        Self {
            leaf: KeyKind::Rsa3072,
            kek,
            exchange: json!({ "method": "tr34", "signer": "service", "passes": passes }),
            nonce,
        }
    }

    pub(crate) fn ecdh(leaf: KeyKind, kek: &'static str, derivation: [&'static str; 3]) -> Self {
        let [function, hash, derived] = derivation;
        Self {
            leaf,
            kek,
            exchange: json!({
                "method": "ecdh", "keyDerivationFunction": function, "keyDerivationHash": hash,
                "derivedKey": derived,
            }),
            nonce: None,
        }
    }

    /// One of each method.
    pub(crate) fn one_of_each() -> [Self; 3] {
        [
            Self::rsa_oaep(),
            Self::tr34("AES_128", Some("0102030405060708")),
            Self::ecdh(
                KeyKind::EccP521,
                "AES_256",
                ["NIST_SP800", "SHA_512", "AES_256"],
            ),
        ]
    }

    fn chain(&self) -> Pki {
        let curve = matches!(
            self.leaf,
            KeyKind::EccP256 | KeyKind::EccP384 | KeyKind::EccP521
        );
        if !curve {
            return chain();
        }
        Pki::builder(UID)
            .named("agreement")
            .root_key(KeyKind::EccP521)
            .intermediate_keys(&[KeyKind::EccP521])
            .leaf_key(self.leaf)
            .leaf(|leaf| leaf.key_usage(&[KeyUsage::KeyAgreement]))
            .build()
    }
}

/// A KEK wrapped for a partner's leaf, from which packages are made.
pub(crate) struct Made {
    pub pki: Pki,
    pub kek: KekFacts,
    pub wrapped: Wrapped,
    case: Case,
    issuing_ca_key_arn: String,
}

impl Made {
    pub(crate) async fn of(case: Case) -> Self {
        let (emulated, pki, journal) = (Emulated::start().await, case.chain(), Journal::default());
        let (path, policy) = (path(&pki), case.policy(&pki, A::ECDSA_SHA_256));
        let input = import_ca::Input {
            ceremony: ceremony(),
            path: path.clone(),
            policy: policy.clone().into(),
            revocation: clearance(&path),
            awaited: None,
        };
        let cas = import_ca::handle(&emulated.client, input, &journal).await;
        let import_ca::Output::Imported(cas) = cas.unwrap() else {
            panic!("no approval team is there");
        };
        let input = create_kek::Input {
            ceremony: ceremony(),
            execution: execution(),
            leaf_sha256: path.leaf.sha256(),
            algorithm: policy.kek.algorithm,
            key_arn: None,
        };
        let kek = create_kek::handle(&emulated.client, input, &journal).await;
        let kek = kek.unwrap().0;
        let wrapped = case
            .wrap(&emulated, &pki, policy, &cas.issuing_ca_key_arn, &kek)
            .await;
        Self {
            pki,
            issuing_ca_key_arn: cas.issuing_ca_key_arn,
            kek,
            wrapped,
            case,
        }
    }

    /// The package, signed by this algorithm with the key of this name.
    pub(crate) async fn package(&self, algorithm: A, key: &str) -> Files {
        let signer = signer(algorithm, key);
        self.package_by(&signer, algorithm, None).await
    }

    /// The package of a sender whose signing key is certified.
    pub(crate) async fn package_by(
        &self,
        aws: &Aws,
        algorithm: A,
        installed: Option<Installed>,
    ) -> Files {
        let (context, journal) = (context(aws), Journal::default());
        let policy = self.case.policy(&self.pki, algorithm);
        let signature = match &self.wrapped {
            Wrapped::RsaOaep { cryptogram, .. } => {
                let input = sign::Input {
                    ceremony: ceremony(),
                    signed_prefix: "3130".to_owned().try_into().unwrap(),
                    cryptogram: cryptogram.clone(),
                    algorithm,
                    signer: installed.clone(),
                };
                let signed = sign::handle(&context.keys, input, &journal).await;
                Some(signed.unwrap().0)
            }
            _ => None,
        };
        let input = package_kek::Input {
            ceremony: ceremony(),
            execution: execution(),
            path: path(&self.pki),
            policy,
            issuing_ca_key_arn: self.issuing_ca_key_arn.clone(),
            kek: self.kek.clone(),
            wrapped: self.wrapped.clone(),
            signature: signature.clone(),
            signer: installed.clone(),
        };
        let input = sign_package::Input {
            ceremony: ceremony(),
            publication: package_kek::handle(input).unwrap().0,
            algorithm,
            signer: installed,
            public_key: signature.map(|signature| signature.public_key),
        };
        let signed = sign_package::handle(&context, input, &journal).await;
        // As a state machine passes it on.
        let document = serde_json::to_string(&signed.unwrap().publication).unwrap();
        let publication: Publication = serde_json::from_str(&document).unwrap();
        let files = publication.files.into_iter().chain([publication.manifest]);
        files.map(|file| (file.name, file.contents)).collect()
    }

    pub(crate) fn follow(&self, files: &Files) -> Result<Vec<String>, String> {
        self.follow_with(files, &[])
    }

    /// With more files beside the leaf's private key.
    pub(crate) fn follow_with(
        &self,
        files: &Files,
        beside: &[(&str, String)],
    ) -> Result<Vec<String>, String> {
        let key = ("leaf.key", self.pki.leaf.key().pem());
        follow_the_readme_with(files, &[&[key], beside].concat())
    }

    pub(crate) fn open(&self, files: &Files) -> Result<Opened, OpenError> {
        self.open_answering(files, self.case.nonce)
    }

    pub(crate) fn open_answering(
        &self,
        files: &Files,
        nonce: Option<&str>,
    ) -> Result<Opened, OpenError> {
        let nonce = nonce.map(|nonce| hex::decode(nonce).unwrap());
        let receiver = Receiver {
            nonce: nonce.as_deref(),
            ..Receiver::new(&self.pki.leaf)
        };
        Package::from_files(files.clone()).open_as(&receiver)
    }

    pub(crate) fn is_noticed(&self, files: &Files, what: &str) {
        assert!(self.follow(files).is_err(), "by the README: {what}");
        assert!(self.open(files).is_err(), "by the partner: {what}");
    }
}

impl Case {
    pub(crate) fn method(&self, pki: &Pki) -> Method {
        self.policy(pki, A::ECDSA_SHA_256).exchange.method()
    }

    fn policy(&self, pki: &Pki, algorithm: A) -> Policy {
        policy(pki, |profile| {
            let section = &mut profile["kekExport"];
            section["kek"] = json!({ "algorithm": self.kek });
            section["exchange"] = self.exchange.clone();
            section["signature"] = json!({ "algorithm": algorithm });
        })
    }

    async fn wrap(
        &self,
        emulated: &Emulated,
        pki: &Pki,
        policy: Policy,
        issuing_ca_key_arn: &str,
        kek: &KekFacts,
    ) -> Wrapped {
        let (path, journal) = (path(pki), Journal::default());
        let (client, revocation) = (&emulated.client, clearance(&path));
        let (issuing_ca_key_arn, kek) = (issuing_ca_key_arn.to_owned(), kek.clone());
        match self.method(pki) {
            Method::RsaOaep => {
                let input = wrap_rsa::Input {
                    ceremony: ceremony(),
                    path,
                    policy,
                    revocation,
                    issuing_ca_key_arn,
                    kek,
                };
                let wrapped = wrap_rsa::handle(client, input, &journal).await;
                wrapped.unwrap().0
            }
            Method::Tr34 => {
                let context = wrap_tr34::Context {
                    payment: client.clone(),
                    s3: S3::new(&Aws::default().config()),
                    evidence_bucket: "evidence".to_owned(),
                };
                let nonce = self.nonce.map(|it| Nonce::try_from(it.to_owned()).unwrap());
                let input = wrap_tr34::Input {
                    ceremony: ceremony(),
                    path,
                    policy,
                    revocation,
                    issuing_ca_key_arn,
                    kek,
                    nonce,
                    signer: None,
                };
                let wrapped = wrap_tr34::handle(&context, input, &journal).await;
                wrapped.unwrap().0
            }
            Method::Ecdh => {
                let input = wrap_ecdh::Input {
                    ceremony: ceremony(),
                    path,
                    policy,
                    revocation,
                    issuing_ca_key_arn,
                    kek,
                };
                let wrapped = wrap_ecdh::handle(client, input, &journal).await;
                wrapped.unwrap().0
            }
        }
    }
}

fn context(aws: &Aws) -> sign_package::Context {
    let config = aws.config();
    sign_package::Context {
        keys: SigningKeys::new(Kms::new(&config), ARN),
        s3: S3::new(&config),
        evidence_bucket: "evidence".to_owned(),
    }
}

fn signing_key(algorithm: A, name: &str) -> PrivateKey {
    let kind = match algorithm {
        A::ECDSA_SHA_256 => KeyKind::EccP256,
        A::ECDSA_SHA_384 => KeyKind::EccP384,
        A::ECDSA_SHA_512 => KeyKind::EccP521,
        _ => KeyKind::Rsa2048,
    };
    PrivateKey::cached(kind, name)
}

pub(crate) fn signer(algorithm: A, key: &str) -> Aws {
    let aws = Aws::default();
    aws.put_signer(aws::Signer::new(ARN, signing_key(algorithm, key)));
    aws
}

/// A CA that sender and receiver know.
pub(crate) fn bank() -> Certified {
    let key = PrivateKey::cached(KeyKind::EccP384, "bank");
    Profile::root("Bank Root").self_signed(&key)
}

/// What is installed when this CA has certified the signing key of that name.
pub(crate) fn certified(aws: &Aws, ca: &Certified, key: &str) -> Installed {
    let key = signing_key(A::ECDSA_SHA_256, key);
    let certificate = Profile::leaf("Key Ceremony Signing Key", UID)
        .key_usage(&[KeyUsage::DigitalSignature])
        .issued_by(ca, &key);
    let chain = format!("{}{}", certificate.pem(), ca.pem());
    let chain_key = "enrolment-package-signing-0123456789abcdef/certificates.pem";
    let version = aws.put("evidence", chain_key, chain.as_bytes());
    let read = emulated::certificate(&certificate);
    Installed {
        version: Installed::VERSION,
        key: OwnKey::PackageSigning,
        key_arn: ARN.to_owned(),
        chain_key: chain_key.to_owned(),
        chain_version_id: version,
        chain_sha256: ceremony::digest::Sha256::of(chain.as_bytes()),
        certificate_sha256: read.sha256(),
        not_before: read.not_before(),
        not_after: read.not_after(),
        ceremony_id: "enrolment-package-signing-0123456789abcdef".to_owned(),
        installed_at: Utc::now(),
    }
}
