//! The README in the package: how the partner opens it with nothing but `openssl`.

use ceremony::algorithms::{Hash, KekAlgorithm, OaepHash, SignatureAlgorithm};
use ceremony::certificate::Certificate;

use crate::Manifest;

pub(crate) fn write(manifest: &Manifest, leaf: &Certificate) -> String {
    let ceremony = &manifest.ceremony;
    let kek = &manifest.kek;
    let hash = oaep_hash(manifest.wrapping.hash);
    let kcv = kcv_command(kek.algorithm);
    let verify = verify_command(manifest.signature.algorithm);
    format!(
        r#"# Key-encrypting key for {partner} ({environment}, {data_type})

Ceremony `{id}`, begun {created}.

This folder holds a key-encrypting key (KEK, {algorithm}) that only the private key of your
certificate can open:

    subject  {subject}
    serial   {serial}
    sha256   {fingerprint}

You need OpenSSL 3.0 or later, and the private key, here `leaf.key`. Run these in this folder.

Before you use the KEK, compare two things with us over another channel: its KCV, and the
fingerprint of the signing key,

    openssl pkey -pubin -in signing-public-key.pem -outform DER | openssl dgst -sha256 -r

which must begin with `{key_fingerprint}`.

## 1. Verify the signature

    {verify}

It must print `Verified OK`. What is signed is the prefix `{prefix}`, which we agreed on, followed
by the wrapped KEK.

## 2. Unwrap the KEK

RSAES-OAEP with {hash} for both hashes, empty label:

    openssl pkeyutl -decrypt -inkey leaf.key -in wrapped-kek.bin -out kek.bin \
        -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:{hash} -pkeyopt rsa_mgf1_md:{hash}

`kek.bin` now holds the clear key, {key_bytes} bytes. Do this where clear keys may be: in production,
unwrap inside your HSM instead.

## 3. Recompute the key check value

    {kcv}

It must print `{kcv_value}`, as `kcv.txt` says. (The command line of a running program can be read by
other users of the machine, and this one holds the clear key: use a machine of your own.)

## 4. Clean up

    shred -u kek.bin

## Files

| file | holds |
| --- | --- |
| `wrapped-kek.bin`, `.hex` | the KEK under your key, {cryptogram_bytes} bytes |
| `signed-prefix.bin`, `.hex` | what is signed in front of it, `{prefix}` |
| `signature.bin`, `.hex` | {signature_algorithm} over the two above |
| `signing-public-key.pem` | the key that verifies the signature |
| `kcv.txt` | the KEK's key check value |
| `manifest.json` | algorithms, lengths, key ARNs, certificates, and the SHA-256 of every file |
"#,
        partner = ceremony.partner,
        environment = ceremony.environment,
        data_type = ceremony.data_type,
        id = ceremony.ceremony_id,
        created = manifest.created_at,
        algorithm = kek.algorithm,
        subject = leaf.subject(),
        serial = leaf.serial(),
        fingerprint = leaf.sha256(),
        key_fingerprint = manifest.signature.public_key_sha256,
        prefix = manifest.signed_prefix.ascii,
        key_bytes = kek.algorithm.key_bytes(),
        kcv_value = kek.kcv,
        cryptogram_bytes = manifest.wrapping.cryptogram_bytes,
        signature_algorithm = manifest.signature.algorithm,
    )
}

/// The key is read from the file by a substitution, so that it is in no terminal and no history.
/// `openssl` takes it from its arguments only, which the README says.
const KEY_HEX: &str = r#""$(od -An -v -tx1 kek.bin | tr -d ' \n')""#;

fn kcv_command(algorithm: KekAlgorithm) -> String {
    let (cipher, zeros) = match algorithm {
        KekAlgorithm::AES_128 => ("AES-128-CBC", 16),
        KekAlgorithm::AES_192 => ("AES-192-CBC", 16),
        KekAlgorithm::AES_256 => ("AES-256-CBC", 16),
        KekAlgorithm::TDES_2KEY => ("-des-ede", 8),
        KekAlgorithm::TDES_3KEY => ("-des-ede3", 8),
    };
    match algorithm {
        KekAlgorithm::AES_128 | KekAlgorithm::AES_192 | KekAlgorithm::AES_256 => format!(
            "head -c {zeros} /dev/zero | openssl mac -cipher {cipher} \\\n        \
             -macopt hexkey:{KEY_HEX} -in - CMAC | head -c 6; echo"
        ),
        KekAlgorithm::TDES_2KEY | KekAlgorithm::TDES_3KEY => format!(
            "head -c {zeros} /dev/zero | openssl enc {cipher} -nopad \\\n        \
             -K {KEY_HEX} | od -An -tx1 | tr -d ' \\n' | tr a-f A-F | head -c 6; echo"
        ),
    }
}

fn verify_command(algorithm: SignatureAlgorithm) -> String {
    let padding = if algorithm.is_pss() {
        " \\\n        -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest"
    } else {
        ""
    };
    let hash = match algorithm.hash() {
        Hash::Sha256 => "sha256",
        Hash::Sha384 => "sha384",
        Hash::Sha512 => "sha512",
    };
    format!(
        "cat signed-prefix.bin wrapped-kek.bin | openssl dgst -{hash} \\\n        -verify \
         signing-public-key.pem -signature signature.bin{padding}"
    )
}

/// The name by which `openssl` knows the hash.
fn oaep_hash(hash: OaepHash) -> &'static str {
    match hash {
        OaepHash::SHA_256 => "sha256",
        OaepHash::SHA_512 => "sha512",
    }
}
