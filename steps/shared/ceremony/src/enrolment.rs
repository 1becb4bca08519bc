//! Signing keys of our own, and the certificates that CAs have issued for them.
//!
//! | what | where |
//! | --- | --- |
//! | [`CertificateRequest`], one for each key that a certificate was asked for | evidence bucket, `enrolment-requests/<key name>/<digest of the public key>.json` |
//! | the certificate that a CA issued, as it arrives | inbox, `enrolment/<key name>/<file>` |
//! | the chain, once it is proven | evidence bucket, `<ceremony-id>/certificates.pem` |
//! | [`Installed`], which says what signs now | SSM parameter `/key-ceremony/certificates/<key name>` |

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::certificate::Certificate;
use crate::digest::Sha256;
use crate::utc::Utc;

/// A signing key of ours. What a name stands for may change from one key to the next.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum OwnKey {
    /// Signs packages; in KMS.
    PackageSigning,
    /// Signs TR-34 blocks; in Payment Cryptography.
    Tr34,
}

impl OwnKey {
    pub const ALL: [Self; 2] = [Self::PackageSigning, Self::Tr34];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::PackageSigning => "package-signing",
            Self::Tr34 => "tr34",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.as_str() == name)
    }

    /// Where certificates for it are dropped.
    pub fn inbox_prefix(self) -> String {
        format!("enrolment/{self}/")
    }

    /// The SSM parameter that holds its [`Installed`].
    pub fn installed_parameter(self) -> String {
        format!("/key-ceremony/certificates/{self}")
    }

    /// Where the [`CertificateRequest`] for a public key lies in the evidence bucket.
    pub fn request_key(self, public_key_sha256: &Sha256) -> String {
        format!("enrolment-requests/{self}/{public_key_sha256}.json")
    }
}

impl fmt::Display for OwnKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// That a certificate was asked for: for which key, and under which name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CertificateRequest {
    pub version: u32,
    pub key: OwnKey,
    /// In KMS or Payment Cryptography.
    pub key_arn: String,
    /// Over the SubjectPublicKeyInfo in DER.
    pub public_key_sha256: Sha256,
    /// The Name in DER, hex: the certificate's subject must be it.
    pub subject_der: String,
    /// The same for people.
    pub subject: String,
    pub requested_at: Utc,
}

/// What signs by the name of a key: the key, and the certificate that says whose it is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Installed {
    pub version: u32,
    pub key: OwnKey,
    pub key_arn: String,
    /// PEM in the evidence bucket: the certificate, then its issuers up to the root.
    pub chain_key: String,
    pub chain_version_id: String,
    pub chain_sha256: Sha256,
    pub certificate_sha256: Sha256,
    pub not_before: Utc,
    pub not_after: Utc,
    /// The ceremony that proved it.
    pub ceremony_id: String,
    pub installed_at: Utc,
}

impl Installed {
    pub const VERSION: u32 = 1;
}

/// An [`Installed`] with its certificates.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Chain {
    pub certificate: Certificate,
    /// From its issuer up to the root.
    pub issuers: Vec<Certificate>,
}

impl Chain {
    /// Limit for a whole chain in PEM: packages carry it, and their files must fit the 256 KiB of a
    /// state beside all else. Three certificates of RSA-4096 keys have some 7 KiB.
    pub const MAX_PEM_BYTES: usize = 8 * 1024;
}
