//! The root that callers import where an approval team guards that.

use std::sync::LazyLock;

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{
    ImportKeyMaterial, KeyAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse, KeyUsage,
    RootCertificatePublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use partner::{KeyKind, PrivateKey, Profile};
use payment_keys::{ClaimError, Guarded, KeyFacts, Pace, claim_guarded, look_again, tags};
use step::ServiceError;

use crate::caller::{Outcome, ceremony};
use crate::service::ALIAS;

/// How long the machine waits before it looks again.
const POLL: std::time::Duration = std::time::Duration::from_secs(2);

/// What the machine makes of `import-ca`: it is called until the root is there or will never be.
pub(crate) async fn ask_with(client: &Client) -> Outcome {
    let (pace, attributes) = (Pace::patient(), attributes());
    let make = async || make(client).await;
    let asked = claim_guarded(client, ALIAS, &attributes, None, &pace, make);
    let mut guarded = asked.await?;
    loop {
        match guarded {
            Guarded::Usable(claim) => return Ok(claim),
            Guarded::NotApproved(facts) => return Err(not_approved(&facts)),
            Guarded::Waits(facts, _) => {
                tokio::time::sleep(POLL).await;
                let pace = Pace::patient();
                let key_arn = facts.key_arn;
                let look = look_again(client, ALIAS, &attributes, &key_arn, &pace);
                guarded = look.await?;
            }
        }
    }
}

fn not_approved(facts: &KeyFacts) -> ClaimError {
    let approval = facts.approval.as_ref().expect("a session");
    ClaimError::Service(ServiceError::ServiceRefused {
        operation: "test:Ask",
        code: "NotApproved".to_owned(),
        detail: format!("{} is {}", facts.state, approval.status),
    })
}

async fn make(client: &Client) -> Result<KeyFacts, ServiceError> {
    const OPERATION: &str = "payment-cryptography:ImportKey";
    let answer = client
        .import_key()
        .key_material(material())
        .requester_comment("a root")
        .set_tags(Some(tags(&ceremony(), "ca", ALIAS)))
        .send()
        .await
        .map_err(|error| ServiceError::new(OPERATION, &error))?;
    KeyFacts::of_answer(OPERATION, answer.key)
}

fn material() -> ImportKeyMaterial {
    static CERTIFICATE: LazyLock<String> = LazyLock::new(|| {
        let key = PrivateKey::cached(KeyKind::EccP256, "approvals");
        STANDARD.encode(Profile::root("Root").self_signed(&key).pem())
    });
    let root = RootCertificatePublicKey::builder()
        .key_attributes(attributes())
        .public_key_certificate(CERTIFICATE.as_str());
    ImportKeyMaterial::RootCertificatePublicKey(root.build().expect("every member"))
}

fn attributes() -> KeyAttributes {
    KeyAttributes::builder()
        .key_algorithm(KeyAlgorithm::EccNistP256)
        .key_class(KeyClass::PublicKey)
        .key_modes_of_use(KeyModesOfUse::builder().verify(true).build())
        .key_usage(KeyUsage::Tr31S0AsymmetricKeyForDigitalSignature)
        .build()
        .expect("attributes")
}
