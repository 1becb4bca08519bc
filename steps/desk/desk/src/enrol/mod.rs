//! `ceremony enrol`: certificates for signing keys of our own.
//!
//! What is asked for is made by the function `request-certificate`, which alone may make a key or have
//! one sign; what there is, the evidence bucket and Parameter Store tell.

mod request;
mod status;

use aws_config::SdkConfig;
use step::ServiceError;

use crate::outputs::{Outputs, describe};

pub use request::{Refusal, request, told};
pub use status::{KeyStatus, State, Status};

/// Where what belongs to a deployment is.
pub struct Deployment {
    outputs: Outputs,
    unread: Option<ServiceError>,
}

impl Deployment {
    /// Reads the outputs of a stack. Where it cannot be read, the names in the environment count.
    pub async fn read(config: &SdkConfig, stack: &str) -> Self {
        let client = aws_sdk_cloudformation::Client::new(config);
        match describe(&client, stack).await {
            Ok(stack) => Self {
                outputs: Outputs::of(&stack),
                unread: None,
            },
            Err(error) => Self {
                outputs: Outputs::default(),
                unread: Some(error),
            },
        }
    }

    /// The function that asks for certificates.
    pub fn function(&self) -> Result<String, Error> {
        self.named("REQUEST_CERTIFICATE_FUNCTION_NAME")
    }

    pub fn evidence_bucket(&self) -> Result<String, Error> {
        self.named("EVIDENCE_BUCKET")
    }

    /// For people: where a certificate is dropped.
    pub fn inbox_bucket(&self) -> Result<String, Error> {
        self.named("INBOX_BUCKET")
    }

    fn named(&self, name: &'static str) -> Result<String, Error> {
        let why = || match &self.unread {
            Some(error) => format!(": {error}"),
            None => String::new(),
        };
        self.outputs
            .named(name)
            .ok_or_else(|| Error::NotNamed { name, why: why() })
    }
}

/// Why it did not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("what is installed for `{key}` cannot be read: {error}")]
    Installed {
        key: ceremony::enrolment::OwnKey,
        error: storage::InstalledError,
    },
    #[error("neither the stack nor the environment has a {name}{why}")]
    NotNamed { name: &'static str, why: String },
    #[error("{0}")]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Service(#[from] ServiceError),
}
