//! What the rehearsal tells to people, told here as well; and the stack that all of it happens on.

use rehearsal::stories::{SCENARIOS, Stage};
use scenarios::World;
use workbench::Progress;

#[tokio::test]
async fn every_scenario_of_the_rehearsal() {
    let world = World::get().await;
    for scenario in SCENARIOS {
        let directory = world.stack.directory().join(scenario.name);
        let stage = Stage {
            connection: world.stack.connection(),
            directory: &directory,
            progress: Progress::Quiet,
        };
        let told = (scenario.tell)(&stage).await;
        told.unwrap_or_else(|error| panic!("{}: {error:#}", scenario.name));
    }
}

#[tokio::test]
async fn plain_http_is_not_served() {
    let stack = World::get().await.stack.connection();
    let list = async |endpoint: &str| {
        let config = stack.sdk_config().expect("a configuration").into_builder();
        let sfn = aws_sdk_sfn::Client::new(&config.endpoint_url(endpoint).build());
        sfn.list_state_machines().send().await
    };
    list(&stack.aws).await.expect("an answer over TLS");
    let plain = stack.aws.replace("https://", "http://");
    assert!(list(&plain).await.is_err());
}
