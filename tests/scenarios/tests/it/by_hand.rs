//! Executions that somebody started by hand: refused, and recorded all the same.

use aws_sdk_sfn::types::ExecutionStatus;
use rehearsal::Execution;
use scenarios::{Created, Story};
use serde_json::{Value, json};

async fn operator_starts(story: &Story, name: &str, input: &Value) -> Execution {
    let sfn = story.stack().sfn().expect("a client");
    let machine = story
        .stack()
        .output("KEK_EXPORT_STATE_MACHINE_ARN")
        .expect("an ARN");
    sfn.start_execution()
        .state_machine_arn(machine)
        .name(name)
        .input(input.to_string())
        .send()
        .await
        .expect("an execution");
    story.next_ceremony_ends(&[]).await
}

/// The input of a ceremony that went well, for a name of its own.
async fn input_of_a_ceremony(story: &Story) -> (Value, String) {
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    story.partner_drops_chain(&pki).await;
    let execution = story.ceremony_succeeds().await;
    (execution.input, execution.name)
}

#[tokio::test]
async fn an_input_that_is_no_input() {
    let story = Story::of("no-input").await;
    let execution = operator_starts(&story, "no-input-by-hand", &json!({ "hello": 1 })).await;
    assert_eq!(execution.status, ExecutionStatus::Failed);
    assert_eq!(execution.error.as_deref(), Some("StepInputMalformed"));
    let evidence = story.evidence("no-input-by-hand").await;
    let record = evidence
        .values()
        .next()
        .expect("a record, under the execution's name");
    let record: Value = serde_json::from_slice(record).expect("JSON");
    assert_eq!(record["step"], "FetchCerts");
    assert_eq!(record["ceremony"], Value::Null);
    assert!(
        record["what"]
            .as_str()
            .expect("words")
            .contains("unknown field `hello`"),
        "{record}"
    );
}

#[tokio::test]
async fn a_digest_that_is_not_the_objects() {
    let story = Story::of("wrong-digest").await;
    let (mut input, first) = input_of_a_ceremony(&story).await;
    input["objects"][0]["sha256"] = json!("00".repeat(32));
    operator_starts(&story, "wrong-digest-by-hand", &input).await;
    let second = story.next_ceremony_ends(&[&first]).await;
    assert_eq!(
        second.error.as_deref(),
        Some("DigestMismatch"),
        "{:?}",
        second.cause
    );
    assert_eq!(story.created().await, Created { keks: 1, cas: 2 });
}

#[tokio::test]
async fn an_object_of_another_partner() {
    let story = Story::of("other-folder").await;
    let (mut input, first) = input_of_a_ceremony(&story).await;
    input["objects"][0]["key"] = json!("somebody-else/production/cardholder/leaf.pem");
    operator_starts(&story, "other-folder-by-hand", &input).await;
    let second = story.next_ceremony_ends(&[&first]).await;
    assert_eq!(
        second.error.as_deref(),
        Some("InputMalformed"),
        "{:?}",
        second.cause
    );
}

/// The same ceremony id again would write into the same folders: what lies there stays.
#[tokio::test]
async fn a_ceremony_that_was_published_already() {
    let story = Story::of("published").await;
    let (input, first) = input_of_a_ceremony(&story).await;
    let before = story.partner_fetches(&first).await;
    operator_starts(&story, "published-by-hand", &input).await;
    let second = story.next_ceremony_ends(&[&first]).await;
    assert_eq!(
        second.error.as_deref(),
        Some("AlreadyPublished"),
        "{:?}",
        second.cause
    );
    assert!(second.cause.expect("a cause").starts_with("Publish: "));
    assert_eq!(story.partner_fetches(&first).await, before);
}
