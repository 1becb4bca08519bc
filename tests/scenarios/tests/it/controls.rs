//! Somebody changes a control, or touches keys beside the ceremonies.
//!
//! What the local CloudTrail records comes by the rules that were deployed. Payment Cryptography is an
//! emulator of its own, which reports to no trail, and the local EventBridge takes no events from others
//! in the name of AWS: its calls are given to the function as recorded events instead. That the rules let
//! them through is held by `infra-cdk/test/watched-controls.test.ts`, with the same events.

use std::time::{Duration, Instant};

use rehearsal::actors::Folder;
use scenarios::{Event, Story};
use serde_json::{Value, json};

const CONTROL: &str = "Control Changed";
const FOREIGN: &str = "Foreign Hand On Key";

/// The events of a type about this partner, as soon as there are so many.
async fn told(story: &Story, detail_type: &str, count: usize) -> Vec<Event> {
    let waiting = Instant::now();
    loop {
        let mut events = story.events();
        events.retain(|event| event.detail_type == detail_type);
        if events.len() >= count {
            return events;
        }
        assert!(
            waiting.elapsed() < Duration::from_secs(120),
            "not told `{detail_type}`, only {:?}",
            story.events()
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The record of an event, which says what was announced.
async fn is_recorded(story: &Story, event: &Event) {
    let (day, _) = event.detail["at"]
        .as_str()
        .and_then(|at| at.split_once('T'))
        .expect("a time");
    let id = event.detail["eventId"].as_str().expect("an id");
    let stack = story.world().stack.connection();
    let bucket = stack.output("EVIDENCE_BUCKET").expect("a bucket");
    let s3 = stack.s3().expect("a client");
    let request = s3.get_object().bucket(bucket);
    let object = request.key(format!("controls/{day}/{id}.json"));
    let object = object.send().await.expect("a record");
    let bytes = object.body.collect().await.expect("a body").into_bytes();
    let record: Value = serde_json::from_slice(&bytes).expect("JSON");
    let announced = json!({ "detail-type": event.detail_type, "detail": event.detail });
    assert_eq!(record, announced);
}

#[tokio::test]
async fn a_profile_that_is_changed_is_announced_with_who_did_it() {
    let story = Story::of("watched-profile").await;
    let config = story.world().session_of("profile-writer", "ssm:*").await;
    let ssm = aws_sdk_ssm::Client::new(&config);
    let name = Folder::new(&story.partner, "production", "cardholder").profile_parameter();
    let put = ssm.put_parameter().name(&name).value("not-to-be-copied");
    let put = put.r#type(aws_sdk_ssm::types::ParameterType::String);
    put.send().await.expect("a profile");
    let [written] = &told(&story, CONTROL, 1).await[..] else {
        panic!("one announcement was expected: {:?}", story.events());
    };
    assert_eq!(written.detail["operation"], "ssm:PutParameter");
    assert_eq!(written.detail["resource"], name);
    let who = &written.detail["who"];
    let role = format!("arn:aws:iam::{}:role/profile-writer", rehearsal::ACCOUNT);
    assert_eq!(who["sessionIssuer"], role);
    assert_eq!(who["sessionName"], "test");
    assert!(!written.detail.to_string().contains("not-to-be-copied"));
    is_recorded(&story, written).await;

    ssm.delete_parameter()
        .name(&name)
        .send()
        .await
        .expect("gone");
    let events = told(&story, CONTROL, 2).await;
    assert_eq!(events[1].detail["operation"], "ssm:DeleteParameter");
}

#[tokio::test]
async fn a_ceremony_is_no_foreign_hand_and_who_touches_its_key_is_one() {
    let story = Story::of("foreign-hand").await;
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    story.partner_drops_chain(&pki).await;
    story.ceremony_succeeds().await;
    let succeeded = told(&story, "Ceremony Succeeded", 1).await;
    let kek = succeeded[0].detail["kekKeyArn"].as_str().expect("a KEK");
    // Its own profile was written, and nothing else was watched of it.
    assert_eq!(told(&story, CONTROL, 1).await.len(), 1);
    assert_eq!(told(&story, FOREIGN, 0).await.len(), 0);

    let alias = format!(
        "alias/key-ceremony/kek/{}0123456789abcdef",
        story.folder.key("")
    );
    let deleted = recorded(include_str!(
        "../../../../steps/watch/watch-controls/tests/events/delete-alias.json"
    ));
    let deleted = about(deleted, "aliasName", &alias);
    let stopped = recorded(include_str!(
        "../../../../steps/watch/watch-controls/tests/events/stop-key-usage.json"
    ));
    let stopped = about(stopped, "keyIdentifier", kek);
    let world = story.world();
    for (told_before, event, resource) in [(0, &deleted, alias.as_str()), (1, &stopped, kek)] {
        assert_eq!(world.invoke_watch_controls(event).await, "announced");
        let events = told(&story, FOREIGN, told_before + 1).await;
        let announced = &events[told_before];
        assert_eq!(announced.detail["resource"], resource);
        assert_eq!(announced.detail["notLookedUp"], Value::Null);
        let issuer = &announced.detail["who"]["sessionIssuer"];
        assert_eq!(issuer, "arn:aws:iam::111122223333:role/Administrator");
        is_recorded(&story, announced).await;
        let again = world.invoke_watch_controls(event).await;
        assert_eq!(again, "already-announced");
    }
    assert_eq!(told(&story, FOREIGN, 2).await.len(), 2);
}

fn recorded(text: &str) -> Value {
    serde_json::from_str(text).expect("a recorded event")
}

/// The event, about this alias or key instead.
fn about(mut event: Value, member: &str, name: &str) -> Value {
    event["detail"]["requestParameters"] = json!({ member: name });
    event["detail"]["responseElements"] = Value::Null;
    event
}
