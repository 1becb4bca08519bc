//! The README in the package: what the files are, and how a key block is opened.

use ceremony::publication::{SUMS, SUMS_SIGNATURE};

use crate::Manifest;

pub(crate) fn write(manifest: &Manifest) -> String {
    let ceremony = &manifest.ceremony;
    let tally = &manifest.summary.tally;
    let whose = match manifest.initial_keys.optional_block {
        Some(id) => format!("Its optional block `{id}` says whose key it is."),
        None => "It has no optional block that says whose key it is: the line does.".to_owned(),
    };
    let failed = tally.terminals - tally.exported;
    format!(
        r#"# Initial keys for {partner} ({environment}, {data_type})

Ceremony `{id}`, begun {created}.

DUKPT initial keys for {terminals} terminals, derived from a base derivation key ({bdk_algorithm}, key
check value {bdk_kcv}), each under the key-encrypting key that you have from us ({kek_algorithm}, key check
value {kek_kcv}). {exported} left, {failed} did not: `summary.json` has the reasons.

## Verify the package

`{sums_signature}` is the signature ({algorithm}) of our signing key over `{sums}`, which has the SHA-256
of every other file. Compare the key with the fingerprint that we told you over another channel, verify the
signature with it, and then the files:

    sha256sum -c {sums}

It must print `OK` for each.

## Compare with your inventory

    sha256sum <your inventory>

It must print `{inventory}`. (Serial numbers that were listed in the request itself have the digest of all of
them in upper case, with a newline after each.)

## Open a key block

`initial-keys.jsonl` and `initial-keys.csv` have one line for each terminal, in the order of the inventory:
the key serial number `ksn`, the TR-31 block `keyBlock` (usage {usage}, mode {mode}), and `kcv`, the check
value of the initial key in it. A line with `failed` has no key, and says why. {whose} Open the blocks in
your HSM, under the key-encrypting key, and compare each check value.

## Files

| file | holds |
| --- | --- |
| `initial-keys.jsonl`, `.csv` | the initial keys, a line each |
| `summary.json` | how many there are, and why some are missing |
| `manifest.json` | algorithms, keys, and the SHA-256 of every file but itself and the next two |
| `{sums}`, `{sums_signature}` | the SHA-256 of every file, and the signature over that list |
"#,
        partner = ceremony.partner,
        environment = ceremony.environment,
        data_type = ceremony.data_type,
        id = ceremony.ceremony_id,
        created = manifest.created_at,
        terminals = tally.terminals,
        exported = tally.exported,
        bdk_algorithm = manifest.bdk.algorithm,
        bdk_kcv = manifest.bdk.kcv,
        kek_algorithm = manifest.kek.algorithm,
        kek_kcv = manifest.kek.kcv,
        algorithm = manifest.signature_algorithm,
        inventory = manifest.summary.inventory_sha256,
        usage = manifest.initial_keys.usage,
        mode = manifest.initial_keys.mode,
        sums = SUMS,
        sums_signature = SUMS_SIGNATURE,
    )
}
