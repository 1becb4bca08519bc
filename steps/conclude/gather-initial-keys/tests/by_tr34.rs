//! Fleets whose initial keys left in TR-34 blocks: what the partner receives beside them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::algorithms::SignatureAlgorithm;
use ceremony::digest::Sha256;
use ceremony::evidence::Recordable;
use ceremony::exchange::OurCertificate;
use ceremony::execution::Location;
use ceremony::fleet::{
    BATCH, BatchResult, Bdk, BdkAlgorithm, Derivation, Outcome, Plan, Receiver, Run, SerialNumber,
    Under,
};
use emulated::aws::Aws;
use emulated::fleet::{receiver, run_over, serial_numbers};
use emulated::{UID, ceremony, certificate, execution, folder};
use gather_initial_keys::{Context, Error, Input, Output, handle};
use partner::{KeyKind, Pki};
use serde_json::Value;
use step::{Journal, StepError};

const BLOCK: &str = "30820123";

/// A run of 150 terminals, in two batches.
struct Fleet {
    aws: Aws,
    pki: Pki,
    run: Run,
    receiver: Option<Receiver>,
    plan: Plan,
    numbers: Vec<SerialNumber>,
}

impl Fleet {
    fn new() -> Self {
        let pki = chain("fleet", KeyKind::Rsa3072);
        let receiver = receiver(&pki, BdkAlgorithm::AES_128, "arn:ca".to_owned());
        let numbers = serial_numbers(BdkAlgorithm::AES_128, 150);
        let derivation = Derivation {
            bdk: Bdk {
                key_arn: "arn:bdk".to_owned(),
                algorithm: BdkAlgorithm::AES_128,
                kcv: "B0B0B0".to_owned(),
            },
            under: Under::Leaf(receiver.leaf().unwrap()),
            serial_number_in_block: false,
        };
        let run = run_over(&derivation, numbers.clone());
        let work = run.folder(&folder());
        let plan = Plan {
            terminals: 150,
            batches: 2,
            done_before: 0,
            begun_at: execution().started_at,
            list: Location {
                bucket: "fleets".to_owned(),
                key: Plan::list_key(&work),
            },
            folder: work,
            inventory_version_id: None,
            inventory_sha256: Sha256::of(b"list"),
        };
        Self {
            aws: Aws::default(),
            pki,
            run,
            receiver: Some(receiver),
            plan,
            numbers,
        }
    }

    fn writes(&self, batch: u32, host: Option<OurCertificate>) {
        let terminals = self.numbers.chunks(BATCH).nth(batch as usize - 1).unwrap();
        let exported = |number: &SerialNumber| Outcome::Exported {
            ksn: number.clone(),
            key_block: BLOCK.to_owned(),
            kcv: "0A1B2C".to_owned(),
        };
        let result = BatchResult {
            batch,
            terminals: terminals.iter().map(exported).collect(),
            host,
        };
        let document = serde_json::to_vec(&result).unwrap();
        self.aws.put(
            "fleets",
            &Plan::result_key(&self.plan.folder, batch),
            document,
        );
    }

    async fn gathers(&self) -> Result<Output, Error> {
        let context = Context {
            s3: aws_sdk_s3::Client::new(&self.aws.config()),
            inbox_bucket: "inbox".to_owned(),
            work_bucket: "fleets".to_owned(),
        };
        let input = Input {
            ceremony: ceremony(),
            execution: execution(),
            run: self.run.clone(),
            plan: self.plan.clone(),
            receiver: self.receiver.clone(),
            signature: SignatureAlgorithm::default(),
        };
        handle(&context, input, &Journal::default()).await
    }
}

fn chain(name: &str, leaf: KeyKind) -> Pki {
    let pki = Pki::builder(UID).named(name).leaf_key(leaf);
    pki.build()
}

/// As the service has them: one certificate, and the root that issued it.
fn host(name: &str) -> OurCertificate {
    let pki = chain(name, KeyKind::EccP256);
    OurCertificate {
        key_arn: None,
        certificate: certificate(&pki.intermediates[0]),
        chain: vec![certificate(&pki.root)],
    }
}

fn file<'a>(output: &'a Output, name: &str) -> &'a str {
    let mut files = output.publication.files.iter();
    let file = files.find(|file| file.name == name);
    std::str::from_utf8(&file.unwrap_or_else(|| panic!("no {name}")).contents).unwrap()
}

#[tokio::test(start_paused = true)]
async fn who_signed_the_blocks_is_in_the_package_and_in_what_our_key_signs() {
    let fleet = Fleet::new();
    let host = host("host one");
    fleet.writes(1, Some(host.clone()));
    fleet.writes(2, Some(host.clone()));
    let output = fleet.gathers().await.unwrap();
    assert_eq!(
        file(&output, "kdh-certificate.pem"),
        host.certificate.to_pem()
    );
    assert_eq!(file(&output, "kdh-chain.pem"), host.chain[0].to_pem());

    let manifest: Value = serde_json::from_slice(&output.publication.manifest.contents).unwrap();
    assert_eq!(manifest.get("kek"), None);
    assert_eq!(manifest["initialKeys"]["format"], "X9_TR34_2012");
    let receiver = &manifest["receiver"];
    assert_eq!(receiver["leafSha256"], fleet.pki.leaf.sha256());
    assert_eq!(receiver["hosts"].as_array().unwrap().len(), 1);
    let told = &receiver["hosts"][0];
    assert_eq!(told["sha256"], host.certificate.sha256().to_string());
    assert_eq!(told["chainSha256"][0], host.chain[0].sha256().to_string());
    let names = manifest["files"].as_array().unwrap().iter();
    let names: Vec<&str> = names.map(|file| file["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"kdh-certificate.pem") && names.contains(&"kdh-chain.pem"));

    let readme = file(&output, "README.md");
    for part in [
        &host.certificate.sha256().to_string(),
        &fleet.pki.leaf.sha256(),
        "../key-block.der",
        ".....B1AX00.0000",
    ] {
        assert!(readme.contains(part), "{part}");
    }
    assert!(!readme.contains("key-encrypting key"), "there is none");
}

/// What the proof rests on is evidence, and no block is.
#[tokio::test(start_paused = true)]
async fn the_partners_certificates_are_evidence_and_its_root_is_known_from_now_on() {
    let fleet = Fleet::new();
    for batch in [1, 2] {
        fleet.writes(batch, Some(host("host one")));
    }
    let output = fleet.gathers().await.unwrap();
    let [document] = &output.publication.documents[..] else {
        panic!("one document");
    };
    assert_eq!(document.name, "certificates.pem");
    let pem = String::from_utf8_lossy(&document.contents);
    assert!(pem.contains(certificate(&fleet.pki.leaf).to_pem().trim()));
    assert_eq!(
        output.publication.trusted_roots,
        [certificate(&fleet.pki.root)]
    );
    let recorded = serde_json::to_string(&output.recordable()).unwrap();
    assert!(!recorded.contains(BLOCK), "{recorded}");
}

/// The service made itself another key while the run was interrupted.
#[tokio::test(start_paused = true)]
async fn of_two_hosts_both_are_in_the_package() {
    let fleet = Fleet::new();
    let [one, two] = ["host one", "host two"].map(host);
    fleet.writes(1, Some(one.clone()));
    fleet.writes(2, Some(two.clone()));
    let output = fleet.gathers().await.unwrap();
    assert_eq!(
        file(&output, "kdh-certificate.pem"),
        one.certificate.to_pem()
    );
    assert_eq!(
        file(&output, "kdh-certificate-2.pem"),
        two.certificate.to_pem()
    );
    let manifest: Value = serde_json::from_slice(&output.publication.manifest.contents).unwrap();
    let second = &manifest["receiver"]["hosts"][1];
    assert_eq!(second["file"], "kdh-certificate-2.pem");
    assert_eq!(second["sha256"], two.certificate.sha256().to_string());
    let readme = file(&output, "README.md");
    assert!(readme.contains(&two.certificate.sha256().to_string()));
    assert!(readme.contains("Another key signed some of the blocks"));
}

#[tokio::test(start_paused = true)]
async fn blocks_whose_signer_nobody_tells_are_not_published() {
    let fleet = Fleet::new();
    fleet.writes(1, Some(host("host one")));
    fleet.writes(2, None);
    assert_eq!(fleet.gathers().await, Err(Error::HostsDiffer));
}

#[tokio::test(start_paused = true)]
async fn more_certificates_than_a_state_takes_are_not_published() {
    let fleet = Fleet::new();
    let mut long = host("host one");
    long.chain = vec![long.chain[0].clone(); 60];
    for batch in [1, 2] {
        fleet.writes(batch, Some(long.clone()));
    }
    let error = fleet.gathers().await.unwrap_err();
    assert_eq!(error.name(), "CertificatesTooLong", "{error}");
}

#[tokio::test(start_paused = true)]
async fn another_receiver_than_that_of_the_run_is_refused() {
    let mut fleet = Fleet::new();
    for batch in [1, 2] {
        fleet.writes(batch, Some(host("host one")));
    }
    let other = chain("another", KeyKind::Rsa3072);
    let other = receiver(&other, BdkAlgorithm::AES_128, "arn:ca".to_owned());
    for wrong in [None, Some(other)] {
        fleet.receiver = wrong;
        assert_eq!(fleet.gathers().await, Err(Error::OtherRun));
    }
}
