use step::serve;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve(step::software!(), async |input, _| {
        package_results::handle(input)
    })
    .await
}
