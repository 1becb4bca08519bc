//! Signing keys of our own, and the certificates that CAs have issued for them.
//!
//! | what | where |
//! | --- | --- |
//! | [`CertificateRequest`], one for each key that a certificate was asked for | evidence bucket, `enrolment-requests/<key name>/<digest of the public key>.json` |
//! | the certificate that a CA issued, as it arrives | inbox, `enrolment/<key name>/<file>` |
//! | the chain, once it is proven | evidence bucket, `<ceremony-id>/certificates.pem` |
//! | [`Installed`], which says what signs now | SSM parameter `/key-ceremony/certificates/<key name>` |
//! | [`EnrolmentRules`]: which roots such a certificate may come from | SSM parameter `/key-ceremony/enrolment/<key name>` |

mod installation;
mod rules;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::certificate::Certificate;
use crate::digest::Sha256;
use crate::id::{CeremonyId, Kind, Place};
use crate::identifiers::Folder;
use crate::path::CertificatePath;
use crate::text::shown;
use crate::utc::Utc;

pub use installation::{Installation, Kept, Replaced};
pub use rules::{EnrolmentRules, Policy};

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

    /// The SSM parameter that holds its [`EnrolmentRules`].
    pub fn rules_parameter(self) -> String {
        format!("/key-ceremony/enrolment/{self}")
    }

    /// The key for which a file of the inbox is: its name is in `enrolment/<key name>/<file>`.
    pub fn of_inbox_key(key: &str) -> Result<Self, String> {
        let parts: Vec<&str> = key.split('/').collect();
        let ["enrolment", name, file] = parts[..] else {
            return Err(format!("`{}` is not enrolment/<key name>/<file>", shown(key)));
        };
        if file.is_empty() {
            return Err(format!("`{}` names a folder, not a file", shown(key)));
        }
        Self::named(name).ok_or_else(|| {
            let names = Self::ALL.map(|key| format!("`{key}`")).join(" and ");
            format!(
                "`{}` is not the name of a signing key of ours: there are {names}",
                shown(name)
            )
        })
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

impl Place for OwnKey {
    type Ceremony = Enrolment;

    fn prefix(&self) -> String {
        self.inbox_prefix()
    }

    fn beginning(&self) -> String {
        format!("enrolment-{self}-")
    }

    fn folder(&self) -> Option<&Folder> {
        None
    }

    fn ceremony(&self, kind: Kind, ceremony_id: CeremonyId) -> Enrolment {
        Enrolment {
            kind,
            ceremony_id,
            key: *self,
        }
    }
}

/// One ceremony `certificate-enrolment`: what every step and record says of which it is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Enrolment {
    #[serde(rename = "ceremony")]
    pub kind: Kind,
    pub ceremony_id: CeremonyId,
    /// For which of our keys.
    pub key: OwnKey,
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

/// The name of the chain in its ceremony's folder of the evidence bucket.
pub const CHAIN: &str = "certificates.pem";

/// The chain as it lies there: the certificate, then its issuers up to the root.
pub fn chain_pem(path: &CertificatePath) -> String {
    path.certificates()
        .map(|(_, certificate)| certificate.to_pem())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_the_inbox_names_the_key_that_a_certificate_is_for() {
        for key in OwnKey::ALL {
            let dropped = format!("{}certificate.pem", key.inbox_prefix());
            assert_eq!(OwnKey::of_inbox_key(&dropped), Ok(key));
        }
        for (key, part) in [
            ("enrolment/visa/a.pem", "`package-signing` and `tr34`"),
            ("enrolment/tr34/", "a folder"),
            ("enrolment/a.pem", "enrolment/<key name>/<file>"),
            ("enrolment/tr34/old/a.pem", "enrolment/<key name>/<file>"),
            ("acme/tr34/a.pem", "enrolment/<key name>/<file>"),
        ] {
            let error = OwnKey::of_inbox_key(key).unwrap_err();
            assert!(error.contains(part), "{key}: {error}");
        }
    }
}
