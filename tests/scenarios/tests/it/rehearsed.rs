//! What the rehearsal tells to people, told here as well; and the stack that all of it happens on.

use std::pin::Pin;

use anyhow::Result;
use rehearsal::Connection;
use rehearsal::stories::quota::{self, Told};
use rehearsal::stories::{Elsewhere, SCENARIOS, Scenario, Stage};
use scenarios::World;
use workbench::Progress;

#[tokio::test]
async fn every_scenario_of_the_rehearsal() {
    let (alone, together): (Vec<_>, Vec<_>) = SCENARIOS.iter().partition(|scenario| scenario.alone);
    for scenario in together {
        tell(scenario, World::get().await).await;
    }
    for scenario in alone {
        tell(scenario, &World::alone().await).await;
    }
}

#[derive(Debug)]
struct SecondCompany;

impl Elsewhere for SecondCompany {
    fn connection(&self) -> Pin<Box<dyn Future<Output = Result<&Connection>> + '_>> {
        Box::pin(async { Ok(World::elsewhere().await.stack.connection()) })
    }
}

async fn tell(scenario: &Scenario, world: &World) {
    let directory = world.stack.directory().join(scenario.name);
    let stage = Stage {
        connection: world.stack.connection(),
        elsewhere: &SecondCompany,
        directory: &directory,
        progress: Progress::Quiet,
    };
    let told = (scenario.tell)(&stage).await;
    told.unwrap_or_else(|error| panic!("{}: {error:#}", scenario.name));
}

#[tokio::test]
#[ignore = "a measurement, of no worth beside other tests"]
async fn a_hundred_ceremonies_at_once() {
    let world = World::alone().await;
    let told = quota::crowd_comes(world.stack.connection(), 100, Progress::Quiet).await;
    let Told { took, calls } = told.expect("a hundred packages");
    eprintln!("{took:?}: {}", calls["total"]);
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
