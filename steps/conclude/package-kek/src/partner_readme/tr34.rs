//! TR-34: who signed the block, is it ours, is it of today, and what is in it.

use ceremony::exchange::{Nonce, Tr34Signer};

use super::OfMethod;
use super::commands::{hex_of, oaep_command};
use super::told;
use crate::wrapping::{Header, Ours};

pub(super) fn write(
    header: &Header,
    nonce: Option<&Nonce>,
    signer: Tr34Signer,
    ours: &Ours,
) -> OfMethod {
    let mut steps = vec![
        (
            "Authenticate who signed the block",
            authenticate(signer, ours),
        ),
        ("Take the block apart", TAKE_APART.to_owned()),
        ("Verify the signature of the block", verify(header)),
    ];
    match nonce {
        Some(nonce) => steps.push(("Is it the answer to your nonce?", answers(nonce))),
        None => steps.push(("Is it of today?", SIGNED_AT.to_owned())),
    }
    steps.push(("Open the block", open(header)));
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
        secrets: &["../ephemeral.bin", "../clear.der"],
    }
}

/// PCI PIN 8-4: a partner must not have to take the service's word for whose key it is.
fn authenticate(signer: Tr34Signer, ours: &Ours) -> String {
    let told = told(ours);
    match signer {
        Tr34Signer::Service => format!(
            "The key distribution host (KDH) is a key of AWS Payment Cryptography, certified by the CA
of AWS:

{told}
    openssl verify -CAfile kdh-chain.pem kdh-certificate.pem

It must print `OK`, which says that the two files belong together, and not whose they are: AWS issues
such certificates to all of its customers. That this one is ours you know because our signing key
signed the list on which it stands, in the steps above.
"
        ),
        Tr34Signer::Own => format!(
            "The key distribution host (KDH) is a key of ours. With the root certificate of the CA that
issued its certificate in `../ca.pem`, from that CA and not from us, is it ours?

{told}
    openssl verify -CAfile ../ca.pem -untrusted kdh-chain.pem kdh-certificate.pem

    openssl x509 -in kdh-certificate.pem -noout -subject -enddate

The first must print `OK`, the second our name.
"
        ),
    }
}

const TAKE_APART: &str = r#"What is encrypted for you, what the KDH signed, and its signature:

    openssl asn1parse -inform DER -in key-block.der -noout -out ../envelope.der -strparse \
        $(openssl asn1parse -inform DER -in key-block.der \
            | sed -n '/:d=5 .*OCTET STRING/s/:.*//p' | head -n 1)

    openssl asn1parse -inform DER -in key-block.der -noout -out ../attributes.der -strparse \
        $(openssl asn1parse -inform DER -in key-block.der \
            | sed -n '/:d=5 .*cont \[ 0 \]/s/:.*//p')

    openssl asn1parse -inform DER -in key-block.der -noout -out ../signature.bin -strparse \
        $(openssl asn1parse -inform DER -in key-block.der \
            | sed -n '/:d=5 .*OCTET STRING/s/:.*//p' | tail -n 1)
"#;

fn verify(header: &Header) -> String {
    format!(
        r#"Did the KDH sign the attributes? They are signed as a SET, whose tag is the byte `1`.

    openssl x509 -in kdh-certificate.pem -noout -pubkey > ../kdh.pem

    {{ printf 1; tail -c +2 ../attributes.der; }} | openssl dgst -sha256 \
        -verify ../kdh.pem -signature ../signature.bin

It must print `Verified OK`. Is what is encrypted for you what they name?

    openssl asn1parse -inform DER -in ../attributes.der | grep -A 2 :messageDigest \
        | grep -i "$(openssl dgst -sha256 -r ../envelope.der | cut -c -64)"

It must print a line with a digest. What do they say of the key?

    openssl asn1parse -inform DER -in ../attributes.der \
        | grep -A 2 :pkcs7-data | tail -n 1 | cut -d : -f 4

It must print `{header}`: {words}.
"#,
        header = header.text,
        words = in_words(header),
    )
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

const SIGNED_AT: &str = "    openssl asn1parse -inform DER -in ../attributes.der | grep UTCTIME

It must print the time at which the block was signed, YYMMDDhhmmss in UTC: a few seconds after the
ceremony began. An older one is another block, sent again.
";

fn open(header: &Header) -> String {
    format!(
        r#"The ephemeral key, under your key by RSAES-OAEP with sha256:

    openssl asn1parse -inform DER -in ../envelope.der -noout -out ../wrapped-ephemeral.bin -strparse \
        $(openssl asn1parse -inform DER -in ../envelope.der \
            | sed -n '/:d=2 .*OCTET STRING/s/:.*//p' | head -n 1)

    {unwrap}

What is encrypted under it, the last part of the envelope:

    openssl asn1parse -inform DER -in ../envelope.der -noout -out ../iv.bin -strparse \
        $(openssl asn1parse -inform DER -in ../envelope.der \
            | sed -n '/:d=2 .*OCTET STRING/s/:.*//p' | tail -n 1)

    tail -c $(openssl asn1parse -inform DER -in ../envelope.der \
        | sed -n 's/.*:d=2 .*l= *\([0-9]*\) prim: cont \[ 0 \].*/\1/p') \
        ../envelope.der > ../encrypted.bin

    openssl enc -d -in ../encrypted.bin -out ../clear.der -$(openssl asn1parse -inform DER \
        -in ../envelope.der | sed -n 's/.*:d=2 .*OBJECT *://p') \
        -K {ephemeral} \
        -iv {iv}

Does it repeat the header that the KDH signed, and the KDH's name?

    openssl asn1parse -inform DER -in ../clear.der \
        | grep -A 2 :pkcs7-data | tail -n 1 | cut -d : -f 4 | grep -x {header}

    openssl asn1parse -inform DER -in ../clear.der -noout -out ../kdh-inside.der -strparse \
        $(openssl asn1parse -inform DER -in ../clear.der \
            | sed -n '/:d=1 .*SEQUENCE/s/:.*//p' | head -n 1)

    openssl asn1parse -inform DER -in key-block.der -noout -out ../kdh-outside.der -strparse \
        $(openssl asn1parse -inform DER -in key-block.der \
            | sed -n '/:d=5 .*SEQUENCE/s/:.*//p' | head -n 1)

    cmp ../kdh-inside.der ../kdh-outside.der

The first must print `{header}` once more, the last nothing. Then the KEK:

    openssl asn1parse -inform DER -in ../clear.der -noout -out ../kek.bin -strparse \
        $(openssl asn1parse -inform DER -in ../clear.der \
            | sed -n '/:d=1 .*OCTET STRING/s/:.*//p')

`../kek.bin` now holds the clear key. Do this where clear keys may be: in production, give the block
to your HSM instead.
"#,
        unwrap = oaep_command("sha256", "../wrapped-ephemeral.bin", "../ephemeral.bin"),
        ephemeral = hex_of("../ephemeral.bin"),
        iv = hex_of("../iv.bin"),
        header = header.text,
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
