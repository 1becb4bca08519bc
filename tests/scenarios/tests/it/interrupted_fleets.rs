//! A run for a fleet is struck in the middle: by the service, by whoever stops it, by the death of a
//! function. The next run of the same order makes it whole.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use aws_sdk_sfn::types::ExecutionStatus;
use rehearsal::{Execution, Fault};
use rustix::process::{Pid, Signal, kill_process};
use scenarios::{Story, World};
use serde_json::{Value, json};

use crate::initial_keys::{order, terminals, with_right_bdk};
use crate::interruptions::alone;

const PATIENCE: Duration = Duration::from_secs(60);

/// The map of the story's run, once it runs.
async fn map_of(story: &Story) -> String {
    let sfn = story.stack().sfn().expect("a client");
    let machines = sfn.list_state_machines().send().await.expect("machines");
    let mut machines = machines.state_machines.into_iter();
    let map = machines.find(|machine| machine.name == "initial-keys-map");
    let machine = map.expect("the map").state_machine_arn;
    let ours = format!("{}-", story.folder.partner);
    let waiting = Instant::now();
    loop {
        let request = sfn.list_executions().state_machine_arn(&machine);
        let executions = request.send().await.expect("executions").executions;
        let mut executions = executions.into_iter();
        if let Some(execution) = executions.find(|execution| execution.name.starts_with(&ours)) {
            return execution.execution_arn;
        }
        assert!(waiting.elapsed() < PATIENCE, "no map was started");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// As an operator stops a run.
async fn stops(story: &Story, map: &str) {
    let sfn = story.stack().sfn().expect("a client");
    let stopped = sfn.stop_execution().execution_arn(map).send().await;
    stopped.expect("a map that runs");
}

/// Every terminal of the list, once and in order, each with a key.
async fn is_whole(story: &Story, execution: &Execution, list: &[String]) {
    assert_eq!(
        execution.status,
        ExecutionStatus::Succeeded,
        "{execution:?}"
    );
    let files = story.partner_fetches(&execution.name).await;
    let lines = String::from_utf8_lossy(&files["initial-keys.jsonl"]).into_owned();
    let numbers: Vec<String> = lines
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).expect("JSON");
            assert!(line["keyBlock"].is_string(), "{line}");
            line["ksn"].as_str().expect("a serial number").to_owned()
        })
        .collect();
    assert!(numbers == list, "each once, in order");
}

#[tokio::test]
async fn a_run_is_stopped_and_ordered_again() {
    let story = with_right_bdk(Story::of("ipek-stopped").await).await;
    let list = terminals(1_000);
    let asked = order(json!({ "bdk": "pos", "terminals": list }));
    story.requester_orders("may", &asked).await;
    let map = map_of(&story).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    stops(&story, &map).await;
    let first = story.ceremonies().await.remove(0).0;
    story.next_ceremony_ends(&[]).await;
    story.requester_orders("may", &asked).await;
    let again = story.next_ceremony_ends(&[&first]).await;
    is_whole(&story, &again, &list).await;
}

/// The machine tries again by itself: nobody has to do anything.
#[tokio::test]
async fn payment_cryptography_throttles_and_loses_answers_in_the_middle() {
    let (_turn, world) = alone().await;
    let story = with_right_bdk(Story::in_world(world, "ipek-struck")).await;
    let management = story.stack().management().expect("a management port");
    let list = terminals(500);
    let asked = order(json!({ "bdk": "pos", "terminals": list }));
    story.requester_orders("may", &asked).await;
    map_of(&story).await;
    for fault in [Fault::Throttle, Fault::DropAfterCommit] {
        let struck = management.fault("ExportKey", fault, 3).await;
        struck.expect("a fault");
    }
    let execution = story.next_ceremony_ends(&[]).await;
    assert_eq!(management.faults_left().await.expect("a number"), 0);
    is_whole(&story, &execution, &list).await;
}

/// Whoever waits for the function would wait for its time-out, which is a quarter of an hour here: the map
/// is stopped, and the order dropped again.
#[tokio::test]
async fn a_function_is_killed_in_the_middle() {
    let (_turn, world) = alone().await;
    let story = with_right_bdk(Story::in_world(world, "ipek-killed")).await;
    let list = terminals(1_000);
    let asked = order(json!({ "bdk": "pos", "terminals": list }));
    story.requester_orders("may", &asked).await;
    let map = map_of(&story).await;
    kill(world, "exportinitialkeys").await;
    stops(&story, &map).await;
    let first = story.ceremonies().await.remove(0).0;
    let ended = story.next_ceremony_ends(&[]).await;
    assert_eq!(ended.status, ExecutionStatus::Failed, "{ended:?}");
    story.requester_orders("may", &asked).await;
    let again = story.next_ceremony_ends(&[&first]).await;
    is_whole(&story, &again, &list).await;
}

/// Ends a process in which the local AWS of this stack runs a function with this in its name.
async fn kill(world: &World, part: &str) {
    let groups: Vec<u32> = world.stack.processes().map(|(_, id)| id).collect();
    let waiting = Instant::now();
    loop {
        let processes = fs::read_dir("/proc").expect("a list of processes");
        let mut processes = processes.filter_map(Result::ok).map(|entry| entry.path());
        let ours = processes.find(|process| {
            group_of(process).is_some_and(|group| groups.contains(&group))
                && function_of(process).is_some_and(|name| name.contains(part))
        });
        let id = ours.and_then(|process| process.file_name()?.to_str()?.parse().ok());
        if let Some(id) = id.and_then(Pid::from_raw) {
            kill_process(id, Signal::KILL).expect("a process of ours");
            return;
        }
        assert!(waiting.elapsed() < PATIENCE, "no such function runs");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The id of its group: the third number behind the name, which is in parentheses (`proc(5)`).
fn group_of(process: &Path) -> Option<u32> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    let (_, behind) = stat.rsplit_once(')')?;
    behind.split_whitespace().nth(2)?.parse().ok()
}

fn function_of(process: &Path) -> Option<String> {
    let variables = fs::read(process.join("environ")).ok()?;
    let variables = String::from_utf8_lossy(&variables).into_owned();
    let mut variables = variables.split('\0');
    let name = variables.find_map(|it| it.strip_prefix("AWS_LAMBDA_FUNCTION_NAME="));
    name.map(str::to_owned)
}
