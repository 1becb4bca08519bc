//! The README in the package: how the partner verifies and opens it with nothing but `openssl` and
//! what every shell has.

use std::fmt::Write;

use ceremony::algorithms::{Hash, KekAlgorithm, OaepHash, SignatureAlgorithm};
use ceremony::certificate::Certificate;
use ceremony::publication::{SUMS, SUMS_SIGNATURE};

use crate::Manifest;
use crate::manifest::Note;

pub(crate) fn write(manifest: &Manifest, leaf: &Certificate) -> String {
    let ceremony = &manifest.ceremony;
    let kek = &manifest.kek;
    let hash = oaep_hash(manifest.wrapping.hash);
    let kcv = kcv_command(kek.algorithm);
    let algorithm = manifest.signature.algorithm;
    format!(
        r#"# Key-encrypting key for {partner} ({environment}, {data_type})

Ceremony `{id}`, begun {created}.

This folder holds a key-encrypting key (KEK, {kek_algorithm}) that only the private key of your
certificate can open:

    subject  {subject}
    serial   {serial}
    sha256   {fingerprint}

You need OpenSSL 3.0 or later, and the private key, here `../leaf.key`: in this folder lies what we
sent, and nothing else. Run these in this folder, in this order, and stop at the first that does not
say what it must.

## 1. Verify the package

Whose key is it?

    openssl pkey -pubin -in signing-public-key.pem -outform DER | openssl dgst -sha256 -r

It must begin with the fingerprint of our signing key, as we told it to you over another channel than
the one by which this package came: by telephone under a number that you knew before, say, or on
paper.

This comparison is what counts, and nothing in this folder can stand in for it. Whoever replaces the
whole package replaces the signing key with it, and every step below passes: with their signatures,
their KEK, and its right key check value. Once you have a certificate for our signing key, from a CA
that you trust, take the key out of that certificate instead of the file.

Is the list of the files signed by that key?

    {verify_list} {sums}

It must print `Verified OK`. Is every file on the list there, and as it was?

    sha256sum -c {sums}

It must print `OK` for each. Is there a file that is not on the list?

    ! ls -Aq | grep -vxF -e {sums} -e {sums_signature} -e "$(cut -c 67- {sums})"

It must print nothing. Now every byte of every file is under the signature, this one included. But
whoever changes a file on its way may have changed the commands here too: if you have verified a
package of ours before, use the commands that you used then.

## 2. Verify the signature over the KEK

    cat signed-prefix.bin wrapped-kek.bin | {verify}

It must print `Verified OK`. What is signed is the prefix `{prefix}`, which we agreed on, followed
by the wrapped KEK.

## 3. Unwrap the KEK

RSAES-OAEP with {hash} for both hashes, empty label:

    openssl pkeyutl -decrypt -inkey ../leaf.key -in wrapped-kek.bin -out ../kek.bin \
        -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:{hash} -pkeyopt rsa_mgf1_md:{hash}

`../kek.bin` now holds the clear key, {key_bytes} bytes. Do this where clear keys may be: in
production, unwrap inside your HSM instead.

## 4. Recompute the key check value

    {kcv}

It must print `{kcv_value}`, as `kcv.txt` says. Compare it with us over another channel before you
use the KEK. (The command line of a running program can be read by other users of the machine, and
this one holds the clear key: use a machine of your own.)

## 5. Clean up

    shred -u ../kek.bin
{notes}
## Files

| file | holds |
| --- | --- |
| `{sums}` | the SHA-256 of every file but itself and the next |
| `{sums_signature}` | {algorithm} over `{sums}` |
| `signing-public-key.pem` | the key that verifies both signatures |
| `wrapped-kek.bin`, `.hex` | the KEK under your key, {cryptogram_bytes} bytes |
| `signed-prefix.bin`, `.hex` | what is signed in front of it, `{prefix}` |
| `signature.bin`, `.hex` | {algorithm} over the two above |
| `kcv.txt` | the KEK's key check value |
| `manifest.json` | algorithms, lengths, key ARNs, certificates, and the SHA-256 of every file but itself and the first two |
"#,
        partner = ceremony.partner,
        environment = ceremony.environment,
        data_type = ceremony.data_type,
        id = ceremony.ceremony_id,
        created = manifest.created_at,
        kek_algorithm = kek.algorithm,
        subject = leaf.subject(),
        serial = leaf.serial(),
        fingerprint = leaf.sha256(),
        sums = SUMS,
        sums_signature = SUMS_SIGNATURE,
        verify_list = verify_command(algorithm, SUMS_SIGNATURE),
        verify = verify_command(algorithm, "signature.bin"),
        prefix = manifest.signed_prefix.ascii,
        key_bytes = kek.algorithm.key_bytes(),
        kcv_value = kek.kcv,
        cryptogram_bytes = manifest.wrapping.cryptogram_bytes,
        notes = notes(&manifest.notes),
    )
}

/// A section of its own, or nothing.
fn notes(notes: &[Note]) -> String {
    if notes.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "
## Notes on your certificates

None of these kept us from sending you the key. Your CA may want to know of them before it issues the
next certificates.

| certificate | what we noticed | see |
| --- | --- | --- |
",
    );
    for note in notes {
        // A subject is shown without anything that could end the code or the cell.
        let certificate = match (note.role, &note.subject) {
            (Some(role), Some(subject)) => format!("{} `{subject}`", role.as_str()),
            _ => "several".to_owned(),
        };
        let _ = writeln!(
            text,
            "| {certificate} | {} | {} |",
            note.detail, note.clause
        );
    }
    text
}

/// The key is read from the file by a substitution, so that it is in no terminal and no history.
/// `openssl` takes it from its arguments only, which the README says.
const KEY_HEX: &str = r#""$(od -An -v -tx1 ../kek.bin | tr -d ' \n')""#;

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

/// Verifies what it reads: from a pipe, or from a file that is named after it.
fn verify_command(algorithm: SignatureAlgorithm, signature: &str) -> String {
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
        "openssl dgst -{hash} \\\n        -verify signing-public-key.pem -signature \
         {signature}{padding}"
    )
}

/// The name by which `openssl` knows the hash.
fn oaep_hash(hash: OaepHash) -> &'static str {
    match hash {
        OaepHash::SHA_256 => "sha256",
        OaepHash::SHA_512 => "sha512",
    }
}
