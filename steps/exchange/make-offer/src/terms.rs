//! With what the KEK is to be wrapped, by each method.

use agreement::{Issued, certified, fresh_information, our_key, read_issued};
use aws_lc_rs::rand;
use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{KeyAlgorithm as ServiceAlgorithm, KeyMaterialType};
use ceremony::algorithms::KeyAlgorithm;
use ceremony::certificate::Certificate;
use ceremony::exchange::{Nonce, OurCertificate, Passes};
use ceremony::id::Ceremony;
use ceremony::key_import::counterpart::Counterpart;
use ceremony::key_import::offer::{OfferedKey, Terms};
use ceremony::key_import::request::{ImportMethod, ImportRequest};
use ceremony::key_import::rules::ImportPolicy;
use ceremony::key_import::run::Ours;
use ceremony::utc::Utc;
use payment_keys::Pace;
use step::{Journal, ServiceError};

use crate::Error;

/// What every part of an offer is made with.
pub(crate) struct Making<'a> {
    pub(crate) client: &'a Client,
    pub(crate) ceremony: &'a Ceremony,
    pub(crate) request: &'a ImportRequest,
    pub(crate) policy: &'a ImportPolicy,
    pub(crate) pace: Pace,
    pub(crate) journal: &'a Journal,
}

pub(crate) struct Made {
    pub(crate) terms: Terms,
    pub(crate) ours: Ours,
    /// How long the service's parameters last, where there are some.
    pub(crate) parameters_until: Option<Utc>,
}

impl Making<'_> {
    pub(crate) async fn terms(&self, counterpart: &Counterpart, now: Utc) -> Result<Made, Error> {
        match (self.request.method, counterpart) {
            (ImportMethod::Ecdh, Counterpart::Agrees(proven)) => {
                self.agreement(&proven.path().leaf).await
            }
            (ImportMethod::Tr34, Counterpart::Signs(proven)) => {
                let partners = proven.path().leaf.sha256();
                let material = KeyMaterialType::Tr34KeyBlock;
                let (ours, parameters) = self.parameters(material, now).await?;
                let nonce = (self.policy.passes == Passes::Two).then(fresh_nonce);
                Ok(parameters.with(Terms::Tr34 {
                    ours,
                    partner_certificate_sha256: partners,
                    nonce,
                }))
            }
            (ImportMethod::RsaOaep, Counterpart::Nobody) => {
                let material = KeyMaterialType::KeyCryptogram;
                let (ours, parameters) = self.parameters(material, now).await?;
                let hash = self.policy.hash;
                Ok(parameters.with(Terms::RsaOaep { ours, hash }))
            }
            (method @ ImportMethod::Physical, _) => Err(Error::MethodNotOffered { method }),
            (method, _) => Err(Error::InputMalformed {
                detail: format!("the partner that was proven is none for {method}"),
            }),
        }
    }

    async fn agreement(&self, partners: &Certificate) -> Result<Made, Error> {
        let curve = self.key(Some(partners.key_algorithm()))?;
        let (client, pace) = (self.client, &self.pace);
        let pair = our_key(client, self.ceremony, &curve, pace, self.journal).await?;
        let OurCertificate {
            certificate, chain, ..
        } = certified(client, &pair, &curve, pace).await?;
        let agreement = self.policy.agreement;
        Ok(Made {
            terms: Terms::Ecdh {
                ours: OfferedKey { certificate, chain },
                partner_certificate_sha256: partners.sha256(),
                shared_information: fresh_information(),
                key_derivation_function: agreement.key_derivation_function,
                key_derivation_hash: agreement.key_derivation_hash,
                derived_key: agreement.derived_key,
            },
            ours: Ours::Agreement {
                key_arn: pair.key_arn().to_owned(),
                alias: self.ceremony.folder().agreement_alias(&curve),
            },
            parameters_until: None,
        })
    }

    /// A key of the service's, never one that it has given before (`ReuseLastGeneratedToken`): a token can
    /// be used again and again, so that a block for an offer that had its time would open under the next one,
    /// as neither a TR-34 block of one pass nor one by RSA-OAEP knows of more than the certificate. Nor would
    /// one of yesterday last as long as an offer may stand. No quota on parameters is known.
    async fn parameters(
        &self,
        material: KeyMaterialType,
        now: Utc,
    ) -> Result<(OfferedKey, Parameters), Error> {
        let asked = self.key(None)?;
        let answer = self
            .pace
            .repeat(async || {
                let request = self.client.get_parameters_for_import();
                let request = request
                    .key_material_type(material.clone())
                    .wrapping_key_algorithm(ServiceAlgorithm::from(asked.to_string().as_str()));
                let operation = "payment-cryptography:GetParametersForImport";
                let answer = request.send().await;
                answer.map_err(|error| ServiceError::new(operation, &error))
            })
            .await?;
        let unusable = |reason: String| Error::ParametersUnusable { reason };
        let chain = &answer.wrapping_key_certificate_chain;
        let issued = read_issued(&answer.wrapping_key_certificate, chain, now);
        let Issued { certificate, chain } = issued.map_err(unusable)?;
        let found = certificate.key_algorithm();
        if *found != asked {
            return Err(unusable(format!(
                "its key is {found}, and {asked} was asked for"
            )));
        }
        if answer.import_token.is_empty() {
            return Err(unusable("there is no token".to_owned()));
        }
        let valid_until = answer.parameters_valid_until_timestamp.to_millis().ok();
        let valid_until = valid_until.and_then(Utc::of_unix_millis);
        let valid_until =
            valid_until.ok_or_else(|| unusable("it does not say how long it lasts".to_owned()))?;
        let parameters = Parameters {
            import_token: answer.import_token,
            valid_until,
        };
        Ok((OfferedKey { certificate, chain }, parameters))
    }

    /// Which key is offered, to a partner with this one.
    fn key(&self, partners: Option<&KeyAlgorithm>) -> Result<KeyAlgorithm, Error> {
        let key = self.request.offered_key(partners);
        key.ok_or_else(|| Error::NoKeyStrongEnough {
            kek: self.request.expected.algorithm,
            method: self.request.method,
            required: self.request.load().required_wrapping_key(),
        })
    }
}

/// What stands behind a key of the service's.
struct Parameters {
    import_token: String,
    valid_until: Utc,
}

impl Parameters {
    fn with(self, terms: Terms) -> Made {
        let Self {
            import_token,
            valid_until,
        } = self;
        Made {
            terms,
            ours: Ours::Parameters {
                import_token,
                valid_until,
            },
            parameters_until: Some(valid_until),
        }
    }
}

/// The shortest that the service takes. In DER the attributes of a block are in the same order with one of
/// eight bytes whether its maker sorts them or writes them as the standard lists them; with a longer one
/// they are not, and the service is not known to take both.
fn fresh_nonce() -> Nonce {
    let mut bytes = [0; 8];
    rand::fill(&mut bytes).expect("the library would rather end the process than have none");
    Nonce::of_bytes(&bytes).expect("eight bytes are as many as a nonce has at least")
}
