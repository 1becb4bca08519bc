use publish::{Context, handle};
use step::sdk_config;
use step::{required_variable, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let context = Context {
        s3: aws_sdk_s3::Client::new(&sdk_config().await),
        outbox_bucket: required_variable("OUTBOX_BUCKET"),
        evidence_bucket: required_variable("EVIDENCE_BUCKET"),
    };
    serve(step::software!(), |input| handle(&context, input)).await
}
