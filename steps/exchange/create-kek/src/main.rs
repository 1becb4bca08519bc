use create_kek::handle;
use step::sdk_config;
use step::serve;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let client = payment_keys::client(&sdk_config().await);
    serve(step::software!(), |input| handle(&client, input)).await
}
