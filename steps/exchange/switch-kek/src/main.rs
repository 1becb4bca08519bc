use ceremony::utc::Utc;
use step::{sdk_config, serve};
use switch_kek::handle;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let client = payment_keys::client(&sdk_config().await);
    serve(step::software!(), async |input, _| {
        handle(&client, input, Utc::now()).await
    })
    .await
}
