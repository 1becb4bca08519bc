use export_initial_keys::{Context, handle};
use step::{sdk_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let context = Context::from_environment(&sdk_config().await);
    serve(step::software!(), async |input, journal| {
        handle(&context, input, journal).await
    })
    .await
}
