//! Whether certificates have been revoked: what a profile asks for, and what was found.
//!
//! Asking and verifying is the crate `revocation`; here is what is decided by an operator, travels
//! through the state machine and is kept as evidence.

mod refusal;

use serde::{Deserialize, Serialize};

use crate::digest::Sha256;
use crate::path::Role;
use crate::utc::Utc;

pub use refusal::{refusal, refusal_of_unavailable};

/// How revocation is checked. Every field has a default.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rules {
    /// What must be proven. Default: required.
    pub policy: Requirement,
    /// Which services are asked, and which first. Default: ocsp-then-crl.
    pub order: Order,
    /// How long an unavailable service is asked again before the ceremony fails. Default: 60.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1440)))]
    pub wait_minutes: u32,
    /// How old the proof may be when the KEK is wrapped; an older one is made anew. Default: 60.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1440)))]
    pub max_proof_age_minutes: u32,
    /// The largest CRL that is read, in bytes. Default: 5242880 (5 MiB).
    #[cfg_attr(feature = "schema", schemars(range(min = 65_536, max = 20_971_520)))]
    pub max_crl_bytes: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            policy: Requirement::default(),
            order: Order::default(),
            wait_minutes: 60,
            max_proof_age_minutes: 60,
            max_crl_bytes: 5 * 1024 * 1024,
        }
    }
}

/// What must be proven of the leaf and every intermediate.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Requirement {
    /// No fresh proof, no key.
    #[default]
    Required,
    /// A certificate that names no service passes, and record and event say so.
    WhenAvailable,
    /// Nothing is asked. Not for `production`.
    Off,
}

/// Which services are asked, and which first.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Order {
    #[default]
    OcspThenCrl,
    CrlThenOcsp,
    OcspOnly,
    CrlOnly,
}

impl Order {
    pub fn sources(self) -> &'static [Source] {
        match self {
            Self::OcspThenCrl => &[Source::Ocsp, Source::Crl],
            Self::CrlThenOcsp => &[Source::Crl, Source::Ocsp],
            Self::OcspOnly => &[Source::Ocsp],
            Self::CrlOnly => &[Source::Crl],
        }
    }
}

/// The kind of service.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// RFC 6960.
    Ocsp,
    /// RFC 5280 §5.
    Crl,
}

/// What was found about one certificate.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finding {
    pub role: Role,
    pub certificate_sha256: Sha256,
    pub subject: String,
    pub status: Status,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    tag = "status"
)]
pub enum Status {
    /// The issuer, or who answers for it, has signed that it is not revoked.
    NotRevoked { proof: Proof },
    /// The certificate names no service.
    NoService,
    Revoked {
        proof: Proof,
        revoked_at: Utc,
        /// RFC 5280 §5.3.1, as spelled there; null where none was given.
        reason: Option<String>,
    },
    /// The OCSP responder does not know the certificate.
    Unknown { proof: Proof },
    /// No service gave an answer, which may pass: each that was asked, and why.
    Unavailable { reasons: Vec<String> },
    /// No service gave an answer that proves anything, and waiting does not help.
    Unusable { reasons: Vec<String> },
}

/// The signed answer that a finding rests on. The answer itself is a file of the evidence.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proof {
    pub source: Source,
    /// Where it was fetched, as it is told ([`crate::text::shown`]); exactly it stands in the
    /// certificate.
    pub url: String,
    /// Subject of the certificate whose key signed it.
    pub signer: String,
    /// Of an OCSP response; null for a CRL.
    pub produced_at: Option<Utc>,
    pub this_update: Utc,
    /// Null where an OCSP response has none.
    pub next_update: Option<Utc>,
    /// Digest and length of the response, an OCSPResponse or a CertificateList in DER.
    pub response_sha256: Sha256,
    pub response_bytes: usize,
    /// Digest of the CRL by which the responder's own certificate was checked. Absent where the issuer
    /// has answered itself, or exempts its responder from the check (RFC 6960 §4.2.2.2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responder_crl_sha256: Option<Sha256>,
}
