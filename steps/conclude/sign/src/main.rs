use sign::handle;
use signing::Signer;
use step::{required_variable, sdk_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let arns = required_variable("SIGNING_KEY_ARNS");
    let signer = Signer {
        kms: aws_sdk_kms::Client::new(&sdk_config().await),
        key_arn: arns.split(',').next().unwrap_or_default().to_owned(),
    };
    serve(step::software!(), async |input, journal| {
        handle(&signer, input, journal).await
    })
    .await
}
