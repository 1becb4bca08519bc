//! Our key on the leaf's curve, and the certificate that the service issues for it.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{
    DeriveKeyUsage, KeyAlgorithm as ServiceAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse,
    KeyUsage,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::algorithms::KeyAlgorithm;
use ceremony::bundle::certificates_in;
use ceremony::certificate::Certificate;
use ceremony::evidence::Deed;
use ceremony::exchange::OurCertificate;
use ceremony::id::Ceremony;
use ceremony::keys::Origin;
use ceremony::utc::Utc;
use exports::once_tags_are_seen;
use payment_keys::{Claim, KeyFacts, Pace, claim, tags};
use step::{Journal, ServiceError};

use crate::Error;

/// Found by the alias of the folder and the curve, or made.
///
/// One key for each folder, so that no two partners agree with the same; and for as long as nobody
/// deletes it, so that a partner that has looked at our certificate need not look at another with every
/// KEK. It is not exportable: all that ever leaves of it is its certificate.
pub(crate) async fn our_key(
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
pub(crate) async fn certified(
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
    let unusable = |reason| Error::OwnCertificateUnusable {
        key_arn: key_arn.to_owned(),
        reason,
    };
    let certificates = read(&answer.key_certificate).map_err(unusable)?;
    let [certificate] = &certificates[..] else {
        let count = certificates.len();
        return Err(unusable(format!("there are {count} where one is expected")));
    };
    let found = certificate.key_algorithm();
    if found != curve {
        return Err(Error::AgreementKeyWrong {
            key_arn: key_arn.to_owned(),
            found: found.clone(),
            curve: curve.clone(),
        });
    }
    let chain = read(&answer.key_certificate_chain).map_err(unusable)?;
    holds_together(certificate, &chain, Utc::now()).map_err(unusable)?;
    Ok(OurCertificate {
        key_arn: Some(key_arn.to_owned()),
        certificate: certificate.clone(),
        chain,
    })
}

/// Base64 of PEM, as the service has certificates in requests and answers.
fn read(text: &str) -> Result<Vec<Certificate>, String> {
    let pem = STANDARD.decode(text);
    let pem = pem.map_err(|_| "it is not Base64".to_owned())?;
    certificates_in(&pem).map_err(|error| error.to_string())
}

/// Each is signed by the next, which is a CA, and all are valid at `now`. The chain need not end in a
/// root: whether the partner trusts it is for the partner to say, by its fingerprint.
fn holds_together(
    certificate: &Certificate,
    chain: &[Certificate],
    now: Utc,
) -> Result<(), String> {
    let mut below = certificate;
    for issuer in chain {
        if !issuer.is_ca() || !below.is_signed_by(issuer) {
            return Err(format!(
                "`{below}` was not issued by `{issuer}`, which follows it"
            ));
        }
        below = issuer;
    }
    for one in std::iter::once(certificate).chain(chain) {
        let (start, end) = (one.not_before(), one.not_after());
        if now < start || end < now {
            return Err(format!(
                "`{one}` is valid from {start} to {end}, and it is {now}"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use emulated::{certificate, quick_chain};
    use partner::{KeyKind, PrivateKey, Profile};

    use super::*;

    #[test]
    fn a_chain_holds_together_link_by_link() {
        let (pki, now) = (quick_chain(), Utc::now());
        let [leaf, issuer, root] = [&pki.leaf, &pki.intermediates[0], &pki.root].map(certificate);
        let holds = |chain: &[&Certificate], now| {
            let chain: Vec<_> = chain.iter().map(|one| (*one).clone()).collect();
            holds_together(&leaf, &chain, now)
        };
        assert_eq!(holds(&[&issuer, &root], now), Ok(()));
        assert_eq!(holds(&[&issuer], now), Ok(()));

        let not_issued = |chain: &[&Certificate]| {
            let words = holds(chain, now).unwrap_err();
            assert!(words.contains("was not issued by"), "{words}");
        };
        not_issued(&[&root]);
        not_issued(&[&issuer, &leaf]);
        not_issued(&[&root, &issuer]);
        let key = PrivateKey::cached(KeyKind::EccP256, "quick/intermediate 0");
        let no_ca = Profile::intermediate("ACME Issuing CA 1").not_an_authority();
        not_issued(&[&certificate(&no_ca.issued_by(&pki.root, &key)), &root]);

        for seconds in [-86_400, 400 * 86_400] {
            let words = holds(&[&issuer, &root], now.plus_seconds(seconds)).unwrap_err();
            assert!(words.contains("is valid from"), "{words}");
        }
    }

    #[test]
    fn certificates_are_base64_of_pem() {
        let pki = quick_chain();
        let text = STANDARD.encode(pki.leaf.pem());
        assert_eq!(read(&text), Ok(vec![certificate(&pki.leaf)]));
        assert_eq!(read("?"), Err("it is not Base64".to_owned()));
        assert!(read(&pki.leaf.pem()).is_err());
        assert!(read(&STANDARD.encode("noise")).is_err());
    }
}
