//! `FetchCerts`: the execution's objects become a certificate path and a policy.
//!
//! Reads exactly the object versions that the input names, holds them to the digests it names,
//! and loads the partner's profile. Needs to read the inbox, the profile and the proven roots;
//! leaves nothing behind. What it returns is parsed and in order, but not proven: that is for the
//! next state.

use ceremony::algorithms::SignatureAlgorithm;
use ceremony::bundle::{UnusableFile, certificates_in};
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::evidence::Recordable;
use ceremony::execution::{DroppedObject, Start};
use ceremony::identifiers::{Folder, ca_alias};
use ceremony::path::{CertificateFacts, CertificatePath, NoPath};
use ceremony::profile::{CeremonyNotAllowed, MalformedProfile, Policy};
use ceremony::text::shown;
use serde::{Deserialize, Serialize};
use step::{ServiceError, StepError};
use storage::{ObjectError, ProfileError, load_profile, newest_path, read_version};
use strum::{IntoStaticStr, VariantNames};

pub type Input = Start;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    /// By names and signatures only; proven by the next state.
    pub path: CertificatePath,
    pub policy: Policy,
    /// The aliases in Payment Cryptography under which this ceremony may make keys: where to look
    /// if a step is killed.
    pub aliases: Vec<String>,
}

/// Facts instead of certificates: the certificates themselves lie in `certificates.pem`.
#[derive(Serialize)]
struct View<'a> {
    certificates: Vec<CertificateFacts>,
    policy: &'a Policy,
    aliases: &'a [String],
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        View {
            certificates: self.path.facts(),
            policy: &self.policy,
            aliases: &self.aliases,
        }
    }
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub s3: aws_sdk_s3::Client,
    pub ssm: aws_sdk_ssm::Client,
    pub inbox_bucket: String,
    pub evidence_bucket: String,
    /// Of the key that signs packages: `RSA_2048`, say.
    pub signing_key_spec: String,
}

pub async fn handle(context: &Context, input: Input) -> Result<Output, Error> {
    input
        .check()
        .map_err(|detail| Error::InputMalformed { detail })?;
    let folder = input.ceremony.folder();
    let loaded = load_profile(&context.ssm, &folder).await?;
    let mut certificates = Vec::new();
    for object in &input.objects {
        certificates.extend(fetch(context, object).await?);
    }
    let certificates: Vec<&Certificate> = certificates.iter().collect();
    let path = newest_path(
        &context.s3,
        &context.evidence_bucket,
        &certificates,
        Some(&loaded.profile),
        input.leaf.as_ref(),
    )
    .await??;
    let policy = loaded.profile.kek_export_policy(loaded.version)?;
    let (algorithm, key_spec) = (policy.signature.algorithm, &context.signing_key_spec);
    // `Sign` would find it too, when the KEK has been made.
    if !algorithm.fits(key_spec) {
        let key_spec = key_spec.clone();
        return Err(Error::SignatureAlgorithmUnfit {
            algorithm,
            key_spec,
        });
    }
    Ok(Output {
        aliases: aliases(&folder, &path),
        path,
        policy,
    })
}

fn aliases(folder: &Folder, path: &CertificatePath) -> Vec<String> {
    let cas = path.cas().map(|ca| ca_alias(&ca.sha256()));
    cas.chain([folder.kek_alias(&path.leaf.sha256())]).collect()
}

async fn fetch(context: &Context, object: &DroppedObject) -> Result<Vec<Certificate>, Error> {
    let bytes = read_version(
        &context.s3,
        &context.inbox_bucket,
        &object.key,
        &object.version_id,
    )
    .await?;
    let found = Sha256::of(&bytes);
    if found != object.sha256 {
        let DroppedObject {
            key,
            version_id,
            sha256: expected,
            ..
        } = object.clone();
        return Err(Error::DigestMismatch {
            key,
            version_id,
            expected,
            found,
        });
    }
    certificates_in(&bytes).map_err(|source| Error::FileUnusable {
        key: object.key.clone(),
        source,
    })
}

/// Why there is no path, or no policy.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error(transparent)]
    CeremonyNotAllowed(#[from] CeremonyNotAllowed),
    /// An object version does not hold the bytes that were seen when the ceremony was started.
    #[error(
        "`{}` version {} has SHA-256 {found}, the input names {expected}",
        shown(key),
        shown(version_id)
    )]
    DigestMismatch {
        key: String,
        version_id: String,
        expected: Sha256,
        found: Sha256,
    },
    #[error("`{}` cannot be used: {source}", shown(key))]
    FileUnusable { key: String, source: UnusableFile },
    #[error("the execution's input cannot be used: {detail}")]
    InputMalformed { detail: String },
    #[error("an object of the set cannot be read: {0}")]
    ObjectUnreadable(String),
    #[error("SSM parameter `{0}` does not exist: the partner is unknown")]
    PartnerUnknown(String),
    #[error("the objects make no certificate path: {0}")]
    PathMissing(#[from] NoPath),
    #[error("the profile in SSM parameter `{name}` is malformed: {source}")]
    ProfileMalformed {
        name: String,
        source: MalformedProfile,
    },
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("the profile asks for a signature by {algorithm}, but our signing key is {key_spec}")]
    SignatureAlgorithmUnfit {
        algorithm: SignatureAlgorithm,
        key_spec: String,
    },
}

impl From<ObjectError> for Error {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::Service(error) => Self::Service(error),
            other => Self::ObjectUnreadable(other.to_string()),
        }
    }
}

impl From<ProfileError> for Error {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::PartnerUnknown(name) => Self::PartnerUnknown(name),
            ProfileError::ProfileMalformed { name, source } => {
                Self::ProfileMalformed { name, source }
            }
            ProfileError::Service(error) => Self::Service(error),
        }
    }
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::DigestMismatch { .. } => {
                "An object version never changes: find out who started this execution, and with \
                 which input, before anything else."
            }
            Self::FileUnusable { .. } | Self::PathMissing(_) => {
                "Ask the partner for the certificates again; they belong into the same folder."
            }
            Self::InputMalformed { .. } => {
                "Executions are started by dropping files into the inbox, not by hand."
            }
            Self::ObjectUnreadable(_) => {
                "The file must be there: if versions of the inbox are being deleted, find out why."
            }
            Self::PartnerUnknown(_) => {
                "Onboard the partner for this folder (README, \"Onboard a partner\"), or use the \
                 right folder."
            }
            Self::CeremonyNotAllowed(_)
            | Self::ProfileMalformed { .. }
            | Self::SignatureAlgorithmUnfit { .. } => {
                "Have an operator correct the profile (its schema: \
                 steps/shared/ceremony/profile.schema.json)."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
