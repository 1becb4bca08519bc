use arrivals::Arrivals;
use ceremony::utc::Utc;
use step::error::to_diagnostic;
use step::{required_variable, sdk_config, serve_unrecorded};
use take_answer::{Context, handle};
use waiting::Waiting;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = sdk_config().await;
    let context = Context {
        arrivals: Arrivals::without_machine(&config),
        waiting: Waiting::new(
            &config,
            required_variable("WAITING_TABLE"),
            required_variable("WAITING_KEY_ARN"),
        ),
        software: step::software!(),
    };
    serve_unrecorded(step::software!(), async |event| {
        handle(&context, event, Utc::now())
            .await
            .map_err(|error| to_diagnostic(&error, Vec::new()))
    })
    .await
}
