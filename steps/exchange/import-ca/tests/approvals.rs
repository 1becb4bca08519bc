//! Where an approval team guards the import of roots: asked once, waited for, and nothing made before.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::LazyLock;

use apc_emulator::{Decision, FaultKind, SessionStatus};
use ceremony::evidence::{Deed, Evidence, Recorded};
use ceremony::identifiers::ca_alias;
use ceremony::keys::Origin;
use ceremony::path::CertificatePath;
use ceremony::utc::Utc;
use emulated::{Emulated, UID, ceremony, ceremony_of, certificate, chain, clearance, path, policy};
use import_ca::{Error, Imported, Input, Output, PendingRoot, handle};
use partner::{Pki, Profile};
use serde_json::{Value, json};
use step::{Journal, StepError};

const DAY: i64 = 24 * 60 * 60;

/// Every call of a ceremony has the same certificates.
fn input(awaited: Option<PendingRoot>) -> Input {
    static PKI: LazyLock<Pki> = LazyLock::new(chain);
    Input {
        ceremony: ceremony(),
        path: path(&PKI),
        policy: policy(&PKI, |_| {}).into(),
        revocation: clearance(&path(&PKI)),
        awaited,
    }
}

async fn guarded() -> Emulated {
    let emulated = Emulated::start().await;
    emulated.associates_a_team().await;
    emulated.emulator.controls().clear_requests();
    emulated
}

async fn call(emulated: &Emulated, input: Input) -> Result<Output, Error> {
    handle(&emulated.client, input, &Journal::default()).await
}

async fn waits(emulated: &Emulated, awaited: Option<PendingRoot>) -> PendingRoot {
    match call(emulated, input(awaited)).await.unwrap() {
        Output::Pending(pending) => pending.pending,
        Output::Imported(imported) => panic!("nobody has approved: {imported:?}"),
    }
}

async fn is_there(emulated: &Emulated, awaited: Option<PendingRoot>) -> Imported {
    match call(emulated, input(awaited)).await.unwrap() {
        Output::Imported(imported) => imported,
        Output::Pending(pending) => panic!("it was approved: {pending:?}"),
    }
}

/// The alias of the root, if it is there: with its key, or reserved.
fn alias(emulated: &Emulated) -> Option<Option<String>> {
    let alias = ca_alias(&input(None).path.root.sha256());
    let aliases = emulated.emulator.controls().inventory(None).aliases;
    let alias = aliases
        .into_iter()
        .find(|it| it.alias_name.to_string() == alias)?;
    Some(alias.key_arn.map(|key_arn| key_arn.to_string()))
}

#[tokio::test]
async fn the_team_is_told_ceremony_partner_and_fingerprint() {
    let emulated = guarded().await;
    let pending = waits(&emulated, None).await;
    let approvals = emulated.approvals();
    let [approval] = &approvals[..] else {
        panic!("{approvals:?}");
    };
    assert_eq!(approval.mpa_session_arn.to_string(), pending.session_arn);
    let comment = approval.requester_comment.as_deref().unwrap();
    let root = input(None).path.root.sha256().to_string();
    let ceremony = ceremony();
    for said in [
        root.as_str(),
        ceremony.ceremony_id.as_str(),
        ceremony.partner.as_str(),
    ] {
        assert!(comment.contains(said), "{comment}");
    }
    assert_eq!(pending.certificate_sha256.to_string(), root);
    assert_eq!(pending.origin, Origin::Created);
    assert_eq!(pending.until, pending.asked_at.plus_seconds(DAY));
}

/// Nothing is imported under it, and a look costs one call.
#[tokio::test]
async fn a_root_that_waits_is_looked_at_and_nothing_else() {
    let emulated = guarded().await;
    let pending = waits(&emulated, None).await;
    let new = [
        "GetAlias",
        "GetAlias",
        "CreateAlias",
        "ImportKey",
        "GetAlias",
    ];
    assert_eq!(emulated.calls(), new);
    emulated.emulator.controls().clear_requests();
    let again = waits(&emulated, Some(pending.clone())).await;
    assert_eq!(emulated.calls(), ["GetKey"]);
    assert_eq!(again.key_arn, pending.key_arn);
    assert_eq!(again.origin, Origin::Created);
    assert_eq!(emulated.keys().len(), 1);
    assert_eq!(alias(&emulated), Some(None), "reserved");
}

#[tokio::test]
async fn an_approved_root_goes_on_to_the_other_cas() {
    let emulated = guarded().await;
    let pending = waits(&emulated, None).await;
    emulated.decides(&pending.key_arn, Decision::Approve);
    emulated.emulator.controls().clear_requests();
    let before = Utc::now();
    let imported = is_there(&emulated, Some(pending.clone())).await;
    let found = ["ListKeys", "ListKeys", "ListAliases", "ListTagsForResource"];
    let root = [&["GetKey", "GetAlias"][..], &found, &["UpdateAlias"]].concat();
    let issuing = ["GetAlias", "CreateAlias", "ImportKey", "UpdateAlias"];
    assert_eq!(emulated.calls(), [&root[..], &issuing].concat());
    let [root, issuing] = &imported.authorities[..] else {
        panic!("two CAs were expected: {imported:?}");
    };
    assert_eq!(
        (&root.key_arn, root.origin),
        (&pending.key_arn, Origin::Created)
    );
    let approval = root.approval.as_ref().unwrap();
    assert_eq!(approval.session_arn, pending.session_arn);
    assert_eq!(approval.asked_at, pending.asked_at);
    assert!(approval.seen_at >= before);
    assert_eq!(issuing.approval, None);
    assert_eq!(alias(&emulated), Some(Some(pending.key_arn.clone())));
    assert_eq!(emulated.keys().len(), 2);

    // Another ceremony finds both by alias, at one call.
    emulated.emulator.controls().clear_requests();
    let found = is_there(&emulated, None).await;
    assert_eq!(found.issuing_ca_key_arn, imported.issuing_ca_key_arn);
    assert_eq!(emulated.calls(), ["GetAlias"]);
}

/// Another partner's ceremony under the same root, and one that lost what it knew.
#[tokio::test]
async fn who_comes_meanwhile_waits_for_the_same_key() {
    let emulated = guarded().await;
    let pending = waits(&emulated, None).await;
    let mut other = input(None);
    other.ceremony = ceremony_of("globex");
    let Output::Pending(found) = call(&emulated, other).await.unwrap() else {
        panic!("it waits too");
    };
    let found = found.pending;
    assert_eq!(
        (&found.key_arn, found.origin),
        (&pending.key_arn, Origin::Found)
    );
    assert_eq!(found.session_arn, pending.session_arn);
    assert_eq!(emulated.approvals().len(), 1);

    emulated.decides(&pending.key_arn, Decision::Approve);
    let first = is_there(&emulated, Some(found)).await;
    let second = is_there(&emulated, Some(pending)).await;
    assert_eq!(first.issuing_ca_key_arn, second.issuing_ca_key_arn);
    assert_eq!(emulated.keys().len(), 2);
}

/// ImportKey was carried out, and its answer lost.
#[tokio::test]
async fn a_root_whose_importer_died_is_found_and_not_imported_again() {
    let emulated = guarded().await;
    emulated.strikes("ImportKey", FaultKind::DropAfterCommit);
    let error = call(&emulated, input(None)).await.unwrap_err();
    assert_eq!(error.name(), "ServiceUnavailable");
    let found = waits(&emulated, None).await;
    assert_eq!(found.origin, Origin::Found);
    assert_eq!(emulated.approvals().len(), 1);
    assert_eq!(emulated.keys().len(), 1);
}

#[tokio::test]
async fn a_root_that_was_approved_while_nobody_looked_is_found() {
    let emulated = guarded().await;
    let pending = waits(&emulated, None).await;
    emulated.decides(&pending.key_arn, Decision::Approve);
    let imported = is_there(&emulated, None).await;
    assert_eq!(imported.authorities[0].key_arn, pending.key_arn);
    assert_eq!(imported.authorities[0].origin, Origin::Found);
    assert_eq!(emulated.keys().len(), 2);
}

/// Denied, cancelled, or not decided within a day: the alias is free, nothing else was made, and the
/// next one asks anew.
#[tokio::test]
async fn a_root_that_is_not_approved_ends_the_ceremony_and_frees_the_alias() {
    for (decision, status, said) in [
        (
            Some(Decision::Reject),
            SessionStatus::Failed,
            "is FAILED (Approval session expired",
        ),
        (
            Some(Decision::Cancel),
            SessionStatus::Cancelled,
            "is CANCELLED",
        ),
        (
            None,
            SessionStatus::Failed,
            "is FAILED (Approval session expired",
        ),
    ] {
        let emulated = guarded().await;
        let pending = waits(&emulated, None).await;
        match decision {
            Some(decision) => emulated.decides(&pending.key_arn, decision),
            None => emulated.emulator.controls().set_clock_offset(DAY + 60),
        }
        let journal = Journal::default();
        let awaited = input(Some(pending.clone()));
        let error = handle(&emulated.client, awaited, &journal)
            .await
            .unwrap_err();
        assert_eq!(error.name(), "RootImportNotApproved");
        for word in [
            said,
            "CREATE_FAILED",
            &pending.key_arn,
            &pending.session_arn,
        ] {
            assert!(error.to_string().contains(word), "{error}");
        }
        assert!(
            error.remedy().contains("approval team"),
            "{}",
            error.remedy()
        );
        let deeds = journal.deeds();
        let [
            Deed::HadKey {
                key_arn, origin, ..
            },
        ] = &deeds[..]
        else {
            panic!("{deeds:?}");
        };
        assert_eq!((key_arn, *origin), (&pending.key_arn, Origin::Created));
        assert_eq!(alias(&emulated), None, "free");
        assert_eq!(emulated.keys().len(), 1);
        assert_eq!(emulated.approvals()[0].status, status);

        let next = waits(&emulated, None).await;
        assert_ne!(next.key_arn, pending.key_arn);
        assert_eq!(emulated.approvals().len(), 2);
        assert_eq!(alias(&emulated), Some(None), "reserved");
        // Whoever hears of the first denial now leaves the second request alone.
        let error = call(&emulated, input(Some(pending))).await.unwrap_err();
        assert_eq!(error.name(), "RootImportNotApproved");
        assert_eq!(alias(&emulated), Some(None), "reserved");
    }
}

/// The service's clock is late, and a session that was begun by it looks older than it is.
#[tokio::test]
async fn a_session_that_does_not_end_is_given_up_and_its_key_kept() {
    let emulated = guarded().await;
    emulated.emulator.controls().set_clock_offset(-2 * DAY);
    let error = call(&emulated, under_an_old_root()).await.unwrap_err();
    assert_eq!(error.name(), "ApprovalOverdue", "{error}");
    assert!(
        error.to_string().contains("still CREATE_IN_PROGRESS"),
        "{error}"
    );
    assert_eq!(emulated.approvals().len(), 1);
    let aliases = emulated.emulator.controls().inventory(None).aliases;
    assert!(aliases.iter().all(|it| it.key_arn.is_none()), "{aliases:?}");
    assert_eq!(aliases.len(), 1, "reserved");
}

fn under_an_old_root() -> Input {
    let chain = chain();
    let issuing = &chain.intermediates[0];
    let (from, until) = (
        Utc::now().plus_seconds(-9 * DAY),
        Utc::now().plus_seconds(99 * DAY),
    );
    let root = Profile::root("Old Root").valid(from.into(), until.into());
    let root = root.self_signed(chain.root.key());
    let issuing = Profile::intermediate("CA").issued_by(&root, issuing.key());
    let leaf = Profile::leaf("Leaf", UID).issued_by(&issuing, chain.leaf.key());
    let pinned = |profile: &mut Value| profile["trustAnchors"] = json!([root.sha256()]);
    let path = CertificatePath {
        leaf: certificate(&leaf),
        intermediates: vec![certificate(&issuing)],
        root: certificate(&root),
    };
    Input {
        revocation: clearance(&path),
        path,
        policy: policy(&chain, pinned).into(),
        ..input(None)
    }
}

/// Somebody who calls the step by hand names a key of his own.
#[tokio::test]
async fn a_key_that_was_not_made_for_the_root_does_not_get_its_alias() {
    let emulated = guarded().await;
    let pending = waits(&emulated, None).await;
    let mut forged = pending.clone();
    forged.key_arn = emulated.creates_kek().await.0;
    let waiting = waits(&emulated, Some(forged.clone())).await;
    assert_eq!(waiting.key_arn, pending.key_arn, "the root's own");
    assert_eq!(alias(&emulated), Some(None), "reserved");

    emulated.decides(&pending.key_arn, Decision::Reject);
    let error = call(&emulated, input(Some(forged))).await.unwrap_err();
    assert_eq!(error.name(), "ServiceRefused", "{error}");
}

/// Throttled, unanswered or dead at any call while it asks, and at any while it goes on.
#[tokio::test]
async fn whatever_call_fails_the_team_is_asked_once_and_one_root_is_there() {
    for operation in [
        "GetAlias",
        "ImportKey",
        "GetKey",
        "UpdateAlias",
        "ListTagsForResource",
    ] {
        for kind in [FaultKind::Throttle, FaultKind::DropAfterCommit] {
            let emulated = guarded().await;
            emulated.strikes(operation, kind);
            let mut awaited = None;
            let mut decided = false;
            let imported = loop {
                match call(&emulated, input(awaited.clone())).await {
                    Ok(Output::Imported(imported)) => break imported,
                    Ok(Output::Pending(pending)) => {
                        if awaited.is_some() && !decided {
                            emulated.decides(&pending.pending.key_arn, Decision::Approve);
                            decided = true;
                        }
                        awaited = Some(pending.pending);
                    }
                    Err(error) => assert_eq!(error.name(), "ServiceUnavailable", "{error}"),
                }
            };
            assert_eq!(imported.authorities.len(), 2, "{operation} {kind:?}");
            assert_eq!(emulated.approvals().len(), 1, "{operation} {kind:?}");
            assert_eq!(emulated.keys().len(), 2, "{operation} {kind:?}");
        }
    }
}

/// What the record has: when it was asked, when it was seen to be there, and by which session.
#[tokio::test]
async fn evidence_tells_of_the_approval() {
    let emulated = guarded().await;
    let pending = waits(&emulated, None).await;
    emulated.decides(&pending.key_arn, Decision::Approve);
    let asked = evidence(Output::Pending(import_ca::Pending {
        pending: pending.clone(),
    }));
    assert_eq!(
        asked.result["pending"]["askedAt"],
        pending.asked_at.to_string()
    );
    assert_eq!(
        asked.result["pending"]["sessionArn"],
        pending.session_arn.as_str()
    );
    let there = evidence(Output::Imported(
        is_there(&emulated, Some(pending.clone())).await,
    ));
    let approval = &there.result["authorities"][0]["approval"];
    assert_eq!(approval["askedAt"], pending.asked_at.to_string());
    assert_eq!(approval["sessionArn"], pending.session_arn.as_str());
    assert!(approval["seenAt"].is_string(), "{approval}");
}

fn evidence(output: Output) -> Evidence {
    Recorded::new(&step::software!(), Utc::now(), output)
        .unwrap()
        .evidence
}
