//! ECDH: the key that both sides derive, and the TR-31 block under it.

use ceremony::algorithms::KekAlgorithm;
use ceremony::digest::Sha256;
use ceremony::exchange::{KeyDerivationFunction, KeyDerivationHash};
use ceremony::key_import::offer::OfferedKey;
use ceremony::key_import::request::ExpectedKek;
use ceremony::tr31::version_under;
use openings::agreement::{Derivation, SECRETS, Sealing, block_keys};

use super::{OfMethod, check_value};
use crate::CERTIFICATE;
use crate::expected::{self, Block};

/// What the terms say.
pub(super) struct Agreement<'a> {
    pub ours: &'a OfferedKey,
    /// Fingerprint of the partner's certificate.
    pub partner: &'a Sha256,
    pub shared_information: &'a str,
    pub function: KeyDerivationFunction,
    pub hash: KeyDerivationHash,
    pub derived_key: KekAlgorithm,
    pub expected: &'a ExpectedKek,
}

impl Agreement<'_> {
    pub(super) fn write(&self, name: &str) -> OfMethod {
        OfMethod {
            under: "in a TR-31 block, under a key that you and we derive",
            steps: vec![
                ("What your HSM does", self.in_the_hsm()),
                (
                    "Derive the key of the block, with a test key",
                    self.derive(),
                ),
                ("Make a block, with a throw-away key", self.seal(name)),
            ],
            form: "The file holds the text of the block; an end of line may follow.".to_owned(),
            refused: vec![
                "optional blocks other than those above, but for check values (`KC`, `KP`), a label (`LB`), times \
                 (`TC`, `TS`) and padding (`PB`); and any that holds other characters than letters and digits",
                "a block that is too short for the key",
            ],
        }
    }

    fn in_the_hsm(&self) -> String {
        let version = version_under(self.derived_key);
        let (source, concatenation) = match self.function {
            KeyDerivationFunction::NIST_SP800 => (
                "NIST SP 800-56A §5.8.2.1, one step (`NIST_SP800`)",
                "H(00000001 ∥ Z ∥ info) ∥ H(00000002 ∥ Z ∥ info) ∥ …",
            ),
            KeyDerivationFunction::ANSI_X963 => (
                "ANSI X9.63 §5.6.3 (`ANSI_X963`)",
                "H(Z ∥ 00000001 ∥ info) ∥ H(Z ∥ 00000002 ∥ info) ∥ …",
            ),
        };
        format!(
            "It agrees on a secret with our key, derives a key of it, and exports the KEK under that one:

| parameter | is |
| --- | --- |
| your key | that of your certificate with the SHA-256 `{partner}` |
| our key | {curve}, of `{CERTIFICATE}` |
| agreement | ECDH; Z is the x-coordinate, as long as the field of the curve, leading zeros included |
| derivation | {source} |
| hash H | {hash} |
| info | the shared information, {bytes} bytes, and nothing before, between or after them: `{info}` |
| derived key | {derived_key}: the first {length} bytes of {concatenation}, the counter being four bytes |
| key block | TR-31 version `{version}` (ANSI X9.143), whose protection key the derived key is |
| header | version `{version}`, the length, `{says}`, the number of optional blocks, `00` |

The shared information is new in each offer, and no secret.
",
            partner = self.partner,
            curve = self.ours.algorithm(),
            hash = self.hash.as_str(),
            info = self.shared_information,
            bytes = self.shared_information.len() / 2,
            derived_key = self.derived_key,
            length = self.derived_key.key_bytes(),
            says = expected::says(self.expected),
        )
    }

    fn derive(&self) -> String {
        let derivation = Derivation {
            function: self.function,
            hash: self.hash,
            derived_key: self.derived_key,
            shared_information: self.shared_information,
        };
        format!(
            "The private key of your certificate is in your HSM. Where you have asked with a certificate for
tests whose key lies in a file, here `../leaf.key`, you can go the whole way by hand:

{commands}
`../kbpk.hex` now holds the derived key, in hex. Where the private key is in your HSM, none of this leaves it.
",
            commands = derivation.commands(CERTIFICATE),
        )
    }

    fn seal(&self, name: &str) -> String {
        let block = Block::new(self.expected, self.derived_key);
        let to = format!("../{name}");
        let sealing = Sealing {
            derived_key: self.derived_key,
            header: &block.header,
            bits: block.bits,
            padding: block.padding,
        };
        let algorithm = self.expected.algorithm;
        format!(
            "The key that encrypts and the key that authenticates, by CMAC under the derived one:

{keys}
A throw-away key, its length in bits before it and random bytes behind it; the MAC over header and clear text;
and the block:

    openssl rand -out ../kek.bin {key_bytes}

{seal}
`{to}` now holds a block of {characters} characters, whose header is `{header}`.
{check_value}
    shred -u {secrets}

Drop no block of a throw-away key: whatever comes is imported as your KEK.
",
            keys = block_keys(self.derived_key),
            key_bytes = algorithm.key_bytes(),
            seal = sealing.commands(&to),
            characters = block.header.get(1..5).unwrap_or_default(),
            header = block.header,
            check_value = check_value(algorithm),
            secrets = SECRETS.join(" "),
        )
    }
}
