//! What an account has in a region for exchanging keys: authorities, tokens and certificates.

use std::collections::BTreeMap;

use keyblock::SecretBytes;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::crypto::issuing::{Issuer, IssuerFamily};
use crate::crypto::saved;
use crate::model::attributes::KeyAlgorithm;
use crate::model::exchange_token::{Direction, ExchangeToken, KeyMaterialType};
use crate::model::identifiers::KeyArn;

/// The exchange side of a partition.
#[derive(Default, Deserialize, Serialize)]
pub struct Exchange {
    issuers: BTreeMap<IssuerFamily, Issuer>,
    next_sequence: u64,
    parameters: BTreeMap<ExchangeToken, Parameters>,
    public_key_certificates: BTreeMap<KeyArn, IssuedCertificate>,
}

impl Exchange {
    pub fn issuer(&self, family: IssuerFamily) -> Option<&Issuer> {
        self.issuers.get(&family)
    }

    /// Keeps an authority, unless another request was faster; returns the one that counts.
    pub fn keep_issuer(&mut self, family: IssuerFamily, issuer: Issuer) -> &Issuer {
        self.issuers.entry(family).or_insert(issuer)
    }

    /// The parameters that a token stands for.
    pub fn parameters(&self, token: &ExchangeToken) -> Option<&Parameters> {
        self.parameters.get(token)
    }

    /// The last generated parameters for this purpose, if they stay valid until then.
    pub fn reusable_parameters(
        &self,
        purpose: ParametersPurpose,
        until: Timestamp,
    ) -> Option<(&ExchangeToken, &Parameters)> {
        self.parameters
            .iter()
            .filter(|(_, parameters)| parameters.purpose == purpose)
            .max_by_key(|(_, parameters)| parameters.sequence)
            // A clock that was set back does not bring back what was wiped.
            .filter(|(_, parameters)| {
                parameters.valid_until >= until && parameters.private_key.is_some()
            })
    }

    pub fn insert_parameters(&mut self, token: ExchangeToken, mut parameters: Parameters) {
        self.next_sequence += 1;
        parameters.sequence = self.next_sequence;
        self.parameters.insert(token, parameters);
    }

    /// The certificate issued for a key of the service.
    pub fn public_key_certificate(&self, key: &KeyArn) -> Option<&IssuedCertificate> {
        self.public_key_certificates.get(key)
    }

    /// Keeps a certificate, unless another request was faster with one that lasts until then;
    /// returns the one that counts.
    pub fn keep_public_key_certificate(
        &mut self,
        key: KeyArn,
        made: IssuedCertificate,
        until: Timestamp,
    ) -> &IssuedCertificate {
        let kept = self
            .public_key_certificates
            .entry(key)
            .or_insert_with(|| made.clone());
        if kept.valid_until < until {
            *kept = made;
        }
        kept
    }

    /// Forgets what a deleted key leaves behind.
    pub fn forget_key(&mut self, key: &KeyArn) {
        self.public_key_certificates.remove(key);
    }

    /// Wipes the private keys whose time is over. The tokens stay, so that whoever comes with one
    /// is told that it has expired.
    pub fn wipe_expired(&mut self, now: Timestamp) {
        for parameters in self.parameters.values_mut() {
            if parameters.valid_until < now {
                parameters.private_key = None;
            }
        }
    }
}

/// A key pair made for exchanging keys for a while, with its certificate.
#[derive(Clone, Deserialize, Serialize)]
pub struct Parameters {
    pub purpose: ParametersPurpose,
    /// DER.
    pub certificate: Vec<u8>,
    /// PKCS#8, DER; `None` when its time was over.
    #[serde(with = "saved::optional_secret")]
    pub private_key: Option<SecretBytes>,
    /// Counts what was generated; set when it is kept.
    pub sequence: u64,
    pub valid_until: Timestamp,
}

/// What parameters are for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ParametersPurpose {
    pub direction: Direction,
    pub material: KeyMaterialType,
    pub algorithm: KeyAlgorithm,
}

/// A certificate and how long it lasts.
#[derive(Clone, Deserialize, Serialize)]
pub struct IssuedCertificate {
    /// DER.
    pub certificate: Vec<u8>,
    pub valid_until: Timestamp,
}
