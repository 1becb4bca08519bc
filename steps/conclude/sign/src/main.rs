use sign::{Context, handle};
use step::sdk_config;
use step::{required_variable, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let context = Context {
        kms: aws_sdk_kms::Client::new(&sdk_config().await),
        key_arn: required_variable("SIGNING_KEY_ARN"),
    };
    serve(step::software!(), |input| handle(&context, input)).await
}
