//! Payment Cryptography throttles, and steps die in the middle.

use rehearsal::Fault;
use scenarios::{Created, Story, World};
use tokio::sync::{Mutex, MutexGuard};

const ONE_OF_EACH: Created = Created { keks: 1, cas: 2 };

/// Faults strike whoever calls next, so these stories share a stack of their own, one at a time.
pub(crate) async fn alone() -> (MutexGuard<'static, ()>, &'static World) {
    static TURN: Mutex<()> = Mutex::const_new(());
    let turn = TURN.lock().await;
    (turn, World::with_faults().await)
}

async fn survives(partner: &str, faults: &[(&str, Fault, u32)]) -> Story {
    let (_turn, world) = alone().await;
    let story = Story::in_world(world, partner);
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    let management = story.stack().management().expect("a management port");
    for (operation, fault, times) in faults {
        management
            .fault(operation, *fault, *times)
            .await
            .expect("a fault");
    }
    story.partner_drops_chain(&pki).await;
    let execution = story.ceremony_succeeds().await;
    management.clear_faults().await.expect("no more faults");
    assert_eq!(story.created().await, ONE_OF_EACH);
    story.partner_opens(&execution.name, &pki.leaf).await;
    story
}

#[tokio::test]
async fn throttled_payment_cryptography() {
    let calls = [
        "GetAlias",
        "CreateAlias",
        "CreateKey",
        "ImportKey",
        "UpdateAlias",
        "GetKey",
        "ExportKey",
    ];
    let faults: Vec<_> = calls
        .iter()
        .map(|call| (*call, Fault::Throttle, 1))
        .collect();
    survives("throttled", &faults).await;
}

#[tokio::test]
async fn payment_cryptography_that_has_no_room_for_a_key() {
    let (_turn, world) = alone().await;
    let story = Story::in_world(world, "no-room");
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    let management = story.stack().management().expect("a management port");
    let there = management.inventory().await.expect("an inventory");
    let there = there["keys"].as_array().expect("keys").len();
    // Room for the CAs and no more.
    management.room_for_keys(there + 2).await.expect("quotas");
    story.partner_drops_chain(&pki).await;
    let failure = story.ceremony_fails("ServiceRefused").await;
    management.room_without_end().await.expect("no quotas");
    assert_eq!(failure.record["step"], "CreateKek");
    assert_eq!(story.created().await.keks, 0);
    let alias = story.kek_alias(&pki.leaf);
    assert_eq!(
        story.alias(&alias).await,
        None,
        "the reservation was given back"
    );
}

/// The KEK was created, but the answer never came: the step cannot know.
#[tokio::test]
async fn a_crash_between_create_key_and_alias() {
    let story = survives(
        "crash-after-create",
        &[("CreateKey", Fault::DropAfterCommit, 1)],
    )
    .await;
    assert_eq!(story.created().await.keks, 1);
}

#[tokio::test]
async fn a_crash_between_import_key_and_alias() {
    let story = survives(
        "crash-after-import",
        &[("ImportKey", Fault::DropAfterCommit, 1)],
    )
    .await;
    assert_eq!(story.created().await.cas, 2);
}

/// The alias was to be pointed at the KEK, and the step died before.
#[tokio::test]
async fn a_crash_before_the_alias_is_set() {
    survives(
        "crash-before-alias",
        &[("UpdateAlias", Fault::DropBefore, 2)],
    )
    .await;
}

#[tokio::test]
async fn a_crash_after_the_alias_is_set() {
    survives(
        "crash-after-alias",
        &[("UpdateAlias", Fault::DropAfterCommit, 2)],
    )
    .await;
}

#[tokio::test]
async fn an_export_whose_answer_is_lost() {
    survives(
        "crash-after-export",
        &[("ExportKey", Fault::DropAfterCommit, 1)],
    )
    .await;
}

#[tokio::test]
async fn an_internal_error_of_payment_cryptography() {
    survives(
        "internal-error",
        &[
            ("CreateKey", Fault::Internal, 1),
            ("ImportKey", Fault::Internal, 1),
        ],
    )
    .await;
}

/// The alias was reserved, and whoever did so died before the key was made: after a while the
/// next one takes over.
#[tokio::test]
async fn a_reservation_that_nobody_works_on() {
    let story = Story::of("abandoned").await;
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    let alias = story.kek_alias(&pki.leaf);
    let client = story.payment_cryptography();
    client
        .create_alias()
        .alias_name(&alias)
        .send()
        .await
        .expect("a reservation");
    story.partner_drops_chain(&pki).await;
    story.ceremony_succeeds().await;
    assert_eq!(story.created().await, ONE_OF_EACH);
    let alias = story.alias(&alias).await.expect("the alias");
    assert_eq!(alias.key_arn, story.keks().await.pop());
}
