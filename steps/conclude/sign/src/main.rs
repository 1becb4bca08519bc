use sign::handle;
use signing::SigningKeys;
use step::{required_variable, sdk_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let keys = SigningKeys::new(
        aws_sdk_kms::Client::new(&sdk_config().await),
        &required_variable("SIGNING_KEY_ARNS"),
    );
    serve(step::software!(), async |input, journal| {
        handle(&keys, input, journal).await
    })
    .await
}
