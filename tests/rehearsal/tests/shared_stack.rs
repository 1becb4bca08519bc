//! The library as a test uses it: one stack for all, clients per test.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_sdk_sfn::types::ExecutionStatus;
use partner::{Package, Pki};
use rehearsal::{REGION, Stack, StackOptions, acme};

async fn stack() -> &'static Stack {
    let options = StackOptions {
        wait_scale: 0.05,
        ..StackOptions::default()
    };
    Stack::shared(options).await.expect("the stack starts")
}

#[tokio::test]
async fn the_partner_gets_the_key_that_payment_cryptography_holds() {
    let stack = stack().await;
    let pki = Pki::demo(acme::UID);
    stack
        .put_profile(acme::PARTNER, &acme::profile(&pki))
        .await
        .unwrap();
    for (name, text) in acme::drop(&pki) {
        stack
            .drop_file(&format!("{}/{name}", acme::FOLDER), text)
            .await
            .unwrap();
    }
    let timeout = Duration::from_secs(60);
    let execution = stack
        .wait_execution("acme-production-cardholder-", timeout)
        .await
        .unwrap();
    assert_eq!(
        execution.status,
        ExecutionStatus::Succeeded,
        "{execution:?}"
    );

    let files = stack.package(acme::FOLDER, &execution.name).await.unwrap();
    let opened = Package::from_files(files).open(&pki.leaf).unwrap();
    let management = stack.management().unwrap();
    let clear = management
        .clear_key(&opened.manifest.kek.key_arn)
        .await
        .unwrap();
    // Digests, so that a failure does not print a key.
    let sha256 = |bytes: &[u8]| hex::encode(digest(&SHA256, bytes));
    assert_eq!(
        sha256(opened.kek.expose()),
        sha256(&hex::decode(clear).unwrap())
    );
    let inventory = management.keys(REGION).await.unwrap();
    assert_eq!(
        inventory["keys"].as_array().unwrap().len(),
        3,
        "{inventory}"
    );
}

#[tokio::test]
async fn plain_http_is_not_served() {
    let stack = stack().await;
    let plain = stack.aws.replace("https://", "http://");
    let config = stack
        .sdk_config()
        .unwrap()
        .into_builder()
        .endpoint_url(plain)
        .build();
    let s3 = aws_sdk_s3::Client::new(&config);
    assert!(s3.list_buckets().send().await.is_err());
}
