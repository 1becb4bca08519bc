use arrivals::Arrivals;
use ceremony::utc::Utc;
use intake_keys::{Context, handle};
use step::error::to_diagnostic;
use step::{sdk_config, serve_unrecorded};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = sdk_config().await;
    let context = Context {
        arrivals: Arrivals::from_environment(&config),
        ssm: aws_sdk_ssm::Client::new(&config),
    };
    serve_unrecorded(step::software!(), async |event| {
        handle(&context, event, Utc::now())
            .await
            .map_err(|error| to_diagnostic(&error, Vec::new()))
    })
    .await
}
