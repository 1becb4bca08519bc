use sign_package::{Context, handle};
use signing::SigningKeys;
use step::{required_variable, sdk_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = sdk_config().await;
    let context = Context {
        keys: SigningKeys::new(
            aws_sdk_kms::Client::new(&config),
            &required_variable("SIGNING_KEY_ARNS"),
        ),
        s3: aws_sdk_s3::Client::new(&config),
        evidence_bucket: required_variable("EVIDENCE_BUCKET"),
    };
    serve(step::software!(), async |input, journal| {
        handle(&context, input, journal).await
    })
    .await
}
