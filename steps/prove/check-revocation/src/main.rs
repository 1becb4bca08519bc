use check_revocation::{Context, Input, handle};
use revocation::Inquiry;
use revocation::http::Http;
use step::{required_variable, sdk_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let context = Context {
        s3: aws_sdk_s3::Client::new(&sdk_config().await),
        evidence_bucket: required_variable("EVIDENCE_BUCKET"),
    };
    let hosts: Vec<String> = serde_json::from_str(&required_variable("REVOCATION_HOSTS"))?;
    let http = Http::new(hosts);
    serve(step::software!(), async |input: Input, journal| {
        let mut inquiry = Inquiry::new(&http, input.policy.revocation());
        handle(&context, &mut inquiry, input, journal).await
    })
    .await
}
