//! What the partner is offered: all that it takes to wrap a KEK for us, and until when that holds.
//!
//! An offer is published as it stands here, and named by its digest: a block is made for exactly one. What
//! is ours alone (the token behind the service's certificate, the ARN of our key) is no part of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::request::{ExpectedKek, ImportMethod, ImportRequest};
use crate::algorithms::{KekAlgorithm, KeyAlgorithm, OaepHash};
use crate::certificate::Certificate;
use crate::digest::Sha256;
use crate::evidence::digest_of;
use crate::exchange::{KeyDerivationFunction, KeyDerivationHash, Nonce};
use crate::utc::Utc;
use crate::working_keys::place::OrderPlace;

/// `offer.json`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Offer {
    /// Version of this document's form.
    pub version: u32,
    /// Where the request lies that it answers.
    pub request: OrderPlace,
    /// Of the request's document.
    pub request_sha256: Sha256,
    /// The first is 1; each that had its time is followed by the next.
    pub number: u32,
    pub made_at: Utc,
    pub expires_at: Utc,
    pub expected: ExpectedKek,
    pub terms: Terms,
}

/// With what the KEK is to be wrapped.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(
    tag = "method",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Terms {
    Ecdh {
        /// Of our key, on the curve of the partner's.
        ours: OfferedKey,
        /// Fingerprint of the partner's certificate, whose key agrees with ours.
        partner_certificate_sha256: Sha256,
        /// Upper-case hex; random for each offer, and no secret.
        shared_information: String,
        key_derivation_function: KeyDerivationFunction,
        key_derivation_hash: KeyDerivationHash,
        /// Of the key that both sides derive.
        derived_key: KekAlgorithm,
    },
    Tr34 {
        /// Of the service's key: the key receiving device (KRD) of the block.
        ours: OfferedKey,
        /// Fingerprint of the partner's certificate, whose key signs: the host (KDH) of the block.
        partner_certificate_sha256: Sha256,
        /// Random for each offer, where the exchange has two passes; no secret.
        nonce: Option<Nonce>,
    },
    RsaOaep {
        /// Of the service's key.
        ours: OfferedKey,
        hash: OaepHash,
    },
    Physical {
        /// Of our key, for the facility. How it derives the key that protects the block, the facility says.
        ours: OfferedKey,
    },
}

impl Terms {
    pub fn method(&self) -> ImportMethod {
        match self {
            Self::Ecdh { .. } => ImportMethod::Ecdh,
            Self::Tr34 { .. } => ImportMethod::Tr34,
            Self::RsaOaep { .. } => ImportMethod::RsaOaep,
            Self::Physical { .. } => ImportMethod::Physical,
        }
    }

    pub fn ours(&self) -> &OfferedKey {
        match self {
            Self::Ecdh { ours, .. }
            | Self::Tr34 { ours, .. }
            | Self::RsaOaep { ours, .. }
            | Self::Physical { ours } => ours,
        }
    }

    /// Fingerprint of the certificate without which the partner could not send anything.
    pub fn partner_certificate_sha256(&self) -> Option<&Sha256> {
        match self {
            Self::Ecdh {
                partner_certificate_sha256,
                ..
            }
            | Self::Tr34 {
                partner_certificate_sha256,
                ..
            } => Some(partner_certificate_sha256),
            Self::RsaOaep { .. } | Self::Physical { .. } => None,
        }
    }
}

/// A public key for the partner, by its certificate.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "OfferedKeyDocument", into = "OfferedKeyDocument")]
pub struct OfferedKey {
    pub certificate: Certificate,
    /// From its issuer upwards.
    pub chain: Vec<Certificate>,
}

impl OfferedKey {
    pub fn algorithm(&self) -> &KeyAlgorithm {
        self.certificate.key_algorithm()
    }

    /// The first time at which one of its certificates is valid no longer.
    fn ends_at(&self) -> Utc {
        let ends = self.chain.iter().map(Certificate::not_after);
        ends.fold(self.certificate.not_after(), Utc::min)
    }
}

/// With what a reader would have to compute, and may compare.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OfferedKeyDocument {
    key_algorithm: String,
    certificate: Certificate,
    certificate_sha256: Sha256,
    chain: Vec<Certificate>,
}

impl From<OfferedKey> for OfferedKeyDocument {
    fn from(key: OfferedKey) -> Self {
        Self {
            key_algorithm: key.algorithm().to_string(),
            certificate_sha256: key.certificate.sha256(),
            certificate: key.certificate,
            chain: key.chain,
        }
    }
}

impl TryFrom<OfferedKeyDocument> for OfferedKey {
    type Error = &'static str;

    fn try_from(document: OfferedKeyDocument) -> Result<Self, Self::Error> {
        let OfferedKeyDocument {
            key_algorithm,
            certificate,
            certificate_sha256,
            chain,
        } = document;
        if certificate.sha256() != certificate_sha256 {
            return Err("the certificate has another fingerprint than stands beside it");
        }
        if certificate.key_algorithm().to_string() != key_algorithm {
            return Err("the certificate has a key of another algorithm than stands beside it");
        }
        Ok(Self { certificate, chain })
    }
}

/// Names one offer among those of a request: the first 16 hex digits of its digest.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct OfferId(String);

impl OfferId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OfferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<OfferId> for String {
    fn from(id: OfferId) -> Self {
        id.0
    }
}

impl TryFrom<String> for OfferId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() != 16 || !text.bytes().all(is_digit) {
            return Err("an offer is named by 16 lower-case hex digits");
        }
        Ok(Self(text))
    }
}

/// An offer ends so long before what it rests on, in seconds: what is dropped at the last moment is still
/// to be imported.
const MARGIN: i64 = 60 * 60;

impl Offer {
    /// The only version of the form.
    pub const VERSION: u32 = 1;

    /// Over the document as it is published: `jq -cjS . offer.json | openssl dgst -sha256`.
    pub fn digest(&self) -> Sha256 {
        let document = serde_json::to_value(self);
        digest_of(&document.expect("names, numbers and certificates are JSON"))
    }

    pub fn id(&self) -> OfferId {
        OfferId(self.digest().short())
    }

    /// Until when an offer holds that is made now: for the profile's hours, but no longer than its
    /// certificates are valid, and the service's parameters where it rests on some.
    pub fn expiry(
        made_at: Utc,
        deadline_hours: u32,
        ours: &OfferedKey,
        parameters_until: Option<Utc>,
    ) -> Utc {
        let asked = made_at.plus_seconds(i64::from(deadline_hours) * 60 * 60);
        let ends = parameters_until.into_iter().chain([ours.ends_at()]);
        ends.map(|end| end.plus_seconds(-MARGIN))
            .fold(asked, Utc::min)
    }

    pub fn has_had_its_time(&self, now: Utc) -> bool {
        now > self.expires_at
    }

    /// Whether it is an offer in answer to this request, on a key that may carry what is expected; or why
    /// not.
    pub fn answers(
        &self,
        place: &OrderPlace,
        document: &Sha256,
        request: &ImportRequest,
    ) -> Result<(), String> {
        if self.version != Self::VERSION {
            let (found, known) = (self.version, Self::VERSION);
            return Err(format!(
                "it has version {found}, this software reads {known}"
            ));
        }
        if self.request != *place || self.request_sha256 != *document {
            return Err("it answers another request".to_owned());
        }
        if self.expected != request.expected || self.terms.method() != request.method {
            return Err("it expects another key, or by another method".to_owned());
        }
        let (key, load) = (self.terms.ours().algorithm(), request.load());
        if !load.may_travel_under(key) {
            let needed = load.required_wrapping_key();
            let kek = load.kek;
            return Err(format!("its key is {key}, and {kek} takes {needed}"));
        }
        match &self.terms {
            Terms::Ecdh { derived_key, .. } if !derived_key.may_protect(load.kek) => Err(format!(
                "the key that it has derived is {derived_key}, which is too weak to carry {}",
                load.kek
            )),
            _ => Ok(()),
        }
    }
}
