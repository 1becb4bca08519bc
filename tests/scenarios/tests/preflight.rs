//! `ceremony preflight` on the deployed stack, as the operator role: it sees what is right, and what
//! somebody has broken by its name.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use scenarios::{Desk, Story, World};
use serde_json::{Value, json};

/// Somebody at a desk, who runs `ceremony preflight`.
struct Preflight(Desk);

impl Preflight {
    async fn of(world: &'static World, role: &str) -> Self {
        Self(Desk::of(world, role).await)
    }

    fn world(&self) -> &'static World {
        self.0.world
    }

    fn command(&self, arguments: &[&str]) -> Command {
        self.0.command(&[&["preflight"][..], arguments].concat())
    }

    async fn runs(&self, arguments: &[&str]) -> Output {
        self.0.runs(&[&["preflight"][..], arguments].concat()).await
    }

    /// The document, and the exit code.
    async fn looks(&self) -> (Report, Option<i32>) {
        let code = self.world().stack.directory().join("cdk.out");
        let output = self
            .runs(&["--json", "--code", &code.display().to_string()])
            .await;
        let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
        });
        (Report(report), output.status.code())
    }

    /// What is left of the throw-away aliases.
    async fn leftovers(&self) -> Vec<String> {
        let management = self.world().stack.management().expect("a management port");
        let inventory = management.inventory().await.expect("an inventory");
        let aliases = inventory["aliases"].as_array().expect("aliases");
        let names = aliases
            .iter()
            .filter_map(|alias| alias["aliasName"].as_str());
        names
            .filter(|name| name.starts_with("alias/key-ceremony/preflight/"))
            .map(str::to_owned)
            .collect()
    }
}

struct Report(Value);

impl Report {
    fn finding(&self, check: &str) -> &Value {
        let findings = self.0["findings"].as_array().expect("findings");
        let mut findings = findings.iter();
        findings
            .find(|finding| finding["check"] == check)
            .unwrap_or_else(|| panic!("{check} is not in {:#}", self.0))
    }

    fn is(&self, check: &str, status: &str) {
        let finding = self.finding(check);
        assert_eq!(finding["status"], status, "{finding:#}");
    }

    /// Which single thing it is that has failed.
    fn fails(&self, check: &str, about: &str) {
        self.is(check, "failed");
        let details = self.finding(check)["details"].as_array().expect("details");
        let failed: Vec<&str> = details
            .iter()
            .filter(|detail| detail["status"] == "failed")
            .filter_map(|detail| detail["about"].as_str())
            .collect();
        assert!(
            matches!(failed[..], [one] if one.contains(about)),
            "{failed:?}"
        );
    }
}

/// What the local AWS does not deploy, or what no stack brings, is set up by hand.
async fn security_officer_completes(world: &World) -> String {
    let stack = &world.stack;
    let evidence = stack.output("EVIDENCE_BUCKET").expect("a bucket");
    let lock = json!({
        "ObjectLockEnabled": "Enabled",
        "Rule": { "DefaultRetention": { "Mode": "COMPLIANCE", "Years": 7 } },
    });
    world
        .aws(&[
            "s3api",
            "put-object-lock-configuration",
            "--bucket",
            evidence,
            "--object-lock-configuration",
            &lock.to_string(),
        ])
        .await;
    world
        .aws(&["s3api", "create-bucket", "--bucket", "trail"])
        .await;
    world
        .aws(&[
            "cloudtrail",
            "create-trail",
            "--name",
            "all",
            "--s3-bucket-name",
            "trail",
        ])
        .await;
    world
        .aws(&["cloudtrail", "start-logging", "--name", "all"])
        .await;
    let topic = stack.output("NOTIFICATION_TOPIC_ARN").expect("a topic");
    // Nobody has to confirm a queue.
    let queue = "arn:aws:sqs:us-east-1:000000000000:officer";
    let answer = world
        .aws(&[
            "sns",
            "subscribe",
            "--topic-arn",
            topic,
            "--protocol",
            "sqs",
            "--notification-endpoint",
            queue,
            "--return-subscription-arn",
        ])
        .await;
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    answer["SubscriptionArn"]
        .as_str()
        .expect("an ARN")
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn preflight_sees_what_is_right_and_finds_what_somebody_broke() {
    let world = World::with_people().await;
    let operator = Preflight::of(world, "OPERATOR_ROLE_ARN").await;

    // Before anything: the local AWS dropped Object Lock, has no trail, and nobody subscribed.
    let (report, code) = operator.looks().await;
    assert_eq!(code, Some(1), "{:#}", report.0);
    for check in ["stack", "region", "quotas", "alias", "key-policies", "code"] {
        report.is(check, "ok");
    }
    for check in ["object-lock", "subscribers", "trail"] {
        report.is(check, "failed");
    }
    for check in ["team", "profiles"] {
        report.is(check, "warning");
    }
    report.is("tags", "not-known");
    assert_eq!(report.0["version"], 1);

    // Completed, and after a first ceremony.
    let subscription = security_officer_completes(world).await;
    let story = Story::in_world(world, "preflight");
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    story.partner_drops_chain(&pki).await;
    story.ceremony_succeeds().await;
    let (report, code) = operator.looks().await;
    assert_eq!(code, Some(0), "{:#}", report.0);
    for check in ["object-lock", "subscribers", "trail", "profiles"] {
        report.is(check, "ok");
    }
    // The emulator of Payment Cryptography asks no IAM, and that is not taken for a yes.
    report.is("tags", "not-known");

    a_subscriber_leaves(&operator, &subscription).await;
    a_key_policy_is_changed(&operator).await;
    a_ca_key_is_disabled_and_deleted(&operator, &story, &pki).await;
    a_profile_is_malformed(&operator).await;
    other_code_is_put_into_a_function(&operator).await;
    a_denied_call_is_never_ok(world).await;
    nothing_is_left_after_an_interruption(&operator).await;
    nobody_is_named_in_a_redacted_report(&operator).await;
}

async fn a_subscriber_leaves(operator: &Preflight, subscription: &str) {
    operator
        .world()
        .aws(&["sns", "unsubscribe", "--subscription-arn", subscription])
        .await;
    let (report, code) = operator.looks().await;
    report.is("subscribers", "failed");
    assert_eq!(code, Some(1));
}

async fn a_key_policy_is_changed(operator: &Preflight) {
    let key = operator
        .world()
        .stack
        .output("SIGNING_KEY_ARN")
        .expect("a key");
    let answer = operator
        .world()
        .aws(&[
            "kms",
            "get-key-policy",
            "--key-id",
            key,
            "--policy-name",
            "default",
        ])
        .await;
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    let deployed = answer["Policy"].as_str().expect("a policy");
    let mut policy: Value = serde_json::from_str(deployed).expect("JSON");
    let statements = policy["Statement"].as_array_mut().expect("statements");
    statements.push(json!({
        "Effect": "Allow",
        "Principal": { "AWS": "arn:aws:iam::000000000000:role/mallory" },
        "Action": "kms:Sign",
        "Resource": "*",
    }));
    put_policy(operator.world(), key, &policy.to_string()).await;
    let (report, _) = operator.looks().await;
    report.fails("key-policies", "SigningKey/");
    assert!(
        report
            .finding("key-policies")
            .to_string()
            .contains("mallory")
    );
    put_policy(operator.world(), key, deployed).await;
    operator.looks().await.0.is("key-policies", "ok");
}

async fn put_policy(world: &World, key: &str, policy: &str) {
    world
        .aws(&[
            "kms",
            "put-key-policy",
            "--key-id",
            key,
            "--policy-name",
            "default",
            "--policy",
            policy,
        ])
        .await;
}

async fn a_ca_key_is_disabled_and_deleted(operator: &Preflight, story: &Story, pki: &partner::Pki) {
    let alias = format!("alias/key-ceremony/ca/{}", pki.root.sha256());
    let root = story.alias(&alias).await.expect("an alias");
    let root = root.key_arn.expect("a key");
    let mut profile = story.profile(pki);
    profile["caKeyArns"] = json!({ pki.root.sha256(): root });
    story.operator_writes_profile(&profile).await;
    operator.looks().await.0.is("profiles", "ok");

    let payment = story.payment_cryptography();
    let request = payment.stop_key_usage().key_identifier(&root);
    request.send().await.expect("a key that is there");
    let (report, _) = operator.looks().await;
    report.fails("profiles", &root);
    assert!(
        report
            .finding("profiles")
            .to_string()
            .contains("The key is disabled.")
    );

    let request = payment.delete_key().key_identifier(&root);
    request.send().await.expect("a key that is there");
    let (report, _) = operator.looks().await;
    report.fails("profiles", &root);
    assert!(
        report
            .finding("profiles")
            .to_string()
            .contains("DELETE_PENDING")
    );

    story.operator_onboards(pki).await;
    operator.looks().await.0.is("profiles", "ok");
}

async fn a_profile_is_malformed(operator: &Preflight) {
    let story = Story::in_world(operator.world(), "preflight-malformed");
    story
        .operator_writes_profile(&json!({ "partner": 1 }))
        .await;
    let (report, _) = operator.looks().await;
    report.fails("profiles", "preflight-malformed/production/cardholder");
}

async fn other_code_is_put_into_a_function(operator: &Preflight) {
    let world = operator.world();
    let name = world.function("KekExportintake").await;
    let folder = tempfile::tempdir().expect("a folder");
    let zip = folder.path().join("other.zip");
    let script =
        "import sys, zipfile; zipfile.ZipFile(sys.argv[1], 'w').writestr('bootstrap', 'x')";
    let status = Command::new(world.python.join("python"))
        .args(["-c", script])
        .arg(&zip)
        .status();
    assert!(status.expect("Python").success());
    let zip = format!("fileb://{}", zip.display());
    world
        .aws(&[
            "lambda",
            "update-function-code",
            "--function-name",
            &name,
            "--zip-file",
            &zip,
        ])
        .await;
    let (report, code) = operator.looks().await;
    report.fails("code", "KekExport/intake");
    assert_eq!(code, Some(1));
}

/// An auditor reads much, but not what only the operator role may.
async fn a_denied_call_is_never_ok(world: &'static World) {
    let auditor = Preflight::of(world, "AUDITOR_ROLE_ARN").await;
    let (report, _) = auditor.looks().await;
    for (check, permission) in [
        ("stack", "cloudformation:DescribeStacks"),
        ("subscribers", "sns:ListSubscriptionsByTopic"),
        ("object-lock", "s3:GetBucketObjectLockConfiguration"),
        ("trail", "cloudtrail:DescribeTrails"),
        ("profiles", "ssm:GetParametersByPath"),
    ] {
        report.is(check, "not-known");
        let to_do = report.finding(check)["toDo"].as_str().expect("words");
        assert!(to_do.contains(permission), "{to_do}");
    }
}

async fn nothing_is_left_after_an_interruption(operator: &Preflight) {
    let mut child = operator
        .command(&["--json"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    let start = Instant::now();
    while operator.leftovers().await.is_empty() {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "no alias was made"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let interrupted = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupted.expect("kill").success());
    let status = tokio::task::spawn_blocking(move || child.wait());
    let status = status.await.expect("a thread").expect("an end");
    assert_eq!(status.code(), Some(2));
    assert_eq!(operator.leftovers().await, [""; 0]);
}

async fn nobody_is_named_in_a_redacted_report(operator: &Preflight) {
    for arguments in [&["--redact"][..], &["--redact", "--json"]] {
        let output = operator.runs(arguments).await;
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(text.contains("KeyCeremony"), "{text}");
        for secret in ["000000000000", "jane"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    assert_eq!(operator.leftovers().await, [""; 0]);
}
