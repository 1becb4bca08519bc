use sign::{Context, handle};
use step::{required_variable, sdk_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let context = Context {
        kms: aws_sdk_kms::Client::new(&sdk_config().await),
        key_arn: required_variable("SIGNING_KEY_ARN"),
    };
    serve(step::software!(), async |input, journal| {
        handle(&context, input, journal).await
    })
    .await
}
