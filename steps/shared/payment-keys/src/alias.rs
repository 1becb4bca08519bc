//! The alias: what it is, and the calls that change it.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::error::SdkError;
use step::ServiceError;

use crate::service_error;

pub(crate) enum Alias {
    Absent,
    Assigned(String),
    /// There, without a key.
    Reserved,
}

pub(crate) async fn look_up(client: &Client, alias: &str) -> Result<Alias, ServiceError> {
    match client.get_alias().alias_name(alias).send().await {
        Ok(answer) => Ok(match answer.alias.and_then(|alias| alias.key_arn) {
            Some(key_arn) => Alias::Assigned(key_arn),
            None => Alias::Reserved,
        }),
        Err(error) if is(&error, |error| error.is_resource_not_found_exception()) => {
            Ok(Alias::Absent)
        }
        Err(error) => Err(service_error("payment-cryptography:GetAlias")(error)),
    }
}

/// True for the one caller who created it.
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
) -> Result<(), ServiceError> {
    client
        .update_alias()
        .alias_name(alias)
        .key_arn(key_arn)
        .send()
        .await
        .map(drop)
        .map_err(service_error("payment-cryptography:UpdateAlias"))
}

/// Gives the reservation back, if it is one still. If that fails, the next attempt waits and takes
/// over.
pub(crate) async fn release(client: &Client, alias: &str) {
    let outcome = async {
        if let Alias::Reserved = look_up(client, alias).await? {
            let released = client.delete_alias().alias_name(alias).send().await;
            released.map_err(service_error("payment-cryptography:DeleteAlias"))?;
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
