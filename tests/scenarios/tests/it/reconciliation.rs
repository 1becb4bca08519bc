//! What is done behind the system's back is found by the next reconciliation, and what a ceremony
//! did is not. Other stories happen meanwhile, and this one looks at its own keys only.

use std::time::{Duration, Instant};

use aws_sdk_sfn::types::ExecutionStatus;
use rehearsal::actors::Watcher;
use scenarios::{Event, Story, openssl};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(180);

/// As the clock would start it; the execution's ARN, and its inventory.
async fn reconciles(story: &Story) -> (String, Value) {
    let machine = story.stack().output("RECONCILIATION_STATE_MACHINE_ARN");
    let sfn = story.stack().sfn().expect("a client");
    let start = sfn.start_execution().input("{}");
    let started = start.state_machine_arn(machine.expect("a machine")).send();
    let arn = started.await.expect("a start").execution_arn;
    let watcher = Watcher::new(story.stack(), "reconciliation").expect("a watcher");
    let execution = watcher.end_of(&arn, PATIENCE).await.expect("an end");
    assert_eq!(
        execution.status,
        ExecutionStatus::Succeeded,
        "{execution:?}"
    );
    let output = execution.output.expect("an output");
    let inventory = story.evidence_at(&output["inventory"]).await;
    assert_eq!(inventory["execution"]["arn"], arn.as_str());
    (arn, inventory)
}

/// The kinds of the findings about a key.
fn about<'a>(inventory: &'a Value, key_arn: &str) -> Vec<&'a str> {
    let findings = inventory["findings"].as_array().expect("findings");
    let about = findings.iter().filter(|it| it["keyArn"] == key_arn);
    about.filter_map(|it| it["finding"].as_str()).collect()
}

fn has(list: &Value, key_arn: &str) -> bool {
    let list = list.as_array().expect("a list");
    list.iter().any(|it| it["keyArn"] == key_arn)
}

async fn is_announced(story: &Story, execution_arn: &str) -> Event {
    let waiting = Instant::now();
    loop {
        let events = story.events_without_partner();
        let found = events.into_iter().find(|event| {
            event.detail_type == "Inventory Differs"
                && event.detail["executionArn"] == execution_arn
        });
        if let Some(event) = found {
            return event;
        }
        assert!(waiting.elapsed() < PATIENCE, "nothing was announced");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn keys_and_aliases_that_somebody_changed_are_announced_with_the_inventory() {
    let story = Story::of("reconciled").await;
    let (first, second) = (story.chain().build(), story.chain().build());
    story.operator_onboards(&first).await;
    story.partner_drops_chain(&first).await;
    story.ceremony_succeeds().await;
    let kek = story.keks().await.remove(0);

    let (_, inventory) = reconciles(&story).await;
    assert_eq!(about(&inventory, &kek), Vec::<&str>::new());
    assert!(has(&inventory["keys"], &kek), "{inventory}");

    // Another partner's KEK loses its alias; this one's is to be deleted; one is made by hand.
    let other = Story::of("reconciled-too").await;
    other.operator_onboards(&second).await;
    other.partner_drops_chain(&second).await;
    other.ceremony_succeeds().await;
    let unaliased = other.keks().await.remove(0);
    let client = story.payment_cryptography();
    let alias = other.kek_alias(&second.leaf);
    let deleted = client.delete_alias().alias_name(&alias).send().await;
    deleted.expect("an alias that was there");
    let deleted = client.delete_key().key_identifier(&kek).send().await;
    deleted.expect("a key that was there");
    let by_hand = crate::existing_keys::operator_creates_kek(
        &story,
        aws_sdk_paymentcryptography::types::KeyAlgorithm::Aes128,
        true,
    );
    let by_hand = by_hand.await;

    let (arn, inventory) = reconciles(&story).await;
    assert_eq!(about(&inventory, &kek), ["deletion-pending"]);
    assert_eq!(about(&inventory, &unaliased), ["alias-missing"]);
    // It could be of a ceremony under way, and is a finding only after a day.
    assert_eq!(about(&inventory, &by_hand), Vec::<&str>::new());
    assert!(has(&inventory["recent"], &by_hand), "{inventory}");

    let event = is_announced(&story, &arn).await;
    assert_eq!(event.detail["ceremony"], "reconciliation");
    assert!(event.detail["counts"]["deletion-pending"].as_u64() >= Some(1));
    let place = &event.detail["inventory"];
    let (bucket, key) = (place["bucket"].as_str(), place["key"].as_str());
    let (bucket, key) = (bucket.expect("a bucket"), key.expect("a key"));
    let files = story.stack().download(bucket, key).await.expect("a page");
    let bytes = files.values().next().expect("the inventory");
    let digest = openssl(&["dgst", "-sha256"], bytes);
    let announced = event.detail["inventorySha256"].as_str();
    assert!(digest.ends_with(announced.expect("a digest")), "{digest}");
}
