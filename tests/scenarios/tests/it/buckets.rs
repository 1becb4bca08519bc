//! What the buckets themselves refuse, whoever asks. Whoever asks here has every permission of S3
//! and is no root user, for whom the local AWS looks at no policy.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::complete_multipart_upload::builders::CompleteMultipartUploadFluentBuilder;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use scenarios::World;

const KEY: &str = "buckets-of-the-test/record.json";

/// A client of a role that may do anything in S3.
async fn administrator(world: &World, name: &str) -> Client {
    Client::new(&world.session_of(name, "s3:*").await)
}

/// Nothing for what was done, the error's code for what was refused.
fn outcome<T, E: ProvideErrorMetadata>(answer: Result<T, E>) -> Result<(), String> {
    answer
        .map(drop)
        .map_err(|error| error.code().unwrap_or("no code").to_owned())
}

fn denied() -> Result<(), String> {
    Err("AccessDenied".to_owned())
}

async fn put(s3: &Client, bucket: &str, key: &str, only_if_new: bool) -> Result<(), String> {
    let request = s3.put_object().bucket(bucket).key(key);
    let request = request.set_if_none_match(only_if_new.then(|| "*".to_owned()));
    outcome(request.send().await)
}

async fn copy(s3: &Client, bucket: &str, key: &str) -> Result<(), String> {
    let source = format!("{bucket}/{key}");
    let request = s3.copy_object().bucket(bucket).copy_source(source);
    outcome(request.key(format!("{key}.copy")).send().await)
}

/// An upload in parts, ready to be completed.
async fn upload(s3: &Client, bucket: &str, key: &str) -> CompleteMultipartUploadFluentBuilder {
    let started = s3.create_multipart_upload().bucket(bucket).key(key);
    let started = started.send().await.expect("an upload in parts");
    let id = started.upload_id().expect("an upload's id");
    let part = s3.upload_part().bucket(bucket).key(key).upload_id(id);
    let part = part.part_number(1).send().await.expect("a part");
    let part = CompletedPart::builder()
        .part_number(1)
        .set_e_tag(part.e_tag)
        .build();
    let parts = CompletedMultipartUpload::builder().parts(part).build();
    s3.complete_multipart_upload()
        .bucket(bucket)
        .key(key)
        .upload_id(id)
        .multipart_upload(parts)
}

#[tokio::test]
async fn evidence_and_packages_are_written_once_whoever_writes() {
    let world = World::get().await;
    let s3 = administrator(world, "writes-once").await;
    for output in ["EVIDENCE_BUCKET", "OUTBOX_BUCKET"] {
        let bucket = world.stack.connection().output(output).expect("a bucket");
        assert_eq!(put(&s3, bucket, KEY, false).await, denied(), "{output}");
        assert_eq!(put(&s3, bucket, KEY, true).await, Ok(()), "{output}");
        let again = put(&s3, bucket, KEY, true).await;
        assert_eq!(again, Err("PreconditionFailed".into()), "{output}");
        assert_eq!(put(&s3, bucket, KEY, false).await, denied(), "{output}");
        assert_eq!(copy(&s3, bucket, KEY).await, denied(), "{output}");

        let in_parts = format!("{KEY}.parts");
        let completion = upload(&s3, bucket, &in_parts).await;
        let plain = completion.clone().send().await;
        assert_eq!(outcome(plain), denied(), "{output}");
        let conditional = completion.if_none_match("*").send().await;
        assert_eq!(outcome(conditional), Ok(()), "{output}");
    }
}

/// The partner may send a file again, and the request for the signing key's certificate is written
/// anew when the key or its subject changes.
#[tokio::test]
async fn the_inbox_and_the_signing_request_may_be_written_again() {
    let world = World::get().await;
    let s3 = administrator(world, "writes-again").await;
    let stack = world.stack.connection();
    let inbox = stack.output("INBOX_BUCKET").expect("a bucket");
    // No folder of a partner, so that no ceremony takes notice.
    let outbox = stack.output("OUTBOX_BUCKET").expect("a bucket");
    for _ in 0..2 {
        assert_eq!(put(&s3, inbox, "buckets-of-the-test/", false).await, Ok(()));
        assert_eq!(put(&s3, outbox, "csr-of-the-test.pem", false).await, Ok(()));
    }
}
