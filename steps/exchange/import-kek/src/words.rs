//! The service's own words, without what it may repeat of a request: a token, or a block.

use ceremony::key_import::block::CheckedBlock;
use ceremony::key_import::run::{MadeOffer, Ours};
use step::ServiceError;

/// No word is as long, but a key block is, or the digits of one. The longest name of a member that the
/// service may speak of, `CertificateAuthorityPublicKeyIdentifier`, has one character less.
const LONGEST_WORD: usize = 40;

/// The same error, whose words can be told.
pub(crate) fn without_secrets(
    error: ServiceError,
    made: &MadeOffer,
    checked: &CheckedBlock,
) -> ServiceError {
    let token = match &made.ours {
        Ours::Parameters { import_token, .. } => import_token.as_str(),
        Ours::Agreement { .. } => "",
    };
    let block = match checked {
        CheckedBlock::Tr31 { key_block, .. } | CheckedBlock::Tr34 { key_block, .. } => key_block,
        CheckedBlock::Oaep { cryptogram, .. } => cryptogram,
    };
    let clean = |words: String| cleaned(&words, &[token, block]);
    match error {
        ServiceError::AccessDenied { operation, detail } => ServiceError::AccessDenied {
            operation,
            detail: clean(detail),
        },
        ServiceError::ServiceRefused {
            operation,
            code,
            detail,
        } => ServiceError::ServiceRefused {
            operation,
            code,
            detail: clean(detail),
        },
        ServiceError::ServiceThrottled { operation, detail } => ServiceError::ServiceThrottled {
            operation,
            detail: clean(detail),
        },
        ServiceError::ServiceUnavailable { operation, detail } => {
            ServiceError::ServiceUnavailable {
                operation,
                detail: clean(detail),
            }
        }
    }
}

fn cleaned(words: &str, secrets: &[&str]) -> String {
    let mut words = words.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        words = words.replace(secret, "…");
    }
    let mut cleaned = String::with_capacity(words.len());
    let mut rest = words.as_str();
    while !rest.is_empty() {
        let end = |of: fn(char) -> bool| rest.find(of).unwrap_or(rest.len());
        let word = &rest[..end(|c| !c.is_ascii_alphanumeric())];
        if word.is_empty() {
            let between = &rest[..end(|c| c.is_ascii_alphanumeric())];
            cleaned.push_str(between);
            rest = &rest[between.len()..];
            continue;
        }
        cleaned.push_str(if word.len() < LONGEST_WORD {
            word
        } else {
            "…"
        });
        rest = &rest[word.len()..];
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_whatever_is_as_long_as_a_block_are_not_repeated() {
        let token = "import-token-abcdefgh12345678";
        let block = format!("D0112K0AB00N0000{}", "5A".repeat(48));
        let words = format!(
            "Value '{block}' under {token} is wrong (…): {}",
            &block[..60]
        );
        assert_eq!(
            cleaned(&words, &[token]),
            "Value '…' under … is wrong (…): …"
        );
    }

    #[test]
    fn what_a_reader_needs_stays() {
        for words in [
            "",
            "CertificateAuthorityPublicKeyIdentifier: arn:aws:payment-cryptography:eu-west-1:\
             111122223333:key/abcdefghijklmnop not found, é",
            "keyMaterial.diffieHellmanTr31KeyBlock.wrappedKeyBlock: bad MAC.",
        ] {
            assert_eq!(cleaned(words, &["", "import-token-x"]), words);
        }
    }
}
