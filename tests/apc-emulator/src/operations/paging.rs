//! Pages of a list, and the tokens that continue one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::model::limits::{MaxResults, NextToken};
use crate::protocol::error::ServiceError;

/// One page, and the token for the next one if there is one.
pub struct Page<T> {
    pub items: Vec<T>,
    pub next_token: Option<String>,
}

/// Cuts a page out of a list that is sorted by its positions. A token holds the position of the
/// last item shown, so that items added or removed between two pages are neither skipped nor shown
/// twice. INFERRED: the service's tokens are opaque; a token of another list is refused.
pub fn page<T>(
    list: &str,
    items: impl Iterator<Item = (String, T)>,
    next_token: Option<&NextToken>,
    max_results: Option<MaxResults>,
) -> Result<Page<T>, ServiceError> {
    let after = next_token.map(|token| position(list, token)).transpose()?;
    let mut rest = items
        .skip_while(|(position, _)| after.as_ref().is_some_and(|after| position <= after))
        .peekable();
    let limit = max_results.unwrap_or_default().get();
    let mut page = Page {
        items: Vec::new(),
        next_token: None,
    };
    while let Some((position, item)) = rest.next() {
        page.items.push(item);
        if page.items.len() == limit {
            let more = rest.peek().is_some();
            let token = URL_SAFE_NO_PAD.encode(format!("{list}\n{position}"));
            page.next_token = more.then_some(token);
            break;
        }
    }
    Ok(page)
}

fn position(list: &str, token: &NextToken) -> Result<String, ServiceError> {
    URL_SAFE_NO_PAD
        .decode(token.as_str())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| {
            let (of, position) = text.split_once('\n')?;
            (of == list).then(|| position.to_owned())
        })
        .ok_or_else(|| ServiceError::Validation("NextToken is not valid here".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_the_list_once() {
        let mut token = None;
        let mut seen = Vec::new();
        let mut pages = 0;
        loop {
            let page = page("keys", items(7), token.as_ref(), Some(limit(3))).unwrap();
            seen.extend(page.items);
            pages += 1;
            match page.next_token {
                Some(next) => token = Some(NextToken::try_from(next).unwrap()),
                None => break,
            }
        }
        assert_eq!(seen, (0..7).collect::<Vec<_>>());
        assert_eq!(pages, 3);
    }

    #[test]
    fn a_full_last_page_has_no_token() {
        assert!(
            page("keys", items(3), None, Some(limit(3)))
                .unwrap()
                .next_token
                .is_none()
        );
    }

    #[test]
    fn a_token_of_another_list_is_refused() {
        let token = page("keys", items(3), None, Some(limit(1)))
            .unwrap()
            .next_token
            .unwrap();
        let token = NextToken::try_from(token).unwrap();
        assert!(page("aliases", items(3), Some(&token), None).is_err());
        let rubbish = NextToken::try_from("rubbish!".to_owned()).unwrap();
        assert!(page("keys", items(3), Some(&rubbish), None).is_err());
    }

    fn items(count: usize) -> impl Iterator<Item = (String, usize)> {
        (0..count).map(|number| (format!("{number:020}"), number))
    }

    fn limit(number: i64) -> MaxResults {
        MaxResults::try_from(number).unwrap()
    }
}
