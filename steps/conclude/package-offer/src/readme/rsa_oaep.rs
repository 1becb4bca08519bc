//! RSAES-OAEP: one encryption under our key.

use ceremony::algorithms::OaepHash;
use ceremony::key_import::offer::{Offer, OfferedKey};
use openings::commands::oaep_encrypt_command;

use super::{OfMethod, check_value};
use crate::CERTIFICATE;

pub(super) fn write(offer: &Offer, ours: &OfferedKey, hash: OaepHash, name: &str) -> OfMethod {
    let algorithm = offer.expected.algorithm;
    let bytes = ours.algorithm().modulus_bytes().unwrap_or_default();
    let to = format!("../{name}");
    OfMethod {
        under: "encrypted under a key of ours",
        steps: vec![
            (
                "What your HSM does",
                format!(
                    "It encrypts the {key_bytes} bytes of the KEK, and nothing else, under our key:

| parameter | is |
| --- | --- |
| key | {key}, of `{CERTIFICATE}` |
| padding | RSAES-OAEP (RFC 8017 §7.1) |
| hash | {hash} |
| mask generation | MGF1 with the same hash |
| label | empty |

The key must not be wrapped as PKCS #8, as DER, or as hex digits. Whoever has our certificate can make such a
block, and nothing in it says that it is yours: only its check value does, which we compare with yours over
another way than this one.
",
                    key = ours.algorithm(),
                    key_bytes = algorithm.key_bytes(),
                    hash = hash.as_str(),
                ),
            ),
            (
                "Try it with a throw-away key",
                format!(
                    "    openssl rand -out ../kek.bin {key_bytes}

    {encrypt}

`{to}` now holds the block, {bytes} bytes. {check_value}
    shred -u ../kek.bin

Drop no block of a throw-away key: whatever comes is imported as your KEK.
",
                    key_bytes = algorithm.key_bytes(),
                    encrypt = oaep_encrypt_command(hash, CERTIFICATE, "../kek.bin", &to),
                    check_value = check_value(algorithm),
                ),
            ),
        ],
        form: format!(
            "The file holds the block: its {bytes} bytes, or their hex digits in either case, with white\nspace \
             between them."
        ),
        refused: vec!["a block of another length than our key's, or one that no such key can have made"],
    }
}
