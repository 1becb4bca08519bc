//! What an operator has decided about a partner's folder: SSM parameter
//! `/key-ceremony/partners/<partner>/<environment>/<data-type>`.
//!
//! One profile per folder, with one section per ceremony. A ceremony that has no section there is
//! not allowed. [`Profile`] is the document as written; [`Policy`] is what one ceremony takes from
//! it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::algorithms::{KekAlgorithm, OaepHash, SignatureAlgorithm};
use crate::certificate::Certificate;
use crate::digest::Sha256;
use crate::id::Kind;
use crate::identifiers::{DataType, Environment, Folder, PartnerId};
use crate::revocation::{Requirement, Rules};
use crate::signed_prefix::SignedPrefix;

/// The profile of one folder. Unknown fields are errors.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Profile {
    /// The folder's partner, environment and data type: those in the parameter's name.
    pub partner: PartnerId,
    pub environment: Environment,
    pub data_type: DataType,
    /// SHA-256 fingerprints (64 hex digits, over the DER) of the root certificates that this
    /// partner's chains may end in. Checked out of band, under dual control. At least one.
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Vec<String>", length(min = 1, max = 8))
    )]
    pub trust_anchors: Vec<Sha256>,
    /// PEM of root certificates that the partner need not send; each must be one of
    /// `trustAnchors`. Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub root_certificates: Vec<Certificate>,
    /// The identity (UID) that the partner's certificates for this folder must carry.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub identity: String,
    /// Keys in Payment Cryptography that already hold a CA certificate of the partner: SHA-256
    /// fingerprint of the certificate to key ARN. Those are used and not imported. Default: none.
    #[serde(default)]
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
}

/// A KEK is sent to the partner.
#[derive(Clone, Debug, Deserialize, Serialize)]
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
    /// Default: AES_128. RSA keys carry AES_128, TDES_2KEY and TDES_3KEY.
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

const MAX_TRUST_ANCHORS: usize = 8;

/// What a folder without a profile, or without the field, may start on one day.
pub const CEREMONIES_PER_DAY: u32 = 10;

fn default_ceremonies_per_day() -> u32 {
    CEREMONIES_PER_DAY
}

fn default_minimum_remaining_days() -> u32 {
    7
}

impl Profile {
    /// Reads a profile and holds it to what its fields promise one another.
    pub fn parse(json: &str, folder: &Folder) -> Result<Self, MalformedProfile> {
        let fault = |words: String| Err(MalformedProfile(words));
        let profile: Self =
            serde_json::from_str(json).map_err(|error| MalformedProfile(error.to_string()))?;
        if profile.folder() != *folder {
            return fault(format!(
                "it says it is for `{}`, but the parameter is that of `{}`",
                profile.folder().prefix(),
                folder.prefix()
            ));
        }
        let anchors = profile.trust_anchors.len();
        if anchors == 0 || anchors > MAX_TRUST_ANCHORS {
            return fault(format!(
                "`trustAnchors` has {anchors} entries; 1 to {MAX_TRUST_ANCHORS} are expected"
            ));
        }
        if profile.identity.is_empty() {
            return fault("`identity` is empty".to_owned());
        }
        if !(1..=1000).contains(&profile.max_ceremonies_per_day) {
            return fault(format!(
                "`maxCeremoniesPerDay` is {}; 1 to 1000 are expected",
                profile.max_ceremonies_per_day
            ));
        }
        profile.revocation_is_allowed().map_err(MalformedProfile)?;
        if profile.minimum_remaining_days > 366 {
            return fault(format!(
                "`minimumRemainingDays` is {}; 0 to 366 are expected",
                profile.minimum_remaining_days
            ));
        }
        for root in &profile.root_certificates {
            if !profile.trust_anchors.contains(&root.sha256()) {
                return fault(format!(
                    "`rootCertificates` holds `{}`, whose fingerprint {} is not in `trustAnchors`",
                    root.subject(),
                    root.sha256()
                ));
            }
        }
        Ok(profile)
    }

    fn revocation_is_allowed(&self) -> Result<(), String> {
        let rules = &self.revocation;
        if rules.policy == Requirement::Off && self.environment == Environment::Production {
            return Err("`revocation.policy` is `off`, which is not for production".to_owned());
        }
        for (name, value, least, most) in [
            ("waitMinutes", rules.wait_minutes, 0, 1440),
            ("maxProofAgeMinutes", rules.max_proof_age_minutes, 0, 1440),
            ("maxCrlBytes", rules.max_crl_bytes, 65_536, 20_971_520),
        ] {
            if !(least..=most).contains(&value) {
                return Err(format!(
                    "`revocation.{name}` is {value}; {least} to {most} are expected"
                ));
            }
        }
        Ok(())
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
                kind: Kind::KekExport,
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

    /// Whether it supplies the root itself.
    pub fn has_root(&self, anchor: &Sha256) -> bool {
        self.root_certificates
            .iter()
            .any(|root| root.sha256() == *anchor)
    }
}

/// What one `kek-export` takes from the profile; resolved once, by `fetch-certs`.
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

/// The profile cannot be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct MalformedProfile(String);

/// The profile has no section for this ceremony.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the profile `{parameter}` has no section `{section}`: {kind} is not allowed there")]
pub struct CeremonyNotAllowed {
    parameter: String,
    kind: Kind,
    section: &'static str,
}
