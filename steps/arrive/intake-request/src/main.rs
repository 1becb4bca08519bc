use arrivals::Arrivals;
use bus::Bus;
use ceremony::utc::Utc;
use intake_request::{Context, handle};
use runs::Runs;
use step::error::to_diagnostic;
use step::{required_variable, sdk_config, serve_unrecorded};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = sdk_config().await;
    let bridge = aws_sdk_eventbridge::Client::new(&config);
    let dynamodb = aws_sdk_dynamodb::Client::new(&config);
    let arrivals = Arrivals {
        s3: aws_sdk_s3::Client::new(&config),
        sfn: aws_sdk_sfn::Client::new(&config),
        sqs: aws_sdk_sqs::Client::new(&config),
        bus: Bus::new(bridge, required_variable("EVENT_BUS_NAME")),
        runs: Runs::new(dynamodb, required_variable("RUNS_TABLE")),
        inbox_bucket: required_variable("INBOX_BUCKET"),
        rejections_queue_url: required_variable("REJECTIONS_QUEUE_URL"),
        state_machine_arn: required_variable("STATE_MACHINE_ARN"),
    };
    let context = Context {
        arrivals,
        ssm: aws_sdk_ssm::Client::new(&config),
    };
    serve_unrecorded(step::software!(), async |event| {
        handle(&context, event, Utc::now())
            .await
            .map_err(|error| to_diagnostic(&error, Vec::new()))
    })
    .await
}
