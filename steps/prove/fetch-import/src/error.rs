//! Why there is no request, or no policy.

use ceremony::algorithms::SignatureAlgorithm;
use ceremony::bundle::UnusableFile;
use ceremony::enrolment::OwnKey;
use ceremony::key_import::request::ImportMethod;
use ceremony::path::NoPath;
use ceremony::profile::{CeremonyNotAllowed, MalformedProfile};
use ceremony::text::shown;
use ceremony::utc::Utc;
use ceremony::working_keys::MalformedOrder;
use step::{ServiceError, StepError};
use storage::{Differs, DroppedError, NotInstalled, ProfileError, StorageError};
use strum::{IntoStaticStr, VariantNames};

/// Why there is no request, or no policy.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error(transparent)]
    CeremonyNotAllowed(#[from] CeremonyNotAllowed),
    #[error(
        "`{}` is a certificate beside the document, and by {method} none is needed",
        shown(key)
    )]
    CertificateUnexpected { key: String, method: ImportMethod },
    #[error(transparent)]
    DigestMismatch(Differs),
    #[error("`{}` cannot be used: {source}", shown(key))]
    FileUnusable { key: String, source: UnusableFile },
    #[error("the execution's input cannot be used: {detail}")]
    InputMalformed { detail: String },
    #[error("by `method` {0} nothing is offered: what AWS's facility sends back is not known yet")]
    MethodNotOffered(ImportMethod),
    #[error("the document, or a certificate beside it, cannot be read: {0}")]
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
    #[error("the document cannot be used: {0}")]
    RequestMalformed(#[from] MalformedOrder),
    #[error("the profile does not allow what is asked for: {reason}")]
    RequestNotAllowed { reason: String },
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("the profile asks for a signature by {algorithm}, but our signing key is {key_spec}")]
    SignatureAlgorithmUnfit {
        algorithm: SignatureAlgorithm,
        key_spec: String,
    },
    #[error(
        "the certificate that is installed for our key `{key}` is valid until {not_after}, and must be when \
         the receipt for the last offer that may be made is signed"
    )]
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
            Self::CertificateUnexpected { .. } => {
                "Drop the document under another name, beside which no certificate lies; or ask for a method \
                 that needs one."
            }
            Self::DigestMismatch(differs) => differs.remedy(),
            Self::FileUnusable { .. } | Self::PathMissing(_) => {
                "Put the partner's certificate and its CAs into the folder beside the document that has its \
                 name, and no others."
            }
            Self::InputMalformed { .. } => {
                "Executions are started by dropping files into the inbox, not by hand."
            }
            Self::MethodNotOffered(_) => "Ask for another `method`: ecdh, tr34 or rsa-oaep.",
            Self::ObjectUnreadable(_) => {
                "The file must be there: if versions of the inbox are being deleted, find out why."
            }
            Self::PartnerUnknown(_) => {
                "Onboard the partner for this folder (README, \"Onboard a partner\"), or use the \
                 right folder."
            }
            Self::RequestMalformed(_) => {
                "The schema is steps/shared/ceremony/kek-import.schema.json: correct the document and drop it \
                 again."
            }
            Self::RequestNotAllowed { .. } => {
                "Ask for less; or have an operator correct `kekImport` of the profile."
            }
            Self::CeremonyNotAllowed(_)
            | Self::ProfileMalformed { .. }
            | Self::SignatureAlgorithmUnfit { .. } => {
                "Have an operator correct the profile (its schema: \
                 steps/shared/ceremony/profile.schema.json)."
            }
            Self::SigningCertificateExpired { .. } | Self::SigningCertificateNotYetValid { .. } => {
                "Have a certificate for that key issued and drop it into `enrolment/<key name>/` of the \
                 inbox; or have an operator shorten `deadlineHours` or `freshOffers` of the profile."
            }
            Self::SigningCertificateUnreadable(_) => {
                "Find out who wrote it: only the ceremony certificate-enrolment does. Enrolling the \
                 certificate again replaces it."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
