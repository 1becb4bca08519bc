//! The README of a receipt: what came, how to know that it is what was sent, and how to say so.

use ceremony::algorithms::KcvAlgorithm;
use ceremony::text::shown;
use openings::verification;

use crate::{Confirmation, Manifest};

pub(crate) fn write(manifest: &Manifest) -> String {
    let mut text = introduction(manifest);
    let replaced = "with their\nsignatures, and with the check value that they want you to confirm";
    text += "\n## 1. Verify the package\n\n";
    text += &verification::of_the_package(manifest.signature.algorithm, replaced);
    text += &compare(manifest);
    text += &match &manifest.confirmation {
        Some(confirmation) => confirm(confirmation),
        None => ANNOUNCED.to_owned(),
    };
    text += &files(manifest);
    text
}

fn introduction(manifest: &Manifest) -> String {
    let (ceremony, kek) = (&manifest.ceremony, &manifest.kek);
    format!(
        "# Your KEK has come: {partner} ({environment}, {data_type})

Ceremony `{id}`, {created}, in answer to `{request}`.

By the offer `{offer}` a key-encrypting key (KEK) came to us, and our HSM opened it:

    file        {file}
    sha256      {sha256}
    algorithm   {algorithm}
    usage       {usage}, modes {modes}, exportability {exportability}
    KCV         {kcv} ({how})

You need OpenSSL 3.0 or later. Run the commands in this folder, in this order, and stop at the first that
does not say what it must.
",
        partner = ceremony.partner,
        environment = ceremony.environment,
        data_type = ceremony.data_type,
        id = ceremony.ceremony_id,
        created = manifest.created_at,
        request = manifest.request.name,
        offer = manifest.offer,
        file = shown(&manifest.block.file),
        sha256 = manifest.block.sha256,
        algorithm = kek.algorithm,
        usage = kek.usage,
        modes = kek.modes,
        exportability = kek.exportability.as_str(),
        kcv = kek.kcv,
        how = match kek.kcv_algorithm {
            KcvAlgorithm::CMAC => "the first three bytes of the CMAC over sixteen zero bytes",
            KcvAlgorithm::ANSI_X9_24 => "the first three bytes of eight zero bytes, encrypted",
        },
    )
}

fn compare(manifest: &Manifest) -> String {
    format!(
        "
## 2. Is it your key?

Compare the check value that your HSM shows for the key that you sent with this one:

    cat kcv.txt

It must print `{kcv}`. Six digits cannot tell whether the file was yours, so compare that too: the SHA-256 of
the file that you dropped (`openssl dgst -sha256`) must be the one above. If either differs, somebody else
has sent a key in your name, or another file than you meant was dropped: tell us at once, over another
channel than the inbox, and send nothing under that key.
",
        kcv = manifest.kek.kcv,
    )
}

const ANNOUNCED: &str = "
## 3. Nothing more to do

The check value is the one that was announced to us before your key came. From now on we use the key. If it is
not yours, tell us at once, over another channel than the inbox: we take it out of use.
";

fn confirm(confirmation: &Confirmation) -> String {
    let Confirmation { key, until } = confirmation;
    format!(
        "
## 3. Confirm the check value

Nothing uses the key before you have confirmed it. Drop a file into the inbox under the key

    {key}

until {until}. It holds the six hex digits that your HSM shows, in either case, and an
end of line at most; and nothing else. Write what your HSM shows, and do not copy `kcv.txt`: whoever confirms our number with our
number has confirmed nothing.

A file that holds anything else is refused, and a right one is taken as before. Another check value than ours
ends the ceremony: it is your word that the key which came is not yours. So does the end of that time. In
both cases nothing of ours ever uses the key, and your next request begins anew.
"
    )
}

fn files(manifest: &Manifest) -> String {
    format!(
        "
## Files

| file | holds |
| --- | --- |
{rows}| `kcv.txt` | the key check value of the KEK that came, and an end of line |
| `manifest.json` | the file that it came in, what the key is, and the SHA-256 of the files, but for itself and the first of this table |
",
        rows = verification::rows(manifest.signature.algorithm),
    )
}
