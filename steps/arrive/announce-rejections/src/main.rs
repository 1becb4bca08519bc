use announce_rejections::{Context, handle};
use bus::Bus;
use ceremony::utc::Utc;
use runs::Runs;
use step::{required_variable, sdk_config, serve_unrecorded};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = sdk_config().await;
    let bridge = aws_sdk_eventbridge::Client::new(&config);
    let dynamodb = aws_sdk_dynamodb::Client::new(&config);
    let context = Context {
        bus: Bus::new(bridge, required_variable("EVENT_BUS_NAME")),
        runs: Runs::new(dynamodb, required_variable("RUNS_TABLE")),
    };
    serve_unrecorded(step::software!(), async |event| {
        Ok(handle(&context, event, Utc::now()).await)
    })
    .await
}
