//! Every method with every KEK that may come by it.

use aws_sdk_paymentcryptography::types::{
    KeyCheckValueAlgorithm, KeyOrigin, KeyState, KeyUsage as ServiceUsage,
};
use ceremony::evidence::{Deed, Recordable};
use ceremony::keys::Origin;
use emulated::folder;
use partner::KeyKind;
use payment_keys::{Pace, tags, tags_of};
use serde_json::json;

use crate::stage::{AES_128, AES_192, AES_256, Known, Stage, TDES_2KEY, TDES_3KEY, asked, says};

/// The KEK of a right block, looked at from all sides.
async fn comes(stage: &Stage, kek: Known) {
    let received = stage.imported().await;
    let (algorithm, _, kcv) = kek;
    assert_eq!(received.algorithm.as_str(), algorithm);
    assert_eq!(received.kcv, kcv, "{algorithm}");
    assert_eq!(received.origin, Origin::Created);
    let alias = folder().received_kek_alias(&stage.input.block.sha256);
    assert_eq!(received.alias, alias);

    let key = stage.key(&received.key_arn).await;
    assert_eq!(key.key_state, KeyState::CreateComplete);
    assert_eq!(key.key_origin, KeyOrigin::External);
    let by_tdes = algorithm.starts_with("TDES");
    let expected = if by_tdes {
        KeyCheckValueAlgorithm::AnsiX924
    } else {
        KeyCheckValueAlgorithm::Cmac
    };
    assert_eq!(key.key_check_value_algorithm, expected);
    assert!(key.enabled && !key.exportable);
    let request = stage.emulated.client.get_alias().alias_name(&alias);
    let named = request.send().await.unwrap().alias.unwrap().key_arn;
    assert_eq!(named.as_ref(), Some(&received.key_arn));
    let client = &stage.emulated.client;
    let there = tags_of(client, &received.key_arn, &Pace::patient()).await;
    let there = there.unwrap();
    let expected = tags(&stage.input.ceremony, "kek", &alias);
    assert!(expected.iter().all(|tag| there.contains(tag)), "{there:?}");

    let had = Deed::HadKey {
        key_arn: received.key_arn,
        alias: Some(alias),
        origin: Origin::Created,
    };
    assert_eq!(stage.journal.deeds(), [had]);
    assert_eq!(stage.keks().len(), 1);
}

#[tokio::test]
async fn by_ecdh_every_kek_on_every_curve_that_may_carry_it() {
    use KeyKind::{EccP256, EccP384, EccP521};
    for (kek, curves) in [
        (TDES_2KEY, &[EccP256, EccP384, EccP521][..]),
        (TDES_3KEY, &[EccP256, EccP384, EccP521]),
        (AES_128, &[EccP256, EccP384, EccP521]),
        (AES_192, &[EccP384, EccP521]),
        (AES_256, &[EccP521]),
    ] {
        for curve in curves {
            let asked = asked("ecdh", kek);
            let stage = Stage::on(*curve, &asked, &json!({}), says(kek), kek).await;
            comes(&stage, kek).await;
        }
    }
}

/// However both sides derive, and under a derived key of TDES in version B.
#[tokio::test]
async fn by_ecdh_with_every_derivation() {
    for function in ["NIST_SP800", "ANSI_X963"] {
        for hash in ["SHA_256", "SHA_384", "SHA_512"] {
            for derived in ["TDES_3KEY", "AES_128", "AES_256"] {
                let terms = json!({ "agreement": {
                    "keyDerivationFunction": function,
                    "keyDerivationHash": hash,
                    "derivedKey": derived,
                }});
                let stage = Stage::new(&asked("ecdh", TDES_2KEY), &terms, TDES_2KEY).await;
                comes(&stage, TDES_2KEY).await;
            }
        }
    }
}

#[tokio::test]
async fn by_tr34_in_one_pass_and_in_two() {
    for kek in [TDES_2KEY, TDES_3KEY, AES_128] {
        for passes in ["one", "two"] {
            let terms = json!({ "passes": passes });
            let stage = Stage::new(&asked("tr34", kek), &terms, kek).await;
            comes(&stage, kek).await;
        }
    }
}

#[tokio::test]
async fn by_rsa_oaep_with_either_hash() {
    for kek in [TDES_2KEY, TDES_3KEY, AES_128] {
        for hash in ["SHA_256", "SHA_512"] {
            let terms = json!({ "hash": hash });
            let stage = Stage::new(&asked("rsa-oaep", kek), &terms, kek).await;
            comes(&stage, kek).await;
        }
    }
}

#[tokio::test]
async fn a_kek_is_what_was_asked_for() {
    for (method, usage, modes, exportability, exportable) in [
        ("ecdh", "K1", "D", "E", true),
        ("ecdh", "K0", "E", "S", true),
        ("tr34", "K1", "E", "N", false),
        ("rsa-oaep", "K1", "D", "E", true),
        ("rsa-oaep", "K0", "E", "N", false),
    ] {
        let mut asked = asked(method, AES_128);
        asked["usage"] = json!(usage);
        asked["modes"] = json!(modes);
        asked["exportability"] = json!(exportability);
        let says = format!("{usage}A{modes}00{exportability}");
        let curve = KeyKind::EccP256;
        let stage = Stage::on(curve, &asked, &json!({}), &says, AES_128).await;
        let received = stage.imported().await;
        let key = stage.key(&received.key_arn).await;
        assert_eq!(key.exportable, exportable, "{method} {says}");
        let attributes = key.key_attributes.unwrap();
        let is_k1 = attributes.key_usage == ServiceUsage::Tr31K1KeyBlockProtectionKey;
        assert_eq!(is_k1, usage == "K1");
        let modes_of_use = attributes.key_modes_of_use.unwrap();
        assert_eq!(modes_of_use.unwrap, modes == "D");
        assert_eq!(modes_of_use.wrap, modes == "E");
    }
}

/// Its check value is published then, and the partner confirms it.
#[tokio::test]
async fn a_kek_whose_check_value_nobody_announced_comes_with_its_own() {
    let mut asked = asked("rsa-oaep", AES_128);
    asked["kcv"] = json!(null);
    let stage = Stage::new(&asked, &json!({ "kcv": "confirmed" }), AES_128).await;
    comes(&stage, AES_128).await;
}

#[tokio::test]
async fn what_is_recorded_has_no_block() {
    let stage = Stage::new(&asked("ecdh", AES_128), &json!({}), AES_128).await;
    let output = stage.handled().await.unwrap();
    let recorded = serde_json::to_value(output.recordable()).unwrap();
    assert_eq!(recorded["imported"]["kcv"], AES_128.2);
    assert_eq!(
        recorded["block"]["sha256"],
        stage.input.block.sha256.to_string()
    );
    let block = String::from_utf8(stage.input.checked.bytes()).unwrap();
    assert!(!recorded.to_string().contains(&block[16..40]));
}

/// Five control-plane calls a second are all that an account has.
#[tokio::test]
async fn an_offer_and_its_import_are_sparing_of_calls() {
    let import = [
        "GetAlias",
        "CreateAlias",
        "ImportKey",
        "UpdateAlias",
        "GetKey",
    ];
    let agreement = [
        "GetAlias",
        "CreateAlias",
        "CreateKey",
        "UpdateAlias",
        "GetPublicKeyCertificate",
    ];
    for (method, offer) in [
        ("ecdh", &agreement[..]),
        ("tr34", &["GetParametersForImport"]),
        ("rsa-oaep", &["GetParametersForImport"]),
    ] {
        let stage = Stage::new(&asked(method, AES_128), &json!({}), AES_128).await;
        stage.imported().await;
        let calls = stage.emulated.calls();
        // The first is the CA's, which the stage has imported.
        assert_eq!(calls[1..], [offer, &import].concat(), "{method}");

        // Another attempt looks the key up, whose it is, and what it is.
        let before = calls.len();
        stage.imported().await;
        let again = ["GetAlias", "ListTagsForResource", "GetKey"];
        assert_eq!(stage.emulated.calls()[before..], again, "{method}");
    }
}
