//! A TR-34 block (ANSI X9.139, `X9_TR34_2012`): who signed it, is it of today, and what is in it.

use ceremony::exchange::Tr34Signer;

use crate::commands::{hex_of, oaep_command};

/// Where things lie, from the folder of the package.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The block in DER.
    pub block: &'a str,
    /// Where the clear key is to be put.
    pub key: &'a str,
}

/// What must not be left lying about, beside the clear key.
pub const SECRETS: [&str; 2] = ["../ephemeral.bin", "../clear.der"];

/// PCI PIN 8-4: a partner must not have to take the service's word for whose key it is. `told` is what is
/// told of the host's certificate.
pub fn authenticate(signer: Tr34Signer, told: &str) -> String {
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

/// The three parts of the block, in files of their own.
pub fn take_apart(place: Place<'_>) -> String {
    let block = place.block;
    format!(
        r#"What is encrypted for you, what the KDH signed, and its signature:

    openssl asn1parse -inform DER -in {block} -noout -out ../envelope.der -strparse \
        $(openssl asn1parse -inform DER -in {block} \
            | sed -n '/:d=5 .*OCTET STRING/s/:.*//p' | head -n 1)

    openssl asn1parse -inform DER -in {block} -noout -out ../attributes.der -strparse \
        $(openssl asn1parse -inform DER -in {block} \
            | sed -n '/:d=5 .*cont \[ 0 \]/s/:.*//p')

    openssl asn1parse -inform DER -in {block} -noout -out ../signature.bin -strparse \
        $(openssl asn1parse -inform DER -in {block} \
            | sed -n '/:d=5 .*OCTET STRING/s/:.*//p' | tail -n 1)
"#
    )
}

/// Whether the host signed what is in it. The header is the sixteen characters that it must have, `words`
/// say what they mean.
pub fn verify(header: &str, words: &str) -> String {
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
"#
    )
}

/// Whether it is of today, where no nonce says it. `when` says when it was to be signed.
pub fn signed_at(when: &str) -> String {
    format!(
        "    openssl asn1parse -inform DER -in ../attributes.der | grep UTCTIME

It must print the time at which the block was signed, YYMMDDhhmmss in UTC: {when}. An older one is another
block, sent again.
"
    )
}

/// Opens it with the receiver's key.
pub fn open(header: &str, place: Place<'_>) -> String {
    let Place { block, key } = place;
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

    openssl asn1parse -inform DER -in {block} -noout -out ../kdh-outside.der -strparse \
        $(openssl asn1parse -inform DER -in {block} \
            | sed -n '/:d=5 .*SEQUENCE/s/:.*//p' | head -n 1)

    cmp ../kdh-inside.der ../kdh-outside.der

The first must print `{header}` once more, the last nothing. Then the key:

    openssl asn1parse -inform DER -in ../clear.der -noout -out {key} -strparse \
        $(openssl asn1parse -inform DER -in ../clear.der \
            | sed -n '/:d=1 .*OCTET STRING/s/:.*//p')

`{key}` now holds the clear key. Do this where clear keys may be: in production, give the block
to your HSM instead.
"#,
        unwrap = oaep_command("sha256", "../wrapped-ephemeral.bin", "../ephemeral.bin"),
        ephemeral = hex_of("../ephemeral.bin"),
        iv = hex_of("../iv.bin"),
    )
}
