//! The README in the package: how the partner verifies and opens it with nothing but `openssl` and
//! what every shell has.
//!
//! The same for every method but for the sections between the verification of the package and the
//! recomputation of the check value. Its commands do not depend on what is in the files: a partner can
//! keep them, and distrust those of a later package.

mod ecdh;
mod rsa_oaep;
mod tr34;

use std::fmt::Write;

use ceremony::publication::{SIGNING_CERTIFICATES, SIGNING_KEY, SUMS, SUMS_SIGNATURE};
use openings::commands::{kcv_command, verify_command};

use crate::manifest::Note;
use crate::wrapping::{How, Ours};
use crate::{Input, Manifest};
use ecdh::Agreement;

/// What a README says by method.
struct OfMethod {
    /// What the KEK lies under: `under your certificate's key`.
    under: &'static str,
    /// Title and text of each step that leads to `../kek.bin`.
    steps: Vec<(&'static str, String)>,
    /// Names of files, and what they hold.
    files: Vec<(&'static str, String)>,
    /// What must not be left lying about, beside `../kek.bin`.
    secrets: &'static [&'static str],
}

pub(crate) fn write(manifest: &Manifest, input: &Input) -> String {
    let wrapping = &manifest.wrapping;
    let of_method = match &wrapping.how {
        How::RsaOaep {
            hash,
            cryptogram_bytes,
        } => rsa_oaep::write(manifest, *hash, *cryptogram_bytes),
        How::Tr34 {
            header,
            nonce,
            signer,
            ours,
            ..
        } => tr34::write(header, nonce.as_ref(), *signer, ours),
        How::Ecdh {
            key_block_characters,
            header,
            key_derivation_function,
            key_derivation_hash,
            derived_key,
            ours,
            ..
        } => Agreement {
            curve: &wrapping.key_algorithm,
            header,
            block_characters: *key_block_characters,
            function: *key_derivation_function,
            hash: *key_derivation_hash,
            derived_key: *derived_key,
            kek: manifest.kek.algorithm,
            ours,
        }
        .write(),
    };
    let mut text = introduction(manifest, input, of_method.under);
    verification(&mut text, manifest, input);
    let mut number = 2;
    let mut section = |title: &str, body: &str| {
        let section = format!("\n## {number}. {title}\n\n{body}");
        number += 1;
        section
    };
    for (title, body) in &of_method.steps {
        text += &section(title, body);
    }
    text += &section("Recompute the key check value", &check_value(manifest));
    let secrets = [&["../kek.bin"], of_method.secrets].concat().join(" ");
    text += &section("Clean up", &format!("    shred -u {secrets}\n"));
    text += &notes(&manifest.notes);
    text += &files(manifest, input, &of_method.files);
    text
}

fn introduction(manifest: &Manifest, input: &Input, under: &str) -> String {
    let (ceremony, leaf) = (&manifest.ceremony, &input.path.leaf);
    format!(
        "# Key-encrypting key for {partner} ({environment}, {data_type})

Ceremony `{id}`, begun {created}.

This folder holds a key-encrypting key (KEK, {algorithm}) {under}. Only the private key of your
certificate opens it:

    subject  {subject}
    serial   {serial}
    sha256   {fingerprint}

You need OpenSSL 3.0 or later, and the private key, here `../leaf.key`: in this folder lies what we
sent, and nothing else. Run these in this folder, in this order, and stop at the first that does not
say what it must.
",
        partner = ceremony.partner,
        environment = ceremony.environment,
        data_type = ceremony.data_type,
        id = ceremony.ceremony_id,
        created = manifest.created_at,
        algorithm = manifest.kek.algorithm,
        subject = leaf.subject(),
        serial = leaf.serial(),
        fingerprint = leaf.sha256(),
    )
}

/// Is it ours, and all of it?
fn verification(text: &mut String, manifest: &Manifest, input: &Input) {
    let _ = write!(
        text,
        r#"
## 1. Verify the package

Whose key is it?

    openssl pkey -pubin -in {SIGNING_KEY} -outform DER | openssl dgst -sha256 -r

It must begin with the fingerprint of our signing key, as we told it to you over another channel than
the one by which this package came: by telephone under a number that you knew before, say, or on
paper.

This comparison is what counts, and nothing in this folder can stand in for it. Whoever replaces the
whole package replaces the signing key with it, and every step below passes: with their signatures,
their KEK, and its right key check value.
"#
    );
    let certified = match &input.signer {
        Some(_) => CERTIFIED,
        None => NOT_CERTIFIED,
    };
    let _ = write!(
        text,
        r#"{certified}
Is the list of the files signed by that key?

    {verify_list} {SUMS}

It must print `Verified OK`. Is every file on the list there, and as it was?

    sha256sum -c {SUMS}

It must print `OK` for each. Is there a file that is not on the list?

    ! ls -Aq | grep -vxF -e {SUMS} -e {SUMS_SIGNATURE} -e "$(cut -c 67- {SUMS})"

It must print nothing. Now every byte of every file is under the signature, this one included. But
whoever changes a file on its way may have changed the commands here too: if you have verified a
package of ours before, use the commands that you used then.
"#,
        verify_list = verify_command(manifest.signature.algorithm, SUMS_SIGNATURE),
    );
}

const NOT_CERTIFIED: &str = "Once you have a certificate for our signing key, from a CA that you trust, take the key out of that
certificate instead of the file.
";

/// `../ca.pem` is the partner's: what lies in the package proves nothing about its own issuer.
const CERTIFIED: &str = "
Or let a CA that you trust compare. With its root certificate in `../ca.pem`, from that CA and not
from us, is the key the one that it certified, and as ours?

    openssl verify -CAfile ../ca.pem -untrusted signing-certificates.pem signing-certificates.pem

    openssl x509 -in signing-certificates.pem -noout -pubkey | cmp - signing-public-key.pem

    openssl x509 -in signing-certificates.pem -noout -subject -enddate

The first must print `OK`, the second nothing, the third our name. Whether the certificate has been
revoked since, only the CA can tell.
";

fn check_value(manifest: &Manifest) -> String {
    format!(
        "    {command}

It must print `{kcv}`, as `kcv.txt` says. Compare it with us over another channel before you
use the KEK. (The command line of a running program can be read by other users of the machine, and
this one holds the clear key: use a machine of your own.)
",
        command = kcv_command(manifest.kek.algorithm, "../kek.bin"),
        kcv = manifest.kek.kcv,
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

fn files(manifest: &Manifest, input: &Input, of_method: &[(&str, String)]) -> String {
    let algorithm = manifest.signature.algorithm;
    let mut text = format!(
        "
## Files

| file | holds |
| --- | --- |
| `{SUMS}` | the SHA-256 of every file but itself and the next |
| `{SUMS_SIGNATURE}` | {algorithm} over `{SUMS}` |
| `{SIGNING_KEY}` | the key that verifies it |
"
    );
    if input.signer.is_some() {
        text += &format!(
            "| `{SIGNING_CERTIFICATES}` | that key's certificate, and those of its issuers |\n"
        );
    }
    for (names, holds) in of_method {
        let _ = writeln!(text, "| {names} | {holds} |");
    }
    text += "| `kcv.txt` | the KEK's key check value |
| `manifest.json` | algorithms, lengths, key ARNs, certificates, and the SHA-256 of the files, but for itself and the first of this table |
";
    text
}

/// Of a certificate of ours, for comparison over another channel.
fn told(ours: &Ours) -> String {
    let certificate = &ours.certificate;
    format!(
        "    subject  {}\n    serial   {}\n    sha256   {}\n",
        certificate.subject, certificate.serial, certificate.sha256
    )
}
