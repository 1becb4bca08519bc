use ceremony::utc::Utc;
use install_certificate::{Context, handle};
use step::{required_variable, sdk_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = sdk_config().await;
    let context = Context {
        s3: aws_sdk_s3::Client::new(&config),
        ssm: aws_sdk_ssm::Client::new(&config),
        evidence_bucket: required_variable("EVIDENCE_BUCKET"),
    };
    serve(step::software!(), async |input, journal| {
        handle(&context, input, Utc::now(), journal).await
    })
    .await
}
