//! What comes out: opened with programs that share nothing with this project.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use partner::Package;
use partner::terminal::follow_the_readme;
use scenarios::{Story, World, kcv_by_python};
use serde_json::{Value, json};

type Files = BTreeMap<String, Vec<u8>>;

async fn opens_by_its_readme(story: &Story, change: impl Fn(&mut Value)) {
    let pki = story.chain().build();
    let mut profile = story.profile(&pki);
    change(&mut profile);
    story.operator_writes_profile(&profile).await;
    story.partner_drops_chain(&pki).await;
    let execution = story.ceremony_succeeds().await;
    let files = story.partner_fetches(&execution.name).await;
    let printed = follow_the_readme(&files, &pki.leaf.key().pem()).expect("a good package");
    let opened = story.partner_opens(&execution.name, &pki.leaf).await;
    let fingerprint = printed.first().expect("the signer's fingerprint");
    assert!(
        fingerprint.starts_with(&opened.signer_sha256),
        "{fingerprint}"
    );
    assert_eq!(printed[1], "Verified OK");
    assert_eq!(printed[2].lines().count(), opened.files, "{}", printed[2]);
    assert_eq!(printed[4], "Verified OK");
    assert_eq!(printed[6], opened.kcv);
    assert_eq!(printed.len(), 8, "{printed:?}");
}

#[tokio::test]
async fn aes_128_by_openssl() {
    opens_by_its_readme(&Story::of("readme-aes").await, |_| {}).await;
}

#[tokio::test]
async fn tdes_3key_with_oaep_sha_512_and_pss_by_openssl() {
    opens_by_its_readme(&Story::of("readme-tdes3").await, |profile| {
        profile["kekExport"]["kek"]["algorithm"] = json!("TDES_3KEY");
        profile["kekExport"]["exchange"]["hash"] = json!("SHA_512");
        profile["kekExport"]["signature"]["algorithm"] = json!("RSASSA_PSS_SHA_256");
    })
    .await;
}

#[tokio::test]
async fn tdes_2key_with_rsa_sha_512_by_openssl() {
    opens_by_its_readme(&Story::of("readme-tdes2").await, |profile| {
        profile["kekExport"]["kek"]["algorithm"] = json!("TDES_2KEY");
        profile["kekExport"]["signature"]["algorithm"] = json!("RSASSA_PKCS1_V1_5_SHA_512");
    })
    .await;
}

/// By the commands of the package's own README, and by the partner's own code. Names and algorithms
/// of every kind are tried without a stack (`contract/`).
#[tokio::test]
async fn what_is_changed_added_or_removed_on_the_way_is_noticed() {
    let story = Story::of("on-the-way").await;
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    story.partner_drops_chain(&pki).await;
    let execution = story.ceremony_succeeds().await;
    let files = story.partner_fetches(&execution.name).await;
    let key = pki.leaf.key().pem();
    let is_noticed = |files: &Files, what: &str| {
        let followed = follow_the_readme(files, &key);
        assert!(followed.is_err(), "by the README: {what}: {followed:?}");
        let opened = Package::from_files(files.clone()).open(&pki.leaf);
        assert!(opened.is_err(), "by the partner: {what}");
    };
    assert_eq!(follow_the_readme(&files, &key).map(|it| it.len()), Ok(8));
    assert_eq!(files.len(), 12);
    for (name, bytes) in &files {
        let mut changed = files.clone();
        changed.insert(name.clone(), with_another_byte(bytes));
        is_noticed(&changed, &format!("{name} changed"));
        let mut fewer = files.clone();
        fewer.remove(name);
        is_noticed(&fewer, &format!("{name} removed"));
    }
    let mut more = files.clone();
    more.insert("more.txt".to_owned(), b"more".to_vec());
    is_noticed(&more, "a file added");
}

/// The last one: no command of the README has it.
fn with_another_byte(bytes: &[u8]) -> Vec<u8> {
    let (last, before) = bytes.split_last().expect("a file with bytes in it");
    [before, &[last ^ 1]].concat()
}

/// The KCV by a library that is neither the emulator's nor openssl; the prefix as it was meant.
#[tokio::test]
async fn kcv_by_another_library_and_the_right_prefix() {
    let story = Story::of("kcv-elsewhere").await;
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    story.partner_drops_chain(&pki).await;
    let execution = story.ceremony_succeeds().await;
    let opened = story.partner_opens(&execution.name, &pki.leaf).await;
    let kcv = kcv_by_python(&story.world().python, &hex::encode(opened.kek.expose()));
    assert_eq!(kcv, opened.kcv);
    let files = story.partner_fetches(&execution.name).await;
    assert_eq!(files["signed-prefix.bin"], b"10000TPAEAY");
}

/// The record can be recomputed by an outsider, and holds no key material, wrapped or not.
#[tokio::test]
async fn evidence() {
    let story = Story::of("evidence").await;
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    story.partner_drops_chain(&pki).await;
    let execution = story.ceremony_succeeds().await;
    let files = story.partner_fetches(&execution.name).await;
    let evidence = story.evidence(&execution.name).await;
    let names: Vec<&str> = evidence.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "certificates.pem",
            "manifest.json",
            "published.json",
            "record.json"
        ]
    );
    assert_eq!(evidence["manifest.json"], files["manifest.json"]);

    let record: Value = serde_json::from_slice(&evidence["record.json"]).expect("JSON");
    let steps: Vec<&str> = record["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .filter_map(|step| step["step"].as_str())
        .collect();
    assert_eq!(
        steps,
        [
            "fetch-certs",
            "validate",
            "check-revocation",
            "import-ca",
            "create-kek",
            "check-revocation",
            "wrap-rsa",
            "sign",
            "package-kek",
            "sign-package"
        ]
    );
    let policy = &record["steps"][0]["result"]["policy"];
    assert_eq!(
        policy["profile"]["parameter"],
        "/key-ceremony/partners/evidence/production/cardholder"
    );
    assert_eq!(policy["profile"]["version"], 1);

    let event = story.is_told("Ceremony Succeeded").await;
    let told = event.detail.to_string();
    let written = String::from_utf8(evidence["record.json"].clone()).expect("text");
    let cryptogram = String::from_utf8(files["wrapped-kek.hex"].clone()).expect("text");
    for text in [&told, &written] {
        assert!(
            !text.to_uppercase().contains(cryptogram.trim()),
            "key material in the evidence"
        );
    }
    let digest = scenarios::openssl(&["dgst", "-sha256", "-r"], &evidence["record.json"]);
    assert!(digest.starts_with(event.detail["recordSha256"].as_str().expect("a digest")));
    for step in record["steps"].as_array().expect("steps") {
        let python = &story.world().python;
        let digest = scenarios::json_digest_by_python(python, &step["result"].to_string());
        assert_eq!(step["resultSha256"], digest, "{}", step["step"]);
    }
    for certificate in pki.chain() {
        let pem = certificate.pem();
        let all = String::from_utf8(evidence["certificates.pem"].clone()).expect("text");
        assert!(
            all.replace("\r\n", "\n")
                .contains(pem.replace("\r\n", "\n").trim())
        );
    }
}

/// A log line is not the place for key material, wrapped or not.
#[tokio::test]
async fn logs_hold_no_key_material() {
    let story = Story::of("silent-logs").await;
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    story.partner_drops_chain(&pki).await;
    let execution = story.ceremony_succeeds().await;
    let files = story.partner_fetches(&execution.name).await;
    let opened = story.partner_opens(&execution.name, &pki.leaf).await;
    let cryptogram = String::from_utf8(files["wrapped-kek.hex"].clone()).expect("text");
    let kek = opened.kek.expose();
    let secrets = [
        cryptogram.trim().to_owned(),
        STANDARD.encode(&files["wrapped-kek.bin"]),
        hex::encode_upper(kek),
        STANDARD.encode(kek),
        pki.leaf
            .pem()
            .lines()
            .nth(1)
            .expect("a line of the leaf")
            .to_owned(),
    ];
    let logs = story.world().lambda_logs().await;
    for step in [
        "intake",
        "fetch-certs",
        "validate",
        "check-revocation",
        "import-ca",
        "create-kek",
        "wrap-rsa",
        "sign",
        "package-kek",
        "sign-package",
        "publish",
    ] {
        let finished = |line: &str| line.contains("finished") && line.contains(step);
        assert!(
            logs.lines().any(finished),
            "{step} has logged that it finished"
        );
    }
    let upper = logs.to_uppercase();
    for (index, secret) in secrets.iter().enumerate() {
        assert!(
            !logs.contains(secret) && !upper.contains(secret),
            "secret {index} is in the logs"
        );
    }
}

async fn signing_request_of(story: &Story) -> String {
    let outbox = story.stack().output("OUTBOX_BUCKET").expect("a bucket");
    let files = story
        .stack()
        .download(outbox, "csr.pem")
        .await
        .expect("the outbox");
    let request = files.values().next().expect("csr.pem");
    let arguments = [
        "req", "-verify", "-noout", "-subject", "-nameopt", "RFC2253",
    ];
    let printed = scenarios::openssl(&arguments, request);
    assert!(printed.contains("verify OK"), "{printed}");
    printed
}

/// `cdk deploy` leaves a certificate signing request for the signing key.
#[tokio::test]
async fn signing_request() {
    let printed = signing_request_of(&Story::of("csr").await).await;
    assert!(printed.contains("CN=Key Ceremony Signing Key"), "{printed}");
}

/// An elliptic curve key signs packages, and its own request with the subject of the deployment.
/// The same subject and key do not make another request; another subject does.
#[tokio::test]
async fn elliptic_curve_signing_key() {
    let world = World::elsewhere().await;
    let story = Story::in_world(world, "ecdsa");
    let printed = signing_request_of(&story).await;
    assert!(
        printed.contains("CN=Payments Signing,O=Example,C=BR"),
        "{printed}"
    );

    let before = story.versions_of_the_signing_request().await;
    story
        .deployment_asks_for_a_request("CN=Payments Signing,O=Example,C=BR")
        .await;
    assert_eq!(story.versions_of_the_signing_request().await, before);
    story.deployment_asks_for_a_request("CN=Another").await;
    assert_eq!(story.versions_of_the_signing_request().await, before + 1);

    opens_by_its_readme(&story, |profile| {
        profile["kekExport"]["signature"]["algorithm"] = json!("ECDSA_SHA_256");
    })
    .await;
}
