//! The README of an offer: what is expected, how to know that it is ours, how to wrap, and where to drop.
//!
//! Its commands wrap a throw-away key, so that a partner can try every step before its HSM takes the real one;
//! they do not depend on what is in the files.

mod ecdh;
mod rsa_oaep;
mod tr34;

use std::fmt::Write;

use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm};
use ceremony::key_import::offer::{Offer, Terms};
use ceremony::key_import::place::BlockForm;
use ceremony::working_keys::place::AskedBy;
use openings::verification;

use crate::{CERTIFICATE, CHAIN, Error, Manifest, OFFER, expected};

/// What a README says by method.
struct OfMethod {
    /// What the KEK is to lie under.
    under: &'static str,
    /// Title and text of each step that leads to the block.
    steps: Vec<(&'static str, String)>,
    /// What may be in the file, and how it is written.
    form: String,
    /// What is refused besides what always is.
    refused: Vec<&'static str>,
}

/// By `physical` there is none: what custodians carry to AWS's facility is no partner's.
pub(crate) fn write(manifest: &Manifest, offer: &Offer) -> Result<String, Error> {
    let name = file_name(manifest);
    let of_method = match &offer.terms {
        Terms::Ecdh {
            ours,
            partner_certificate_sha256,
            shared_information,
            key_derivation_function,
            key_derivation_hash,
            derived_key,
        } => ecdh::Agreement {
            ours,
            partner: partner_certificate_sha256,
            shared_information,
            function: *key_derivation_function,
            hash: *key_derivation_hash,
            derived_key: *derived_key,
            expected: &offer.expected,
        }
        .write(name),
        Terms::Tr34 {
            ours,
            partner_certificate_sha256,
            nonce,
        } => tr34::write(offer, ours, partner_certificate_sha256, nonce.as_ref()),
        Terms::RsaOaep { ours, hash } => rsa_oaep::write(offer, ours, *hash, name),
        Terms::Physical { .. } => return Err(Error::MethodNotOffered(manifest.method)),
    };
    let mut text = introduction(manifest, of_method.under);
    let mut number = 0;
    let mut section = |title: &str, body: &str| {
        number += 1;
        let _ = write!(text, "\n## {number}. {title}\n\n{body}");
    };
    let algorithm = manifest.signature.algorithm;
    let package = verification::of_the_package(algorithm, REPLACED);
    section("Verify the package", &package);
    section("Compare our key", &our_key(manifest));
    section("Compare the offer", &which_offer(manifest));
    section("What your key has to be", &what_is_expected(offer));
    for (title, body) in &of_method.steps {
        section(title, body);
    }
    section("Drop it", &drop_it(manifest, &of_method.form));
    text += &refused(offer, &of_method.refused);
    text += &files(manifest);
    Ok(text)
}

const REPLACED: &str =
    "with their\nsignatures, and with their key, under which you would send them yours";

/// The last part of the inbox key.
fn file_name(manifest: &Manifest) -> &str {
    let key = &manifest.block_key;
    key.rsplit_once('/').map_or(key.as_str(), |(_, name)| name)
}

fn introduction(manifest: &Manifest, under: &str) -> String {
    let ceremony = &manifest.ceremony;
    format!(
        "# An offer for your KEK: {partner} ({environment}, {data_type})

Ceremony `{id}`, offer `{offer}`, the {number} of them,
made {created} in answer to {asked} `{request}`.

You send us a key-encrypting key (KEK, {algorithm}) {under}.
This folder holds what that takes. What you make is dropped into the inbox under the key

    {block_key}

until {expires}. You need OpenSSL 3.0 or later for the commands here. Run them in this
folder, in this order, and stop at the first that does not say what it must. They are for a throw-away
key, so that you see each step; your own KEK is never in a file, and your HSM does the same with it.
Nobody of ours will ever ask you for a key in the clear.
",
        partner = ceremony.partner,
        environment = ceremony.environment,
        data_type = ceremony.data_type,
        id = ceremony.ceremony_id,
        offer = manifest.offer.id,
        number = ordinal(manifest.offer.number),
        created = manifest.created_at,
        asked = match manifest.request.asked_by {
            AskedBy::Partner => "your request",
            AskedBy::Requester => "our order",
        },
        request = manifest.request.name,
        algorithm = manifest.expected.algorithm,
        block_key = manifest.block_key,
        expires = manifest.expires_at,
    )
}

/// As many as a profile can allow, and in a form that needs no list.
fn ordinal(number: u32) -> String {
    match number {
        1 => "first".to_owned(),
        2 => "second".to_owned(),
        3 => "third".to_owned(),
        other => format!("{other}th"),
    }
}

fn our_key(manifest: &Manifest) -> String {
    let sha256 = manifest.certificate_sha256.to_string();
    let key = verification::of_a_service_key(CERTIFICATE, CHAIN, &sha256, OFFER);
    format!("The key under which you send us yours is the one of `{CERTIFICATE}`.\n{key}")
}

fn which_offer(manifest: &Manifest) -> String {
    format!(
        "A block is made for exactly one offer, which is named by its digest:

    openssl dgst -sha256 -r {OFFER} | cut -c -16

It must print `{id}`. (If a program of yours has written the document anew,
`jq -cjS . {OFFER} | openssl dgst -sha256` comes to the same.) All that follows is in that document, too.
",
        id = manifest.offer.id,
    )
}

fn what_is_expected(offer: &Offer) -> String {
    let blocks = expected::optional_blocks(&offer.expected);
    format!(
        "{fields}
Optional blocks that it must have: {blocks}.
",
        fields = expected::fields(&offer.expected),
        blocks = blocks.as_deref().unwrap_or("none"),
    )
}

/// Of the throw-away key: a partner compares the way, and not the key.
fn check_value(algorithm: KekAlgorithm) -> String {
    let how = match algorithm.kcv_algorithm() {
        KcvAlgorithm::CMAC => "the first three bytes of the CMAC over sixteen zero bytes",
        KcvAlgorithm::ANSI_X9_24 => "the first three bytes of eight zero bytes, encrypted",
    };
    format!(
        "The key's check value is {how}:

    {command}

That of your KEK, as your HSM shows it, is what both of us compare in the end: have it ready.
",
        command = openings::commands::kcv_command(algorithm, "../kek.bin"),
    )
}

fn drop_it(manifest: &Manifest, form: &str) -> String {
    format!(
        "{form} Drop it into the inbox under the key

    {block_key}

and under no other: the name says for which request and for which offer it is, because the block itself does
not. It is taken until {expires}. When that time is over, a new offer may follow, in a
folder beside this one and with another name: what was made for this one is then worth nothing, and you wrap
anew.

When your KEK has come, `receipt/` lies beside this folder, with the check value that we found. Its README
says whether you have to confirm that, and how.
",
        block_key = manifest.block_key,
        expires = manifest.expires_at,
    )
}

fn refused(offer: &Offer, of_method: &[&str]) -> String {
    let mut text = String::from(
        "
## What is refused

A block that is refused ends nothing: you are told why, and a right one is taken as before, under the same
name.

- a file under any other name, for another offer, or after the time above
- Base64, PEM, the hex digits of a text, an odd number of digits, or anything after the block
- a file that holds a private key, or that may be a key in the clear: it is as long as one, or has as many hex
  digits. Treat such a key as compromised
- a key that is another than the table above says
",
    );
    for words in of_method {
        let _ = writeln!(text, "- {words}");
    }
    if offer.terms.partner_certificate_sha256().is_some() {
        text += "- anything, once your certificate has expired or is revoked: it is proven once more when your \
                 block arrives\n";
    }
    text
}

fn files(manifest: &Manifest) -> String {
    let form = BlockForm::of(manifest.method);
    format!(
        "
## Files

| file | holds |
| --- | --- |
{rows}| `{OFFER}` | the offer, for programs: what is in this text, and our certificate |
| `{CERTIFICATE}` | the certificate of the key under which you send us yours |
| `{CHAIN}` | those of its issuers, from the next upwards |
| `manifest.json` | which offer it is, the key of the `{form}` file that answers it, and the SHA-256 of the files, but for itself and the first of this table |
",
        rows = verification::rows(manifest.signature.algorithm),
    )
}
