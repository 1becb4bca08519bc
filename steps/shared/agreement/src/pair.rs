//! Our key on the partner's curve, and the certificate that the service issues for it.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{
    DeriveKeyUsage, KeyAlgorithm as ServiceAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse,
    KeyUsage,
};
use ceremony::algorithms::KeyAlgorithm;
use ceremony::evidence::Deed;
use ceremony::exchange::OurCertificate;
use ceremony::id::Ceremony;
use ceremony::keys::Origin;
use ceremony::utc::Utc;
use exports::once_tags_are_seen;
use payment_keys::{Claim, KeyFacts, Pace, claim, tags};
use step::{Journal, ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};

use crate::issued::{Issued, read_issued};

/// Found by the alias of the folder and the curve, or made.
///
/// One key for each folder, so that no two partners agree with the same; and for as long as nobody
/// deletes it, so that a partner that has looked at our certificate need not look at another with every
/// KEK, whichever way it goes. It is not exportable: all that ever leaves of it is its certificate.
pub async fn our_key(
    client: &Client,
    ceremony: &Ceremony,
    curve: &KeyAlgorithm,
    pace: &Pace,
    journal: &Journal,
) -> Result<Claim, ServiceError> {
    let alias = &ceremony.folder().agreement_alias(curve);
    let note = |key_arn: &str, origin| {
        journal.note(Deed::HadKey {
            key_arn: key_arn.to_owned(),
            alias: Some(alias.clone()),
            origin,
        });
    };
    let attributes = attributes(curve);
    let make = async || {
        let answer = client
            .create_key()
            .key_attributes(attributes.clone())
            .derive_key_usage(DeriveKeyUsage::Tr31K0KeyEncryptionKey)
            .exportable(false)
            .set_tags(Some(tags(ceremony, "agreement", alias)))
            .send()
            .await
            .map_err(|error| ServiceError::new("payment-cryptography:CreateKey", &error))?;
        let facts = KeyFacts::of_answer("payment-cryptography:CreateKey", answer.key)?;
        note(&facts.key_arn, Origin::Created);
        Ok(facts)
    };
    let claim = claim(client, alias, &attributes, None, pace, make).await?;
    if let Claim::Found(key_arn) = &claim {
        note(key_arn, Origin::Found);
    }
    Ok(claim)
}

fn attributes(curve: &KeyAlgorithm) -> KeyAttributes {
    let modes = KeyModesOfUse::builder().derive_key(true);
    KeyAttributes::builder()
        .key_algorithm(ServiceAlgorithm::from(curve.to_string().as_str()))
        .key_class(KeyClass::AsymmetricKeyPair)
        .key_modes_of_use(modes.build())
        .key_usage(KeyUsage::Tr31K3AsymmetricKeyForKeyAgreement)
        .build()
        .expect("every required member is set")
}

/// The certificate of our key with its issuers. The service renews it by itself, when fewer than 30 of
/// its 90 days are left (user guide, GetPublicKeyCertificate).
pub async fn certified(
    client: &Client,
    our_key: &Claim,
    curve: &KeyAlgorithm,
    pace: &Pace,
) -> Result<OurCertificate, Error> {
    let key_arn = our_key.key_arn();
    let answer = once_tags_are_seen(our_key.origin(), pace, async || {
        let request = client.get_public_key_certificate().key_identifier(key_arn);
        let answer = request.send().await;
        answer.map_err(|error| {
            ServiceError::new("payment-cryptography:GetPublicKeyCertificate", &error)
        })
    })
    .await?;
    let chain = &answer.key_certificate_chain;
    let issued = read_issued(&answer.key_certificate, chain, Utc::now());
    let Issued { certificate, chain } = issued.map_err(|reason| Error::OwnCertificateUnusable {
        key_arn: key_arn.to_owned(),
        reason,
    })?;
    let found = certificate.key_algorithm();
    if found != curve {
        return Err(Error::AgreementKeyWrong {
            key_arn: key_arn.to_owned(),
            found: found.clone(),
            curve: curve.clone(),
        });
    }
    Ok(OurCertificate {
        key_arn: Some(key_arn.to_owned()),
        certificate,
        chain,
    })
}

/// Why there is no key of ours to agree with.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("the alias of our key for leaves on {curve} names {key_arn}, whose key is {found}")]
    AgreementKeyWrong {
        key_arn: String,
        found: KeyAlgorithm,
        curve: KeyAlgorithm,
    },
    #[error("the certificate that the service issued for our key {key_arn} is of no use: {reason}")]
    OwnCertificateUnusable { key_arn: String, reason: String },
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::AgreementKeyWrong { .. } => {
                "Find out who did it and why, by the CloudTrail events of key and alias. If no \
                 ceremony of its folder is running, delete the alias: the next one makes it again."
            }
            Self::OwnCertificateUnusable { .. } => exports::unknown_form::remedy(),
            Self::Service(error) => error.remedy(),
        }
    }
}
