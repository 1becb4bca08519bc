//! The certificate that is installed for a signing key of ours.

use aws_sdk_s3::Client as S3;
use aws_sdk_ssm::Client as Ssm;
use aws_sdk_ssm::types::ParameterType;
use ceremony::bundle::certificates_in;
use ceremony::digest::Sha256;
use ceremony::enrolment::{Chain, Installed, OwnKey};
use ceremony::utc::Utc;
use step::ServiceError;

use crate::StorageError;
use crate::objects::{ObjectError, read_version};
use crate::profiles::parameter;

/// Reads `/key-ceremony/certificates/<key name>`; none where no certificate has been enrolled.
pub async fn installed(client: &Ssm, key: OwnKey) -> Result<Option<Installed>, InstalledError> {
    let name = key.installed_parameter();
    let Some((value, _)) = parameter(client, &name).await? else {
        return Ok(None);
    };
    let malformed = |detail: String| InstalledError::Malformed {
        name: name.clone(),
        detail,
    };
    let installed: Installed =
        serde_json::from_str(&value).map_err(|error| malformed(error.to_string()))?;
    if installed.version != Installed::VERSION || installed.key != key {
        let (version, of) = (installed.version, installed.key);
        return Err(malformed(format!("it is version {version} and of `{of}`")));
    }
    Ok(Some(installed))
}

/// The same, valid from `now` to `until`: a ceremony that nobody can sign for must not come as far as a
/// key.
pub async fn installed_until(
    client: &Ssm,
    key: OwnKey,
    now: Utc,
    until: Utc,
) -> Result<Option<Installed>, NotInstalled> {
    let Some(installed) = installed(client, key).await? else {
        return Ok(None);
    };
    let Installed {
        not_before,
        not_after,
        ..
    } = installed;
    if until > not_after {
        return Err(NotInstalled::Expired { key, not_after });
    }
    if now < not_before {
        return Err(NotInstalled::NotYetValid { key, not_before });
    }
    Ok(Some(installed))
}

/// Writes it; what was there is replaced, and stays in the parameter's history.
pub async fn put_installed(client: &Ssm, installed: &Installed) -> Result<(), ServiceError> {
    let name = installed.key.installed_parameter();
    let value = serde_json::to_string(installed).map_err(|error| ServiceError::ServiceRefused {
        operation: "ssm:PutParameter",
        code: "Unwritable".to_owned(),
        detail: error.to_string(),
    })?;
    let request = client.put_parameter().name(&name).value(value);
    let request = request.r#type(ParameterType::String).overwrite(true);
    let answer = request.send().await;
    answer
        .map(drop)
        .map_err(|error| ServiceError::new("ssm:PutParameter", &error))
}

/// The certificates behind it, exactly those that were installed.
pub async fn installed_chain(
    client: &S3,
    evidence_bucket: &str,
    installed: &Installed,
) -> Result<Chain, InstalledError> {
    let (key, version) = (&installed.chain_key, &installed.chain_version_id);
    let bytes = read_version(client, evidence_bucket, key, version).await?;
    let malformed = |detail: &str| InstalledError::Malformed {
        name: installed.chain_key.clone(),
        detail: detail.to_owned(),
    };
    if Sha256::of(&bytes) != installed.chain_sha256 {
        return Err(malformed("its digest is not the one that was installed"));
    }
    let certificates = certificates_in(&bytes).map_err(|error| malformed(&error.to_string()))?;
    let mut certificates = certificates.into_iter();
    match certificates.next() {
        Some(certificate) if certificate.sha256() == installed.certificate_sha256 => Ok(Chain {
            certificate,
            issuers: certificates.collect(),
        }),
        _ => Err(malformed("its first certificate is another one")),
    }
}

/// Why an installed certificate cannot be had.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InstalledError {
    #[error("what is installed cannot be read from `{name}`: {detail}")]
    Malformed { name: String, detail: String },
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// Why nobody can sign with what is installed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotInstalled {
    #[error("the certificate that is installed for our key `{key}` was valid until {not_after}")]
    Expired { key: OwnKey, not_after: Utc },
    #[error(
        "the certificate that is installed for our key `{key}` is not valid before {not_before}"
    )]
    NotYetValid { key: OwnKey, not_before: Utc },
    #[error(transparent)]
    Unreadable(#[from] InstalledError),
}

impl StorageError for InstalledError {
    fn of_service(self) -> Result<ServiceError, Self> {
        match self {
            Self::Service(error) | Self::Object(ObjectError::Service(error)) => Ok(error),
            other => Err(other),
        }
    }
}
