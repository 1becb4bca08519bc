//! The partner sends a KEK: it reads an offer as it was published, and wraps its key with keys of its own.
//!
//! For rehearsals and tests alone: the key is in the clear here, which no partner's HSM would let happen.

mod expected;
mod tr34;

use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OAEP_SHA512_MGF1SHA512, OaepPublicEncryptingKey, PublicEncryptingKey,
};
use der::{DecodePem, Encode};
use serde::Deserialize;
use serde_json::Value;
use x509_cert::Certificate;

use crate::open::ecdh::shared_secret;
use crate::open::key_derivation::derive;
use crate::open::{key_bytes, sha256};
use crate::{PrivateKey, tr31};

pub use expected::Expected;
pub use tr34::{Fresh, Tr34Draft};

/// `offer.json`, as far as the partner needs it.
#[derive(Clone, Debug)]
pub struct Offer {
    /// All of it: its digest is its name.
    document: Value,
    terms: Terms,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Terms {
    method: String,
    ours: Key,
    shared_information: Option<String>,
    key_derivation_function: Option<String>,
    key_derivation_hash: Option<String>,
    derived_key: Option<String>,
    nonce: Option<String>,
    hash: Option<String>,
    partner_certificate_sha256: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Key {
    /// PEM.
    certificate: String,
}

/// Why nothing is sent.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum WrapError {
    #[error("the offer cannot be read: {0}")]
    Offer(String),
    #[error("the offer says nothing, or nothing known, of {0}")]
    Unknown(&'static str),
    #[error("the key has {found} bytes, and {algorithm} has {expected}")]
    KeyLength {
        found: usize,
        expected: usize,
        algorithm: String,
    },
    #[error("the offer is for the holder of another certificate, with the fingerprint {0}")]
    OtherPartner(String),
    #[error("the offer takes a certificate of the partner's, and its private key")]
    Unsigned,
    #[error("the keys do not agree, or do not take what is to be wrapped")]
    Unfit,
}

impl Offer {
    pub fn read(json: &str) -> Result<Self, WrapError> {
        let unreadable = |error: serde_json::Error| WrapError::Offer(error.to_string());
        let document: Value = serde_json::from_str(json).map_err(unreadable)?;
        let terms = serde_json::from_value(document["terms"].clone()).map_err(unreadable)?;
        Ok(Self { document, terms })
    }

    pub fn method(&self) -> &str {
        &self.terms.method
    }

    /// Fingerprint of the certificate under whose key the partner's goes.
    pub fn certificate_sha256(&self) -> Result<String, WrapError> {
        let der = self.certificate()?.to_der();
        let der = der.map_err(|error| WrapError::Offer(error.to_string()))?;
        Ok(sha256(&der))
    }

    /// A TR-31 block under the key on which this key and the one of the offer agree.
    pub fn by_ecdh(
        &self,
        own: &PrivateKey,
        draft: &tr31::Draft<'_>,
        key: &[u8],
    ) -> Result<String, WrapError> {
        let said = |field: &'_ Option<String>, what| field.clone().ok_or(WrapError::Unknown(what));
        let terms = &self.terms;
        let derived_key = said(&terms.derived_key, "the derived key")?;
        let function = said(&terms.key_derivation_function, "the derivation")?;
        let hash = said(&terms.key_derivation_hash, "the hash")?;
        let information = said(&terms.shared_information, "shared information")?;
        let information = hex::decode(information);
        let information = information.map_err(|_| WrapError::Unknown("shared information"))?;

        let certificate = self.certificate()?;
        let theirs = &certificate.tbs_certificate.subject_public_key_info;
        let point = theirs.subject_public_key.as_bytes();
        let secret = point.and_then(|point| shared_secret(own, point));
        let secret = secret.ok_or(WrapError::Unfit)?;
        let length = key_bytes(&derived_key).ok_or(WrapError::Unknown("the derived key"))?;
        let protection = derive(&function, &hash, &secret, &information, length);
        let protection = protection.ok_or(WrapError::Unknown("the derivation"))?;
        tr31::seal(draft, &derived_key, &protection, key).ok_or(WrapError::Unfit)
    }

    /// The key itself, encrypted under the key of the offer.
    pub fn by_rsa_oaep(&self, key: &[u8]) -> Result<Vec<u8>, WrapError> {
        let algorithm = match self.terms.hash.as_deref() {
            Some("SHA_256") => &OAEP_SHA256_MGF1SHA256,
            Some("SHA_512") => &OAEP_SHA512_MGF1SHA512,
            _ => return Err(WrapError::Unknown("the hash")),
        };
        let theirs = self.public_key()?;
        let mut space = vec![0; theirs.ciphertext_size()];
        let wrapped = theirs.encrypt(algorithm, key, &mut space, None);
        wrapped
            .map(|wrapped| wrapped.to_vec())
            .map_err(|_| WrapError::Unfit)
    }

    /// A draft of a TR-34 block for the key of the offer, with its nonce where it has one.
    pub fn tr34<'a>(&self, own: &'a crate::Certified) -> Result<Tr34Draft<'a>, WrapError> {
        let nonce = self.terms.nonce.as_ref().map(hex::decode).transpose();
        let nonce = nonce.map_err(|_| WrapError::Unknown("the nonce"))?;
        Ok(Tr34Draft::new(self.certificate()?, own, nonce))
    }

    fn certificate(&self) -> Result<Certificate, WrapError> {
        let read = Certificate::from_pem(&self.terms.ours.certificate);
        read.map_err(|error| WrapError::Offer(error.to_string()))
    }

    fn public_key(&self) -> Result<OaepPublicEncryptingKey, WrapError> {
        public_key(&self.certificate()?)
    }
}

/// A throw-away key of an algorithm; `None` if that is unknown.
pub fn new_key(algorithm: &str) -> Option<Vec<u8>> {
    let mut key = vec![0; key_bytes(algorithm)?];
    aws_lc_rs::rand::fill(&mut key).ok()?;
    Some(key)
}

fn public_key(certificate: &Certificate) -> Result<OaepPublicEncryptingKey, WrapError> {
    let key = certificate.tbs_certificate.subject_public_key_info.to_der();
    let key = key.map_err(|_| WrapError::Unfit)?;
    let key = PublicEncryptingKey::from_der(&key).map_err(|_| WrapError::Unfit)?;
    OaepPublicEncryptingKey::new(key).map_err(|_| WrapError::Unfit)
}
