//! The README in the package: how the partner verifies it and opens its key blocks.

use std::fmt::Write;

use ceremony::algorithms::{Hash, SignatureAlgorithm};
use ceremony::publication::{SUMS, SUMS_SIGNATURE};
use openings::verification;
use openings::working_keys::{kcv_method, kcv_methods, which_kek};

use crate::Manifest;

pub(crate) fn write(manifest: &Manifest) -> String {
    let ceremony = &manifest.ceremony;
    let kek = &manifest.kek;
    format!(
        r#"# Working keys for {partner} ({environment}, {data_type})

Ceremony `{id}`, begun {created}, asked for by `{request}`.

Each `.tr31` file here is a TR-31 key block (ANSI X9.143) under the key-encrypting key (KEK) {kek_came}:

    algorithm  {kek_algorithm}
    KCV        {kek_kcv} ({kek_kcv_method})

{keys}
## 1. Verify the package

{verification}
## 2. Open the key blocks

Import each block into your HSM under the KEK: the header says what the key is for, and is under the
block's own MAC. Where clear keys may be, `psec` (PyPI) opens a block too; here the KEK lies as hex
digits in `../kek.hex`:

    python3 -c 'import sys; from psec import tr31; kek, block = (open(f).read().strip() for f in sys.argv[1:]); print(tr31.unwrap(bytes.fromhex(kek), block)[1].hex().upper())' ../kek.hex {first_file}

It prints the clear key: use a machine of your own, and keep it in no file.

## 3. Confirm the key check values

Compare the check value that your HSM shows for each key with the table above, which is also in
`kcvs.txt`. {kcv_methods}

## Files

| file | holds |
| --- | --- |
| `{sums}` | the SHA-256 of every file but itself and the next |
| `{sums_signature}` | {algorithm} over `{sums}` |
| `signing-public-key.pem` | the key that verifies the signature |
| `*.tr31` | one key block, and a newline |
| `kcvs.txt` | the key check values |
| `manifest.json` | the keys with their decoded headers, the KEK, the SHA-256 of every file that we made |
"#,
        partner = ceremony.partner,
        environment = ceremony.environment,
        data_type = ceremony.data_type,
        id = ceremony.ceremony_id,
        created = manifest.created_at,
        request = manifest.request.name,
        kek_came = which_kek(kek.established),
        kek_algorithm = kek.algorithm,
        kek_kcv = kek.kcv,
        kek_kcv_method = kcv_method(kek.kcv_algorithm),
        keys = keys(manifest),
        verification = verification::in_short(&verify_command(manifest.signature.algorithm)),
        sums = SUMS,
        sums_signature = SUMS_SIGNATURE,
        first_file = manifest.keys.first().map_or("key.tr31", |key| &key.file),
        kcv_methods = kcv_methods(manifest.keys.iter().map(|key| key.kcv_algorithm)),
        algorithm = manifest.signature.algorithm,
    )
}

/// A table; every cell is ours, or letters and digits.
fn keys(manifest: &Manifest) -> String {
    let mut table = String::from(
        "\
| file | usage | algorithm | mode of use | exportability | optional blocks | KCV |
| --- | --- | --- | --- | --- | --- | --- |
",
    );
    for key in &manifest.keys {
        let header = &key.header;
        let blocks: Vec<String> = header
            .optional_blocks
            .iter()
            .map(|block| format!("{} `{}`", block.id, block.data))
            .collect();
        let _ = writeln!(
            table,
            "| `{}` | {} | {} | {} | {} | {} | `{}` |",
            key.file,
            header.usage,
            key.algorithm,
            header.mode,
            header.exportability,
            if blocks.is_empty() {
                "none".to_owned()
            } else {
                blocks.join(", ")
            },
            key.kcv,
        );
    }
    table
}

fn verify_command(algorithm: SignatureAlgorithm) -> String {
    let hash = match algorithm.hash() {
        Hash::Sha256 => "sha256",
        Hash::Sha384 => "sha384",
        Hash::Sha512 => "sha512",
    };
    let padding = if algorithm.is_pss() {
        " -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest"
    } else {
        ""
    };
    format!(
        "openssl dgst -{hash}{padding} -verify signing-public-key.pem -signature {SUMS_SIGNATURE}"
    )
}
