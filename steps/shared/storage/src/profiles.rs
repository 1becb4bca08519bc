//! The partner's profile in SSM.

use aws_sdk_ssm::Client;
use ceremony::identifiers::PartnerId;
use ceremony::profile::{MalformedProfile, PartnerProfile};
use step::ServiceError;

/// Reads and parses `/key-ceremony/partners/<partner>`.
pub async fn load_profile(
    client: &Client,
    partner: &PartnerId,
) -> Result<PartnerProfile, ProfileError> {
    let name = partner.profile_parameter();
    let answer = client
        .get_parameter()
        .name(&name)
        .with_decryption(true)
        .send()
        .await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let unknown = error
                .as_service_error()
                .is_some_and(|error| error.is_parameter_not_found());
            return Err(match unknown {
                true => ProfileError::PartnerUnknown(name),
                false => ServiceError::new("ssm:GetParameter", &error).into(),
            });
        }
    };
    let value = answer
        .parameter
        .and_then(|parameter| parameter.value)
        .unwrap_or_default();
    PartnerProfile::parse(&value, partner)
        .map_err(|source| ProfileError::ProfileMalformed { name, source })
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
