//! The profile of a folder in SSM.

use aws_sdk_ssm::Client;
use ceremony::identifiers::Folder;
use ceremony::profile::{MalformedProfile, Profile};
use step::ServiceError;

/// A profile, and which version of its parameter it is.
#[derive(Clone, Debug)]
pub struct LoadedProfile {
    pub profile: Profile,
    pub version: i64,
}

/// Reads and parses `/key-ceremony/partners/<partner>/<environment>/<data-type>`.
pub async fn load_profile(client: &Client, folder: &Folder) -> Result<LoadedProfile, ProfileError> {
    let name = folder.profile_parameter();
    let Some((value, version)) = parameter(client, &name).await? else {
        return Err(ProfileError::PartnerUnknown(name));
    };
    let profile = Profile::parse(&value, folder)
        .map_err(|source| ProfileError::ProfileMalformed { name, source })?;
    Ok(LoadedProfile { profile, version })
}

/// The value of a parameter and its version; none where there is no such parameter.
pub(crate) async fn parameter(
    client: &Client,
    name: &str,
) -> Result<Option<(String, i64)>, ServiceError> {
    let answer = client
        .get_parameter()
        .name(name)
        .with_decryption(true)
        .send()
        .await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let unknown = error
                .as_service_error()
                .is_some_and(|error| error.is_parameter_not_found());
            if unknown {
                return Ok(None);
            }
            return Err(ServiceError::new("ssm:GetParameter", &error));
        }
    };
    let found = answer.parameter;
    let read = found.map(|parameter| (parameter.value.unwrap_or_default(), parameter.version));
    Ok(Some(read.unwrap_or_default()))
}

/// Why there is no profile.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ProfileError {
    #[error("there is no profile: SSM parameter `{0}` does not exist")]
    PartnerUnknown(String),
    #[error("the profile in SSM parameter `{name}` is malformed: {source}")]
    ProfileMalformed {
        name: String,
        source: MalformedProfile,
    },
    #[error(transparent)]
    Service(#[from] ServiceError),
}
