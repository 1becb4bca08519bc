//! `ceremony enrol` on the deployed stack: an operator asks for certificates of our signing keys, an
//! auditor may not; and people are told in time that one ends.

use std::process::Output;

use scenarios::{Desk, World, openssl};
use serde_json::{Value, json};

const NAME: &str = "CN=Acme TR-34,O=Acme,C=BR";

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn document(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_asks_for_certificates_of_our_keys_and_is_reminded_of_their_end() {
    let world = World::with_people().await;
    let operator = Desk::of(world, "OPERATOR_ROLE_ARN").await;
    let requested = a_key_is_made_once_and_asked_for(&operator).await;
    what_was_asked_for_is_told(&operator, &requested).await;
    an_auditor_may_not(world).await;
    somebody_is_reminded(world, &requested).await;
    a_roll_over_makes_a_second_key(&operator, &requested).await;
}

async fn a_key_is_made_once_and_asked_for(operator: &Desk) -> Value {
    let order = ["enrol", "request", "tr34", "--subject", NAME, "--json"];
    let requested = document(&operator.runs(&order).await);
    assert_eq!(requested["origin"], "created");
    let csr = requested["csr"].as_str().expect("PEM");
    let arguments = [
        "req", "-verify", "-noout", "-subject", "-nameopt", "RFC2253",
    ];
    let printed = openssl(&arguments, csr.as_bytes());
    assert!(printed.contains("verify OK"), "{printed}");
    assert!(printed.contains(NAME), "{printed}");

    let again = document(&operator.runs(&order).await);
    assert_eq!(again["origin"], "found");
    assert_eq!(again["request"], requested["request"]);
    let keys = keys_tagged_signing(operator.world).await;
    let [key] = &keys[..] else {
        panic!("one key was expected: {keys:?}");
    };
    assert_eq!(key["keyArn"], requested["request"]["keyArn"]);

    let connection = operator.world.stack.connection();
    let outbox = connection.output("OUTBOX_BUCKET").expect("a bucket");
    let key = requested["location"]["key"].as_str().expect("a key");
    let files = connection.download(outbox, key).await.expect("the outbox");
    let there: Vec<_> = files.values().collect();
    assert_eq!(there, [csr.as_bytes()]);
    requested
}

async fn keys_tagged_signing(world: &World) -> Vec<Value> {
    let management = world.stack.management().expect("a management port");
    let inventory = management.inventory().await.expect("an inventory");
    let keys = inventory["keys"].as_array().expect("keys").iter();
    keys.filter(|key| key["tags"]["key-ceremony:purpose"] == "signing")
        .cloned()
        .collect()
}

/// The request of the deployment is among them.
async fn what_was_asked_for_is_told(operator: &Desk, requested: &Value) {
    let status = document(&operator.runs(&["enrol", "status", "--json"]).await);
    let [packages, tr34] = [0_usize, 1].map(|place| &status["keys"][place]);
    assert_eq!(packages["key"], "package-signing");
    let signing = operator.world.stack.output("SIGNING_KEY_ARN");
    let asked = &packages["requests"][0];
    assert_eq!(asked["keyArn"], signing.expect("a key"));
    assert_eq!(asked["subject"], "CN=Key Ceremony Signing Key");
    assert_eq!(tr34["installed"], Value::Null);
    assert_eq!(tr34["requests"][0]["state"], "pending");
    let key_arn = &requested["request"]["keyArn"];
    assert_eq!(&tr34["requests"][0]["keyArn"], key_arn);
}

async fn an_auditor_may_not(world: &'static World) {
    let auditor = Desk::of(world, "AUDITOR_ROLE_ARN").await;
    let mut command = auditor.command(&["enrol", "request", "tr34", "--new-key", "--json"]);
    // It does not read the stack either.
    let function = world.function("requestcertificate").await;
    command.env("REQUEST_CERTIFICATE_FUNCTION_NAME", function);
    let run = tokio::task::spawn_blocking(move || command.output());
    let output = run.await.expect("a thread").expect("the program runs");
    assert_eq!(output.status.code(), Some(2));
    let error = text(&output.stderr);
    assert!(
        error.contains("lambda:InvokeFunction was denied"),
        "{error}"
    );
    assert_eq!(keys_tagged_signing(world).await.len(), 1);
}

/// What is installed is written by hand here: a certificate that ends in five days.
async fn somebody_is_reminded(world: &World, requested: &Value) {
    let in_five_days = time::OffsetDateTime::now_utc() + time::Duration::days(5);
    let end = in_five_days
        .format(&time::format_description::well_known::Rfc3339)
        .expect("a time");
    let fingerprint = "a".repeat(64);
    let installed = json!({
        "version": 1,
        "key": "tr34",
        "keyArn": requested["request"]["keyArn"],
        "chainKey": "enrolled/certificates.pem",
        "chainVersionId": "1",
        "chainSha256": "b".repeat(64),
        "certificateSha256": fingerprint,
        "notBefore": "2026-01-01T00:00:00Z",
        "notAfter": end,
        "ceremonyId": "enrolment-tr34-0123456789abcdef",
        "installedAt": "2026-01-01T00:00:00Z",
    });
    world
        .aws(&[
            "ssm",
            "put-parameter",
            "--name",
            "/key-ceremony/certificates/tr34",
            "--type",
            "String",
            "--value",
            &installed.to_string(),
        ])
        .await;
    assert_eq!(
        world.invoke_remind_expiry().await["reminded"],
        json!(["tr34"])
    );
    let connection = world.stack.connection();
    let evidence = connection.output("EVIDENCE_BUCKET").expect("a bucket");
    let key = format!("reminders/tr34/{fingerprint}/7.json");
    let records = connection.download(evidence, &key).await.expect("evidence");
    let record: Value =
        serde_json::from_slice(records.values().next().expect("one")).expect("JSON");
    assert_eq!(record["detail-type"], "Certificate Expires");
    assert_eq!(record["detail"]["daysBefore"], 7);
    // Once.
    assert_eq!(world.invoke_remind_expiry().await["reminded"], json!([]));
}

async fn a_roll_over_makes_a_second_key(operator: &Desk, requested: &Value) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("next.csr.pem").display().to_string();
    let order = ["enrol", "request", "tr34", "--new-key", "--out", &file];
    let output = operator.runs(&order).await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let told = text(&output.stderr);
    for part in [NAME, "made just now", "signing/tr34/2", "openssl req -in"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let csr = std::fs::read(&file).expect("a request");
    let printed = openssl(&["req", "-verify", "-noout"], &csr);
    assert!(printed.contains("verify OK"), "{printed}");
    let keys = keys_tagged_signing(operator.world).await;
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0]["keyArn"], requested["request"]["keyArn"]);
}
