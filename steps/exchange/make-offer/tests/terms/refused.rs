//! For whom nothing is made, and nothing is called.

use ceremony::algorithms::KekAlgorithm;
use ceremony::digest::Sha256;
use ceremony::key_import::request::ImportMethod;
use ceremony::key_import::rules::ImportPolicy;
use ceremony::revocation::Requirement;
use ceremony::utc::Utc;
use emulated::{clearance, folder_of, path, quick_chain};
use make_offer::Input;
use partner::KeyKind;
use serde_json::json;
use step::StepError;

use crate::stage::{Stage, agrees};

async fn by_ecdh() -> Stage {
    let asked = json!({ "method": "ecdh", "algorithm": "AES_192" });
    Stage::new(&asked, &json!({}), &agrees(KeyKind::EccP384)).await
}

fn allow(policy: &mut ImportPolicy, method: ImportMethod) {
    policy.may_import.methods = vec![method];
}

#[tokio::test]
async fn nothing_is_made_for_a_partner_that_is_not_proven() {
    type Change = fn(&mut Input);
    let cases: [(&str, &str, Change); 11] = [
        ("CounterpartUnproven", "there is none", |input| {
            input.path = None;
        }),
        ("CounterpartUnproven", "trust anchors", |input| {
            let stranger = path(&quick_chain());
            input.revocation = Some(clearance(&stranger));
            input.path = Some(stranger);
        }),
        ("CounterpartUnproven", "AES_192", |input| {
            // On a curve that is too weak.
            input.path = Some(path(&agrees(KeyKind::EccP256)));
        }),
        ("RevocationMissing", "nobody has looked", |input| {
            input.revocation = None;
        }),
        ("RevocationNotProven", "", |input| {
            input.revocation = Some(clearance(&path(&quick_chain())));
        }),
        ("RevocationNotProven", "", |input| {
            let cleared = input.revocation.as_mut().unwrap();
            cleared.asked_at = Utc::now().plus_seconds(-3 * 24 * 60 * 60);
        }),
        ("RevocationNotProven", "", |input| {
            input.policy.revocation.policy = Requirement::Required;
        }),
        ("RequestNotAllowed", "AES_192 is not allowed", |input| {
            input.policy.may_import.algorithms.clear();
        }),
        ("RequestNotAllowed", "too weak to carry it", |input| {
            input.policy.agreement.derived_key = KekAlgorithm::AES_128;
        }),
        ("MethodNotOffered", "physical", |input| {
            input.request.method = ImportMethod::Physical;
            allow(&mut input.policy, ImportMethod::Physical);
            (input.path, input.revocation) = (None, None);
        }),
        (
            "NoKeyStrongEnough",
            "no RSA key is strong enough",
            |input| {
                input.request.method = ImportMethod::RsaOaep;
                allow(&mut input.policy, ImportMethod::RsaOaep);
                (input.path, input.revocation) = (None, None);
            },
        ),
    ];
    let mut stage = by_ecdh().await;
    let right = stage.input.clone();
    for (name, part, change) in cases {
        stage.input = right.clone();
        change(&mut stage.input);
        let error = stage.made().await.unwrap_err();
        assert_eq!(error.name(), name, "{error}");
        assert!(error.to_string().contains(part), "{error}");
        assert!(!error.remedy().is_empty());
    }
    assert_eq!(stage.emulated.calls(), [""; 0]);
    assert_eq!(stage.journal.deeds(), []);
}

#[tokio::test]
async fn an_offer_is_made_in_the_folder_of_its_ceremony() {
    let mut stage = by_ecdh().await;
    stage.input.place.folder = folder_of("other");
    let error = stage.made().await.unwrap_err();
    assert_eq!(error.name(), "InputMalformed");
    assert_eq!(stage.emulated.calls(), [""; 0]);

    // The digest is whatever the request's document has.
    let mut stage = by_ecdh().await;
    stage.input.request_sha256 = Sha256::of(b"another");
    let made = stage.made().await.unwrap();
    assert_eq!(made.0.offer.request_sha256, Sha256::of(b"another"));
}

/// An operator's mistake, or an attack: the partner would agree with a key that is not the offered one.
#[tokio::test]
async fn an_alias_that_names_a_key_on_another_curve_is_an_error() {
    let stage = by_ecdh().await;
    let asked = json!({ "method": "ecdh", "algorithm": "AES_128" });
    let other = Stage::new(&asked, &json!({}), &agrees(KeyKind::EccP256)).await;
    let client = &stage.emulated.client;
    let made = make_offer::handle(client, other.input, &stage.journal).await;
    made.unwrap();
    let key_arn = stage.emulated.keys().remove(0).key_arn.to_string();
    let alias = "alias/key-ceremony/agreement/acme/production/cardholder/ECC_NIST_P384";
    let create = client.create_alias().alias_name(alias).key_arn(key_arn);
    create.send().await.unwrap();
    let error = stage.made().await.unwrap_err();
    assert_eq!(error.name(), "AgreementKeyWrong", "{error}");
}
