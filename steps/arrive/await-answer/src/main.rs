use await_answer::{Context, handle};
use step::error::to_diagnostic;
use step::{required_variable, sdk_config, serve_unrecorded};
use waiting::Waiting;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = sdk_config().await;
    let context = Context {
        waiting: Waiting::new(
            &config,
            required_variable("WAITING_TABLE"),
            required_variable("WAITING_KEY_ARN"),
        ),
    };
    serve_unrecorded(step::software!(), async |input| {
        handle(&context, input)
            .await
            .map_err(|error| to_diagnostic(&error, Vec::new()))
    })
    .await
}
