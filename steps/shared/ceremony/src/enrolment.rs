//! Signing keys of our own, and the certificates that CAs have issued for them.
//!
//! | what | where |
//! | --- | --- |
//! | [`CertificateRequest`], one for each key that a certificate was asked for | evidence bucket, `enrolment-requests/<key name>/<digest of the public key>.json` |
//! | another for the same key, under another subject | beside it, `<digest of the public key>-<16 digits of that of the subject>.json` |
//! | the same as PKCS#10, for a CA | outbox, `enrolment/<key name>/<16 digits of the digest of the public key>.csr.pem`, or with those of the subject |
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
use crate::execution::Location;
use crate::id::{CeremonyId, Kind, Place};
use crate::identifiers::Folder;
use crate::keys::Origin;
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
            return Err(format!(
                "`{}` is not enrolment/<key name>/<file>",
                shown(key)
            ));
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
        format!("{}{public_key_sha256}.json", self.requests_prefix())
    }

    /// Where the one lies that asks for another subject than the first did, whose place nothing may
    /// take.
    pub fn renamed_request_key(self, public_key_sha256: &Sha256, subject_der: &[u8]) -> String {
        let subject = Sha256::of(subject_der).short();
        format!(
            "{}{public_key_sha256}-{subject}.json",
            self.requests_prefix()
        )
    }

    /// Where all requests for it lie in the evidence bucket.
    pub fn requests_prefix(self) -> String {
        format!("{REQUESTS}{self}/")
    }

    /// Where the request as PKCS#10 lies in the outbox.
    pub fn csr_key(self, public_key_sha256: &Sha256) -> String {
        format!("enrolment/{self}/{}.csr.pem", public_key_sha256.short())
    }

    /// Where the one lies that asks for another subject than the first did.
    pub fn renamed_csr_key(self, public_key_sha256: &Sha256, subject_der: &[u8]) -> String {
        let (key, subject) = (public_key_sha256.short(), Sha256::of(subject_der).short());
        format!("enrolment/{self}/{key}-{subject}.csr.pem")
    }

    /// What the aliases of its keys in Payment Cryptography begin with; a number follows, 1 for the
    /// first key and one more for each that took its place. Of use for keys that are there.
    pub fn alias_prefix(self) -> String {
        format!("alias/key-ceremony/signing/{self}/")
    }

    /// Whether its keys are in Payment Cryptography; else they are in KMS.
    pub fn is_payment_key(self) -> bool {
        match self {
            Self::PackageSigning => false,
            Self::Tr34 => true,
        }
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

/// What the keys of all requests in the evidence bucket begin with.
pub const REQUESTS: &str = "enrolment-requests/";

/// That a certificate was asked for: for which key, and under which name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CertificateRequest {
    pub version: u32,
    pub key: OwnKey,
    /// In KMS or Payment Cryptography.
    pub key_arn: String,
    /// By which the key is found in Payment Cryptography; none in KMS.
    #[serde(default)]
    pub alias: Option<String>,
    /// Over the SubjectPublicKeyInfo in DER.
    pub public_key_sha256: Sha256,
    /// The Name in DER, hex: the certificate's subject must be it.
    pub subject_der: String,
    /// The same for people.
    pub subject: String,
    pub requested_at: Utc,
}

impl CertificateRequest {
    pub const VERSION: u32 = 1;

    /// Whether both ask for the same: a certificate for that key, under that name.
    pub fn asks_the_same_as(&self, other: &Self) -> bool {
        let Self {
            version,
            key,
            key_arn,
            alias,
            public_key_sha256,
            subject_der,
            ..
        } = self;
        *version == other.version
            && *key == other.key
            && *key_arn == other.key_arn
            && *alias == other.alias
            && *public_key_sha256 == other.public_key_sha256
            && *subject_der == other.subject_der
    }
}

/// The ARN of the installed key, if it took the place of the one that a certificate was requested for.
///
/// A key may be requested for several times, a renewal under another name, say; what tells which of two
/// keys took the other's place is when each was requested for first. A key that was requested for later
/// than the installed one is its successor; any other was replaced, and so is one of which that is not
/// known.
pub fn replaced_by(
    request: &CertificateRequest,
    installed: Option<&Installed>,
    requests: &[CertificateRequest],
) -> Option<String> {
    let installed = &installed?.key_arn;
    let first = |key_arn: &str| {
        let requests = requests.iter().filter(|it| it.key_arn == key_arn);
        requests.map(|it| it.requested_at).min()
    };
    let is_successor = match (first(&request.key_arn), first(installed)) {
        (Some(ours), Some(theirs)) => ours > theirs,
        _ => false,
    };
    let is_current = request.key_arn == *installed || is_successor;
    (!is_current).then(|| installed.clone())
}

/// What somebody orders at their desk: that a certificate be asked for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequestOrder {
    pub key: OwnKey,
    /// RFC 4514; null for the name of the request before.
    pub subject: Option<String>,
    /// Whether it is for a key that takes the place of the installed one.
    pub new_key: bool,
    /// Of a key that is made; null for the usual one, and always so in KMS, where the deployment says.
    pub key_algorithm: Option<SigningKeyAlgorithm>,
}

/// What came of a [`RequestOrder`].
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Requested {
    pub request: CertificateRequest,
    /// Whether the key was made just now, or was there.
    pub origin: Origin,
    /// The request as PKCS#10, and where it lies in the outbox.
    pub csr: String,
    pub location: Location,
}

/// Algorithm of a signing key in Payment Cryptography, as it spells it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[allow(non_camel_case_types)]
pub enum SigningKeyAlgorithm {
    RSA_2048,
    #[default]
    RSA_3072,
    RSA_4096,
}

impl SigningKeyAlgorithm {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RSA_2048 => "RSA_2048",
            Self::RSA_3072 => "RSA_3072",
            Self::RSA_4096 => "RSA_4096",
        }
    }
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

    /// Each object has its place in the two buckets, of which nothing is ever overwritten.
    #[test]
    fn requests_for_one_key_under_two_names_lie_beside_each_other() {
        let key = Sha256::of(b"key");
        let (first, other) = (
            OwnKey::Tr34.request_key(&key),
            OwnKey::Tr34.renamed_request_key(&key, b"name"),
        );
        assert_eq!(first, format!("enrolment-requests/tr34/{key}.json"));
        let name = Sha256::of(b"name").short();
        assert_eq!(other, format!("enrolment-requests/tr34/{key}-{name}.json"));
        let short = key.short();
        assert_eq!(
            OwnKey::Tr34.csr_key(&key),
            format!("enrolment/tr34/{short}.csr.pem")
        );
        assert_eq!(
            OwnKey::Tr34.renamed_csr_key(&key, b"name"),
            format!("enrolment/tr34/{short}-{name}.csr.pem")
        );
    }

    fn requested(key_arn: &str, day: i64) -> CertificateRequest {
        CertificateRequest {
            version: CertificateRequest::VERSION,
            key: OwnKey::Tr34,
            key_arn: key_arn.to_owned(),
            alias: None,
            public_key_sha256: Sha256::of(key_arn.as_bytes()),
            subject_der: "3000".to_owned(),
            subject: String::new(),
            requested_at: Utc::of_unix_seconds(1_794_900_000 + day * 86_400).unwrap(),
        }
    }

    /// The second key takes the place of the first, for which a renewal was asked for meanwhile.
    #[test]
    fn a_key_is_replaced_by_one_that_was_requested_for_later() {
        let requests = [
            requested("first", 0),
            requested("second", 10),
            requested("first", 20),
        ];
        let installed = |key_arn: &str| {
            let time = requests[0].requested_at;
            Installed {
                version: Installed::VERSION,
                key: OwnKey::Tr34,
                key_arn: key_arn.to_owned(),
                chain_key: String::new(),
                chain_version_id: String::new(),
                chain_sha256: Sha256::of(b""),
                certificate_sha256: Sha256::of(b""),
                not_before: time,
                not_after: time,
                ceremony_id: String::new(),
                installed_at: time,
            }
        };
        let replaced = |at: usize, by: &str| {
            let installed = (!by.is_empty()).then(|| installed(by));
            replaced_by(&requests[at], installed.as_ref(), &requests)
        };
        for (at, by) in [
            (0, "first"),
            (2, "first"),
            (1, "second"),
            (1, "first"),
            (0, ""),
        ] {
            assert_eq!(replaced(at, by), None, "{at} {by}");
        }
        for (at, by) in [(0, "second"), (2, "second"), (1, "unknown")] {
            assert_eq!(replaced(at, by).as_deref(), Some(by), "{at} {by}");
        }
    }

    #[test]
    fn a_key_is_found_by_the_name_that_it_tells() {
        for key in OwnKey::ALL {
            assert_eq!(OwnKey::named(key.as_str()), Some(key));
            assert!(key.requests_prefix().starts_with(REQUESTS));
        }
        assert_eq!(OwnKey::named("tr31"), None);
    }
}
