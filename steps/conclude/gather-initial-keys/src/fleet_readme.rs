//! The README in the package: what the files are, and how a key block is opened.

use ceremony::publication::{SUMS, SUMS_SIGNATURE};

use crate::{Manifest, tr34_readme};

pub(crate) fn write(manifest: &Manifest) -> String {
    let ceremony = &manifest.ceremony;
    let tally = &manifest.summary.tally;
    let open = match &manifest.receiver {
        Some(receiver) => tr34_readme::write(manifest, receiver),
        None => under_kek(manifest),
    };
    let failed = tally.terminals - tally.exported;
    format!(
        r#"# Initial keys for {partner} ({environment}, {data_type})

Ceremony `{id}`, begun {created}.

DUKPT initial keys for {terminals} terminals, derived from a base derivation key ({bdk_algorithm}, key
check value {bdk_kcv}), each {under}. {exported} left, {failed} did not: `summary.json` has the reasons.

## Verify the package

`{sums_signature}` is the signature ({algorithm}) of our signing key over `{sums}`, which has the SHA-256
of every other file. Compare the key with the fingerprint that we told you over another channel, verify the
signature with it, and then the files:

    sha256sum -c {sums}

It must print `OK` for each.

## Compare with your inventory

With your inventory beside this folder, as `inventory`:

    sha256sum ../inventory

It must print `{inventory}`. (If the serial numbers were listed in the request itself, the inventory is all of
them in upper case, with a newline after each.)

{open}
## Files

| file | holds |
| --- | --- |
| `initial-keys.jsonl`, `.csv` | the initial keys, a line each |
| `summary.json` | how many there are, and why some are missing |
{hosts}| `manifest.json` | algorithms, keys, and the SHA-256 of every file but itself and the next two |
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
        under = under(manifest),
        hosts = hosts(manifest),
        algorithm = manifest.signature_algorithm,
        inventory = manifest.summary.inventory_sha256,
        sums = SUMS,
        sums_signature = SUMS_SIGNATURE,
    )
}

/// What each lies under.
fn under(manifest: &Manifest) -> String {
    match (&manifest.kek, &manifest.receiver) {
        (Some(kek), _) => format!(
            "under the key-encrypting key that you have from us\n({}, key check value {})",
            kek.algorithm, kek.kcv
        ),
        (None, Some(receiver)) => format!(
            "in a TR-34 block that only the private key\nof your certificate opens (subject `{}`, SHA-256 \
             `{}`)",
            receiver.leaf_subject, receiver.leaf_sha256
        ),
        (None, None) => String::new(),
    }
}

fn under_kek(manifest: &Manifest) -> String {
    let whose = match manifest.initial_keys.optional_block {
        Some(id) => format!("Its optional block `{id}` says whose key it is."),
        None => "It has no optional block that says whose key it is: the line does.".to_owned(),
    };
    format!(
        r#"## Open a key block

`initial-keys.jsonl` and `initial-keys.csv` have one line for each terminal, in the order of the inventory:
the key serial number `ksn`, the TR-31 block `keyBlock` (usage {usage}, mode {mode}), and `kcv`, the check
value of the initial key in it. A line with `failed` has no key, and says why. {whose} Open the blocks in
your HSM, under the key-encrypting key, and compare each check value.
"#,
        usage = manifest.initial_keys.usage,
        mode = manifest.initial_keys.mode,
    )
}

/// Lines of the table of files.
fn hosts(manifest: &Manifest) -> String {
    let receiver = manifest.receiver.as_ref();
    let hosts = receiver.map_or(&[][..], |receiver| &receiver.hosts);
    let lines = hosts.iter().map(|host| {
        format!(
            "| `{}` | the certificate of a key that signed blocks, SHA-256 `{}` |\n\
             | `{}` | those of its issuers, from the next upwards |\n",
            host.file, host.sha256, host.chain_file
        )
    });
    lines.collect()
}
