//! The keys in KMS that sign packages.

use ceremony::enrolment::{OwnKey, RequestOrder, SigningKeyAlgorithm};
use emulated::aws::Fault;
use request_certificate::Error;
use step::StepError;

use crate::{EVIDENCE, KMS_KEYS, OUTBOX, World, new_key, openssl, order};

#[tokio::test]
async fn packages_are_signed_with_a_key_in_kms_whose_request_it_signs_itself() {
    let world = World::new().await;
    let name = "CN=Payments Signing,O=Acme";
    let first = world.asks(order(OwnKey::PackageSigning, name)).await;
    assert_eq!(first.request.key_arn, KMS_KEYS[0]);
    assert_eq!(first.request.alias, None);
    let (subject, digest) = openssl(&first.csr);
    assert_eq!(subject, name);
    let record = format!("enrolment-requests/package-signing/{digest}.json");
    assert_eq!(world.recorded(&record), first.request);
    // An ECDSA signature is another one each time: the request that lies there stays.
    let again = world.asks(order(OwnKey::PackageSigning, name)).await;
    assert_eq!(again.csr, first.csr);
    assert_eq!(world.keys.calls(), [""; 0]);
}

#[tokio::test]
async fn a_roll_over_in_kms_is_to_the_newest_key_of_the_deployment() {
    let world = World::new().await;
    let ask = || order(OwnKey::PackageSigning, "CN=Payments Signing");
    let first = world.asks(ask()).await;
    world.installs(&first.request);
    let rolled = world.asks(new_key(ask())).await;
    assert_eq!(rolled.request.key_arn, KMS_KEYS[1]);
    assert_eq!(world.asks(ask()).await.request, first.request);
    world.installs(&rolled.request);
    assert_eq!(world.asks(ask()).await.request.key_arn, KMS_KEYS[1]);
    let error = world.tries(new_key(ask())).await.unwrap_err();
    assert_eq!(error, Error::NoFurtherKey(2));
}

#[tokio::test]
async fn a_key_in_kms_is_one_of_the_deployments_and_of_its_algorithm() {
    let world = World::new().await;
    let ask = || order(OwnKey::PackageSigning, "CN=Payments Signing");
    let error = world.tries(RequestOrder {
        key_algorithm: Some(SigningKeyAlgorithm::RSA_4096),
        ..ask()
    });
    assert_eq!(error.await.unwrap_err(), Error::KeyAlgorithmFixed);
    let mut request = world.asks(ask()).await.request;
    request.key_arn = "arn:aws:kms:eu-west-1:111122223333:key/elsewhere".to_owned();
    world.installs(&request);
    let error = world.tries(ask()).await.unwrap_err();
    assert_eq!(error.name(), "KeyNotDeployed");
}

#[tokio::test(start_paused = true)]
async fn what_the_role_may_not_do_is_told_and_leaves_no_request() {
    for operation in ["GetParameter", "Sign", "PutObject"] {
        let world = World::new().await;
        world.aws.fault_for_good(operation, Fault::Denied);
        let ask = order(OwnKey::PackageSigning, "CN=Payments Signing");
        let error = world.tries(ask).await.unwrap_err();
        assert_eq!(error.name(), "AccessDenied", "{operation}");
        assert!(error.remedy().contains("role"), "{}", error.remedy());
        assert_eq!(world.aws.keys(OUTBOX), [""; 0]);
        assert_eq!(world.aws.keys(EVIDENCE), [""; 0]);
    }
}
