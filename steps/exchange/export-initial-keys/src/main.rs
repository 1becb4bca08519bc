use std::time::Duration;

use aws_sdk_dynamodb::Client;
use export_initial_keys::{Context, handle};
use runs::{Runs, Turns};
use step::{required_variable, sdk_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = sdk_config().await;
    let runs = Runs::new(Client::new(&config), required_variable("RUNS_TABLE"));
    let rate: f64 = required_variable("APC_CALLS_PER_SECOND").parse()?;
    let context = Context {
        payment_cryptography: payment_keys::client(&config),
        s3: aws_sdk_s3::Client::new(&config),
        work_bucket: required_variable("FLEETS_BUCKET"),
        turns: Turns::new(runs, fleets::SERVICE, Duration::from_secs_f64(rate.recip())),
        clock: fleets::system_clock,
    };
    serve(step::software!(), async |input, journal| {
        handle(&context, input, journal).await
    })
    .await
}
