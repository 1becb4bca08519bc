use request_certificate::{Context, handle};
use step::error::to_diagnostic;
use step::{required_variable, sdk_config, serve_unrecorded};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = sdk_config().await;
    let arns = required_variable("SIGNING_KEY_ARNS");
    let context = Context {
        kms: aws_sdk_kms::Client::new(&config),
        payment_cryptography: payment_keys::client(&config),
        s3: aws_sdk_s3::Client::new(&config),
        ssm: aws_sdk_ssm::Client::new(&config),
        outbox_bucket: required_variable("OUTBOX_BUCKET"),
        evidence_bucket: required_variable("EVIDENCE_BUCKET"),
        signing_key_arns: arns.split(',').map(str::to_owned).collect(),
    };
    serve_unrecorded(step::software!(), async |order| {
        handle(&context, order)
            .await
            .map_err(|error| to_diagnostic(&error, Vec::new()))
    })
    .await
}
