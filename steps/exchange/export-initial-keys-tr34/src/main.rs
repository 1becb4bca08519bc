use std::time::Duration;

use export_initial_keys_tr34::{Context, handle};
use step::{required_variable, sdk_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = sdk_config().await;
    let pause = required_variable("MILLISECONDS_BETWEEN_CALLS");
    let context = Context {
        fleet: fleets::Context {
            payment_cryptography: payment_keys::client(&config),
            s3: aws_sdk_s3::Client::new(&config),
            work_bucket: required_variable("FLEETS_BUCKET"),
            pause: Duration::from_millis(pause.parse()?),
        },
        evidence_bucket: required_variable("EVIDENCE_BUCKET"),
    };
    serve(step::software!(), async |input, journal| {
        handle(&context, input, journal).await
    })
    .await
}
