//! `ImportCa`: the CAs of a proven path become trusted keys in Payment Cryptography.
//!
//! From the leaf's issuer up, each CA is looked for: by the ARN that the profile names, which is
//! checked, or by its alias. What stands above one that is there is not needed. Those that are not
//! are imported from the top down, each under the one above it. Leaves behind one key and one alias
//! per CA, however often it runs.

use std::collections::BTreeMap;

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{
    ImportKeyMaterial, KeyAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse, KeyState, KeyUsage,
    RootCertificatePublicKey, TrustedCertificatePublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::evidence::{Deed, Recordable};
use ceremony::id::Ceremony;
use ceremony::identifiers::ca_alias;
use ceremony::keys::{Authority, Origin};
use ceremony::path::CertificatePath;
use ceremony::profile::Policy;
use ceremony::proof::{ProvenPath, Refusal, prove};
use ceremony::utc::Utc;
use payment_keys::{Alias, Claim, KeyFacts, Pace, claim, inspect, look_up, tags};
use serde::{Deserialize, Serialize};
use step::{Journal, ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub path: CertificatePath,
    pub policy: Policy,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    /// The key of the CA that issued the leaf: what `Wrap` names as the authority.
    pub issuing_ca_key_arn: String,
    /// From the one nearest to the root to the issuing CA.
    pub authorities: Vec<Authority>,
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self
    }
}

pub async fn handle(client: &Client, input: Input, journal: &Journal) -> Result<Output, Error> {
    let Input {
        ceremony,
        path,
        policy,
    } = input;
    // Once more, from the certificates themselves: a document can say anything.
    let proof = prove(path, &policy.trust, policy.kek.algorithm, Utc::now());
    let proven = proof.verdict.map_err(Error::PathNotProven)?;
    import(client, &ceremony, &proven, &policy.ca_key_arns, journal).await
}

async fn import(
    client: &Client,
    ceremony: &Ceremony,
    proven: &ProvenPath,
    ca_key_arns: &BTreeMap<Sha256, String>,
    journal: &Journal,
) -> Result<Output, Error> {
    let pace = Pace::patient();
    let mut authorities: Vec<Authority> = Vec::new();
    let mut missing: Vec<(&Certificate, Alias)> = Vec::new();
    for ca in proven.path().cas() {
        if let Some(key_arn) = ca_key_arns.get(&ca.sha256()) {
            authorities.push(named(client, ca, key_arn, &pace, journal).await?);
            break;
        }
        match look_up(client, &ca_alias(&ca.sha256()), &pace).await? {
            Alias::Assigned(key_arn) => {
                authorities.push(found(ca, key_arn, Origin::Found, journal));
                break;
            }
            not_there => missing.push((ca, not_there)),
        }
    }
    for (ca, seen) in missing.into_iter().rev() {
        let above = authorities.last().map(|above| above.key_arn.clone());
        let authority = imported(client, ceremony, ca, seen, above, &pace, journal).await?;
        authorities.push(authority);
    }
    let issuing = authorities.last().ok_or(Error::NoAuthority)?;
    Ok(Output {
        issuing_ca_key_arn: issuing.key_arn.clone(),
        authorities,
    })
}

/// A key that the profile names is checked.
async fn named(
    client: &Client,
    ca: &Certificate,
    key_arn: &str,
    pace: &Pace,
    journal: &Journal,
) -> Result<Authority, Error> {
    let facts = inspect(client, key_arn, pace).await?;
    let expected = attributes_of(ca)?;
    if let Some(reason) = why_unsuitable(&facts, &expected) {
        let (key_arn, subject) = (key_arn.to_owned(), ca.subject().to_owned());
        return Err(Error::CaUnsuitable {
            key_arn,
            subject,
            reason,
        });
    }
    Ok(found(ca, facts.key_arn, Origin::Profile, journal))
}

fn found(ca: &Certificate, key_arn: String, origin: Origin, journal: &Journal) -> Authority {
    note(journal, ca, &key_arn, origin);
    Authority {
        certificate_sha256: ca.sha256(),
        key_arn,
        origin,
    }
}

fn note(journal: &Journal, ca: &Certificate, key_arn: &str, origin: Origin) {
    let alias = (origin != Origin::Profile).then(|| ca_alias(&ca.sha256()));
    journal.note(Deed::HadKey {
        key_arn: key_arn.to_owned(),
        alias,
        origin,
    });
}

/// That the key really holds this CA is proven by the export: Payment Cryptography verifies the
/// leaf's signature with it.
fn why_unsuitable(facts: &KeyFacts, expected: &KeyAttributes) -> Option<String> {
    if facts.state != KeyState::CreateComplete || !facts.enabled {
        return Some(format!(
            "it is {} and enabled: {}",
            facts.state, facts.enabled
        ));
    }
    let found = &facts.attributes;
    if found.key_class != KeyClass::PublicKey
        || found.key_usage != expected.key_usage
        || found.key_algorithm != expected.key_algorithm
    {
        return Some(format!(
            "it is a {} {} {}, expected a {} {} {}",
            found.key_algorithm,
            found.key_class,
            found.key_usage,
            expected.key_algorithm,
            expected.key_class,
            expected.key_usage
        ));
    }
    None
}

async fn imported(
    client: &Client,
    ceremony: &Ceremony,
    ca: &Certificate,
    seen: Alias,
    above: Option<String>,
    pace: &Pace,
    journal: &Journal,
) -> Result<Authority, Error> {
    let alias = ca_alias(&ca.sha256());
    let attributes = attributes_of(ca)?;
    let make = async || {
        let answer = client
            .import_key()
            .key_material(material(ca, &attributes, above.as_deref()))
            .set_tags(Some(tags(ceremony, "ca", &alias)))
            .send()
            .await
            .map_err(|error| ServiceError::new("payment-cryptography:ImportKey", &error))?;
        let facts = KeyFacts::of_answer("payment-cryptography:ImportKey", answer.key)?;
        note(journal, ca, &facts.key_arn, Origin::Created);
        Ok(facts)
    };
    let claim = claim(client, &alias, &attributes, Some(seen), pace, make);
    match claim.await.map_err(ServiceError::from)? {
        Claim::Found(key_arn) => Ok(found(ca, key_arn, Origin::Found, journal)),
        Claim::Made(facts) => Ok(Authority {
            certificate_sha256: ca.sha256(),
            key_arn: facts.key_arn,
            origin: Origin::Created,
        }),
    }
}

/// `PublicKeyCertificate` is base64 of the PEM text.
fn material(
    ca: &Certificate,
    attributes: &KeyAttributes,
    above: Option<&str>,
) -> ImportKeyMaterial {
    let certificate = STANDARD.encode(ca.to_pem());
    match above {
        None => ImportKeyMaterial::RootCertificatePublicKey(
            RootCertificatePublicKey::builder()
                .key_attributes(attributes.clone())
                .public_key_certificate(certificate)
                .build()
                .expect("every required member is set"),
        ),
        Some(above) => ImportKeyMaterial::TrustedCertificatePublicKey(
            TrustedCertificatePublicKey::builder()
                .key_attributes(attributes.clone())
                .public_key_certificate(certificate)
                .certificate_authority_public_key_identifier(above)
                .build()
                .expect("every required member is set"),
        ),
    }
}

/// A CA verifies signatures, and nothing else.
fn attributes_of(ca: &Certificate) -> Result<KeyAttributes, Error> {
    let algorithm = ca.key_algorithm();
    let name = algorithm
        .service_name()
        .ok_or_else(|| Error::CaKeyUnsupported {
            subject: ca.subject().to_owned(),
            algorithm: algorithm.to_string(),
        })?;
    Ok(KeyAttributes::builder()
        .key_algorithm(KeyAlgorithm::from(name))
        .key_class(KeyClass::PublicKey)
        .key_modes_of_use(KeyModesOfUse::builder().verify(true).build())
        .key_usage(KeyUsage::Tr31S0AsymmetricKeyForDigitalSignature)
        .build()
        .expect("every required member is set"))
}

/// Why the CAs are not there to be used.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    /// Not to be expected of a proven path, whose CA keys were checked.
    #[error("the key of the CA `{subject}` is {algorithm}, which Payment Cryptography cannot hold")]
    CaKeyUnsupported { subject: String, algorithm: String },
    /// Not to be expected either: a path ends in a root.
    #[error("the path has no CA")]
    NoAuthority,
    #[error("the key {key_arn} for the CA `{subject}` cannot be used: {reason}")]
    CaUnsuitable {
        key_arn: String,
        subject: String,
        reason: String,
    },
    #[error("the certificate path is not proven (any more): {}", .0.what)]
    PathNotProven(Refusal),
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::CaKeyUnsupported { .. } => {
                "The partner's CA must use RSA of 2048, 3072 or 4096 bits or a NIST curve."
            }
            Self::NoAuthority => "This is a defect of the software: report it with the record.",
            Self::CaUnsuitable { .. } => {
                "Correct or remove the entry of this CA in `caKeyArns` of the profile, or restore or \
                 enable the key in Payment Cryptography."
            }
            Self::PathNotProven(_) => {
                "Compare with the checks of the state Validate in the record: a certificate may have \
                 expired since, or somebody invoked this step by hand."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
