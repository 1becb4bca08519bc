use ceremony::utc::Utc;
use prove_enrolment::{Context, handle};
use step::{sdk_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = sdk_config().await;
    let context = Context {
        kms: aws_sdk_kms::Client::new(&config),
        payment_cryptography: payment_keys::client(&config),
    };
    serve(step::software!(), async |input, _| {
        handle(&context, input, Utc::now()).await
    })
    .await
}
