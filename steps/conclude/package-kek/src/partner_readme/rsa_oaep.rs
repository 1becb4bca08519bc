//! RSAES-OAEP: one decryption, and the signature that was agreed with the partner.

use ceremony::algorithms::OaepHash;

use super::OfMethod;
use crate::Manifest;
use openings::commands::{oaep_command, verify_command};

pub(super) fn write(manifest: &Manifest, hash: OaepHash, cryptogram_bytes: usize) -> OfMethod {
    let hash = oaep_hash(hash);
    let mut steps = Vec::new();
    let mut files = vec![(
        "`wrapped-kek.bin`, `.hex`",
        format!("the KEK under your key, {cryptogram_bytes} bytes"),
    )];
    if let Some(reference) = &manifest.reference_signature {
        let (prefix, algorithm) = (&reference.signed_prefix.ascii, reference.algorithm);
        let verify = verify_command(algorithm, "signature.bin");
        steps.push((
            "Verify the signature over the KEK",
            format!(
                "    cat signed-prefix.bin wrapped-kek.bin | {verify}

It must print `Verified OK`. What is signed is the prefix `{prefix}`, which we agreed on, followed
by the wrapped KEK.
"
            ),
        ));
        files.push((
            "`signed-prefix.bin`, `.hex`",
            format!("what is signed in front of it, `{prefix}`"),
        ));
        files.push((
            "`signature.bin`, `.hex`",
            format!("{algorithm} over the two above, by the same key as the list"),
        ));
    }
    steps.push((
        "Unwrap the KEK",
        format!(
            "RSAES-OAEP with {hash} for both hashes, empty label:

    {unwrap}

`../kek.bin` now holds the clear key, {key_bytes} bytes. Do this where clear keys may be: in
production, unwrap inside your HSM instead.
",
            unwrap = oaep_command(hash, "wrapped-kek.bin", "../kek.bin"),
            key_bytes = manifest.kek.algorithm.key_bytes(),
        ),
    ));
    OfMethod {
        under: "under the key of your certificate",
        steps,
        files,
        secrets: &[],
    }
}

/// The name by which `openssl` knows the hash.
fn oaep_hash(hash: OaepHash) -> &'static str {
    match hash {
        OaepHash::SHA_256 => "sha256",
        OaepHash::SHA_512 => "sha512",
    }
}
