//! Multi-party approval of root imports.

use apc_emulator::{Approval, ControlError, Decision, EmulatorHandle, SessionStatus as Status};
use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{
    AssociationState, Key, KeyAlgorithm, KeyState, MpaOperation, MpaTeamAssociation, SessionStatus,
};
use serde_json::{Value, json};

use crate::protocol::send;
use crate::support::{
    CONFLICT, Identity, LEAF_3072, NOT_FOUND, ROOT_3072, TEAM, VALIDATION, authority, client,
    create_kek_arn, exception, import_root, start, verifies,
};

const OTHER: &str = "arn:aws:mpa:us-east-1:111122223333:approval-team/auditors";

#[tokio::test]
async fn a_team_is_associated_at_once() {
    let (emulator, here) = start().await;
    assert_eq!(team(&here).await.unwrap_err(), NOT_FOUND);
    let set = associate(&here, TEAM).await.unwrap();
    assert_eq!(set.mpa_team_arn(), TEAM);
    assert_eq!(set.association_state(), &AssociationState::Active);
    assert!(set.mpa_status.is_none());
    assert_eq!(team(&here).await.unwrap(), set);
    assert_eq!(associate(&here, TEAM).await.unwrap_err(), CONFLICT);
    assert!(emulator.controls().approvals().is_empty());
    // Another region is another matter.
    let there = client(&emulator, "eu-central-1").await;
    assert_eq!(team(&there).await.unwrap_err(), NOT_FOUND);
    import_root(&there, &root(), KeyAlgorithm::Rsa3072).await;
    emulator.controls().reset().unwrap();
    assert_eq!(team(&here).await.unwrap_err(), NOT_FOUND);
}

#[tokio::test]
async fn a_root_waits_until_its_team_approves() {
    let (emulator, client) = start().await;
    associate(&client, TEAM).await.unwrap();
    let key = import(&client, Some("the new root of Acme")).await.unwrap();
    assert_eq!(key.key_state, KeyState::CreateInProgress);
    let status = key.mpa_status().unwrap();
    assert_eq!(status.status(), &SessionStatus::Pending);
    let session = status.mpa_session_arn();
    assert!(session.starts_with("arn:aws:mpa:us-east-1:111122223333:session/custodians/"));
    assert_eq!(get(&client, &key.key_arn).await, key);

    let approvals = emulator.controls().approvals();
    let [approval] = &approvals[..] else {
        panic!("{approvals:?}");
    };
    assert_eq!(approval.mpa_session_arn.to_string(), session);
    assert_eq!(approval.mpa_team_arn.to_string(), TEAM);
    assert_eq!(approval.operation, "ImportKey");
    let comment = approval.requester_comment.as_deref();
    assert_eq!(comment, Some("the new root of Acme"));
    let inventory = emulator.controls().inventory(None);
    assert_eq!(inventory.keys[0].approval, Some(Status::Pending));

    // Until then nothing can be done with it.
    assert_eq!(trust(&client, &key).await.unwrap_err(), CONFLICT);
    let alias = client.create_alias().alias_name("alias/root");
    let alias = alias.key_arn(&key.key_arn);
    assert_eq!(exception(alias.send().await), CONFLICT);
    let delete = client.delete_key().key_identifier(&key.key_arn);
    assert_eq!(exception(delete.send().await), CONFLICT);

    decide(&emulator, &key, Decision::Approve).unwrap();
    let approved = get(&client, &key.key_arn).await;
    assert_eq!(approved.key_state, KeyState::CreateComplete);
    let status = approved.mpa_status().unwrap();
    assert_eq!(status.status(), &SessionStatus::Approved);
    trust(&client, &key).await.unwrap();
    // Once and for all.
    let again = decide(&emulator, &key, Decision::Reject);
    assert_eq!(again.unwrap_err(), ControlError::Decided);
}

#[tokio::test]
async fn a_root_that_is_not_approved_is_never_of_use() {
    let (emulator, client) = start().await;
    associate(&client, TEAM).await.unwrap();
    for (decision, expected, message) in [
        (
            Decision::Reject,
            SessionStatus::Failed,
            Some("Approval session expired or was denied"),
        ),
        (Decision::Cancel, SessionStatus::Cancelled, None),
    ] {
        let key = import(&client, Some("please")).await.unwrap();
        decide(&emulator, &key, decision).unwrap();
        let refused = get(&client, &key.key_arn).await;
        assert_eq!(refused.key_state.as_str(), "CREATE_FAILED");
        let status = refused.mpa_status().unwrap();
        assert_eq!(status.status(), &expected);
        assert_eq!(status.status_message(), message);
        assert_eq!(trust(&client, &key).await.unwrap_err(), CONFLICT);
    }
}

#[tokio::test]
async fn whoever_does_not_decide_within_a_day_has_said_no() {
    let (emulator, client) = start().await;
    associate(&client, TEAM).await.unwrap();
    let key = import(&client, Some("please")).await.unwrap();
    disassociate(&client).await.unwrap();
    let day = 24 * 60 * 60;
    emulator.controls().set_clock_offset(day - 60);
    let waiting = get(&client, &key.key_arn).await;
    assert_eq!(waiting.key_state, KeyState::CreateInProgress);

    emulator.controls().set_clock_offset(day + 1);
    let expired = get(&client, &key.key_arn).await;
    assert_eq!(expired.key_state.as_str(), "CREATE_FAILED");
    let status = expired.mpa_status().unwrap();
    assert_eq!(status.status(), &SessionStatus::Failed);
    let kept = team(&client).await.unwrap();
    assert_eq!(kept.association_state(), &AssociationState::Active);
    let late = decide(&emulator, &key, Decision::Approve);
    assert_eq!(late.unwrap_err(), ControlError::Decided);
}

#[tokio::test]
async fn a_team_is_told_why_and_only_of_roots_that_are_in_order() {
    let (emulator, client) = start().await;
    associate(&client, TEAM).await.unwrap();
    assert_eq!(import(&client, None).await.unwrap_err(), VALIDATION);
    assert_eq!(import(&client, Some("")).await.unwrap_err(), VALIDATION);
    let long = "x".repeat(201);
    assert_eq!(import(&client, Some(&long)).await.unwrap_err(), VALIDATION);
    let wrong = root().as_root(verifies(KeyAlgorithm::Rsa2048));
    let wrong = client.import_key().key_material(wrong);
    let refused = wrong.requester_comment("please").send().await;
    assert_eq!(exception(refused), VALIDATION);
    assert!(emulator.controls().inventory(None).keys.is_empty());
    assert!(emulator.controls().approvals().is_empty());
    // Other keys need nobody's approval, and take a comment all the same.
    create_kek_arn(&client).await;
    let key = import(&client, Some("please")).await.unwrap();
    decide(&emulator, &key, Decision::Approve).unwrap();
    let intermediate = trust(&client, &key).await.unwrap();
    assert!(intermediate.mpa_status.is_none());
}

#[tokio::test]
async fn a_team_must_agree_to_its_removal() {
    let (emulator, client) = start().await;
    assert_eq!(disassociate(&client).await.unwrap_err(), NOT_FOUND);
    associate(&client, TEAM).await.unwrap();
    let waiting = disassociate(&client).await.unwrap();
    assert_eq!(
        waiting.association_state(),
        &AssociationState::DeletePending
    );
    let status = waiting.mpa_status().unwrap();
    assert_eq!(status.status(), &SessionStatus::Pending);
    assert_eq!(disassociate(&client).await.unwrap_err(), CONFLICT);
    assert_eq!(associate(&client, OTHER).await.unwrap_err(), CONFLICT);
    // Meanwhile it guards on.
    let key = import(&client, Some("please")).await.unwrap();
    assert_eq!(key.key_state, KeyState::CreateInProgress);

    decide_last_change(&emulator, Decision::Reject);
    let kept = team(&client).await.unwrap();
    assert_eq!(kept.association_state(), &AssociationState::Active);
    let status = kept.mpa_status().unwrap();
    assert_eq!(status.status(), &SessionStatus::Failed);
    disassociate(&client).await.unwrap();
    decide_last_change(&emulator, Decision::Approve);
    assert_eq!(team(&client).await.unwrap_err(), NOT_FOUND);
    let free = import(&client, None).await.unwrap();
    assert_eq!(free.key_state, KeyState::CreateComplete);
    assert!(free.mpa_status.is_none());
    // What waited goes on waiting.
    decide(&emulator, &key, Decision::Approve).unwrap();
    let approved = get(&client, &key.key_arn).await;
    assert_eq!(approved.key_state, KeyState::CreateComplete);
}

#[tokio::test]
async fn a_team_must_agree_to_its_successor() {
    let (emulator, client) = start().await;
    associate(&client, TEAM).await.unwrap();
    let waiting = associate(&client, OTHER).await.unwrap();
    assert_eq!(
        waiting.association_state(),
        &AssociationState::UpdatePending
    );
    assert_eq!(waiting.mpa_team_arn(), TEAM);
    decide_last_change(&emulator, Decision::Cancel);
    assert_eq!(team(&client).await.unwrap().mpa_team_arn(), TEAM);
    associate(&client, OTHER).await.unwrap();
    let asked = emulator.controls().approvals().pop().unwrap();
    assert_eq!(asked.operation, "AssociateMpaTeam");
    assert_eq!(asked.mpa_team_arn.to_string(), TEAM);
    assert_eq!(asked.next_team_arn.unwrap().to_string(), OTHER);
    decide_last_change(&emulator, Decision::Approve);
    let changed = team(&client).await.unwrap();
    assert_eq!(changed.mpa_team_arn(), OTHER);
    assert_eq!(changed.association_state(), &AssociationState::Active);
}

#[tokio::test]
async fn what_is_no_team_is_refused() {
    let (_emulator, client) = start().await;
    for wrong in [
        "",
        "arn:aws:mpa:us-east-1:111122223333:team/custodians",
        "arn:aws:iam::111122223333:role/custodians",
    ] {
        let refused = associate(&client, wrong).await.unwrap_err();
        assert_eq!(refused, VALIDATION, "{wrong}");
    }
    let other = client.get_mpa_team_association().action("EXPORT".into());
    assert_eq!(exception(other.send().await), VALIDATION);
    let long = client
        .associate_mpa_team()
        .action(MpaOperation::ImportRootPublicKeyCertificate)
        .mpa_team_arn(TEAM)
        .requester_comment("x".repeat(201));
    assert_eq!(exception(long.send().await), VALIDATION);
}

#[tokio::test]
async fn approvals_are_given_over_the_management_port() {
    let (emulator, client) = start().await;
    let management = emulator.management_url().unwrap();
    let manage = async |method: &str, body: Value| {
        let answer = send(management, method, "/approvals", "", &body.to_string()).await;
        (answer.status, answer.body)
    };
    associate(&client, TEAM).await.unwrap();
    let one = import(&client, Some("one")).await.unwrap();
    let two = import(&client, Some("two")).await.unwrap();
    let session = two.mpa_status().unwrap().mpa_session_arn();

    let (status, listed) = manage("GET", json!({})).await;
    assert_eq!(
        (status, &listed["approvals"][0]["keyArn"]),
        (200, &json!(one.key_arn))
    );
    assert_eq!(listed["approvals"][1]["mpaSessionArn"], session);
    assert_eq!(listed["approvals"][1]["requesterComment"], "two");
    let by_key = json!({ "keyArn": one.key_arn, "decision": "approve" });
    let (status, approved) = manage("POST", by_key.clone()).await;
    assert_eq!((status, &approved["status"]), (200, &json!("APPROVED")));
    let by_session = json!({ "mpaSessionArn": session, "decision": "cancel" });
    let (status, cancelled) = manage("POST", by_session).await;
    assert_eq!((status, &cancelled["status"]), (200, &json!("CANCELLED")));

    for wrong in [
        by_key,
        json!({ "decision": "approve" }),
        json!({ "keyArn": one.key_arn }),
        json!({ "keyArn": one.key_arn, "decision": "perhaps" }),
        json!({ "keyArn": one.key_arn, "mpaSessionArn": session, "decision": "approve" }),
        json!({ "keyArn": one.key_arn.replace("eu-west-1", "eu-west-2"), "decision": "approve" }),
        json!({ "mpaSessionArn": "x", "decision": "approve" }),
    ] {
        let (status, body) = manage("POST", wrong.clone()).await;
        assert_eq!(status, 400, "{wrong}");
        assert!(body["error"].is_string(), "{wrong}");
    }
}

fn root() -> Identity {
    Identity::self_signed(authority("Root"), &ROOT_3072)
}

async fn import(client: &Client, comment: Option<&str>) -> Result<Key, String> {
    let import = client
        .import_key()
        .key_material(root().as_root(verifies(KeyAlgorithm::Rsa3072)))
        .set_requester_comment(comment.map(str::to_owned));
    match import.send().await {
        Ok(output) => Ok(output.key.unwrap()),
        refused => Err(exception(refused)),
    }
}

/// Imports an intermediate under a root, which is what roots are for.
async fn trust(client: &Client, root_key: &Key) -> Result<Key, String> {
    let intermediate = Identity::signed_by(authority("Intermediate"), &LEAF_3072, &root());
    let attributes = verifies(KeyAlgorithm::Rsa3072);
    let material = intermediate.as_trusted(attributes, &root_key.key_arn);
    match client.import_key().key_material(material).send().await {
        Ok(output) => Ok(output.key.unwrap()),
        refused => Err(exception(refused)),
    }
}

async fn get(client: &Client, arn: &str) -> Key {
    let get = client.get_key().key_identifier(arn);
    get.send().await.unwrap().key.unwrap()
}

async fn team(client: &Client) -> Result<MpaTeamAssociation, String> {
    let get = client.get_mpa_team_association();
    let get = get.action(MpaOperation::ImportRootPublicKeyCertificate);
    match get.send().await {
        Ok(output) => Ok(output.mpa_team_association.unwrap()),
        refused => Err(exception(refused)),
    }
}

async fn associate(client: &Client, team: &str) -> Result<MpaTeamAssociation, String> {
    let associate = client.associate_mpa_team().mpa_team_arn(team);
    let associate = associate.action(MpaOperation::ImportRootPublicKeyCertificate);
    match associate.send().await {
        Ok(output) => Ok(output.mpa_team_association.unwrap()),
        refused => Err(exception(refused)),
    }
}

async fn disassociate(client: &Client) -> Result<MpaTeamAssociation, String> {
    let disassociate = client.disassociate_mpa_team();
    let disassociate = disassociate.action(MpaOperation::ImportRootPublicKeyCertificate);
    match disassociate.send().await {
        Ok(output) => Ok(output.mpa_team_association.unwrap()),
        refused => Err(exception(refused)),
    }
}

fn decide(emulator: &EmulatorHandle, key: &Key, decision: Decision) -> Result<(), ControlError> {
    let approval = Approval::Key(key.key_arn.parse().unwrap());
    emulator.controls().decide(&approval, decision).map(drop)
}

/// Decides on what was last asked of a team about itself.
fn decide_last_change(emulator: &EmulatorHandle, decision: Decision) {
    let approvals = emulator.controls().approvals();
    let mut changes = approvals
        .into_iter()
        .filter(|asked| asked.key_arn.is_none());
    let session = changes.next_back().unwrap().mpa_session_arn;
    let approval = Approval::Session(session);
    emulator.controls().decide(&approval, decision).unwrap();
}
