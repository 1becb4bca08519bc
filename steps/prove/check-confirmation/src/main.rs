use check_confirmation::{Context, handle};
use step::{required_variable, sdk_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let context = Context {
        s3: aws_sdk_s3::Client::new(&sdk_config().await),
        inbox_bucket: required_variable("INBOX_BUCKET"),
    };
    serve(step::software!(), async |input, _| {
        handle(&context, input).await
    })
    .await
}
