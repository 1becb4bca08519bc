//! What an operator has decided about a partner's folder: SSM parameter
//! `/key-ceremony/partners/<partner>/<environment>/<data-type>`.
//!
//! One profile per folder, with one section per ceremony. A ceremony that has no section there is
//! not allowed. [`Profile`] is the document as written; [`Policy`] is what one ceremony takes from
//! it.

mod consistency;
mod initial_keys;
mod kek_import;
mod malformed;
mod once;
pub(crate) mod pinned;
mod working_key_import;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::algorithms::{KekAlgorithm, OaepHash, SignatureAlgorithm};
use crate::bundle::private_key_in_json;
use crate::certificate::Certificate;
use crate::digest::Sha256;
use crate::exchange::{KeyDerivationFunction, KeyDerivationHash, Load, Method, Passes, Tr34Signer};
use crate::id::Kind;
use crate::identifiers::{DataType, Environment, Folder, PartnerId};
use crate::key_import::rules::KekImport;
use crate::revocation::Rules;
use crate::signed_prefix::SignedPrefix;
use crate::working_key_import::rules::WorkingKeyImport;
use crate::working_keys::place::AskedBy;
use crate::working_keys::rules::{WorkingKeyExport, WorkingKeyPolicy};
use malformed::fault;

pub use malformed::MalformedProfile;

/// How `identity` names the subject's common name instead of an identity.
pub(crate) const BY_COMMON_NAME: &str = "CN=";

/// The profile of one folder. Unknown fields are errors.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Profile {
    /// The folder's partner, environment and data type: those in the parameter's name.
    pub partner: PartnerId,
    pub environment: Environment,
    pub data_type: DataType,
    /// SHA-256 fingerprints (64 hex digits, over the DER) of the root certificates that this
    /// partner's chains may end in. Checked out of band, under dual control. At least one, and none
    /// twice.
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Vec<String>", length(min = 1, max = 8), extend("uniqueItems" = true))
    )]
    pub trust_anchors: Vec<Sha256>,
    /// PEM of root certificates that the partner need not send; each must be one of
    /// `trustAnchors`. Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub root_certificates: Vec<Certificate>,
    /// The identity (UID) that the partner's certificates for this folder must carry. `CN=` and a name:
    /// the one common name of the subject instead. That is for certificates of Payment Cryptography's own
    /// CA, which carry the partner's account there, and no identity.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub identity: String,
    /// Keys in Payment Cryptography that already hold a CA certificate of the partner: SHA-256
    /// fingerprint of the certificate to key ARN. Those are used and not imported. Default: none.
    #[serde(default, deserialize_with = "once::each_once")]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, String>"))]
    pub ca_key_arns: BTreeMap<Sha256, String>,
    /// How it is made sure that none of the partner's certificates has been revoked. Default:
    /// proof is required, by OCSP or else by CRL.
    #[serde(default)]
    pub revocation: Rules,
    /// How long the leaf and its issuing CA must still be valid, in days, for a key to be sent under
    /// them. Default: 7.
    #[serde(default = "default_minimum_remaining_days")]
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 366)))]
    pub minimum_remaining_days: u32,
    /// How many ceremonies may start in this folder on one day (UTC); further drops are rejected
    /// until the next. Default: 10.
    #[serde(default = "default_ceremonies_per_day")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1000)))]
    pub max_ceremonies_per_day: u32,
    /// The ceremony `kek-export`. Default: not allowed.
    #[serde(default)]
    pub kek_export: Option<KekExport>,
    /// The ceremony `working-key-export`. Default: not allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_key_export: Option<WorkingKeyExport>,
    /// The ceremony `kek-import`. Default: not allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kek_import: Option<KekImport>,
    /// The ceremony `working-key-import`. Default: not allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_key_import: Option<WorkingKeyImport>,
}

/// A KEK is sent to the partner.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KekExport {
    /// The key-encrypting key. Default: a new AES-128 key for every leaf.
    #[serde(default)]
    pub kek: Kek,
    /// How the KEK travels.
    pub exchange: Exchange,
    /// How the package is signed. Default: RSASSA_PKCS1_V1_5_SHA_256.
    #[serde(default)]
    pub signature: Signature,
}

/// The key-encrypting key to send.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Kek {
    /// Default: AES_128. RSA keys carry AES_128, TDES_2KEY and TDES_3KEY; P-384 carries AES_192 too, and
    /// P-521 all.
    #[serde(default)]
    pub algorithm: KekAlgorithm,
    /// An existing KEK to send instead of a new one. Default: null.
    #[serde(default)]
    pub key_arn: Option<String>,
}

/// How the KEK travels, each method with what belongs to it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "method", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Exchange {
    /// RSAES-OAEP under the leaf's key (Payment Cryptography: `KeyCryptogram`).
    #[serde(rename = "rsa-oaep", rename_all = "camelCase")]
    RsaOaep {
        /// Hash of RSAES-OAEP and its MGF1. Default: SHA_256.
        #[serde(default)]
        hash: OaepHash,
        /// What is signed in front of the wrapped KEK.
        signed_prefix: SignedPrefix,
    },
    /// A TR-34 block under the leaf's key (Payment Cryptography: `Tr34KeyBlock`, `X9_TR34_2012`).
    #[serde(rename = "tr34", rename_all = "camelCase")]
    Tr34 {
        /// Whose key signs the block. The service's own CA must not be all that the partner has to
        /// rely on (PCI PIN 8-4): compare the fingerprint in the package, or enrol a key of ours.
        signer: Tr34Signer,
        /// Default: `one`. With `two` the partner drops a random nonce beside its certificates.
        #[serde(default)]
        passes: Passes,
    },
    /// A TR-31 block under a key that is derived from the leaf's and one of ours (Payment Cryptography:
    /// `DiffieHellmanTr31KeyBlock`).
    #[serde(rename = "ecdh", rename_all = "camelCase")]
    Ecdh {
        /// Default: NIST_SP800.
        #[serde(default)]
        key_derivation_function: KeyDerivationFunction,
        /// Default: SHA_512.
        #[serde(default)]
        key_derivation_hash: KeyDerivationHash,
        /// The key that both sides derive; not weaker than the KEK. Default: AES_256.
        #[serde(default = "default_derived_key")]
        derived_key: KekAlgorithm,
    },
}

/// How the package is signed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Signature {
    /// Must be one that the signing key's spec allows.
    #[serde(default)]
    pub algorithm: SignatureAlgorithm,
}

/// The key that both sides of an ECDH exchange derive where a profile does not say it: it may carry any
/// KEK.
pub const DERIVED_KEY: KekAlgorithm = KekAlgorithm::AES_256;

fn default_derived_key() -> KekAlgorithm {
    DERIVED_KEY
}

impl Exchange {
    pub fn method(&self) -> Method {
        match self {
            Self::RsaOaep { .. } => Method::RsaOaep,
            Self::Tr34 { .. } => Method::Tr34,
            Self::Ecdh { .. } => Method::Ecdh,
        }
    }

    /// Whether the partner has to send a nonce first.
    pub fn takes_a_nonce(&self) -> bool {
        matches!(
            self,
            Self::Tr34 {
                passes: Passes::Two,
                ..
            }
        )
    }

    /// Whether a key of ours, with an enrolled certificate, signs what travels.
    pub fn takes_our_signature(&self) -> bool {
        matches!(
            self,
            Self::Tr34 {
                signer: Tr34Signer::Own,
                ..
            }
        )
    }
}

/// What a folder without a profile, or without the field, may start on one day.
pub const CEREMONIES_PER_DAY: u32 = 10;

fn default_ceremonies_per_day() -> u32 {
    CEREMONIES_PER_DAY
}

/// How long certificates must still be valid where a profile does not say it, in days.
pub const MINIMUM_REMAINING_DAYS: u32 = 7;

fn default_minimum_remaining_days() -> u32 {
    MINIMUM_REMAINING_DAYS
}

impl Profile {
    /// Reads the profile of this folder, as its parameter holds it.
    pub fn parse(json: &str, folder: &Folder) -> Result<Self, MalformedProfile> {
        let profile = Self::read(json)?;
        if profile.folder() != *folder {
            return fault(&format!(
                "it says it is for `{}`, but the parameter is that of `{}`",
                profile.folder().prefix(),
                folder.prefix()
            ));
        }
        Ok(profile)
    }

    /// Reads a profile of whichever folder it says it is for, and holds it to what its fields
    /// promise one another.
    pub fn read(json: &str) -> Result<Self, MalformedProfile> {
        // Before anything that repeats what it cannot read.
        if private_key_in_json(json).is_some() {
            return fault(
                "it holds a private key, which has no place in a profile: treat that key as \
                 compromised, and delete the parameter if it is there already",
            );
        }
        let profile: Self =
            serde_json::from_str(json).map_err(|error| MalformedProfile::of_json(&error))?;
        profile.is_consistent().or_else(|words| fault(&words))?;
        Ok(profile)
    }

    pub fn folder(&self) -> Folder {
        Folder {
            partner: self.partner.clone(),
            environment: self.environment,
            data_type: self.data_type,
        }
    }

    /// What a `kek-export` takes from the profile, as it stood in this version of its parameter.
    pub fn kek_export_policy(self, version: i64) -> Result<Policy, CeremonyNotAllowed> {
        let parameter = self.folder().profile_parameter();
        let Some(section) = self.kek_export else {
            return Err(CeremonyNotAllowed {
                parameter,
                ceremony: Kind::KekExport.as_str(),
                section: "kekExport",
            });
        };
        Ok(Policy {
            profile: ProfileVersion { parameter, version },
            trust: Trust {
                trust_anchors: self.trust_anchors,
                identity: self.identity,
                minimum_remaining_days: self.minimum_remaining_days,
            },
            revocation: self.revocation,
            ca_key_arns: self.ca_key_arns,
            kek: section.kek,
            exchange: section.exchange,
            signature: section.signature,
        })
    }

    /// What a `working-key-export` that this side asks for takes from the profile, as it stood in this
    /// version of its parameter.
    pub fn working_key_policy(
        self,
        version: i64,
        asked_by: AskedBy,
    ) -> Result<WorkingKeyPolicy, CeremonyNotAllowed> {
        let parameter = self.folder().profile_parameter();
        let not_allowed = |section| CeremonyNotAllowed {
            parameter: parameter.clone(),
            ceremony: Kind::WorkingKeyExport.as_str(),
            section,
        };
        let section = self.working_key_export;
        let section = section.ok_or_else(|| not_allowed("workingKeyExport"))?;
        let may_ask = section.may_ask(asked_by).cloned();
        let may_ask = may_ask.ok_or_else(|| {
            not_allowed(match asked_by {
                AskedBy::Partner => "workingKeyExport.requests",
                AskedBy::Requester => "workingKeyExport.orders",
            })
        })?;
        Ok(WorkingKeyPolicy {
            profile: ProfileVersion { parameter, version },
            may_ask,
            keys: section.keys,
            signature: section.signature,
        })
    }

    /// The method by which KEKs are sent; RSA-OAEP where none is.
    pub fn method(&self) -> Method {
        let section = self.kek_export.as_ref();
        section.map_or(Method::RsaOaep, |section| section.exchange.method())
    }

    /// Whether KEKs are sent in answer to a nonce of the partner's.
    pub fn takes_a_nonce(&self) -> bool {
        let section = self.kek_export.as_ref();
        section.is_some_and(|section| section.exchange.takes_a_nonce())
    }

    /// Whether it supplies the root itself.
    pub fn has_root(&self, anchor: &Sha256) -> bool {
        self.root_certificates
            .iter()
            .any(|root| root.sha256() == *anchor)
    }
}

/// What one `kek-export` takes from the profile; resolved once, by `fetch-certs`. And what holds of the
/// certificate under which initial keys leave by TR-34: see [`Profile::initial_keys_policy`].
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    pub profile: ProfileVersion,
    pub trust: Trust,
    pub revocation: Rules,
    pub ca_key_arns: BTreeMap<Sha256, String>,
    pub kek: Kek,
    pub exchange: Exchange,
    pub signature: Signature,
}

impl Policy {
    /// What the leaf has to be good for.
    pub fn load(&self) -> Load {
        Load {
            kek: self.kek.algorithm,
            method: self.exchange.method(),
        }
    }
}

/// Which version of which parameter was in force.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProfileVersion {
    pub parameter: String,
    pub version: i64,
}

/// Whom to believe, and who they must be.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Trust {
    pub trust_anchors: Vec<Sha256>,
    pub identity: String,
    /// How many days the leaf and its issuing CA must still be valid.
    pub minimum_remaining_days: u32,
}

/// The profile has no section for this ceremony.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the profile `{parameter}` has no section `{section}`: {ceremony} is not allowed there")]
pub struct CeremonyNotAllowed {
    parameter: String,
    ceremony: &'static str,
    section: &'static str,
}
