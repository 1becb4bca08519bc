//! Offers, by every method.

use apc_emulator::FaultKind;
use ceremony::algorithms::{KekAlgorithm, KeyAlgorithm, OaepHash};
use ceremony::digest::Sha256;
use ceremony::evidence::{Deed, Recordable};
use ceremony::exchange::{KeyDerivationFunction, KeyDerivationHash};
use ceremony::key_import::offer::{Offer, Terms};
use ceremony::key_import::run::{MadeOffer, Ours};
use ceremony::keys::Origin;
use emulated::{certificate, folder};
use make_offer::Output;
use partner::KeyKind;
use serde_json::json;

use crate::stage::{Stage, agrees, signs};

const HOUR: i64 = 60 * 60;

fn answers(stage: &Stage, offer: &Offer) {
    let input = &stage.input;
    let answers = offer.answers(&input.place, &input.request_sha256, &input.request);
    assert_eq!(answers, Ok(()));
    assert!(!offer.has_had_its_time(offer.made_at));
    let ours = offer.terms.ours();
    assert!(ours.certificate.is_signed_by(&ours.chain[0]));
}

#[tokio::test]
async fn by_ecdh_a_partner_is_offered_our_key_on_its_curve() {
    for (kek, kind, curve) in [
        ("AES_128", KeyKind::EccP256, KeyAlgorithm::EccNistP256),
        ("AES_192", KeyKind::EccP384, KeyAlgorithm::EccNistP384),
        ("AES_256", KeyKind::EccP521, KeyAlgorithm::EccNistP521),
    ] {
        let (asked, partners) = (json!({ "method": "ecdh", "algorithm": kek }), agrees(kind));
        let terms = json!({
            "agreement": { "keyDerivationFunction": "ANSI_X963", "keyDerivationHash": "SHA_256" },
        });
        let mut stage = Stage::new(&asked, &terms, &partners).await;
        stage.input.number = 3;
        let Output(MadeOffer { offer, id, ours }) = stage.made().await.unwrap();
        answers(&stage, &offer);
        assert_eq!((offer.number, &id), (3, &offer.id()));
        let week = offer.made_at.plus_seconds(7 * 24 * HOUR);
        assert_eq!(offer.expires_at, week);
        let Terms::Ecdh {
            ours: offered,
            partner_certificate_sha256,
            shared_information,
            key_derivation_function,
            key_derivation_hash,
            derived_key,
        } = &offer.terms
        else {
            panic!("{offer:?}");
        };
        assert_eq!(*offered.algorithm(), curve);
        assert_eq!(
            *partner_certificate_sha256,
            certificate(&partners.leaf).sha256()
        );
        let information = shared_information.as_bytes();
        assert_eq!(information.len(), 64);
        assert!(information.chunks(2).all(|byte| byte != b"00"));
        assert_eq!(*key_derivation_function, KeyDerivationFunction::ANSI_X963);
        assert_eq!(*key_derivation_hash, KeyDerivationHash::SHA_256);
        assert_eq!(*derived_key, KekAlgorithm::AES_256);

        let expected = folder().agreement_alias(&curve);
        let Ours::Agreement { key_arn, alias } = &ours else {
            panic!("{kek}: no key of ours");
        };
        assert_eq!(*alias, expected);
        let had = Deed::HadKey {
            key_arn: key_arn.clone(),
            alias: Some(expected),
            origin: Origin::Created,
        };
        assert_eq!(stage.journal.deeds(), [had]);
    }
}

/// Its answer was lost, or it is one more offer.
#[tokio::test]
async fn another_offer_has_other_information_and_the_same_key() {
    let asked = json!({ "method": "ecdh", "algorithm": "AES_128" });
    let stage = Stage::new(&asked, &json!({}), &agrees(KeyKind::EccP256)).await;
    let Output(one) = stage.made().await.unwrap();
    let Output(other) = stage.made().await.unwrap();
    assert_ne!(one.id, other.id);
    assert_eq!(one.ours, other.ours);
    assert_eq!(one.offer.terms.ours(), other.offer.terms.ours());
    assert_eq!(stage.emulated.keys().len(), 1);
}

#[tokio::test]
async fn by_tr34_and_rsa_oaep_the_shortest_key_is_offered_that_may_carry_the_kek() {
    for (method, kek, expected) in [
        ("tr34", "TDES_2KEY", KeyAlgorithm::Rsa2048),
        ("tr34", "AES_128", KeyAlgorithm::Rsa3072),
        ("rsa-oaep", "TDES_3KEY", KeyAlgorithm::Rsa2048),
        ("rsa-oaep", "AES_128", KeyAlgorithm::Rsa3072),
    ] {
        let asked = json!({ "method": method, "algorithm": kek });
        let partners = signs();
        let stage = Stage::new(&asked, &json!({ "hash": "SHA_512" }), &partners).await;
        let Output(made) = stage.made().await.unwrap();
        answers(&stage, &made.offer);
        assert_eq!(*made.offer.terms.ours().algorithm(), expected, "{method}");
        match &made.offer.terms {
            Terms::Tr34 {
                nonce,
                partner_certificate_sha256,
                ..
            } => {
                assert_eq!(*nonce, None);
                let leaf = certificate(&partners.leaf);
                assert_eq!(*partner_certificate_sha256, leaf.sha256());
            }
            Terms::RsaOaep { hash, .. } => assert_eq!(*hash, OaepHash::SHA_512),
            other => panic!("{other:?}"),
        }
        assert_eq!(stage.journal.deeds(), []);
        assert_eq!(stage.emulated.keys().len(), 0);
    }
}

/// A block for the first must not open under the second.
#[tokio::test]
async fn no_two_offers_have_the_same_key_of_the_services() {
    let asked = json!({ "method": "tr34", "algorithm": "TDES_2KEY" });
    let stage = Stage::new(&asked, &json!({ "passes": "two" }), &signs()).await;
    let mut made = Vec::new();
    for _ in 0..2 {
        let Output(one) = stage.made().await.unwrap();
        let Terms::Tr34 {
            nonce: Some(nonce), ..
        } = &one.offer.terms
        else {
            panic!("{:?}", one.offer);
        };
        assert_eq!(nonce.bytes().len(), 8);
        made.push((nonce.clone(), one));
    }
    let [(a_nonce, a), (b_nonce, b)] = &made[..] else {
        panic!("two were made");
    };
    assert_ne!(a_nonce, b_nonce);
    assert_ne!(a.ours, b.ours);
    let keys = [a, b].map(|it| it.offer.terms.ours().certificate.public_key_info());
    assert_ne!(keys[0], keys[1]);
}

#[tokio::test]
async fn an_offer_ends_before_the_parameters_and_its_token_is_told_to_nobody() {
    let asked = json!({ "method": "rsa-oaep", "algorithm": "TDES_2KEY" });
    let stage = Stage::new(&asked, &json!({ "deadlineHours": 696 }), &signs()).await;
    let Output(made) = stage.made().await.unwrap();
    let Ours::Parameters {
        import_token,
        valid_until,
    } = &made.ours
    else {
        panic!("by RSA-OAEP there are parameters");
    };
    assert!(made.offer.expires_at <= valid_until.plus_seconds(-HOUR));
    let days = made.offer.expires_at.unix_seconds() - made.offer.made_at.unix_seconds();
    assert_eq!(days, 696 * HOUR, "the longest that a profile may have fits");

    let offer = serde_json::to_string(&made.offer).unwrap();
    let recorded = serde_json::to_string(&Output(made.clone()).recordable()).unwrap();
    assert!(!offer.contains(import_token) && !recorded.contains(import_token));
    let digest = Sha256::of(import_token.as_bytes()).to_string();
    assert!(recorded.contains(&digest));
}

#[tokio::test]
async fn throttled_and_lost_answers_are_asked_for_again() {
    let asked = json!({ "method": "rsa-oaep", "algorithm": "TDES_2KEY" });
    let stage = Stage::new(&asked, &json!({}), &signs()).await;
    let operation = "GetParametersForImport";
    for kind in [FaultKind::Throttle, FaultKind::DropAfterCommit] {
        stage.emulated.strikes(operation, kind);
    }
    stage.made().await.unwrap();
    assert_eq!(stage.emulated.calls().len(), 3);
}
