//! The CAs of a proven path, each once; and nothing for a path that is not proven.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use aws_sdk_paymentcryptography::types::{KeyAlgorithm, KeyUsage};
use ceremony::evidence::Deed;
use ceremony::keys::{Authority, Origin};
use ceremony::profile::Policy;
use ceremony::proof::PartnerPolicy;
use ceremony::revocation::Requirement;
use emulated::{Emulated, ceremony, chain, clearance, path, policy};
use import_ca::{Error, Imported, Input, Output, handle};
use serde_json::{Value, json};
use step::{Journal, StepError};

fn input(change: impl FnOnce(&mut Value)) -> Input {
    let pki = chain();
    Input {
        ceremony: ceremony(),
        path: path(&pki),
        policy: policy(&pki, change).into(),
        revocation: clearance(&path(&pki)),
        awaited: None,
    }
}

/// What the profile says of a partner to whom keys go.
fn receiver(input: &mut Input) -> &mut Policy {
    match &mut input.policy {
        PartnerPolicy::Receiver(policy) => policy,
        PartnerPolicy::Sender(_) => panic!("keys go to this partner"),
    }
}

async fn import(emulated: &Emulated, input: Input) -> Result<Imported, Error> {
    match handle(&emulated.client, input, &Journal::default()).await? {
        Output::Imported(imported) => Ok(imported),
        Output::Pending(pending) => panic!("nobody has to approve anything here: {pending:?}"),
    }
}

#[tokio::test]
async fn every_ca_is_imported_once_from_the_root_down() {
    let emulated = Emulated::start().await;
    let first_input = input(|_| {});
    let (root, issuing) = (
        first_input.path.root.sha256(),
        first_input.path.intermediates[0].sha256(),
    );
    let first = import(&emulated, first_input.clone()).await.unwrap();
    let order: Vec<_> = first
        .authorities
        .iter()
        .map(|it| &it.certificate_sha256)
        .collect();
    assert_eq!(order, [&root, &issuing]);
    assert!(
        first
            .authorities
            .iter()
            .all(|it| it.origin == Origin::Created)
    );
    assert_eq!(first.issuing_ca_key_arn, first.authorities[1].key_arn);

    let second = import(&emulated, first_input).await.unwrap();
    assert_eq!(second.issuing_ca_key_arn, first.issuing_ca_key_arn);
    // What stands above a CA that is there is not asked for.
    let [found] = &second.authorities[..] else {
        panic!("one CA was expected");
    };
    assert_eq!(found.origin, Origin::Found);
    assert_eq!(found.certificate_sha256, issuing);
    assert_eq!(emulated.keys().len(), 2);
    let imports = emulated
        .calls()
        .into_iter()
        .filter(|call| call == "ImportKey");
    assert_eq!(imports.count(), 2);
}

#[tokio::test]
async fn a_path_that_is_not_proven_touches_no_key() {
    let emulated = Emulated::start().await;
    for change in [
        |profile: &mut Value| profile["trustAnchors"] = json!(["00".repeat(32)]),
        |profile: &mut Value| profile["identity"] = json!("somebody else"),
        |profile: &mut Value| profile["kekExport"]["kek"]["algorithm"] = json!("AES_256"),
    ] {
        let error = import(&emulated, input(change)).await.unwrap_err();
        assert_eq!(error.name(), "PathNotProven", "{error}");
        assert!(error.to_string().contains("1 of") || error.to_string().contains("2 of"));
        assert!(error.remedy().contains("Validate"));
    }
    assert_eq!(emulated.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn keys_that_the_profile_names_are_used_and_not_imported() {
    let emulated = Emulated::start().await;
    let whole = input(|_| {});
    let first = import(&emulated, whole.clone()).await.unwrap();
    let [root, issuing] = &first.authorities[..] else {
        panic!("two CAs were expected");
    };
    let named = |ca: &Authority| {
        let mut named = whole.clone();
        let (sha256, key_arn) = (ca.certificate_sha256.clone(), ca.key_arn.clone());
        receiver(&mut named).ca_key_arns.insert(sha256, key_arn);
        named
    };
    // The issuing CA's key is enough: what stands above it is not needed.
    let used = import(&emulated, named(issuing)).await.unwrap();
    assert_eq!(used.authorities.len(), 1);
    assert_eq!(used.authorities[0].origin, Origin::Profile);
    assert_eq!(used.issuing_ca_key_arn, issuing.key_arn);

    let used = import(&emulated, named(root)).await.unwrap();
    let origins: Vec<_> = used.authorities.iter().map(|it| it.origin).collect();
    assert_eq!(origins, [Origin::Found], "it is there by its alias");
    assert_eq!(emulated.keys().len(), 2);
}

async fn unsuitable(emulated: &Emulated, key_arn: &str, reason: &str) {
    let mut named = input(|_| {});
    let issuing = named.path.intermediates[0].sha256();
    let policy = receiver(&mut named);
    policy.ca_key_arns.insert(issuing, key_arn.to_owned());
    match import(emulated, named).await {
        Err(error @ Error::CaUnsuitable { .. }) => {
            assert!(error.to_string().contains(reason), "{error}");
        }
        other => panic!("{reason}: {other:?}"),
    }
}

#[tokio::test]
async fn a_key_that_is_no_ca_in_use_is_refused_with_the_reason() {
    let emulated = Emulated::start().await;
    let usage = KeyUsage::Tr31K0KeyEncryptionKey;
    let arn = emulated
        .operator_creates(usage, KeyAlgorithm::Aes128, true)
        .await;
    unsuitable(&emulated, &arn, "expected a RSA_4096 PUBLIC_KEY").await;

    let first = import(&emulated, input(|_| {})).await.unwrap();
    let arn = &first.issuing_ca_key_arn;
    let stop = emulated.client.stop_key_usage().key_identifier(arn);
    stop.send().await.unwrap();
    unsuitable(&emulated, arn, "enabled: false").await;
    let delete = emulated.client.delete_key().key_identifier(arn);
    delete.send().await.unwrap();
    unsuitable(&emulated, arn, "DELETE_PENDING").await;
}

#[tokio::test]
async fn a_failure_at_the_second_ca_does_not_forget_the_first() {
    let emulated = Emulated::start().await;
    let whole = input(|_| {});
    // The root is known, so that the only import is the issuing CA's.
    import(&emulated, whole.clone()).await.unwrap();
    let issuing = emulated.keys().remove(1);
    let alias = issuing.aliases[0].to_string();
    let delete = emulated.client.delete_alias().alias_name(alias);
    delete.send().await.unwrap();
    emulated.fails("ImportKey", 1);
    let journal = Journal::default();
    let error = handle(&emulated.client, whole, &journal).await.unwrap_err();
    assert_eq!(error.name(), "ServiceUnavailable");
    let deeds = journal.deeds();
    let [Deed::HadKey { origin, alias, .. }] = &deeds[..] else {
        panic!("{deeds:?}");
    };
    assert_eq!(*origin, Origin::Found);
    assert!(
        alias
            .as_ref()
            .unwrap()
            .starts_with("alias/key-ceremony/ca/")
    );
}

#[tokio::test]
async fn a_throttled_import_goes_on_where_it_was() {
    let emulated = Emulated::start().await;
    for operation in ["GetAlias", "CreateAlias", "ImportKey", "UpdateAlias"] {
        emulated.throttle(operation);
    }
    let output = import(&emulated, input(|_| {})).await.unwrap();
    assert_eq!(output.authorities.len(), 2);
    assert_eq!(emulated.keys().len(), 2);
}

#[tokio::test]
async fn no_ca_is_imported_of_which_nobody_has_said_that_it_is_not_revoked() {
    let emulated = Emulated::start().await;
    let mut unproven = input(|_| {});
    unproven.revocation.findings.pop();
    let mut too_little = input(|_| {});
    receiver(&mut too_little).revocation.policy = Requirement::Required;
    for input in [unproven, too_little] {
        let error = import(&emulated, input).await.unwrap_err();
        assert_eq!(error.name(), "RevocationNotProven");
    }
    assert_eq!(emulated.calls(), Vec::<String>::new());
}
