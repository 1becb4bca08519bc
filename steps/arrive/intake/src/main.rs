use intake::{Context, handle};
use step::error::to_diagnostic;
use step::{required_variable, sdk_config, serve_unrecorded};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = sdk_config().await;
    let context = Context {
        s3: aws_sdk_s3::Client::new(&config),
        sfn: aws_sdk_sfn::Client::new(&config),
        ssm: aws_sdk_ssm::Client::new(&config),
        event_bridge: aws_sdk_eventbridge::Client::new(&config),
        inbox_bucket: required_variable("INBOX_BUCKET"),
        evidence_bucket: required_variable("EVIDENCE_BUCKET"),
        state_machine_arn: required_variable("STATE_MACHINE_ARN"),
        event_bus_name: required_variable("EVENT_BUS_NAME"),
    };
    serve_unrecorded(step::software!(), async |event| {
        handle(&context, event)
            .await
            .map_err(|error| to_diagnostic(&error, Vec::new()))
    })
    .await
}
