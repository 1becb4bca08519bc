use ceremony::step::serve;
use ceremony::utc::Utc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve(ceremony::step!(), async |input| {
        validate::handle(input, Utc::now())
    })
    .await
}
