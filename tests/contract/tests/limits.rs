//! The largest input that is accepted fits the states it passes through.
//!
//! Step Functions allows 256 KiB for a variable and for a payload, and 10 MiB for all variables
//! together; what is more ends the execution without any handler. So the limits of the domain (bytes
//! of a certificate, of its names and identities, CAs on a path) must be small enough, which this
//! measures: it runs the pure steps on the largest certificates, and imitates the others.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm, SignatureAlgorithm};
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::evidence::{Recordable, Recorded, Software};
use ceremony::execution::{BINARY, DroppedObject, Execution, File, Start, TEXT};
use ceremony::id::{CertificateSet, Kind};
use ceremony::identifiers::{Folder, ca_alias};
use ceremony::keys::{Approval, Authority, KekFacts, Origin};
use ceremony::path::{CertificatePath, MAX_CAS};
use ceremony::profile::Policy;
use ceremony::publication::{Publication, SUMS, SUMS_SIGNATURE};
use ceremony::signature::{MessageType, SignatureFacts};
use ceremony::utc::Utc;
use partner::{Certified, KeyKind, PrivateKey, Profile};
use serde::Serialize;
use serde_json::{Value, json};

const STATE_BYTES: usize = 256 * 1024;
const ALL_BYTES: usize = 10 * 1024 * 1024;

const ARN: &str = "arn:aws:payment-cryptography:ap-southeast-3:111122223333:key/kwapwa6qaifllw2h";

/// Names and certificates as long as they may be. Quotation marks are the longest characters there
/// are once they stand in JSON within JSON.
fn path() -> CertificatePath {
    let key = PrivateKey::cached(KeyKind::Rsa4096, "limits");
    let longest = |mut make: Box<dyn FnMut(usize) -> Certified>, limit: usize| {
        // The largest that is still accepted, by bisection.
        let (mut good, mut bad) = (0, limit);
        while bad - good > 1 {
            let middle = (good + bad) / 2;
            if Certificate::from_der(make(middle).der()).is_ok() {
                good = middle;
            } else {
                bad = middle;
            }
        }
        assert!(good > 0, "nothing is accepted");
        make(good)
    };
    let named = |profile: Profile, letter: char| {
        let name: String = std::iter::repeat_n('"', 200).chain([letter]).collect();
        profile.organization(&name)
    };
    let filler = |profile: Profile, bytes: usize| {
        profile.extension(&[1, 3, 6, 1, 4, 1, 99999, 1], false, vec![7; bytes])
    };
    let (for_root, own) = (key.clone(), named);
    let root = longest(
        Box::new(move |bytes| {
            filler(own(Profile::root("Root"), 'r'), bytes).self_signed(&for_root)
        }),
        Certificate::MAX_BYTES,
    );
    let mut cas = vec![root];
    for letter in ('a'..).take(MAX_CAS - 1) {
        let (issuer, key) = (cas.last().unwrap().clone(), key.clone());
        cas.push(longest(
            Box::new(move |bytes| {
                filler(own(Profile::intermediate("CA"), letter), bytes).issued_by(&issuer, &key)
            }),
            Certificate::MAX_BYTES,
        ));
    }
    let issuer = cas.last().unwrap().clone();
    let leaf = longest(
        Box::new(move |bytes| {
            let leaf = named(Profile::leaf("Leaf", "uid"), 'l').uri(&"u".repeat(bytes));
            leaf.issued_by(&issuer, &key)
        }),
        Certificate::MAX_BYTES,
    );
    let read = |certified: &Certified| Certificate::from_der(certified.der()).unwrap();
    let mut cas: Vec<Certificate> = cas.iter().map(read).collect();
    let root = cas.remove(0);
    cas.reverse();
    CertificatePath {
        leaf: read(&leaf),
        intermediates: cas,
        root,
    }
}

fn policy(path: &CertificatePath) -> Policy {
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
        "kekExport": {
            "exchange": { "method": "rsa-oaep", "signedPrefix": "7E".repeat(256) },
        },
    });
    let profile = ceremony::profile::Profile::parse(&profile.to_string(), &folder()).unwrap();
    profile.kek_export_policy(i64::MAX).unwrap()
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
#[derive(Default)]
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

#[test]
fn every_document_and_variable_of_the_largest_ceremony_fits() {
    let path = path();
    let policy = policy(&path);
    let leaf = Sha256::of(b"leaf");
    let ceremony = CertificateSet::new(Kind::KekExport, &folder(), leaf, []).ceremony(1);
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
    };
    states.answer("FetchCerts", &recorded(fetched));

    let input = validate::Input {
        ceremony: ceremony.clone(),
        path: path.clone(),
        policy: policy.clone(),
    };
    states.payload("the input of Validate", &input);
    // Refused, which has the longest words: every certificate is over.
    let later = Utc::from(time::OffsetDateTime::now_utc() + time::Duration::days(36_500));
    let refused = validate::handle(input, later).unwrap();
    assert!(refused.refused.is_some());
    let refusal = recorded(refused);
    states.answer("Validate", &refusal);

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
    let cryptogram = "AB".repeat(512);
    let wrapped = json!({ "cryptogram": cryptogram, "hash": "SHA_256" });
    let wrapped: wrap::Output = serde_json::from_value(wrapped).unwrap();
    states.answer("Wrap", &recorded(wrapped));
    let signature = SignatureFacts {
        signature: "AB".repeat(512),
        algorithm: SignatureAlgorithm::RSASSA_PSS_SHA_512,
        message_type: MessageType::Raw,
        key_arn: ARN.to_owned(),
        public_key: pem(&[7; 550]),
    };
    states.answer("Sign", &recorded(sign::Output(signature.clone())));

    let input = package_kek::Input {
        ceremony: ceremony.clone(),
        execution: execution(),
        path,
        policy,
        issuing_ca_key_arn: ARN.to_owned(),
        kek,
        cryptogram,
        signature,
    };
    states.payload("the input of PackageKek", &input);
    let package = package_kek::handle(input).unwrap();
    let publication = package.0.clone();
    states.answer("PackageKek", &recorded(package));

    let input = sign_package::Input {
        ceremony: ceremony.clone(),
        publication: publication.clone(),
        algorithm: SignatureAlgorithm::RSASSA_PSS_SHA_512,
        public_key: pem(&[7; 550]),
    };
    states.payload("the input of SignPackage", &input);
    let signed = signed(publication);
    let publication = signed.publication.clone();
    states.answer("SignPackage", &recorded(signed));

    // With the evidence of a refusal, which is longer than that of a path that was proven.
    let evidence = serde_json::from_value(json!(states.evidence)).unwrap();
    let input = publish::Input {
        ceremony,
        execution: execution(),
        input: serde_json::to_value(&start).unwrap(),
        evidence,
        publication,
    };
    states.payload("the input of Publish", &input);

    let refused = &refusal["result"]["refused"];
    let cause = json!({ "what": refused["what"], "remedy": refused["remedy"], "done": [] });
    let failure = json!({ "step": "Validate", "error": {
        "Error": refused["error"], "Cause": cause.to_string(),
    }});
    states.variables += states.payload("the failure", &failure);
    let input = json!({
        "kind": "kek-export", "execution": execution(), "input": start, "failure": failure,
        "evidence": states.evidence, "aliases": [], "again": "x".repeat(1000),
        "failedAt": Utc::now(),
    });
    states.payload("the input of RecordFailure", &input);
    let input: record_failure::Input = serde_json::from_value(input).unwrap();
    let words = record_failure::put_into_words(&input.failure);
    assert!(
        words.what.len() + words.remedy.len() < 32 * 1024 - 2048,
        "a cause has 32 KiB"
    );
    assert!(states.variables + STATE_BYTES <= ALL_BYTES);
}

/// What `SignPackage` makes of a package with a key of 4096 bits.
fn signed(mut publication: Publication) -> sign_package::Output {
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
    };
    publication.files.extend([list, signature]);
    sign_package::Output {
        publication,
        signed,
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
