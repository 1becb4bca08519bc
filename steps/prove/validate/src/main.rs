use ceremony::utc::Utc;
use step::serve;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve(step::software!(), async |input, _| {
        validate::handle(input, Utc::now())
    })
    .await
}
