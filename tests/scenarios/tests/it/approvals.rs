//! An approval team guards the import of roots: it is waited for, whatever dies meanwhile.

use partner::Pki;
use rehearsal::Fault::{self, DropAfterCommit, DropBefore};
use rehearsal::Management;
use scenarios::{Created, Event, Story, World, assert_succeeded};
use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard};

const ASKED: Created = Created { keks: 0, cas: 1 };
const ONE_OF_EACH: Created = Created { keks: 1, cas: 2 };

/// Faults strike whoever calls next, and every root has to wait here: these stories have a stack of
/// their own, one at a time.
async fn alone() -> (MutexGuard<'static, ()>, &'static World) {
    static TURN: Mutex<()> = Mutex::const_new(());
    let turn = TURN.lock().await;
    (turn, World::with_approval_team().await)
}

fn management(story: &Story) -> Management {
    story.stack().management().expect("a management port")
}

/// As often as a step makes the call again before it gives up: it might as well have died.
async fn dies_at(story: &Story, call: &str, fault: Fault, times: u32) {
    let management = management(story);
    let fault = management.fault(call, fault, times);
    fault.await.expect("a fault");
}

/// The partner has dropped, the team was asked, and nothing but the root was made.
async fn is_asked(story: &Story) -> Event {
    let event = story.is_told("Approval Required").await;
    assert_eq!(story.created().await, ASKED);
    event
}

async fn decides(story: &Story, event: &Event, decision: &str) {
    let key_arn = event.detail["keyArn"].as_str().expect("a key");
    let management = management(story);
    let decided = management.decide(key_arn, decision);
    decided.await.expect("a decision");
}

/// The root waits, and is looked at again and again.
async fn is_looked_at(story: &Story, event: &Event) {
    let looks = async || {
        let requests = management(story).requests().await.expect("requests");
        let requests = requests["requests"].as_array().cloned().unwrap_or_default();
        let looks = requests.into_iter().filter(|request| {
            request["operation"] == "GetKey" && request["keyArns"][0] == event.detail["keyArn"]
        });
        looks.count()
    };
    while looks().await < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

fn announcements(story: &Story) -> usize {
    let events = story.events();
    let asked = events
        .iter()
        .filter(|event| event.detail_type == "Approval Required");
    asked.count()
}

async fn record(story: &Story, ceremony: &str) -> Value {
    let evidence = story.evidence(ceremony).await;
    serde_json::from_slice(&evidence["record.json"]).expect("a record")
}

/// Once with a death while the team is asked, and once more while the ceremony goes on.
async fn waits_and_goes_on(
    partner: &str,
    asking: (&str, Fault, u32),
    going_on: (&str, Fault, u32),
) -> (Story, Pki) {
    let (_turn, world) = alone().await;
    let story = Story::in_world(world, partner);
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    dies_at(&story, asking.0, asking.1, asking.2).await;
    story.partner_drops_chain(&pki).await;
    let event = is_asked(&story).await;
    is_looked_at(&story, &event).await;
    assert_eq!(story.created().await, ASKED, "nothing before the approval");

    dies_at(&story, going_on.0, going_on.1, going_on.2).await;
    decides(&story, &event, "approve").await;
    let execution = story.ceremony_succeeds().await;
    assert_eq!(management(&story).faults_left().await.expect("faults"), 0);
    assert_eq!(story.created().await, ONE_OF_EACH);
    let asked = management(&story).approvals_for(partner).await;
    assert_eq!(asked.expect("approvals").len(), 1);
    assert_eq!(announcements(&story), 1);
    let root = story.alias(&story.ca_alias(&pki.root)).await.expect("it");
    assert_eq!(root.key_arn.as_deref(), event.detail["keyArn"].as_str());
    story.partner_opens(&execution.name, &pki.leaf).await;
    (story, pki)
}

#[tokio::test]
async fn a_root_that_waits_and_a_step_that_dies_with_the_alias_reserved() {
    let asking = ("CreateAlias", DropAfterCommit, 3);
    waits_and_goes_on("waits-reserved", asking, ("GetKey", DropBefore, 3)).await;
}

#[tokio::test]
async fn a_root_that_waits_and_a_step_that_dies_before_the_import() {
    let asking = ("ImportKey", DropBefore, 1);
    waits_and_goes_on(
        "waits-before-import",
        asking,
        ("UpdateAlias", DropBefore, 3),
    )
    .await;
}

#[tokio::test]
async fn a_root_that_waits_and_a_step_that_dies_after_the_import() {
    let asking = ("ImportKey", DropAfterCommit, 1);
    waits_and_goes_on(
        "waits-after-import",
        asking,
        ("UpdateAlias", DropAfterCommit, 3),
    )
    .await;
}

/// And the record says when it was asked, and when it was seen to be there.
#[tokio::test]
async fn a_root_that_waits_and_a_step_that_dies_before_it_answers() {
    let asking = ("GetAlias", DropAfterCommit, 3);
    let going_on = ("ListTagsForResource", DropBefore, 3);
    let (story, pki) = waits_and_goes_on("waits-before-answer", asking, going_on).await;

    let event = story.is_told("Approval Required").await;
    assert_eq!(event.detail["rootSha256"], pki.root.sha256());
    let compare = event.detail["compare"].as_str().expect("words");
    assert!(compare.contains("fingerprint"), "{compare}");
    let (ceremony, _) = story.ceremonies().await.remove(0);
    assert_eq!(event.detail["ceremonyId"], ceremony.as_str());
    let record = record(&story, &ceremony).await;
    let steps = record["steps"].as_array().expect("steps");
    let imports: Vec<&Value> = steps
        .iter()
        .filter(|step| step["step"] == "import-ca")
        .map(|step| &step["result"])
        .collect();
    let [asked, there] = imports[..] else {
        panic!("two of import-ca were expected: {imports:?}");
    };
    assert_eq!(asked["pending"]["askedAt"], event.detail["askedAt"]);
    assert_eq!(asked["pending"]["until"], event.detail["until"]);
    let approval = &there["authorities"][0]["approval"];
    assert_eq!(approval["sessionArn"], event.detail["sessionArn"]);
    assert!(
        approval["seenAt"].as_str() > approval["askedAt"].as_str(),
        "{approval}"
    );
}

#[tokio::test]
async fn a_root_that_is_denied_and_dropped_again() {
    let (_turn, world) = alone().await;
    let story = Story::in_world(world, "denied");
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    story.partner_drops_chain(&pki).await;
    let event = is_asked(&story).await;
    decides(&story, &event, "reject").await;
    let failure = story.ceremony_fails("RootImportNotApproved").await;
    assert_eq!(failure.record["step"], "ImportCa");
    assert_eq!(failure.record["done"][0]["keyArn"], event.detail["keyArn"]);
    let steps = failure.record["steps"].as_array().expect("steps");
    let asked = &steps.last().expect("a step")["result"]["pending"];
    assert_eq!(asked["sessionArn"], event.detail["sessionArn"]);
    assert_eq!(story.created().await, ASKED, "nothing else was made");
    assert_eq!(story.alias(&story.ca_alias(&pki.root)).await, None, "free");

    story.partner_drops("leaf.pem", pki.leaf.pem()).await;
    let again = story
        .is_told_that("the team is asked again", |told| {
            told.detail_type == "Approval Required"
                && told.detail["keyArn"] != event.detail["keyArn"]
        })
        .await;
    assert_ne!(again.detail["sessionArn"], event.detail["sessionArn"]);
    decides(&story, &again, "approve").await;
    let execution = story.next_ceremony_ends(&[&failure.execution.name]).await;
    assert_succeeded(&execution);
    assert_eq!(story.created().await, Created { keks: 1, cas: 3 });
    let asked = management(&story).approvals_for("denied").await;
    assert_eq!(asked.expect("approvals").len(), 2);
    assert_eq!(announcements(&story), 2);
    story.partner_opens(&execution.name, &pki.leaf).await;
}
