//! How a TR-34 block of a fleet is verified and opened: the first, as every other.

use openings::commands::kcv_command;
use openings::tr34::{self, Place};

use crate::Manifest;
use crate::manifest::ReceivedBy;

const PLACE: Place<'static> = Place {
    block: "../key-block.der",
    key: "../initial-key.bin",
};

const WHEN: &str = "not before the ceremony began,\nor the first of them for the same order";

pub(crate) fn write(manifest: &Manifest, receiver: &ReceivedBy) -> String {
    let algorithm = manifest.bdk.algorithm;
    let (usage, mode) = (manifest.initial_keys.usage, manifest.initial_keys.mode);
    // Its first five characters mean nothing in a TR-34 block, and are the service's own.
    let words = format!(
        "a dot being any character; usage {usage} (DUKPT initial key), mode {mode} (derivation)"
    );
    let header = format!(
        ".....{usage}{letter}{mode}00.0000",
        letter = algorithm.letter()
    );
    let steps = [
        ("Authenticate who signed the blocks", authenticate(receiver)),
        ("Take a block out of its line", take_out(usage, mode)),
        ("Take the block apart", tr34::take_apart(PLACE)),
        (
            "Verify the signature of the block",
            tr34::verify(&header, &words),
        ),
        ("Is it of this ceremony?", tr34::signed_at(WHEN)),
        ("Open the block", tr34::open(&header, PLACE)),
        (
            "Recompute the key check value",
            format!(
                "    {}\n\nIt must print the `kcv` of the line.\n",
                kcv_command(algorithm.as_travelling(), PLACE.key)
            ),
        ),
        ("Clean up", clean_up()),
    ];
    let sections = steps.map(|(title, body)| format!("## {title}\n\n{body}"));
    sections.join("\n")
}

fn authenticate(receiver: &ReceivedBy) -> String {
    let Some(host) = receiver.hosts.first() else {
        return String::new();
    };
    let told = format!(
        "    subject  {}\n    serial   {}\n    sha256   {}\n",
        host.subject, host.serial, host.sha256
    );
    let mut text = tr34::authenticate(receiver.signer, &told);
    if receiver.hosts.len() > 1 {
        text += "
Another key signed some of the blocks, since the first came of age while the run went on. Each block names
the certificate of its own, by issuer and serial number; `manifest.json` has them all under `hosts`, and each
is authenticated in the same way.
";
    }
    text
}

fn take_out(usage: &str, mode: &str) -> String {
    format!(
        r#"`initial-keys.jsonl` and `initial-keys.csv` have one line for each terminal, in the order of the
inventory: the key serial number `ksn`, the TR-34 block `keyBlock` in hex (usage {usage}, mode {mode}), and
`kcv`, the check value of the initial key in it. A line with `failed` has no key, and says why. Which terminal
a key is for the line says, and the block does not. In production, give the blocks to your HSM with the
private key `../leaf.key`, and compare each check value. By hand, of the first terminal:

    head -n 2 initial-keys.csv | tail -n 1 | cut -d , -f 2 | basenc --base16 -d > ../key-block.der
"#
    )
}

fn clean_up() -> String {
    let secrets = tr34::SECRETS.join(" ");
    format!("    shred -u {} {secrets}\n", PLACE.key)
}
