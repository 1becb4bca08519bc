//! `FetchEnrolment`: the execution's objects become a certificate path, and what it is held to.
//!
//! Reads exactly the object versions that the input names, holds them to the digests it names, and
//! loads the key's enrolment rules and the request for the certificate, and looks up whether the key that
//! is installed has replaced the one that was requested for. Needs to read the inbox, the rules, the
//! requests, what is installed, and the proven roots; leaves nothing behind. What it returns is parsed and in
//! order, but not proven: that is for the next state.

use ceremony::bundle::{UnusableFile, certificates_in};
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::enrolment::{CertificateRequest, Enrolment, OwnKey, Policy, replaced_by};
use ceremony::evidence::Recordable;
use ceremony::execution::Start;
use ceremony::path::{CertificateFacts, CertificatePath, NoPath};
use ceremony::profile::MalformedProfile;
use ceremony::text::shown;
use serde::{Deserialize, Serialize};
use step::{ServiceError, StepError};
use storage::{
    Differs, DroppedError, InstalledError, RulesError, StorageError, installed, load_rules,
    path_of, read_dropped, requests_of,
};
use strum::{IntoStaticStr, VariantNames};

pub type Input = Start<Enrolment>;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    /// By names and signatures only; proven by the next state.
    pub path: CertificatePath,
    pub policy: Policy,
}

/// Facts instead of certificates: the certificates themselves lie in `certificates.pem`.
#[derive(Serialize)]
struct View<'a> {
    certificates: Vec<CertificateFacts>,
    policy: &'a Policy,
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        View {
            certificates: self.path.facts(),
            policy: &self.policy,
        }
    }
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub s3: aws_sdk_s3::Client,
    pub ssm: aws_sdk_ssm::Client,
    pub inbox_bucket: String,
    pub evidence_bucket: String,
}

pub async fn handle(context: &Context, input: Input) -> Result<Output, Error> {
    input
        .check()
        .map_err(|detail| Error::InputMalformed { detail })?;
    let key = input.ceremony.key;
    let leaf = input.leaf.as_ref().ok_or_else(|| Error::InputMalformed {
        detail: "it does not say which certificate it is about".to_owned(),
    })?;
    let (rules, version) = load_rules(&context.ssm, key).await?;
    let mut certificates = Vec::new();
    for object in &input.objects {
        let bytes = read_dropped(&context.s3, &context.inbox_bucket, object).await?;
        let held = certificates_in(&bytes).map_err(|source| Error::FileUnusable {
            key: object.key.clone(),
            source,
        })?;
        certificates.extend(held);
    }
    let certificates: Vec<&Certificate> = certificates.iter().collect();
    let (s3, evidence) = (&context.s3, &context.evidence_bucket);
    let path = path_of(s3, evidence, leaf, &certificates, Some(&rules)).await??;
    let requests = requests_of(s3, evidence, key).await?;
    let request = request_for(&path.leaf, &requests).ok_or_else(|| Error::NotRequested {
        key,
        subject: path.leaf.subject().to_owned(),
        public_key_sha256: Sha256::of(path.leaf.public_key_info()),
    })?;
    let installed = installed(&context.ssm, key).await?;
    let replaced_by = replaced_by(&request, installed.as_ref(), &requests);
    Ok(Output {
        policy: rules.policy(version, request, replaced_by),
        path,
    })
}

/// The request for the certificate's public key. One key may have been requested for under several
/// subjects: the one that the certificate has is meant, or else the newest, of which the proof then
/// says that the subject differs.
fn request_for(
    certificate: &Certificate,
    requests: &[CertificateRequest],
) -> Option<CertificateRequest> {
    let public_key = Sha256::of(certificate.public_key_info());
    let subject = hex::encode(certificate.subject_der());
    let of_key = |request: &&CertificateRequest| request.public_key_sha256 == public_key;
    let mut newest_first = requests.iter().rev().filter(of_key);
    let same = newest_first
        .clone()
        .find(|request| request.subject_der.eq_ignore_ascii_case(&subject));
    same.or_else(|| newest_first.next()).cloned()
}

/// Why there is no path, or nothing that it could be held to.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error(transparent)]
    DigestMismatch(Differs),
    #[error("`{}` cannot be used: {source}", shown(key))]
    FileUnusable { key: String, source: UnusableFile },
    #[error("the execution's input cannot be used: {detail}")]
    InputMalformed { detail: String },
    #[error("{0}")]
    InstalledUnreadable(String),
    /// `intake-enrolment` has seen one.
    #[error(
        "no certificate was requested under the name `{key}` for the public key {public_key_sha256} of \
         `{subject}`"
    )]
    NotRequested {
        key: OwnKey,
        subject: String,
        public_key_sha256: Sha256,
    },
    #[error("an object of the set cannot be read: {0}")]
    ObjectUnreadable(String),
    #[error("the objects make no certificate path: {0}")]
    PathMissing(#[from] NoPath),
    #[error("the enrolment rules in SSM parameter `{name}` are malformed: {source}")]
    RulesMalformed {
        name: String,
        source: MalformedProfile,
    },
    #[error(
        "SSM parameter `{0}` does not exist: nobody has said which CAs may certify that key of ours"
    )]
    RulesMissing(String),
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<DroppedError> for Error {
    fn from(error: DroppedError) -> Self {
        match error {
            DroppedError::Object(error) => error.told_as(Self::ObjectUnreadable),
            DroppedError::Differs(differs) => Self::DigestMismatch(differs),
        }
    }
}

impl From<InstalledError> for Error {
    fn from(error: InstalledError) -> Self {
        error.told_as(Self::InstalledUnreadable)
    }
}

impl From<RulesError> for Error {
    fn from(error: RulesError) -> Self {
        match error {
            RulesError::Unknown(name) => Self::RulesMissing(name),
            RulesError::Malformed { name, source } => Self::RulesMalformed { name, source },
            RulesError::Service(error) => Self::Service(error),
        }
    }
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::DigestMismatch(differs) => differs.remedy(),
            Self::FileUnusable { .. } | Self::PathMissing(_) => {
                "Ask the CA for the certificates again; they belong into the same folder."
            }
            Self::InputMalformed { .. } => {
                "Executions are started by dropping files into the inbox, not by hand."
            }
            Self::InstalledUnreadable(_) => {
                "Find out who wrote what is installed, or deleted the evidence behind it: only the \
                 ceremony certificate-enrolment writes the parameter."
            }
            Self::NotRequested { .. } => {
                "Find out what became of the request in the evidence bucket, where nothing may be deleted."
            }
            Self::ObjectUnreadable(_) => {
                "The file must be there: if versions of the inbox are being deleted, find out why."
            }
            Self::RulesMalformed { .. } | Self::RulesMissing(_) => {
                "Have an operator write the enrolment rules of that key (their schema: \
                 steps/shared/ceremony/enrolment-rules.schema.json)."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
