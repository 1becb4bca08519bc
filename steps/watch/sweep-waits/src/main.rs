use bus::Bus;
use ceremony::utc::Utc;
use serde::de::IgnoredAny;
use step::error::to_diagnostic;
use step::{required_variable, sdk_config, serve_unrecorded};
use sweep_waits::{Context, handle};
use waiting::Waiting;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = sdk_config().await;
    let bridge = aws_sdk_eventbridge::Client::new(&config);
    let context = Context {
        bus: Bus::new(bridge, required_variable("EVENT_BUS_NAME")),
        waiting: Waiting::new(
            &config,
            required_variable("WAITING_TABLE"),
            required_variable("WAITING_KEY_ARN"),
        ),
    };
    // What the clock says does not matter.
    serve_unrecorded(step::software!(), async |_: IgnoredAny| {
        handle(&context, Utc::now())
            .await
            .map_err(|error| to_diagnostic(&error, Vec::new()))
    })
    .await
}
