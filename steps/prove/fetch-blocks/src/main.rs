use ceremony::utc::Utc;
use fetch_blocks::{Context, handle};
use step::{required_variable, sdk_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = sdk_config().await;
    let context = Context {
        s3: aws_sdk_s3::Client::new(&config),
        ssm: aws_sdk_ssm::Client::new(&config),
        inbox_bucket: required_variable("INBOX_BUCKET"),
        signing_key_spec: required_variable("SIGNING_KEY_SPEC"),
    };
    serve(step::software!(), async |input, _| {
        handle(&context, input, Utc::now()).await
    })
    .await
}
