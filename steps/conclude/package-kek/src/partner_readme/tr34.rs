//! TR-34: who signed the block, is it ours, is it of today, and what is in it.

use ceremony::exchange::{Nonce, Tr34Signer};
use openings::tr34::{self, Place};

use super::OfMethod;
use super::told;
use crate::wrapping::{Header, Ours};

const PLACE: Place<'static> = Place {
    block: "key-block.der",
    key: "../kek.bin",
};

const WHEN: &str = "a few seconds after the ceremony began";

pub(super) fn write(
    header: &Header,
    nonce: Option<&Nonce>,
    signer: Tr34Signer,
    ours: &Ours,
) -> OfMethod {
    let mut steps = vec![
        (
            "Authenticate who signed the block",
            tr34::authenticate(signer, &told(ours)),
        ),
        ("Take the block apart", tr34::take_apart(PLACE)),
        (
            "Verify the signature of the block",
            tr34::verify(&header.text, &in_words(header)),
        ),
    ];
    match nonce {
        Some(nonce) => steps.push(("Is it the answer to your nonce?", answers(nonce))),
        None => steps.push(("Is it of today?", tr34::signed_at(WHEN))),
    }
    steps.push(("Open the block", tr34::open(&header.text, PLACE)));
    OfMethod {
        under: "in a TR-34 block",
        steps,
        files: vec![
            (
                "`key-block.der`, `.hex`",
                format!(
                    "the TR-34 block, header `{}`, in the form that AWS Payment Cryptography calls \
                     X9_TR34_2012",
                    header.text
                ),
            ),
            (
                "`kdh-certificate.pem`",
                "the certificate of the key that signed the block".to_owned(),
            ),
            (
                "`kdh-chain.pem`",
                "those of its issuers, from the next upwards".to_owned(),
            ),
        ],
        secrets: &tr34::SECRETS,
    }
}

fn answers(nonce: &Nonce) -> String {
    format!(
        r#"    openssl asn1parse -inform DER -in ../attributes.der -noout -out ../nonce.bin -strparse \
        $(openssl asn1parse -inform DER -in ../attributes.der \
            | grep -A 2 :1.2.840.113549.1.9.25.3 | tail -n 1 | cut -d : -f 1)

    od -An -v -tx1 ../nonce.bin | tr -d ' \n' | tr a-f A-F; echo

The last must print the random nonce that you dropped beside your certificates: compare it with what
you sent, and not only with what we took it for, `{}`. Another one is the answer to another drop.
"#,
        nonce.hex()
    )
}

/// The header for whoever does not know X9.143 by heart.
fn in_words(header: &Header) -> String {
    let decoded = &header.decoded;
    format!(
        "usage {} (key encryption), algorithm {}, mode {}, exportability {}",
        decoded.usage, decoded.algorithm, decoded.mode, decoded.exportability
    )
}
