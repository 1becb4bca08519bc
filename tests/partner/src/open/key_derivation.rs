//! A key from a shared secret.

use aws_lc_rs::digest::{Algorithm, SHA256, SHA384, SHA512, digest};

/// So many bytes by a function and a hash, as AWS Payment Cryptography spells them; `None` for names
/// that are unknown.
///
/// `NIST_SP800` is the concatenation of NIST SP 800-56A §5.8.2.1 (the counter before the secret), and
/// `ANSI_X963` the function of ANSI X9.63 §5.6.3 (the counter behind it).
pub(crate) fn derive(
    function: &str,
    hash: &str,
    secret: &[u8],
    shared_information: &[u8],
    length: usize,
) -> Option<Vec<u8>> {
    let hash: &Algorithm = match hash {
        "SHA_256" => &SHA256,
        "SHA_384" => &SHA384,
        "SHA_512" => &SHA512,
        _ => return None,
    };
    let mut key = Vec::new();
    for counter in 1_u32.. {
        if key.len() >= length {
            break;
        }
        let counter = counter.to_be_bytes();
        let message = match function {
            "NIST_SP800" => [&counter, secret, shared_information].concat(),
            "ANSI_X963" => [secret, &counter, shared_information].concat(),
            _ => return None,
        };
        key.extend_from_slice(digest(hash, &message).as_ref());
    }
    key.truncate(length);
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with OpenSSL: `openssl kdf -keylen 32 -kdfopt digest:SHA2-256 -kdfopt hexkey:… -kdfopt
    /// hexinfo:0123456789 SSKDF`, and `X963KDF`.
    #[test]
    fn both_functions_derive_what_openssl_derives() {
        let secret: Vec<u8> = (0..66).collect();
        let derive = |function| {
            let key = derive(
                function,
                "SHA_256",
                &secret,
                &[1, 0x23, 0x45, 0x67, 0x89],
                32,
            );
            hex::encode(key.unwrap())
        };
        assert_eq!(
            derive("NIST_SP800"),
            "c0761e73d0ab5655aeaf534cda8e669de327fd04ebe477f35a5ad4715de44742"
        );
        assert_eq!(
            derive("ANSI_X963"),
            "ca04b3ead33083d9552a9510e815e27c9b846308d5e176071319bb2f8257cfa0"
        );
    }
}
