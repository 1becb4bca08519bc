//! What an operator has decided about a partner: SSM parameter `/key-ceremony/partners/<partner>`.
//!
//! [`PartnerProfile`] is the document as written; [`Policy`] is what one ceremony takes from it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::algorithms::{KekAlgorithm, OaepHash, SignatureAlgorithm};
use crate::certificate::Certificate;
use crate::digest::Sha256;
use crate::identifiers::{DataType, Environment, Folder, PartnerId};

/// A partner's profile. Unknown fields are errors.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PartnerProfile {
    /// The partner's id; must be the one in the parameter's name.
    pub partner: PartnerId,
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
    /// The identity (UID) that a leaf must carry, by environment and data type. A combination
    /// that is not listed is refused.
    pub identity: BTreeMap<Environment, BTreeMap<DataType, String>>,
    /// The key-encrypting key. Default: a new AES-128 key for every leaf.
    #[serde(default)]
    pub kek: Kek,
    /// How the KEK travels.
    pub exchange: Exchange,
    /// How the package is signed. Default: RSASSA_PKCS1_V1_5_SHA_256.
    #[serde(default)]
    pub signature: Signature,
    /// Keys in Payment Cryptography that already hold a CA certificate of the partner: SHA-256
    /// fingerprint of the certificate to key ARN. Those are used and not imported. Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, String>"))]
    pub ca_key_arns: BTreeMap<Sha256, String>,
}

/// The key-encrypting key to send.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
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

/// How the KEK travels.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Exchange {
    pub method: ExchangeMethod,
    /// Hash of RSAES-OAEP and its MGF1. Default: SHA_256.
    #[serde(default)]
    pub hash: OaepHash,
    /// Key-block header that is signed together with the wrapped KEK, hex, by data type.
    pub key_block_header: BTreeMap<DataType, KeyBlockHeader>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ExchangeMethod {
    /// RSAES-OAEP under the leaf's key (Payment Cryptography: `KeyCryptogram`).
    #[serde(rename = "rsa-oaep")]
    RsaOaep,
}

/// How the package is signed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Signature {
    /// Must be one that the signing key's spec allows.
    #[serde(default)]
    pub algorithm: SignatureAlgorithm,
}

/// A key-block header: printable ASCII, written as hex in the profile.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeyBlockHeader(
    #[cfg_attr(
        feature = "schema",
        schemars(with = "String", regex(pattern = r"^([2-7][0-9a-fA-F]){1,256}$"))
    )]
    Vec<u8>,
);

impl KeyBlockHeader {
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn hex(&self) -> String {
        hex::encode_upper(&self.0)
    }

    pub fn ascii(&self) -> String {
        self.0.iter().copied().map(char::from).collect()
    }
}

impl From<KeyBlockHeader> for String {
    fn from(header: KeyBlockHeader) -> Self {
        header.hex()
    }
}

impl TryFrom<String> for KeyBlockHeader {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = hex::decode(&text)
            .map_err(|error| format!("key-block header `{text}` is not hex: {error}"))?;
        let printable = |byte: &u8| (0x20..0x7f).contains(byte);
        if bytes.is_empty() || bytes.len() > 256 || !bytes.iter().all(printable) {
            return Err(format!(
                "key-block header `{text}` does not spell 1 to 256 printable ASCII characters; \
                 `10000TPAEAY`, say, is written 3130303030545041454159"
            ));
        }
        Ok(Self(bytes))
    }
}

impl PartnerProfile {
    /// Reads a profile and holds it to what its fields promise one another.
    pub fn parse(json: &str, partner: &PartnerId) -> Result<Self, MalformedProfile> {
        let profile: Self =
            serde_json::from_str(json).map_err(|error| MalformedProfile(error.to_string()))?;
        if profile.partner != *partner {
            return Err(MalformedProfile(format!(
                "`partner` is `{}`, but the parameter is that of `{partner}`",
                profile.partner
            )));
        }
        if profile.trust_anchors.is_empty() || profile.trust_anchors.len() > MAX_TRUST_ANCHORS {
            return Err(MalformedProfile(format!(
                "`trustAnchors` has {} entries; 1 to {MAX_TRUST_ANCHORS} are expected",
                profile.trust_anchors.len()
            )));
        }
        for root in &profile.root_certificates {
            if !profile.trust_anchors.contains(&root.sha256()) {
                return Err(MalformedProfile(format!(
                    "`rootCertificates` holds `{}`, whose fingerprint {} is not in `trustAnchors`",
                    root.subject(),
                    root.sha256()
                )));
            }
        }
        Ok(profile)
    }

    /// What a ceremony for `drop` takes from the profile.
    pub fn policy_for(&self, folder: &Folder) -> Result<Policy, IncompleteProfile> {
        let missing = |field: String| IncompleteProfile {
            partner: self.partner.clone(),
            field,
        };
        let (environment, data_type) = (folder.environment, folder.data_type);
        let expected_uid = self
            .identity
            .get(&environment)
            .and_then(|by_data_type| by_data_type.get(&data_type))
            .ok_or_else(|| missing(format!("identity.{environment}.{data_type}")))?;
        let key_block_header = self
            .exchange
            .key_block_header
            .get(&data_type)
            .ok_or_else(|| missing(format!("exchange.keyBlockHeader.{data_type}")))?;
        Ok(Policy {
            ca_key_arns: self.ca_key_arns.clone(),
            expected_uid: expected_uid.clone(),
            kek_algorithm: self.kek.algorithm,
            kek_key_arn: self.kek.key_arn.clone(),
            key_block_header: key_block_header.clone(),
            oaep_hash: self.exchange.hash,
            signature_algorithm: self.signature.algorithm,
            trust_anchors: self.trust_anchors.clone(),
        })
    }

    /// The roots it supplies itself.
    pub fn has_root(&self, anchor: &Sha256) -> bool {
        self.root_certificates
            .iter()
            .any(|root| root.sha256() == *anchor)
    }
}

const MAX_TRUST_ANCHORS: usize = 8;

/// What one ceremony takes from the profile; resolved once, by `fetch-certs`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    pub ca_key_arns: BTreeMap<Sha256, String>,
    pub expected_uid: String,
    pub kek_algorithm: KekAlgorithm,
    pub kek_key_arn: Option<String>,
    pub key_block_header: KeyBlockHeader,
    pub oaep_hash: OaepHash,
    pub signature_algorithm: SignatureAlgorithm,
    pub trust_anchors: Vec<Sha256>,
}

/// The profile cannot be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct MalformedProfile(String);

/// The profile does not say what this ceremony needs.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the profile of `{partner}` has no `{field}`")]
pub struct IncompleteProfile {
    partner: PartnerId,
    field: String,
}
