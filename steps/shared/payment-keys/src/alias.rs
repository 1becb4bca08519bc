//! The alias: what it is, and the calls that change it.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::error::SdkError;
use step::ServiceError;

use crate::pace::Pace;
use crate::service_error;

/// What an alias is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Alias {
    Absent,
    /// It has this key.
    Assigned(String),
    /// There, without a key.
    Reserved,
}

/// Looks an alias up.
pub async fn look_up(client: &Client, alias: &str, pace: &Pace) -> Result<Alias, ServiceError> {
    pace.repeat(
        async || match client.get_alias().alias_name(alias).send().await {
            Ok(answer) => Ok(match answer.alias.and_then(|alias| alias.key_arn) {
                Some(key_arn) => Alias::Assigned(key_arn),
                None => Alias::Reserved,
            }),
            Err(error) if is(&error, |error| error.is_resource_not_found_exception()) => {
                Ok(Alias::Absent)
            }
            Err(error) => Err(service_error("payment-cryptography:GetAlias")(error)),
        },
    )
    .await
}

/// True for the one caller who created it. If a first call was carried out without an answer, the
/// second says that somebody else did, and its caller waits like everybody.
pub(crate) async fn reserve(client: &Client, alias: &str) -> Result<bool, ServiceError> {
    match client.create_alias().alias_name(alias).send().await {
        Ok(_) => Ok(true),
        Err(error) if is(&error, |error| error.is_conflict_exception()) => Ok(false),
        Err(error) => Err(service_error("payment-cryptography:CreateAlias")(error)),
    }
}

pub(crate) async fn assign(
    client: &Client,
    alias: &str,
    key_arn: &str,
    pace: &Pace,
) -> Result<(), ServiceError> {
    pace.repeat(async || {
        let update = client.update_alias().alias_name(alias).key_arn(key_arn);
        let answer = update.send().await.map(drop);
        answer.map_err(service_error("payment-cryptography:UpdateAlias"))
    })
    .await
}

/// True for the one caller who created it, with the key.
pub(crate) async fn make_for(
    client: &Client,
    alias: &str,
    key_arn: &str,
) -> Result<bool, ServiceError> {
    let create = client.create_alias().alias_name(alias).key_arn(key_arn);
    match create.send().await {
        Ok(_) => Ok(true),
        Err(error) if is(&error, |error| error.is_conflict_exception()) => Ok(false),
        Err(error) => Err(service_error("payment-cryptography:CreateAlias")(error)),
    }
}

/// Gives the reservation back, if it is one still. After a call without an answer there is no second:
/// it could meet somebody else's reservation. If it fails, the next attempt waits and takes over.
pub(crate) async fn release(client: &Client, alias: &str, pace: &Pace) {
    let outcome = async {
        if let Alias::Reserved = look_up(client, alias, pace).await? {
            pace.repeat_if_throttled(async || {
                let released = client.delete_alias().alias_name(alias).send().await;
                released
                    .map(drop)
                    .map_err(service_error("payment-cryptography:DeleteAlias"))
            })
            .await?;
        }
        Ok::<_, ServiceError>(())
    };
    if let Err(error) = outcome.await {
        tracing::warn!(alias, %error, "the reservation stays");
    }
}

fn is<E, R>(error: &SdkError<E, R>, kind: impl Fn(&E) -> bool) -> bool {
    error.as_service_error().is_some_and(kind)
}
