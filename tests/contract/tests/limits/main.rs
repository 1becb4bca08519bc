//! The largest input that is accepted fits the states it passes through.
//!
//! Step Functions allows 256 KiB for a variable and for a payload, and 10 MiB for all variables
//! together; what is more ends the execution without any handler. So the limits of the domain (bytes
//! of a certificate, of its names and identities, CAs on a path) must be small enough, which this
//! measures: it runs the pure steps on the largest certificates, and imitates the others. To
//! `CheckRevocation`, which it runs too, the issuers' services say as much as they like.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod enrolments;
mod largest;
mod looks;

use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm, OaepHash, SignatureAlgorithm};
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::enrolment::{Chain, Installed, OwnKey};
use ceremony::evidence::{Recordable, Recorded, Software};
use ceremony::exchange::{
    KeyDerivationFunction, KeyDerivationHash, Load, Method, Nonce, OurCertificate, Tr34Signer,
    Wrapped,
};
use ceremony::execution::{BINARY, DroppedObject, Execution, File, PEM, Start, TEXT};
use ceremony::id::{Ceremony, CertificateSet, Kind};
use ceremony::identifiers::{Folder, ca_alias};
use ceremony::keys::{Approval, Authority, KekFacts, Origin};
use ceremony::path::{CertificatePath, MAX_CAS};
use ceremony::profile::Policy;
use ceremony::publication::{Publication, SIGNING_CERTIFICATES, SIGNING_KEY, SUMS, SUMS_SIGNATURE};
use ceremony::signature::{MessageType, SignatureFacts};
use ceremony::utc::Utc;
use serde::Serialize;
use serde_json::{Value, json};

use largest::{LETTERS, Mistakes, ours, path};
use looks::Looks;

const STATE_BYTES: usize = 256 * 1024;
const ALL_BYTES: usize = 10 * 1024 * 1024;
const CAUSE_BYTES: usize = 32 * 1024;

const ARN: &str = "arn:aws:payment-cryptography:ap-southeast-3:111122223333:key/kwapwa6qaifllw2h";

fn policy(path: &CertificatePath) -> Policy {
    policy_by(Method::RsaOaep, path)
}

fn policy_by(method: Method, path: &CertificatePath) -> Policy {
    let exchange = match method {
        Method::RsaOaep => json!({ "method": "rsa-oaep", "signedPrefix": "7E".repeat(256) }),
        Method::Tr34 => json!({ "method": "tr34", "signer": "own", "passes": "two" }),
        Method::Ecdh => json!({ "method": "ecdh" }),
    };
    // A standard parameter has 4 KB: as many CA keys as that holds.
    let keys = |_: usize| (Sha256::of(b"ca").to_string(), json!(ARN));
    let profile = json!({
        "partner": "x".repeat(32),
        "environment": "non-production",
        "dataType": "cardholder",
        "trustAnchors": [path.root.sha256()],
        // As the leaf has not: the check tells both.
        "identity": "i".repeat(3000),
        "caKeyArns": (0..1).map(keys).collect::<serde_json::Map<_, _>>(),
        "kekExport": { "exchange": exchange },
    });
    let profile = ceremony::profile::Profile::parse(&profile.to_string(), &folder()).unwrap();
    profile.kek_export_policy(i64::MAX).unwrap()
}

fn ceremony() -> Ceremony {
    let leaf = Sha256::of(b"leaf");
    CertificateSet::new(Kind::KekExport, &folder(), leaf, []).ceremony(1)
}

fn folder() -> Folder {
    let key = format!("{}/non-production/cardholder/leaf.pem", "x".repeat(32));
    Folder::of_inbox_key(&key).unwrap()
}

fn recorded<T: Recordable + Serialize>(result: T) -> Value {
    let software = Software {
        name: "fetch-certs",
        version: "0.1.0",
    };
    serde_json::to_value(Recorded::new(&software, Utc::now(), result).unwrap()).unwrap()
}

/// Measures documents and variables as they come, and keeps the evidence.
#[derive(Clone, Default)]
struct States {
    evidence: Vec<Value>,
    variables: usize,
}

impl States {
    fn payload(&self, what: &str, document: &impl Serialize) -> usize {
        let bytes = serde_json::to_vec(document).unwrap().len();
        assert!(bytes <= STATE_BYTES, "{what} has {bytes} bytes");
        bytes
    }

    /// A step's answer becomes a variable, and its evidence one more in the list.
    fn answer(&mut self, what: &str, answer: &Value) {
        self.payload(what, answer);
        self.variables += self.payload(what, &answer["result"]);
        self.evidence.push(answer["evidence"].clone());
        self.payload("the evidence", &self.evidence);
    }
}

#[tokio::test]
async fn every_document_and_variable_of_the_largest_ceremony_fits() {
    for letter in LETTERS {
        for (mistakes, failed) in [
            (Mistakes::None, 7),
            (Mistakes::Noted, 20),
            (Mistakes::All, 60),
        ] {
            let path = path(letter, mistakes);
            leaves_room(&path, failed);
            fits(path, mistakes).await;
        }
    }
}

/// Every certificate is over.
fn long_after() -> Utc {
    Utc::from(time::OffsetDateTime::now_utc() + time::Duration::days(36_500))
}

/// Whatever is wrong with seven certificates, the checks leave most of a state to what else is told.
fn leaves_room(path: &CertificatePath, least: usize) {
    let load = Load {
        kek: KekAlgorithm::AES_256,
        method: Method::RsaOaep,
    };
    let trust = policy(path).trust;
    let checks = ceremony::proof::prove(path.clone(), &trust, load, long_after()).checks;
    let failed = checks.iter().filter(|check| !check.passed).count();
    assert!(failed >= least, "{failed} of {} failed", checks.len());
    let bytes = serde_json::to_vec(&checks).unwrap().len();
    assert!(bytes < STATE_BYTES / 3, "{bytes} bytes");
}

async fn fits(path: CertificatePath, mistakes: Mistakes) {
    let policy = policy(&path);
    let ceremony = ceremony();
    let mut states = States::default();

    let start = Start {
        version: Start::VERSION,
        leaf: None,
        ceremony: ceremony.clone(),
        objects: (0..=MAX_CAS)
            .map(|_| DroppedObject {
                key: format!("{}{}", folder().prefix(), "k".repeat(1024)),
                version_id: "v".repeat(1024),
                bytes: 65_536,
                sha256: Sha256::of(b"object"),
            })
            .collect(),
    };
    states.variables += states.payload("the input", &start);

    let aliases = path.cas().map(|ca| ca_alias(&ca.sha256()));
    let fetched = fetch_certs::Output {
        aliases: aliases.collect(),
        path: path.clone(),
        policy: policy.clone(),
        nonce: Some(nonce()),
        package_signer: Some(package_signer()),
        tr34_signer: Some(package_signer()),
    };
    states.answer("FetchCerts", &recorded(fetched));

    let input = validate::Input {
        ceremony: ceremony.clone(),
        path: path.clone(),
        policy: policy.clone().into(),
    };
    states.payload("the input of Validate", &input);
    // Nothing more is done with such a path.
    if mistakes != Mistakes::All {
        let right = validate::Input {
            policy: with_its_identity(&path, &policy).into(),
            ..input.clone()
        };
        let validated = validate::handle(right, Utc::now()).unwrap();
        assert_eq!(validated.refused, None);
        let validated = recorded(validated);
        let passing = with_its_identity(&path, &policy);
        let looks = Looks::at(ceremony.clone(), &path, passing).await;
        for method in Method::ALL {
            let mut states = states.clone();
            states.answer("Validate", &validated);
            let policy = policy_by(method, &path);
            succeeds(&mut states, &ceremony, &start, path.clone(), policy, &looks);
        }
    }
    // Refused, which has the longest words: every certificate is over.
    let refused = validate::handle(input, long_after()).unwrap();
    assert!(refused.refused.is_some());
    let refusal = recorded(refused);
    states.answer("Validate", &refusal);
    fails(&mut states, &start, "Validate", &refusal);
    assert!(states.variables + STATE_BYTES <= ALL_BYTES);
}

/// A policy of which the leaf is, whose own identity is as long as a profile can have it.
fn with_its_identity(path: &CertificatePath, policy: &Policy) -> Policy {
    let mut policy = policy.clone();
    policy.trust.identity = path.leaf.identities().next().unwrap().to_owned();
    policy
}

/// The states after `Validate`, which refused nothing.
fn succeeds(
    states: &mut States,
    ceremony: &Ceremony,
    start: &Start,
    path: CertificatePath,
    policy: Policy,
    looks: &Looks,
) {
    looks.look(states, None);
    looks.refuse(states, start);
    let authority = Authority {
        certificate_sha256: path.root.sha256(),
        key_arn: ARN.to_owned(),
        origin: Origin::Created,
        approval: Some(Approval {
            session_arn: session(),
            asked_at: Utc::now(),
            seen_at: Utc::now(),
        }),
    };
    let pending = import_ca::PendingRoot {
        certificate_sha256: path.root.sha256(),
        key_arn: ARN.to_owned(),
        origin: Origin::Created,
        session_arn: session(),
        asked_at: Utc::now(),
        until: Utc::now(),
        look_again_in_seconds: 300,
    };
    let mut input = import_ca::Input {
        ceremony: ceremony.clone(),
        path: path.clone(),
        policy: policy.clone().into(),
        revocation: looks.proven.clone(),
        awaited: None,
    };
    states.payload("the input of ImportCa", &input);
    input.awaited = Some(pending.clone());
    states.payload("the input of ImportCa, again", &input);
    let pending = import_ca::Output::Pending(import_ca::Pending { pending });
    states.answer("ImportCa", &recorded(pending));
    let imported = import_ca::Output::Imported(import_ca::Imported {
        issuing_ca_key_arn: ARN.to_owned(),
        authorities: vec![authority; MAX_CAS],
    });
    states.answer("ImportCa", &recorded(imported));
    let kek = KekFacts {
        key_arn: ARN.to_owned(),
        algorithm: KekAlgorithm::AES_128,
        kcv: "9A1B2A".to_owned(),
        kcv_algorithm: KcvAlgorithm::CMAC,
        origin: Origin::Created,
        replaces_key_arn: Some(ARN.to_owned()),
    };
    states.answer("CreateKek", &recorded(create_kek::Output(kek.clone())));
    looks.look(states, Some(&looks.proven));
    looks.refuse(states, start);
    let method = policy.exchange.method();
    let signer = Some(package_signer());
    wraps(states, ceremony, &path, &policy, looks, &kek);
    let wrapped = wrapped(method);
    let signature = SignatureFacts {
        signature: "AB".repeat(512),
        algorithm: SignatureAlgorithm::RSASSA_PSS_SHA_512,
        message_type: MessageType::Raw,
        key_arn: ARN.to_owned(),
        public_key: pem(&[7; 550]),
    };
    let signature = (method == Method::RsaOaep).then_some(signature);
    if let Some(signature) = &signature {
        states.answer("Sign", &recorded(sign::Output(signature.clone())));
    }

    let input = package_kek::Input {
        ceremony: ceremony.clone(),
        execution: execution(),
        path: path.clone(),
        policy,
        issuing_ca_key_arn: ARN.to_owned(),
        kek,
        wrapped,
        signature: signature.clone(),
        signer: signer.clone(),
    };
    states.payload("the input of PackageKek", &input);
    let package = package_kek::handle(input).unwrap();
    let publication = package.0.clone();
    states.answer("PackageKek", &recorded(package));

    let input = sign_package::Input {
        ceremony: ceremony.clone(),
        publication: publication.clone(),
        algorithm: SignatureAlgorithm::RSASSA_PSS_SHA_512,
        signer,
        public_key: signature.map(|signature| signature.public_key),
    };
    states.payload("the input of SignPackage", &input);
    let signed = signed(publication);
    let publication = signed.publication.clone();
    states.answer("SignPackage", &recorded(signed));

    let evidence = serde_json::from_value(json!(states.evidence)).unwrap();
    let input = publish::Input {
        ceremony: ceremony.clone().into(),
        execution: execution(),
        input: serde_json::to_value(start).unwrap(),
        evidence,
        publication,
    };
    states.payload("the input of Publish", &input);
    assert!(states.variables + STATE_BYTES <= ALL_BYTES);
}

/// The state of the method.
fn wraps(
    states: &mut States,
    ceremony: &Ceremony,
    path: &CertificatePath,
    policy: &Policy,
    looks: &Looks,
    kek: &KekFacts,
) {
    let (ceremony, path, policy) = (ceremony.clone(), path.clone(), policy.clone());
    let (revocation, issuing_ca_key_arn) = (looks.proven.clone(), ARN.to_owned());
    let (kek, wrapped) = (kek.clone(), wrapped(policy.exchange.method()));
    match policy.exchange.method() {
        Method::RsaOaep => {
            let input = wrap_rsa::Input {
                ceremony,
                path,
                policy,
                revocation,
                issuing_ca_key_arn,
                kek,
            };
            states.payload("the input of WrapRsa", &input);
            states.answer("WrapRsa", &recorded(wrap_rsa::Output(wrapped)));
        }
        Method::Tr34 => {
            let input = wrap_tr34::Input {
                ceremony,
                path,
                policy,
                revocation,
                issuing_ca_key_arn,
                kek,
                nonce: Some(nonce()),
                signer: Some(package_signer()),
            };
            states.payload("the input of WrapTr34", &input);
            states.answer("WrapTr34", &recorded(wrap_tr34::Output(wrapped)));
        }
        Method::Ecdh => {
            let input = wrap_ecdh::Input {
                ceremony,
                path,
                policy,
                revocation,
                issuing_ca_key_arn,
                kek,
            };
            states.payload("the input of WrapEcdh", &input);
            states.answer("WrapEcdh", &recorded(wrap_ecdh::Output(wrapped)));
        }
    }
}

/// What travels at most, under a key of 4096 bits and certificates with long names.
fn wrapped(method: Method) -> Wrapped {
    let (certificate, issuer) = ours();
    let ours = OurCertificate {
        key_arn: Some(ARN.to_owned()),
        certificate,
        chain: vec![issuer],
    };
    match method {
        Method::RsaOaep => Wrapped::RsaOaep {
            cryptogram: "AB".repeat(512),
            hash: OaepHash::SHA_256,
        },
        Method::Tr34 => Wrapped::Tr34 {
            // Three names, two blocks of RSA, and some hundred bytes more.
            key_block: "AB".repeat(3 * Certificate::MAX_NAME_BYTES + 2 * 512 + 700),
            header: "D0144K0AB00E0000".to_owned(),
            nonce: Some(nonce()),
            signer: Tr34Signer::Own,
            ours,
        },
        Method::Ecdh => Wrapped::Ecdh {
            key_block: format!("D0144K0AB00E0000{}", "AB".repeat(64)),
            shared_information: "AB".repeat(32),
            key_derivation_function: KeyDerivationFunction::NIST_SP800,
            key_derivation_hash: KeyDerivationHash::SHA_512,
            derived_key: KekAlgorithm::AES_256,
            ours,
        },
    }
}

fn nonce() -> Nonce {
    Nonce::try_from("AB".repeat(16)).unwrap()
}

/// The way to the record of a refusal.
fn fails(states: &mut States, start: &impl Serialize, step: &str, refusal: &Value) {
    let refused = &refusal["result"]["refused"];
    let cause = json!({ "what": refused["what"], "remedy": refused["remedy"], "done": [] });
    let failure = json!({ "step": step, "error": {
        "Error": refused["error"], "Cause": cause.to_string(),
    }});
    states.variables += states.payload("the failure", &failure);
    let start = json!(start);
    let input = json!({
        "kind": start["ceremony"]["ceremony"], "execution": execution(), "input": start, "failure": failure,
        "evidence": states.evidence, "aliases": [], "again": "x".repeat(1000),
        "failedAt": Utc::now(),
    });
    states.payload("the input of RecordFailure", &input);
    let input: record_failure::Input = serde_json::from_value(input).unwrap();
    let words = record_failure::put_into_words(&input.failure);
    // The error of the Lambda and the cause of the execution, each as it stands in JSON.
    for words in [cause.to_string(), format!("{}{}", words.what, words.remedy)] {
        let bytes = serde_json::to_string(&words).unwrap().len();
        assert!(bytes < CAUSE_BYTES - 2048, "a cause of {bytes} bytes");
    }
}

/// What `SignPackage` makes of a package with a key of 4096 bits, whose certificates are as long as
/// they may be.
fn signed(mut publication: Publication) -> sign_package::Output {
    let certificates = "A".repeat(Chain::MAX_PEM_BYTES);
    publication.files.extend([
        File::new(SIGNING_KEY, PEM, pem(&[7; 550])),
        File::new(SIGNING_CERTIFICATES, PEM, certificates),
    ]);
    let digests = publication.digests();
    let files = digests.files.iter().chain([&digests.manifest]);
    let list: String = files
        .map(|file| format!("{}  {}\n", file.sha256, file.name))
        .collect();
    let list = File::new(SUMS, TEXT, list);
    let signature = File::new(SUMS_SIGNATURE, BINARY, [7; 512]);
    let signed = sign_package::SignedList {
        list: list.digest(),
        signature: signature.digest(),
        algorithm: SignatureAlgorithm::RSASSA_PSS_SHA_512,
        message_type: MessageType::Digest,
        key_arn: ARN.to_owned(),
        public_key_sha256: Sha256::of(b"key"),
        certificate_sha256: Some(Sha256::of(b"certificate")),
    };
    publication.files.extend([list, signature]);
    sign_package::Output {
        publication,
        signed,
    }
}

fn package_signer() -> Installed {
    let ceremony_id = format!("enrolment-package-signing-{}", "f".repeat(16));
    Installed {
        version: Installed::VERSION,
        key: OwnKey::PackageSigning,
        key_arn: ARN.to_owned(),
        chain_key: format!("{ceremony_id}/certificates.pem"),
        chain_version_id: "x".repeat(1024),
        chain_sha256: Sha256::of(b"chain"),
        certificate_sha256: Sha256::of(b"certificate"),
        not_before: Utc::now(),
        not_after: Utc::now(),
        ceremony_id,
        installed_at: Utc::now(),
    }
}

/// As long as the service's model lets it be.
fn session() -> String {
    format!(
        "arn:aws:mpa:us-east-1:111122223333:session/team/{}",
        "x".repeat(1990)
    )
}

fn execution() -> Execution {
    Execution {
        arn: format!(
            "arn:aws:states:ap-southeast-3:111122223333:execution:kek-export:{}",
            "x".repeat(80)
        ),
        started_at: Utc::now(),
    }
}

fn pem(der: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
}
