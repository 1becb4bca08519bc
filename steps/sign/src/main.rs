use ceremony::aws::sdk_config;
use ceremony::step::{required_variable, serve};
use sign::{Context, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let context = Context {
        kms: aws_sdk_kms::Client::new(&sdk_config().await),
        key_arn: required_variable("SIGNING_KEY_ARN"),
    };
    serve(ceremony::step!(), |input| handle(&context, input)).await
}
