//! What there is: keys, aliases and tags, page by page or all of them.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{Alias, KeyState, KeySummary, Tag};
use step::ServiceError;

use crate::pace::Pace;
use crate::service_error;

/// The most that a page can have.
const PAGE: i32 = 100;

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
    let token = token.map(str::to_owned);
    pace.repeat(async || keys(client, None, token.clone()).await)
        .await
}

/// The first hundred aliases, or the hundred after a token.
pub async fn aliases_page(
    client: &Client,
    token: Option<&str>,
    pace: &Pace,
) -> Result<Page<Alias>, ServiceError> {
    let token = token.map(str::to_owned);
    pace.repeat(async || aliases(client, token.clone()).await)
        .await
}

/// All keys in one state.
pub(crate) async fn keys_in(
    client: &Client,
    state: &KeyState,
    pace: &Pace,
) -> Result<Vec<KeySummary>, ServiceError> {
    every_page(pace, async |token| keys(client, Some(state), token).await).await
}

/// All aliases whose names begin so.
pub async fn aliases_below(
    client: &Client,
    prefix: &str,
    pace: &Pace,
) -> Result<Vec<Alias>, ServiceError> {
    let mut aliases = every_alias(client, pace).await?;
    aliases.retain(|alias| alias.alias_name.starts_with(prefix));
    Ok(aliases)
}

/// The names of all aliases that name this key.
pub async fn aliases_of(
    client: &Client,
    key_arn: &str,
    pace: &Pace,
) -> Result<Vec<String>, ServiceError> {
    let all = every_alias(client, pace).await?.into_iter();
    let of_key = all.filter(|alias| alias.key_arn.as_deref() == Some(key_arn));
    Ok(of_key.map(|alias| alias.alias_name).collect())
}

/// All aliases.
pub(crate) async fn every_alias(client: &Client, pace: &Pace) -> Result<Vec<Alias>, ServiceError> {
    every_page(pace, async |token| aliases(client, token).await).await
}

/// All tags of a key.
pub async fn tags_of(
    client: &Client,
    key_arn: &str,
    pace: &Pace,
) -> Result<Vec<Tag>, ServiceError> {
    every_page(pace, async |token| {
        let request = client.list_tags_for_resource().resource_arn(key_arn);
        let page = request.set_next_token(token).send().await;
        let page = page.map_err(service_error("payment-cryptography:ListTagsForResource"))?;
        Ok(Page {
            items: page.tags,
            next: page.next_token,
        })
    })
    .await
}

async fn keys(
    client: &Client,
    state: Option<&KeyState>,
    token: Option<String>,
) -> Result<Page<KeySummary>, ServiceError> {
    let request = client.list_keys().set_key_state(state.cloned());
    let request = request.max_results(PAGE).set_next_token(token);
    let page = request.send().await;
    let page = page.map_err(service_error("payment-cryptography:ListKeys"))?;
    Ok(Page {
        items: page.keys,
        next: page.next_token,
    })
}

async fn aliases(client: &Client, token: Option<String>) -> Result<Page<Alias>, ServiceError> {
    let request = client.list_aliases().max_results(PAGE);
    let page = request.set_next_token(token).send().await;
    let page = page.map_err(service_error("payment-cryptography:ListAliases"))?;
    Ok(Page {
        items: page.aliases,
        next: page.next_token,
    })
}

/// What all pages of a list hold; `ask` gets one, by its token. The SDK's paginators would end at the
/// first page that is throttled.
async fn every_page<T>(
    pace: &Pace,
    ask: impl AsyncFn(Option<String>) -> Result<Page<T>, ServiceError>,
) -> Result<Vec<T>, ServiceError> {
    let (mut all, mut token) = (Vec::new(), None);
    loop {
        let page = pace.repeat(async || ask(token.clone()).await).await?;
        all.extend(page.items);
        token = page.next;
        if token.is_none() {
            return Ok(all);
        }
    }
}
