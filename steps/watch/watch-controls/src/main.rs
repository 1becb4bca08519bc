use bus::Bus;
use step::error::to_diagnostic;
use step::{required_variable, sdk_config, serve_unrecorded};
use watch_controls::{Context, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = sdk_config().await;
    let bridge = aws_sdk_eventbridge::Client::new(&config);
    let context = Context {
        bus: Bus::new(bridge, required_variable("EVENT_BUS_NAME")),
        payment_cryptography: payment_keys::client(&config),
        s3: aws_sdk_s3::Client::new(&config),
        evidence_bucket: required_variable("EVIDENCE_BUCKET"),
    };
    serve_unrecorded(step::software!(), async |event| {
        handle(&context, event)
            .await
            .map_err(|error| to_diagnostic(&error, Vec::new()))
    })
    .await
}
