use import_keys::handle;
use step::{sdk_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let client = payment_keys::client(&sdk_config().await);
    serve(step::software!(), async |input, journal| {
        handle(&client, input, journal).await
    })
    .await
}
