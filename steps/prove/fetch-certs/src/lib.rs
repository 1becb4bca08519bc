//! `FetchCerts`: the execution's objects become a certificate path and a policy.
//!
//! Reads exactly the object versions that the input names, holds them to the digests it names,
//! and loads the partner's profile and what is installed of our own certificates. Needs to read the
//! inbox, both kinds of parameter and the proven roots; leaves nothing behind. What it returns is parsed
//! and in order, but not proven: that is for the next state.

mod ours;

use ceremony::algorithms::SignatureAlgorithm;
use ceremony::bundle::{UnusableFile, certificates_in};
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::enrolment::{Installed, OwnKey};
use ceremony::evidence::Recordable;
use ceremony::exchange::{MalformedNonce, Method, Nonce};
use ceremony::execution::{DroppedObject, Start};
use ceremony::identifiers::{Folder, ca_alias};
use ceremony::path::{CertificateFacts, CertificatePath, NoPath};
use ceremony::profile::{CeremonyNotAllowed, MalformedProfile, Policy};
use ceremony::text::shown;
use ceremony::utc::Utc;
use serde::{Deserialize, Serialize};
use step::{ServiceError, StepError};
use storage::{
    Differs, DroppedError, ProfileError, StorageError, load_profile, newest_path, read_dropped,
};
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
    /// The partner's, where the exchange has two passes.
    pub nonce: Option<Nonce>,
    /// The key that signs the package, if a certificate is installed for it.
    pub package_signer: Option<Installed>,
    /// The key of ours that signs the TR-34 block, where one does.
    pub tr34_signer: Option<Installed>,
}

/// Facts instead of certificates: the certificates themselves lie in `certificates.pem`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    certificates: Vec<CertificateFacts>,
    policy: &'a Policy,
    aliases: &'a [String],
    nonce: Option<&'a Nonce>,
    package_signer: Option<SignerView<'a>>,
    tr34_signer: Option<SignerView<'a>>,
}

/// Which key is to sign, and which ceremony has proven whose it is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SignerView<'a> {
    key_arn: &'a str,
    certificate_sha256: &'a Sha256,
    ceremony_id: &'a str,
}

impl<'a> SignerView<'a> {
    fn of(installed: &'a Installed) -> Self {
        Self {
            key_arn: &installed.key_arn,
            certificate_sha256: &installed.certificate_sha256,
            ceremony_id: &installed.ceremony_id,
        }
    }
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        View {
            certificates: self.path.facts(),
            policy: &self.policy,
            aliases: &self.aliases,
            nonce: self.nonce.as_ref(),
            package_signer: self.package_signer.as_ref().map(SignerView::of),
            tr34_signer: self.tr34_signer.as_ref().map(SignerView::of),
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
    let (mut certificates, mut nonces) = (Vec::new(), Vec::new());
    for object in &input.objects {
        let bytes = read_dropped(&context.s3, &context.inbox_bucket, object).await?;
        if Nonce::is_expected_in(&object.key) {
            nonces.push(nonce_in(&bytes, object)?);
        } else {
            certificates.extend(certificates_of(&bytes, object)?);
        }
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
    let nonce = nonce_for(&policy, nonces)?;
    let signers = ours::signers(&context.ssm, &policy.exchange, Utc::now()).await?;
    Ok(Output {
        aliases: aliases(&folder, &path, &policy),
        path,
        policy,
        nonce,
        package_signer: signers.package,
        tr34_signer: signers.tr34,
    })
}

/// The nonce that the ceremony answers. One that the profile in force does not ask for is left alone.
fn nonce_for(policy: &Policy, nonces: Vec<Nonce>) -> Result<Option<Nonce>, Error> {
    if !policy.exchange.takes_a_nonce() {
        return Ok(None);
    }
    let mut nonces = nonces.into_iter();
    match (nonces.next(), nonces.next()) {
        (None, _) => Err(Error::NonceMissing),
        (nonce, None) => Ok(nonce),
        (_, Some(_)) => Err(Error::InputMalformed {
            detail: "it names more than one nonce".to_owned(),
        }),
    }
}

fn aliases(folder: &Folder, path: &CertificatePath, policy: &Policy) -> Vec<String> {
    let cas = path.cas().map(|ca| ca_alias(&ca.sha256()));
    let kek = folder.kek_alias(&path.leaf.sha256());
    let curve = path.leaf.key_algorithm();
    let agrees = policy.exchange.method() == Method::Ecdh && Method::Ecdh.works_with(curve);
    let agreement = agrees.then(|| folder.agreement_alias(curve));
    cas.chain([kek]).chain(agreement).collect()
}

fn certificates_of(bytes: &[u8], object: &DroppedObject) -> Result<Vec<Certificate>, Error> {
    certificates_in(bytes).map_err(|source| Error::FileUnusable {
        key: object.key.clone(),
        source,
    })
}

fn nonce_in(bytes: &[u8], object: &DroppedObject) -> Result<Nonce, Error> {
    Nonce::in_file(bytes).map_err(|source| Error::NonceMalformed {
        key: object.key.clone(),
        source,
    })
}

/// Why there is no path, or no policy.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error(transparent)]
    CeremonyNotAllowed(#[from] CeremonyNotAllowed),
    #[error(transparent)]
    DigestMismatch(Differs),
    #[error("`{}` cannot be used: {source}", shown(key))]
    FileUnusable { key: String, source: UnusableFile },
    #[error("the execution's input cannot be used: {detail}")]
    InputMalformed { detail: String },
    #[error("`{}` cannot be used: {source}", shown(key))]
    NonceMalformed { key: String, source: MalformedNonce },
    #[error("the profile asks for an exchange in two passes, and the input names no nonce")]
    NonceMissing,
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
    #[error("the certificate that is installed for our key `{key}` was valid until {not_after}")]
    SigningCertificateExpired { key: OwnKey, not_after: Utc },
    #[error(
        "the profile says that a key of ours signs, and no certificate is installed for our key `{0}`"
    )]
    SigningCertificateMissing(OwnKey),
    #[error(
        "the certificate that is installed for our key `{key}` is not valid before {not_before}"
    )]
    SigningCertificateNotYetValid { key: OwnKey, not_before: Utc },
    #[error("{0}")]
    SigningCertificateUnreadable(String),
}

impl From<DroppedError> for Error {
    fn from(error: DroppedError) -> Self {
        match error {
            DroppedError::Object(error) => error.told_as(Self::ObjectUnreadable),
            DroppedError::Differs(differs) => Self::DigestMismatch(differs),
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
            Self::DigestMismatch(differs) => differs.remedy(),
            Self::FileUnusable { .. } | Self::PathMissing(_) => {
                "Ask the partner for the certificates again; they belong into the same folder."
            }
            Self::InputMalformed { .. } => {
                "Executions are started by dropping files into the inbox, not by hand."
            }
            Self::NonceMalformed { .. } | Self::NonceMissing => {
                "Ask the partner for a new random nonce, as hex digits in a file `<name>.nonce` in the \
                 same folder."
            }
            Self::SigningCertificateExpired { .. }
            | Self::SigningCertificateMissing(_)
            | Self::SigningCertificateNotYetValid { .. } => {
                "Have a certificate for that key issued and drop it into `enrolment/<key name>/` of the \
                 inbox; or have an operator name another signer in the profile."
            }
            Self::SigningCertificateUnreadable(_) => {
                "Find out who wrote it: only the ceremony certificate-enrolment does. Enrolling the \
                 certificate again replaces it."
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
