//! The README in the package: what became of the keys, and how to verify that it is we who say so.

use std::fmt::Write;

use ceremony::publication::{SUMS, SUMS_SIGNATURE};
use ceremony::working_key_import::run::KeyResult;
use openings::commands::verify_command;
use openings::verification;
use openings::working_keys::{kcv_method, kcv_methods, which_kek};

use crate::{Manifest, RESULTS};

pub(crate) fn write(manifest: &Manifest, results: &[KeyResult]) -> String {
    let ceremony = &manifest.ceremony;
    let kek = &manifest.kek;
    let verify_list = verify_command(manifest.signature.algorithm, SUMS_SIGNATURE);
    let imported = results.iter().filter_map(|result| result.imported.as_ref());
    let algorithms = imported.map(|key| key.kcv_algorithm);
    format!(
        r#"# Working keys from {partner} ({environment}, {data_type})

Ceremony `{id}`, begun {created}, about `{file}` with the SHA-256
`{sha256}`.

Imported: {imported}. Refused: {refused}. The blocks were taken as being under the key-encrypting key (KEK)
{kek_came}:

    algorithm  {kek_algorithm}
    KCV        {kek_kcv} ({kek_kcv_method})

{table}
## 1. Verify the package

{verification}
## 2. Confirm the key check values

Compare the check value that your HSM shows for each key with the table. {kcv_methods}

A key whose value differs is another key than you meant to send: tell us at once, and drop the right block
under the same name.

## 3. What was refused

Why, and what to do, is told line by line:

    jq -r 'select(.result == "refused") | "line \(.line): \(.what) \(.remedy)"' {results}

What was imported stays imported: drop a file with the other keys alone, or the whole file again, which makes
no key twice. A new block under a name that is there already replaces its key.

## Files

| file | holds |
| --- | --- |
| `{sums}` | the SHA-256 of every file but itself and the next |
| `{sums_signature}` | {algorithm} over `{sums}` |
| `signing-public-key.pem` | the key that verifies the signature |
| `{results}` | a line for each line of your file: what became of it |
| `manifest.json` | your file, the KEK, the SHA-256 of every file that we made |
"#,
        partner = ceremony.partner,
        environment = ceremony.environment,
        data_type = ceremony.data_type,
        id = ceremony.ceremony_id,
        created = manifest.created_at,
        file = manifest.file.key,
        sha256 = manifest.file.sha256,
        imported = manifest.imported,
        refused = manifest.refused,
        kek_came = which_kek(kek.established),
        kek_algorithm = kek.algorithm,
        kek_kcv = kek.kcv,
        kek_kcv_method = kcv_method(kek.kcv_algorithm),
        table = table(results),
        verification = verification::in_short(&verify_list),
        sums = SUMS,
        sums_signature = SUMS_SIGNATURE,
        results = RESULTS,
        kcv_methods = kcv_methods(algorithms),
        algorithm = manifest.signature.algorithm,
    )
}

/// Every cell is ours, or letters and digits.
fn table(results: &[KeyResult]) -> String {
    let mut table = String::from(
        "\
| line | key | result | algorithm | KCV |
| --- | --- | --- | --- | --- |
",
    );
    for result in results {
        let name = result.name.as_ref();
        let name = name.map_or_else(|| "-".to_owned(), |name| format!("`{name}`"));
        let line = result.line;
        let _ = match (&result.imported, &result.refused) {
            (Some(key), _) => writeln!(
                table,
                "| {line} | {name} | imported | {} | `{}` |",
                key.algorithm, key.kcv
            ),
            (None, Some(refusal)) => {
                writeln!(
                    table,
                    "| {line} | {name} | refused: {} | | |",
                    refusal.error
                )
            }
            (None, None) => Ok(()),
        };
    }
    table
}
