use ceremony::aws::sdk_config;
use ceremony::step::serve;
use import_ca::handle;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let client = payment_keys::client(&sdk_config().await);
    serve(ceremony::step!(), |input| handle(&client, input)).await
}
