//! `ImportCa`: the CAs of a proven path become trusted keys in Payment Cryptography.
//!
//! From the leaf's issuer up, each CA is looked for: by the ARN that the profile names, which is
//! checked, or by its alias. What stands above one that is there is not needed. Those that are not
//! are imported from the top down, each under the one above it. Leaves behind one key and one alias
//! per CA, however often it runs.
//!
//! Where an approval team guards the import of roots, the root's key may have to wait for it: that is
//! the step's answer then, and the machine calls again with it until the team has decided. Nothing is
//! imported under a root that waits.

mod approval;
mod import;
mod material;

use aws_sdk_paymentcryptography::Client;
use ceremony::clearance::{Clearance, NotCleared};
use ceremony::evidence::Recordable;
use ceremony::id::Ceremony;
use ceremony::keys::Authority;
use ceremony::path::CertificatePath;
use ceremony::proof::{PartnerPolicy, Refusal};
use ceremony::utc::Utc;
use payment_keys::Pace;
use serde::{Deserialize, Serialize};
use step::{Journal, ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};

use import::Import;

pub use approval::PendingRoot;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub path: CertificatePath,
    pub policy: PartnerPolicy,
    /// That nothing on the path was revoked when this began: an approval may take longer than a
    /// proof may be old, for which the wrapping step asks for a new one.
    pub revocation: Clearance,
    /// What the last call answered, if that was a root that waits.
    pub awaited: Option<PendingRoot>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Output {
    Imported(Imported),
    Pending(Pending),
}

/// Every CA that is needed can be used.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Imported {
    /// The key of the CA that issued the leaf: what the wrapping step names as the authority.
    pub issuing_ca_key_arn: String,
    /// From the one nearest to the root to the issuing CA.
    pub authorities: Vec<Authority>,
}

/// Nothing goes on before the root is approved.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pending {
    pub pending: PendingRoot,
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self
    }
}

pub async fn handle(client: &Client, input: Input, journal: &Journal) -> Result<Output, Error> {
    let Input {
        ceremony,
        path,
        policy,
        revocation,
        awaited,
    } = input;
    // Once more, from the certificates themselves: a document can say anything.
    let proof = policy.prove(path, Utc::now());
    let proven = proof.verdict.map_err(Error::PathNotProven)?;
    revocation.covers(proven.path(), policy.revocation())?;
    let import = Import {
        client,
        ceremony: &ceremony,
        journal,
        pace: Pace::patient(),
    };
    // Boxed: its future is large, and its type deep.
    Box::pin(import.all(&proven, policy.ca_key_arns(), awaited)).await
}

/// Why the CAs are not there to be used.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    /// Its key is waited for no longer; the next ceremony finds it, and asks nobody again.
    #[error(
        "the approval session {session_arn} for the root `{subject}` should have ended by {until}, and \
         its key {key_arn} is still {state}"
    )]
    ApprovalOverdue {
        subject: String,
        key_arn: String,
        session_arn: String,
        state: String,
        until: Utc,
    },
    /// Not to be expected of a proven path, whose CA keys were checked.
    #[error("the key of the CA `{subject}` is {algorithm}, which Payment Cryptography cannot hold")]
    CaKeyUnsupported { subject: String, algorithm: String },
    /// Not to be expected either: a path ends in a root.
    #[error("the path has no CA")]
    NoAuthority,
    #[error("the key {key_arn} for the CA `{subject}` cannot be used: {reason}")]
    CaUnsuitable {
        key_arn: String,
        subject: String,
        reason: String,
    },
    #[error("the certificate path is not proven (any more): {}", .0.what)]
    PathNotProven(Refusal),
    #[error("{0}")]
    RevocationNotProven(#[from] NotCleared),
    /// Denied, cancelled, or not decided in time. The alias is free, so that the next ceremony asks
    /// anew.
    #[error(
        "the root `{subject}` was not approved: its key {key_arn} is {state}, and its approval session \
         {session} is {said}"
    )]
    RootImportNotApproved {
        subject: String,
        key_arn: String,
        state: String,
        session: String,
        said: String,
    },
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::ApprovalOverdue { .. } => {
                "Find out why the approval session does not end, with AWS Support. The next ceremony \
                 with this root finds its key and asks nobody again."
            }
            Self::CaKeyUnsupported { .. } => {
                "The partner's CA must use RSA of 2048, 3072 or 4096 bits or a NIST curve."
            }
            Self::NoAuthority => "This is a defect of the software: report it with the record.",
            Self::CaUnsuitable { .. } => {
                "Correct or remove the entry of this CA in `caKeyArns` of the profile, or restore or \
                 enable the key in Payment Cryptography."
            }
            Self::PathNotProven(_) => {
                "Compare with the checks of the state Validate in the record: a certificate may have \
                 expired since, or somebody invoked this step by hand."
            }
            Self::RevocationNotProven(_) => {
                "Compare with the findings of the state CheckRevocation in the record: somebody \
                 invoked this step by hand."
            }
            Self::RootImportNotApproved { .. } => {
                "Ask the approval team why, and compare the fingerprint of the root with the partner over \
                 another channel. The next ceremony with this root asks the team anew."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
