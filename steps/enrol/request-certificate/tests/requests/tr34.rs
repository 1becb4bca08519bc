//! The key in Payment Cryptography that signs TR-34 blocks.

use ceremony::enrolment::{OwnKey, RequestOrder, Requested, SigningKeyAlgorithm};
use ceremony::keys::Origin;
use request_certificate::Error;
use serde_json::json;
use step::StepError;

use crate::{EVIDENCE, NAME, OUTBOX, World, new_key, openssl, order};

fn tr34() -> RequestOrder {
    order(OwnKey::Tr34, NAME)
}

#[tokio::test]
async fn the_first_request_for_tr34_makes_a_key_that_signs_and_nothing_else() {
    let world = World::new().await;
    let requested = world.asks(tr34()).await;
    let Requested {
        request,
        origin,
        csr,
        location,
    } = &requested;
    assert_eq!(*origin, Origin::Created);
    let [key] = &world.made()[..] else {
        panic!("one key was expected");
    };
    let alias = "alias/key-ceremony/signing/tr34/1";
    assert_eq!(key["keyArn"], request.key_arn);
    assert_eq!(key["exportable"], false);
    assert_eq!(key["aliases"], json!([alias]));
    assert_eq!(
        key["tags"],
        json!({
            "key-ceremony:purpose": "signing",
            "key-ceremony:alias": alias,
            "key-ceremony:ceremony-id": "enrolment-tr34",
        })
    );
    let attributes = &key["attributes"];
    assert_eq!(attributes["KeyAlgorithm"], "RSA_3072");
    assert_eq!(attributes["KeyClass"], "ASYMMETRIC_KEY_PAIR");
    assert_eq!(
        attributes["KeyUsage"],
        "TR31_S0_ASYMMETRIC_KEY_FOR_DIGITAL_SIGNATURE"
    );
    let modes = attributes["KeyModesOfUse"].as_object().unwrap();
    let allowed: Vec<_> = modes.iter().filter(|(_, is)| **is == json!(true)).collect();
    assert_eq!(allowed, [(&"Sign".to_owned(), &json!(true))]);
    assert_eq!(request.alias.as_deref(), Some(alias));

    let (subject, digest) = openssl(csr);
    assert_eq!(subject, NAME);
    assert_eq!(digest, request.public_key_sha256.to_string());
    let place = format!("enrolment/tr34/{}.csr.pem", &digest[..16]);
    assert_eq!((location.bucket.as_str(), &location.key), (OUTBOX, &place));
    assert_eq!(world.aws.only(OUTBOX, &place).bytes, csr.as_bytes());
    let record = format!("enrolment-requests/tr34/{digest}.json");
    assert_eq!(world.recorded(&record), *request);
}

#[tokio::test]
async fn the_same_order_twice_leaves_one_key_one_request_and_one_record() {
    let world = World::new().await;
    let first = world.asks(tr34()).await;
    for again in [tr34(), new_key(tr34())] {
        let again = world.asks(again).await;
        assert_eq!(again.request, first.request);
        assert_eq!(again.csr, first.csr);
        assert_eq!(again.origin, Origin::Found);
    }
    assert_eq!(world.keys.keys().len(), 1);
    assert_eq!(world.aws.keys(OUTBOX).len(), 1);
    assert_eq!(world.aws.keys(EVIDENCE).len(), 1);
}

/// The account has five calls a second.
#[tokio::test]
async fn a_request_for_a_key_that_is_there_takes_five_calls() {
    let world = World::new().await;
    world.asks(tr34()).await;
    let before = world.keys.calls().len();
    world.asks(tr34()).await;
    assert_eq!(
        world.keys.calls()[before..],
        [
            "ListAliases",
            "GetAlias",
            "GetKey",
            "GetPublicKeyCertificate",
            "GetCertificateSigningRequest"
        ]
    );
}

#[tokio::test]
async fn a_renewal_is_for_the_installed_key_and_repeats_its_name() {
    let world = World::new().await;
    let first = world.asks(tr34()).await;
    world.installs(&first.request);
    let rolled = world.asks(new_key(order(OwnKey::Tr34, "CN=Another"))).await;
    assert_ne!(rolled.request.key_arn, first.request.key_arn);
    let renewal = RequestOrder {
        subject: None,
        ..tr34()
    };
    let renewed = world.asks(renewal).await;
    assert_eq!(renewed.request, first.request);
    assert_eq!(renewed.csr, first.csr);
}

#[tokio::test]
async fn a_new_name_for_the_same_key_lies_beside_the_first() {
    let world = World::new().await;
    let first = world.asks(tr34()).await;
    let other = world.asks(order(OwnKey::Tr34, "CN=Acme TR-34 2027")).await;
    assert_eq!(other.request.key_arn, first.request.key_arn);
    assert_eq!(openssl(&other.csr).0, "CN=Acme TR-34 2027");
    assert_ne!(other.location.key, first.location.key);
    assert_eq!(world.aws.keys(OUTBOX).len(), 2);
    assert_eq!(world.aws.keys(EVIDENCE).len(), 2);
    // Neither takes the other's place, however often they are asked for.
    assert_eq!(world.asks(tr34()).await.request, first.request);
    for request in [&first.request, &other.request] {
        let subject: Vec<u8> = (0..request.subject_der.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&request.subject_der[at..at + 2], 16).unwrap())
            .collect();
        let digest = &request.public_key_sha256;
        let found =
            storage::request_for(&world.context.s3, EVIDENCE, OwnKey::Tr34, digest, &subject);
        assert_eq!(found.await.unwrap().as_ref(), Some(request));
        let other_name =
            storage::request_for(&world.context.s3, EVIDENCE, OwnKey::Tr34, digest, b"0");
        assert_eq!(other_name.await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_roll_over_makes_one_new_key_and_leaves_the_installed_one_alone() {
    let world = World::new().await;
    let first = world.asks(tr34()).await;
    world.installs(&first.request);
    let rolled = world.asks(new_key(tr34())).await;
    assert_eq!(rolled.origin, Origin::Created);
    assert_eq!(
        rolled.request.alias.as_deref(),
        Some("alias/key-ceremony/signing/tr34/2")
    );
    let again = world.asks(new_key(tr34())).await;
    assert_eq!(again.request, rolled.request);
    assert_eq!(world.keys.keys().len(), 2);
    // Once its certificate is installed, the next roll-over is to a third.
    world.installs(&rolled.request);
    let third = world.asks(new_key(tr34())).await;
    assert_eq!(
        third.request.alias.as_deref(),
        Some("alias/key-ceremony/signing/tr34/3")
    );
    assert_eq!(world.keys.keys().len(), 3);
}

#[tokio::test]
async fn two_orders_at_once_make_one_key() {
    let world = World::new().await;
    let (one, other) = tokio::join!(world.tries(tr34()), world.tries(tr34()));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one.request.key_arn, other.request.key_arn);
    assert_eq!(world.keys.keys().len(), 1);
}

#[tokio::test]
async fn the_algorithm_of_a_new_key_may_be_chosen_and_not_changed() {
    let world = World::new().await;
    let of = |key_algorithm| RequestOrder {
        key_algorithm: Some(key_algorithm),
        ..tr34()
    };
    world.asks(of(SigningKeyAlgorithm::RSA_2048)).await;
    assert_eq!(world.made()[0]["attributes"]["KeyAlgorithm"], "RSA_2048");
    let error = world.tries(of(SigningKeyAlgorithm::RSA_4096)).await;
    assert_eq!(error.unwrap_err().name(), "SigningKeyUnsuitable");
    assert_eq!(world.keys.keys().len(), 1);
}

#[tokio::test]
async fn a_key_that_is_disabled_is_asked_for_nothing() {
    let world = World::new().await;
    let first = world.asks(tr34()).await;
    let stop = world.keys.client.stop_key_usage();
    let stopped = stop.key_identifier(&first.request.key_arn).send().await;
    stopped.unwrap();
    let error = world.tries(tr34()).await.unwrap_err();
    assert_eq!(error.name(), "SigningKeyUnsuitable");
    assert!(error.to_string().contains("not enabled"), "{error}");
}

/// The service has seven members for a name, each once.
#[tokio::test]
async fn a_name_that_the_service_does_not_take_is_refused_before_any_call() {
    for (subject, name) in [
        ("O=Acme", "SubjectNotOffered"),
        ("CN=Acme,UID=1", "SubjectNotOffered"),
        ("CN=Acme,OU=a,OU=b", "SubjectNotOffered"),
        ("CN=Acme+OU=a", "SubjectNotOffered"),
        ("Acme", "SubjectMalformed"),
        ("", "SubjectMalformed"),
    ] {
        let world = World::new().await;
        let error = world.tries(order(OwnKey::Tr34, subject)).await.unwrap_err();
        assert_eq!(error.name(), name, "{subject}");
        assert_eq!(world.keys.calls(), [""; 0], "{subject}");
        assert_eq!(world.aws.keys(EVIDENCE), [""; 0]);
    }
}

#[tokio::test]
async fn every_member_of_a_name_that_the_service_has_is_taken() {
    let world = World::new().await;
    let name = "emailAddress=keys@acme.example,CN=Acme,OU=Keys,O=Acme\\, Inc.,L=Recife,ST=PE,C=BR";
    let requested = world.asks(order(OwnKey::Tr34, name)).await;
    assert_eq!(openssl(&requested.csr).0, name);
    // As a renewal repeats it.
    let again = RequestOrder {
        subject: None,
        ..tr34()
    };
    assert_eq!(world.asks(again).await.request, requested.request);
}

#[tokio::test]
async fn without_a_request_before_there_is_no_name_to_repeat() {
    let world = World::new().await;
    let unnamed = RequestOrder {
        subject: None,
        ..tr34()
    };
    let error = world.tries(unnamed).await.unwrap_err();
    assert_eq!(error, Error::SubjectMissing(OwnKey::Tr34));
    assert_eq!(world.keys.calls(), [""; 0]);
}

#[tokio::test]
async fn an_installed_parameter_of_another_form_stops_everything() {
    let world = World::new().await;
    let name = OwnKey::Tr34.installed_parameter();
    world.aws.put_plain_parameter(&name, "{}");
    let error = world.tries(tr34()).await.unwrap_err();
    assert_eq!(error.name(), "InstalledMalformed");
    assert_eq!(world.keys.calls(), [""; 0]);
}
