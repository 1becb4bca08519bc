//! Pages of what there is, for those who look at all of it.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{Alias, KeySummary};
use step::ServiceError;

use crate::made_for::PAGE;
use crate::pace::Pace;
use crate::service_error;

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The token of the next page, if there is one.
    pub next: Option<String>,
}

/// The first hundred keys in any state, or the hundred after a token.
pub async fn keys_page(
    client: &Client,
    token: Option<&str>,
    pace: &Pace,
) -> Result<Page<KeySummary>, ServiceError> {
    pace.repeat(async || {
        let request = client.list_keys().max_results(PAGE);
        let request = request.set_next_token(token.map(str::to_owned));
        let page = request.send().await;
        let page = page.map_err(service_error("payment-cryptography:ListKeys"))?;
        Ok(Page {
            items: page.keys,
            next: page.next_token,
        })
    })
    .await
}

/// The first hundred aliases, or the hundred after a token.
pub async fn aliases_page(
    client: &Client,
    token: Option<&str>,
    pace: &Pace,
) -> Result<Page<Alias>, ServiceError> {
    pace.repeat(async || {
        let request = client.list_aliases().max_results(PAGE);
        let request = request.set_next_token(token.map(str::to_owned));
        let page = request.send().await;
        let page = page.map_err(service_error("payment-cryptography:ListAliases"))?;
        Ok(Page {
            items: page.aliases,
            next: page.next_token,
        })
    })
    .await
}
