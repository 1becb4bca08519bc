//! Why there are no blocks, or no policy.

use ceremony::algorithms::SignatureAlgorithm;
use ceremony::enrolment::OwnKey;
use ceremony::profile::{CeremonyNotAllowed, MalformedProfile};
use ceremony::utc::Utc;
use ceremony::working_key_import::file::UnusableFile;
use step::{ServiceError, StepError};
use storage::{Differs, DroppedError, NotInstalled, ProfileError, StorageError};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error(transparent)]
    CeremonyNotAllowed(#[from] CeremonyNotAllowed),
    #[error(transparent)]
    DigestMismatch(Differs),
    #[error("the file cannot be used: {0}")]
    FileUnusable(#[from] UnusableFile),
    #[error("the execution's input cannot be used: {detail}")]
    InputMalformed { detail: String },
    #[error("the file cannot be read: {0}")]
    ObjectUnreadable(String),
    #[error("SSM parameter `{0}` does not exist: the partner is unknown")]
    PartnerUnknown(String),
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

impl From<NotInstalled> for Error {
    fn from(error: NotInstalled) -> Self {
        match error {
            NotInstalled::Expired { key, not_after } => {
                Self::SigningCertificateExpired { key, not_after }
            }
            NotInstalled::NotYetValid { key, not_before } => {
                Self::SigningCertificateNotYetValid { key, not_before }
            }
            NotInstalled::Unreadable(error) => error.told_as(Self::SigningCertificateUnreadable),
        }
    }
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::DigestMismatch(differs) => differs.remedy(),
            Self::FileUnusable(why) => why.remedy(),
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
            Self::SigningCertificateExpired { .. } | Self::SigningCertificateNotYetValid { .. } => {
                "Have a certificate for that key issued and drop it into `enrolment/<key name>/` of the \
                 inbox."
            }
            Self::SigningCertificateUnreadable(_) => {
                "Find out who wrote it: only the ceremony certificate-enrolment does. Enrolling the \
                 certificate again replaces it."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
