use step::{required_variable, sdk_config, serve};
use wrap_tr34::{Context, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = sdk_config().await;
    let context = Context {
        payment: payment_keys::client(&config),
        s3: aws_sdk_s3::Client::new(&config),
        evidence_bucket: required_variable("EVIDENCE_BUCKET"),
    };
    serve(step::software!(), async |input, journal| {
        handle(&context, input, journal).await
    })
    .await
}
