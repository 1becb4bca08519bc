//! A KEK in a key block under a key that the proven leaf and ours agree on; and no call where there is
//! nothing to agree on.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod setting;

use apc_emulator::FaultKind;
use ceremony::algorithms::{KekAlgorithm, KeyAlgorithm};
use ceremony::evidence::{Deed, Recordable};
use ceremony::exchange::Wrapped;
use ceremony::keys::Origin;
use ceremony::tr31::KeyBlock;
use emulated::{Emulated, ceremony_of, folder};
use partner::KeyKind;
use payment_keys::Pace;
use serde_json::json;
use setting::{Setting, all_allowed, ecdh, refused, with_exchange};
use step::{Journal, StepError};
use wrap_ecdh::{Output, handle};

#[tokio::test]
async fn every_kek_leaves_under_every_curve_that_may_carry_it() {
    let setting = Setting::new().await;
    for (kek, curve) in all_allowed() {
        let input = setting.input(kek, curve).await;
        let (expected_kcv, leaf) = (input.kek.kcv.clone(), input.path.leaf.clone());
        let kek_arn = input.kek.key_arn.clone();
        let journal = Journal::default();
        let client = &setting.emulated.client;
        let Output(wrapped) = handle(client, input, &journal).await.unwrap();
        let Wrapped::Ecdh {
            key_block,
            shared_information,
            ours,
            ..
        } = &wrapped
        else {
            panic!("it was wrapped by {}", wrapped.method());
        };
        let header = KeyBlock::read(key_block).unwrap().header().to_string();
        let letter = if kek.as_str().starts_with("AES") {
            'A'
        } else {
            'T'
        };
        assert_eq!(header, format!("D K0 {letter} B 00 E"), "{kek}");
        assert_eq!(shared_information.len(), 64);
        assert_eq!(ours.certificate.key_algorithm(), leaf.key_algorithm());
        assert!(ours.certificate.is_signed_by(&ours.chain[0]));
        assert!(!expected_kcv.is_empty());

        let [had, exported] = &journal.deeds()[..] else {
            panic!("{:?}", journal.deeds());
        };
        let Deed::HadKey { key_arn, alias, .. } = had else {
            panic!("{had:?}");
        };
        assert_eq!(Some(key_arn), ours.key_arn.as_ref());
        let expected = folder().agreement_alias(leaf.key_algorithm());
        assert_eq!(alias.as_ref(), Some(&expected));
        let certificate_sha256 = leaf.sha256();
        assert_eq!(
            *exported,
            Deed::ExportedKey {
                key_arn: kek_arn,
                certificate_sha256
            }
        );

        let evidence = serde_json::to_value(wrapped.recordable()).unwrap();
        assert_eq!(evidence["keyArn"], json!(ours.key_arn));
        assert_eq!(evidence["sharedInformation"], json!(shared_information));
        assert!(!evidence.to_string().contains(&key_block[16..]));
    }
    // One of ours for each curve, for five kinds of KEK.
    let pairs = setting.agreement_keys();
    assert_eq!(pairs.len(), 3, "{pairs:?}");
}

#[tokio::test]
async fn our_key_is_for_nothing_but_agreement_and_does_not_leave() {
    let setting = Setting::new().await;
    let input = setting.input(KekAlgorithm::AES_128, KeyKind::EccP256).await;
    let client = &setting.emulated.client;
    handle(client, input, &Journal::default()).await.unwrap();
    let [key] = &setting.agreement_keys()[..] else {
        panic!("one key was expected");
    };
    assert!(!key.exportable && key.enabled);
    let attributes = format!("{:?}", key.attributes);
    assert!(attributes.contains("K3"), "{attributes}");
    assert!(attributes.contains("EccNistP256"), "{attributes}");
    let curve = KeyAlgorithm::EccNistP256;
    let alias = "alias/key-ceremony/agreement/acme/production/cardholder/ECC_NIST_P256";
    assert_eq!(folder().agreement_alias(&curve), alias);
    assert_eq!(key.aliases.len(), 1);
    let (key_arn, pace) = (key.key_arn.to_string(), Pace::patient());
    let tags = payment_keys::tags_of(client, &key_arn, &pace).await;
    let tags = tags.unwrap();
    let purpose = tags.iter().find(|tag| tag.key == "key-ceremony:purpose");
    assert_eq!(purpose.unwrap().value.as_deref(), Some("agreement"));
}

#[tokio::test]
async fn our_key_is_made_once_for_a_folder_and_every_block_has_its_own_information() {
    let setting = Setting::new().await;
    let input = setting.input(KekAlgorithm::AES_256, KeyKind::EccP521).await;
    let client = &setting.emulated.client;
    let (mut origins, mut blocks) = (Vec::new(), Vec::new());
    for _ in 0..2 {
        let journal = Journal::default();
        let output = handle(client, input.clone(), &journal).await.unwrap();
        let Some(Deed::HadKey { origin, .. }) = journal.deeds().into_iter().next() else {
            panic!("{:?}", journal.deeds());
        };
        origins.push(origin);
        blocks.push(ecdh(output));
    }
    assert_eq!(origins, [Origin::Created, Origin::Found]);
    let [one, other] = &blocks[..] else {
        panic!("two were made");
    };
    assert_eq!(one.ours, other.ours);
    assert_ne!(one.shared_information, other.shared_information);
    assert_ne!(one.key_block, other.key_block);

    // Another folder agrees with another key.
    let mut input = input;
    input.ceremony = ceremony_of("globex");
    let output = handle(client, input, &Journal::default()).await.unwrap();
    assert_ne!(ecdh(output).ours.key_arn, one.ours.key_arn);
    assert_eq!(setting.agreement_keys().len(), 2);
}

/// What the profile says is what is asked for; a block under a TDES key is of version B.
#[tokio::test]
async fn derivation_and_derived_key_are_the_profiles() {
    let setting = Setting::new().await;
    for (exchange, version) in [
        (json!({ "keyDerivationFunction": "ANSI_X963" }), 'D'),
        (json!({ "keyDerivationHash": "SHA_256" }), 'D'),
        (json!({ "derivedKey": "AES_128" }), 'D'),
        (json!({ "derivedKey": "TDES_3KEY" }), 'B'),
    ] {
        let input = setting
            .input(KekAlgorithm::TDES_3KEY, KeyKind::EccP256)
            .await;
        let input = with_exchange(input, &exchange);
        let client = &setting.emulated.client;
        let output = handle(client, input, &Journal::default()).await.unwrap();
        let Wrapped::Ecdh { ref key_block, .. } = output.0 else {
            panic!("{}", output.0.method());
        };
        assert!(key_block.starts_with(version), "{exchange}");
        let evidence = serde_json::to_value(output.recordable()).unwrap();
        let (field, value) = exchange.as_object().unwrap().iter().next().unwrap();
        assert_eq!(&evidence[field], value);
    }
}

#[tokio::test]
async fn what_may_not_travel_is_refused_before_any_call() {
    let setting = Setting::new().await;
    let curves = [KeyKind::EccP256, KeyKind::EccP384, KeyKind::EccP521];
    for kek in KekAlgorithm::ALL {
        for curve in curves {
            if !all_allowed().contains(&(kek, curve)) {
                let input = setting.input(kek, curve).await;
                let words = refused(&setting, input, "PathNotProven").await;
                assert!(words.contains("may not carry"), "{words}");
            }
        }
        let input = setting.input(kek, KeyKind::Rsa4096).await;
        let words = refused(&setting, input, "PathNotProven").await;
        assert!(
            words.contains("one on P-256, P-384 or P-521 is needed"),
            "{words}"
        );
    }
    for (derived_key, kek) in [
        (KekAlgorithm::AES_128, KekAlgorithm::AES_192),
        (KekAlgorithm::AES_192, KekAlgorithm::AES_256),
        (KekAlgorithm::TDES_3KEY, KekAlgorithm::AES_128),
        (KekAlgorithm::TDES_2KEY, KekAlgorithm::TDES_3KEY),
    ] {
        let mut input = setting.input(kek, KeyKind::EccP521).await;
        setting::derives(&mut input, derived_key);
        let words = refused(&setting, input, "DerivedKeyTooWeak").await;
        assert!(words.contains(derived_key.as_str()), "{words}");
    }
}

#[tokio::test]
async fn a_profile_of_another_method_is_not_for_this_step() {
    let setting = Setting::new().await;
    let mut input = setting.input(KekAlgorithm::AES_128, KeyKind::EccP256).await;
    input.policy.exchange = setting::rsa_oaep();
    let words = refused(&setting, input, "OtherMethod").await;
    assert!(
        words.contains("rsa-oaep") && words.contains("ecdh"),
        "{words}"
    );
}

#[tokio::test]
async fn without_a_fresh_proof_that_nothing_is_revoked_nothing_is_called() {
    let setting = Setting::new().await;
    let mut input = setting.input(KekAlgorithm::AES_128, KeyKind::EccP256).await;
    input.revocation.findings.clear();
    refused(&setting, input, "RevocationNotProven").await;
}

/// Somebody has pointed the alias of one curve at a key on another.
#[tokio::test]
async fn a_key_on_another_curve_under_our_alias_is_refused() {
    let setting = Setting::new().await;
    let client = &setting.emulated.client;
    let input = setting.input(KekAlgorithm::AES_128, KeyKind::EccP384).await;
    handle(client, input, &Journal::default()).await.unwrap();
    let wrong = setting.agreement_keys().remove(0).key_arn.to_string();
    let input = setting.input(KekAlgorithm::AES_128, KeyKind::EccP256).await;
    let alias = folder().agreement_alias(&KeyAlgorithm::EccNistP256);
    let set = client.create_alias().alias_name(alias).key_arn(&wrong);
    set.send().await.unwrap();
    let journal = Journal::default();
    let error = handle(client, input, &journal).await.unwrap_err();
    assert_eq!(error.name(), "AgreementKeyWrong");
    assert!(error.to_string().contains(&wrong), "{error}");
    let exports = setting.emulated.calls();
    let exports = exports.iter().filter(|it| *it == "ExportKey");
    assert_eq!(exports.count(), 1, "that of the first leaf");
}

/// The service looks at the path too.
#[tokio::test]
async fn a_ca_that_did_not_issue_the_leaf_is_refused() {
    let setting = Setting::new().await;
    let mut input = setting.input(KekAlgorithm::AES_128, KeyKind::EccP256).await;
    input.issuing_ca_key_arn = input.kek.key_arn.clone();
    let client = &setting.emulated.client;
    let error = handle(client, input, &Journal::default())
        .await
        .unwrap_err();
    assert_eq!(error.name(), "ExportRefused", "{error}");
    assert!(
        error.to_string().contains("found by the alias of the CA"),
        "{error}"
    );
}

/// It has left all the same, which the journal says.
#[tokio::test]
async fn a_kek_with_another_check_value_is_not_passed_on() {
    let setting = Setting::new().await;
    let mut input = setting.input(KekAlgorithm::AES_128, KeyKind::EccP256).await;
    input.kek.kcv = "000000".to_owned();
    let journal = Journal::default();
    let client = &setting.emulated.client;
    let error = handle(client, input, &journal).await.unwrap_err();
    assert_eq!(error.name(), "KcvMismatch");
    assert_eq!(journal.deeds().len(), 2);
}

/// An operator may have made one for keys that go one way only. None that a ceremony makes is like that.
#[tokio::test]
async fn a_kek_for_one_way_leaves_as_what_it_is_if_the_profile_names_it() {
    let setting = Setting::new().await;
    let mut input = setting.input(KekAlgorithm::AES_128, KeyKind::EccP256).await;
    let (key_arn, kcv) = setting.one_way_kek().await;
    (input.kek.key_arn, input.kek.kcv) = (key_arn, kcv);
    let client = &setting.emulated.client;
    let mut named = input.clone();
    named.kek.origin = Origin::Profile;
    let output = handle(client, named, &Journal::default()).await.unwrap();
    assert!(ecdh(output).key_block.starts_with("D0144K0AE00E0000"));

    let journal = Journal::default();
    let error = handle(client, input, &journal).await.unwrap_err();
    assert_eq!(error.name(), "ExportRefused", "{error}");
    assert_eq!(journal.deeds().len(), 1, "our key, and no export");
}

#[tokio::test]
async fn throttled_calls_are_made_again() {
    let setting = Setting::new().await;
    let input = setting.input(KekAlgorithm::AES_128, KeyKind::EccP256).await;
    for operation in ["CreateKey", "GetPublicKeyCertificate", "ExportKey"] {
        setting.emulated.throttle(operation);
    }
    let client = &setting.emulated.client;
    handle(client, input, &Journal::default()).await.unwrap();
    assert_eq!(setting.agreement_keys().len(), 1);
}

/// The answers of reading calls are lost, and the calls made again.
#[tokio::test]
async fn lost_answers_are_asked_for_again() {
    let setting = Setting::new().await;
    let input = setting.input(KekAlgorithm::AES_128, KeyKind::EccP256).await;
    for operation in ["GetPublicKeyCertificate", "ExportKey"] {
        setting
            .emulated
            .strikes(operation, FaultKind::DropAfterCommit);
    }
    let client = &setting.emulated.client;
    handle(client, input, &Journal::default()).await.unwrap();
}

/// A key whose maker never heard of it is found by its tags, and no second one made.
#[tokio::test]
async fn a_crash_between_create_key_and_alias_leaves_one_key() {
    let setting = Setting::new().await;
    let input = setting.input(KekAlgorithm::AES_128, KeyKind::EccP256).await;
    let strike = |emulated: &Emulated| emulated.strikes("CreateKey", FaultKind::DropAfterCommit);
    strike(&setting.emulated);
    let client = &setting.emulated.client;
    let journal = Journal::default();
    let error = handle(client, input.clone(), &journal).await.unwrap_err();
    assert_eq!(error.name(), "ServiceUnavailable", "{error}");
    assert_eq!(journal.deeds(), [], "nobody told it");
    let lost = setting.agreement_keys().remove(0).key_arn.to_string();

    let output = handle(client, input, &Journal::default()).await.unwrap();
    assert_eq!(ecdh(output).ours.key_arn, Some(lost));
    assert_eq!(setting.agreement_keys().len(), 1);
}

/// What was made before the step failed is in its journal.
#[tokio::test]
async fn a_failure_after_our_key_was_made_does_not_forget_it() {
    let setting = Setting::new().await;
    let input = setting.input(KekAlgorithm::AES_128, KeyKind::EccP256).await;
    setting.emulated.fails("ExportKey", 3);
    let journal = Journal::default();
    let client = &setting.emulated.client;
    let error = handle(client, input, &journal).await.unwrap_err();
    assert_eq!(error.name(), "ServiceUnavailable");
    let deeds = journal.deeds();
    let [Deed::HadKey { origin, .. }] = &deeds[..] else {
        panic!("{deeds:?}");
    };
    assert_eq!(*origin, Origin::Created);
}
