//! A key in Payment Cryptography: found by its alias, or made once.
//!
//! The aliases of one name are numbered: 1 for the first key, one more for each that is to take the
//! place of another. A key whose certificate is not installed is the newest, so that an order for a new
//! key finds it again.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{
    Alias, CertificateSubjectType, KeyAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse, KeyState,
    KeyUsage, SigningAlgorithmType,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::certificate::Certificate;
use ceremony::enrolment::{Installed, RequestOrder, SigningKeyAlgorithm};
use csr::{SignedRequest, Subject, oid};
use payment_keys::{Claim, KeyFacts, Pace, aliases_below, claim, inspect, own_tags};
use step::ServiceError;

use crate::{Context, Error, Made};

pub(crate) async fn request(
    context: &Context,
    order: &RequestOrder,
    installed: Option<&Installed>,
    subject: &Subject,
) -> Result<Made, Error> {
    let wanted = service_subject(subject)?;
    let (client, pace) = (&context.payment_cryptography, Pace::patient());
    let prefix = order.key.alias_prefix();
    let aliases = aliases_below(client, &prefix, &pace).await?;
    let alias = choose(&prefix, &aliases, order.new_key, installed)?;
    let claim = find_or_make(client, order, &alias, &pace).await?;
    let origin = claim.origin();
    let facts = match claim {
        Claim::Made(facts) => facts,
        Claim::Found(key_arn) => inspect(client, &key_arn, &pace).await?,
    };
    let key_arn = facts.key_arn.clone();
    if let Some(reason) = why_unsuitable(&facts, order.key_algorithm) {
        return Err(Error::SigningKeyUnsuitable { key_arn, reason });
    }
    let public_key = public_key(client, &key_arn, &pace).await?;
    let request = ask(client, &key_arn, wanted, &pace).await?;
    if let Some(reason) = why_other(&request, &public_key, subject) {
        return Err(Error::RequestNotAsAsked { key_arn, reason });
    }
    Ok(Made {
        request,
        key_arn,
        alias: Some(alias),
        origin,
    })
}

/// The alias of the key that the order is for, whether it is there or not.
fn choose(
    prefix: &str,
    aliases: &[Alias],
    new_key: bool,
    installed: Option<&Installed>,
) -> Result<String, Error> {
    let number = |alias: &Alias| alias.alias_name.strip_prefix(prefix)?.parse::<u32>().ok();
    let numbered = aliases.iter().filter_map(|it| Some((number(it)?, it)));
    let newest = numbered.max_by_key(|(number, _)| *number);
    let signs = installed.map(|installed| installed.key_arn.as_str());
    if let Some(signs) = signs.filter(|_| !new_key) {
        let alias = aliases
            .iter()
            .find(|it| it.key_arn.as_deref() == Some(signs));
        let alias = alias.map(|alias| alias.alias_name.clone());
        return alias.ok_or_else(|| Error::KeyWithoutAlias(signs.to_owned()));
    }
    let number = match newest {
        None => 1,
        Some((number, alias)) if signs.is_some() && alias.key_arn.as_deref() == signs => number + 1,
        Some((number, _)) => number,
    };
    Ok(format!("{prefix}{number}"))
}

async fn find_or_make(
    client: &Client,
    order: &RequestOrder,
    alias: &str,
    pace: &Pace,
) -> Result<Claim, Error> {
    let attributes = attributes(order.key_algorithm.unwrap_or_default());
    let make = async || {
        let answer = client
            .create_key()
            .key_attributes(attributes.clone())
            .exportable(false)
            .set_tags(Some(own_tags(order.key, alias)))
            .send()
            .await
            .map_err(|error| ServiceError::new("payment-cryptography:CreateKey", &error))?;
        KeyFacts::of_answer("payment-cryptography:CreateKey", answer.key)
    };
    let claim = claim(client, alias, &attributes, None, pace, make).await;
    Ok(claim.map_err(ServiceError::from)?)
}

/// A key pair that signs and does nothing else (Payment Cryptography User Guide, "Bring your own CA").
fn attributes(algorithm: SigningKeyAlgorithm) -> KeyAttributes {
    KeyAttributes::builder()
        .key_algorithm(KeyAlgorithm::from(algorithm.as_str()))
        .key_class(KeyClass::AsymmetricKeyPair)
        .key_modes_of_use(KeyModesOfUse::builder().sign(true).build())
        .key_usage(KeyUsage::Tr31S0AsymmetricKeyForDigitalSignature)
        .build()
        .expect("every required member is set")
}

fn why_unsuitable(facts: &KeyFacts, asked: Option<SigningKeyAlgorithm>) -> Option<String> {
    let found = &facts.attributes;
    let usage = KeyUsage::Tr31S0AsymmetricKeyForDigitalSignature;
    if found.key_class != KeyClass::AsymmetricKeyPair || found.key_usage != usage {
        return Some(format!(
            "it is a {} with usage {}, a key pair for signatures (S0) is needed",
            found.key_class, found.key_usage
        ));
    }
    if let Some(asked) = asked.filter(|asked| found.key_algorithm.as_str() != asked.as_str()) {
        return Some(format!(
            "it is {}, and {} was ordered",
            found.key_algorithm,
            asked.as_str()
        ));
    }
    if facts.state != KeyState::CreateComplete {
        return Some(format!(
            "its state is {}, CREATE_COMPLETE is needed",
            facts.state
        ));
    }
    (!facts.enabled).then(|| "it is not enabled".to_owned())
}

/// The key as the service's own certificate for it has it.
async fn public_key(client: &Client, key_arn: &str, pace: &Pace) -> Result<Vec<u8>, Error> {
    const OPERATION: &str = "payment-cryptography:GetPublicKeyCertificate";
    let answer = pace
        .repeat(async || {
            let request = client.get_public_key_certificate().key_identifier(key_arn);
            let answer = request.send().await;
            answer.map_err(|error| ServiceError::new(OPERATION, &error))
        })
        .await?;
    let certificate = decoded(&answer.key_certificate)
        .and_then(|pem| String::from_utf8(pem).ok())
        .and_then(|pem| Certificate::try_from(pem).ok());
    let certificate = certificate.ok_or_else(|| Error::RequestNotAsAsked {
        key_arn: key_arn.to_owned(),
        reason: "the certificate of its public key cannot be read".to_owned(),
    })?;
    Ok(certificate.public_key_info().to_vec())
}

async fn ask(
    client: &Client,
    key_arn: &str,
    subject: CertificateSubjectType,
    pace: &Pace,
) -> Result<SignedRequest, Error> {
    const OPERATION: &str = "payment-cryptography:GetCertificateSigningRequest";
    let answer = pace
        .repeat(async || {
            let answer = client
                .get_certificate_signing_request()
                .key_identifier(key_arn)
                .signing_algorithm(SigningAlgorithmType::Sha256)
                .certificate_subject(subject.clone())
                .send()
                .await;
            answer.map_err(|error| ServiceError::new(OPERATION, &error))
        })
        .await?;
    let not_as_asked = |reason: String| Error::RequestNotAsAsked {
        key_arn: key_arn.to_owned(),
        reason,
    };
    let pem = decoded(&answer.certificate_signing_request)
        .ok_or_else(|| not_as_asked("the answer is not Base64".to_owned()))?;
    SignedRequest::parse(&pem).map_err(|error| not_as_asked(error.to_string()))
}

fn decoded(base64: &str) -> Option<Vec<u8>> {
    STANDARD.decode(base64).ok()
}

/// Why it is not the request that was asked for, whose signature verifies: it may be for another key or
/// name.
fn why_other(request: &SignedRequest, public_key: &[u8], asked: &Subject) -> Option<String> {
    if request.public_key() != public_key {
        return Some("it is for another public key".to_owned());
    }
    // In which order the service puts them is its own affair.
    let sorted = |subject: &Subject| {
        let mut attributes = subject.attributes()?;
        attributes.sort_unstable();
        Some(attributes)
    };
    let same = sorted(request.subject()).is_some_and(|there| Some(there) == sorted(asked));
    (!same).then(|| format!("it is for the name `{}`", request.subject()))
}

/// The name in the members that the service has for it, each once.
fn service_subject(subject: &Subject) -> Result<CertificateSubjectType, Error> {
    let not_offered = |what: &str| Error::SubjectNotOffered(what.to_owned());
    let mut attributes = subject
        .attributes()
        .ok_or_else(|| not_offered("two attributes joined by `+`, or one that is no text"))?;
    let mut take = |oid: &str| {
        let place = attributes.iter().position(|(found, _)| found == oid)?;
        Some(attributes.remove(place).1)
    };
    let common_name = take(oid::COMMON_NAME).ok_or_else(|| not_offered("no `CN`"))?;
    let wanted = CertificateSubjectType::builder()
        .common_name(common_name)
        .set_organization_unit(take(oid::ORGANIZATION_UNIT))
        .set_organization(take(oid::ORGANIZATION))
        .set_city(take(oid::CITY))
        .set_country(take(oid::COUNTRY))
        .set_state_or_province(take(oid::STATE))
        .set_email_address(take(oid::EMAIL_ADDRESS))
        .build();
    match attributes.first() {
        Some((oid, _)) => Err(not_offered(&format!("the attribute {oid}, or it twice"))),
        None => Ok(wanted.expect("every required member is set")),
    }
}
