use export_initial_keys_tr34::{Context, handle};
use step::{required_variable, sdk_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let context = Context {
        fleet: fleets::Context::from_environment(&sdk_config().await),
        evidence_bucket: required_variable("EVIDENCE_BUCKET"),
    };
    serve(step::software!(), async |input, journal| {
        handle(&context, input, journal).await
    })
    .await
}
