//! `InstallCertificate`: a proven certificate is used from now on.
//!
//! Proves the path once more and holds the proof of revocation to it, finds the chain that `Publish`
//! has written, and points the parameter `/key-ceremony/certificates/<key name>` to that very version. A
//! newer certificate that is still valid is never replaced by an older one ([`Installation::decide`]).
//! The one that is replaced stays valid, and its chain stays in the evidence.
//!
//! What was decided lies in `<ceremony-id>/installed.json` before the parameter changes. Another attempt
//! installs the same, if anything: what is installed by then may be another certificate than the first
//! attempt saw, and whether it may be replaced is decided anew. So the document is the record of the
//! first decision, and of nothing else: what is in use the parameter alone says, and a ceremony whose
//! decision was overtaken ends in `NewerInstalled`, though the document is there. Where the certificate
//! that is replaced is not the one that the document names, the output names it, and the event does.
//!
//! After the parameter was written it is read back: where it has another certificate, another ceremony
//! was at work, and the next attempt decides against that one. Parameter Store has no write that depends
//! on what is there. So one thing remains possible: an older certificate takes a newer one's place if
//! its ceremony looked before, and wrote after, the newer one was written and read back. That is the
//! time between two calls of one attempt; enrolling the newer certificate once more sets it right.

use ceremony::clearance::{Clearance, NotCleared};
use ceremony::digest::Sha256;
use ceremony::enrolment::{
    CHAIN, Enrolment, Installation, Installed, Kept, OwnKey, Policy, chain_pem,
};
use ceremony::evidence::{Deed, Recordable, document};
use ceremony::execution::{JSON, Location};
use ceremony::path::CertificatePath;
use ceremony::proof::prove_signer;
use ceremony::utc::Utc;
use serde::{Deserialize, Serialize};
use step::{Journal, ServiceError, StepError};
use storage::{
    InstalledError, ObjectError, StorageError, WriteError, installed, put_installed, read_newest,
    write_once,
};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Enrolment,
    pub path: CertificatePath,
    pub policy: Policy,
    pub revocation: Clearance,
    /// When the state was entered: every attempt writes the same.
    pub installed_at: Utc,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Output(pub Installation);

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self
    }
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub s3: aws_sdk_s3::Client,
    pub ssm: aws_sdk_ssm::Client,
    pub evidence_bucket: String,
}

/// Seconds by which the proof of revocation may be older than the rules let it be: from the look to
/// the installation.
const GRACE: i64 = 10 * 60;

pub async fn handle(
    context: &Context,
    input: Input,
    now: Utc,
    journal: &Journal,
) -> Result<Output, Error> {
    let Input {
        ceremony,
        path,
        policy,
        revocation,
        installed_at,
    } = input;
    let proof = prove_signer(path, &policy, None, now);
    let proven = proof
        .verdict
        .map_err(|refusal| Error::PathNotProven(refusal.what))?;
    let path = proven.path();
    revocation.covers(path, &policy.revocation)?;
    revocation.is_recent(&policy.revocation, now, GRACE)?;
    let ours = Installed {
        installed_at,
        ..chain(context, &ceremony, path, &policy).await?
    };
    let current = installed(&context.ssm, ceremony.key).await?;
    let installation = match decided(context, &ceremony, &ours).await? {
        // An attempt whose answer was lost has done it all, and knew what it replaced.
        Some(decided) if current.as_ref() == Some(&decided.installed) => {
            return Ok(Output(decided));
        }
        Some(decided) => decide(&ceremony, decided.installed, current.as_ref(), now)?,
        None => {
            let installation = decide(&ceremony, ours, current.as_ref(), now)?;
            record(context, &ceremony, &installation, journal).await?;
            installation
        }
    };
    if current.as_ref() != Some(&installation.installed) {
        install(context, &installation.installed, journal).await?;
    }
    Ok(Output(installation))
}

/// Writes the parameter, and sees that it has what was written.
async fn install(context: &Context, ours: &Installed, journal: &Journal) -> Result<(), Error> {
    put_installed(&context.ssm, ours).await?;
    let parameter = ours.key.installed_parameter();
    journal.note(Deed::Installed {
        parameter: parameter.clone(),
        certificate_sha256: ours.certificate_sha256.clone(),
    });
    if installed(&context.ssm, ours.key).await?.as_ref() == Some(ours) {
        return Ok(());
    }
    // Transient: the next attempt looks at what is there, and decides.
    Err(Error::Service(ServiceError::ServiceUnavailable {
        operation: "ssm:GetParameter",
        detail: format!("`{parameter}` does not say what was just written to it"),
    }))
}

/// The chain as `Publish` has written it, in exactly one version.
async fn chain(
    context: &Context,
    ceremony: &Enrolment,
    path: &CertificatePath,
    policy: &Policy,
) -> Result<Installed, Error> {
    let chain_key = ceremony.ceremony_id.evidence_key(CHAIN);
    let (chain_version_id, bytes) =
        read_newest(&context.s3, &context.evidence_bucket, &chain_key).await?;
    let chain_sha256 = Sha256::of(&bytes);
    if chain_sha256 != Sha256::of(chain_pem(path).as_bytes()) {
        return Err(Error::ChainDiffers(chain_key));
    }
    let leaf = &path.leaf;
    Ok(Installed {
        version: Installed::VERSION,
        key: ceremony.key,
        key_arn: policy.request.key_arn.clone(),
        chain_key,
        chain_version_id,
        chain_sha256,
        certificate_sha256: leaf.sha256(),
        not_before: leaf.not_before(),
        not_after: leaf.not_after(),
        ceremony_id: ceremony.ceremony_id.to_string(),
        installed_at: leaf.not_before(),
    })
}

/// What the first attempt of this ceremony decided.
async fn decided(
    context: &Context,
    ceremony: &Enrolment,
    ours: &Installed,
) -> Result<Option<Installation>, Error> {
    let key = decision_key(ceremony);
    let bytes = match read_newest(&context.s3, &context.evidence_bucket, &key).await {
        Ok((_, bytes)) => bytes,
        // To a role that may not list the bucket, S3 tells a missing object as a denied one. If it is
        // there after all, it is not overwritten.
        Err(
            ObjectError::Missing { .. } | ObjectError::Service(ServiceError::AccessDenied { .. }),
        ) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    match serde_json::from_slice::<Installation>(&bytes) {
        Ok(decided) if decided.installed.certificate_sha256 == ours.certificate_sha256 => {
            Ok(Some(decided))
        }
        _ => Err(Error::AlreadyInstalled(key)),
    }
}

fn decide(
    ceremony: &Enrolment,
    ours: Installed,
    current: Option<&Installed>,
    now: Utc,
) -> Result<Installation, Error> {
    Installation::decide(ours, current, now).map_err(|kept| Error::NewerInstalled {
        key: ceremony.key,
        kept,
    })
}

/// Writes down what was decided.
async fn record(
    context: &Context,
    ceremony: &Enrolment,
    installation: &Installation,
    journal: &Journal,
) -> Result<(), Error> {
    let bytes = document(installation)?;
    let location = Location {
        bucket: context.evidence_bucket.clone(),
        key: decision_key(ceremony),
    };
    write_once(&context.s3, &location, JSON, &bytes).await?;
    journal.note(Deed::Wrote {
        bucket: location.bucket,
        key: location.key,
        sha256: Sha256::of(&bytes),
    });
    Ok(())
}

fn decision_key(ceremony: &Enrolment) -> String {
    ceremony.ceremony_id.evidence_key("installed.json")
}

/// Why the certificate is not used.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("`{0}` says that this ceremony was to install another certificate")]
    AlreadyInstalled(String),
    #[error("`{0}` does not hold the chain that was proven")]
    ChainDiffers(String),
    #[error("a document could not be written: {0}")]
    DocumentUnwritable(String),
    /// What is installed, or the chain that was just written.
    #[error("{0}")]
    EvidenceUnreadable(String),
    #[error("{0}")]
    NotCleared(#[from] NotCleared),
    #[error("for our key `{key}`, {kept}")]
    NewerInstalled { key: OwnKey, kept: Kept },
    #[error("the certificate path is not proven (any more): {0}")]
    PathNotProven(String),
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<InstalledError> for Error {
    fn from(error: InstalledError) -> Self {
        error.told_as(Self::EvidenceUnreadable)
    }
}

impl From<ObjectError> for Error {
    fn from(error: ObjectError) -> Self {
        error.told_as(Self::EvidenceUnreadable)
    }
}

impl From<WriteError> for Error {
    fn from(error: WriteError) -> Self {
        error.told_as(Self::AlreadyInstalled)
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::DocumentUnwritable(error.to_string())
    }
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::AlreadyInstalled(_) | Self::ChainDiffers(_) => {
                "Find out who wrote it: only this ceremony's own steps do, and nothing is overwritten."
            }
            Self::DocumentUnwritable(_) => {
                "This is a defect of the software: report it with the record."
            }
            Self::EvidenceUnreadable(_) => {
                "Find out who wrote what is installed, or deleted the evidence behind it: only the \
                 ceremony certificate-enrolment writes the parameter."
            }
            Self::NewerInstalled { .. } => {
                "The newer certificate stays in use. If it must go, have its CA issue another one, and \
                 drop that."
            }
            Self::NotCleared(_) | Self::PathNotProven(_) => {
                "Compare with the checks of the state ProveEnrolment in the record: a certificate may \
                 have expired since, or somebody invoked this step by hand."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
