use signing_csr::{Context, handle};
use step::error::to_diagnostic;
use step::{sdk_config, serve_unrecorded};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = sdk_config().await;
    let context = Context {
        kms: aws_sdk_kms::Client::new(&config),
        s3: aws_sdk_s3::Client::new(&config),
    };
    serve_unrecorded(step::software!(), async |event| {
        handle(&context, event)
            .await
            .map_err(|error| to_diagnostic(&error, Vec::new()))
    })
    .await
}
