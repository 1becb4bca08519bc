//! ECDH: the key that both sides derive, and the TR-31 block under it.

use ceremony::algorithms::KekAlgorithm;
use ceremony::exchange::{KeyDerivationFunction, KeyDerivationHash};

use super::OfMethod;
use super::told;
use crate::wrapping::{Header, Ours};
use openings::commands::{cmac_cipher, hex_of};

/// What the commands have to know.
pub(super) struct Agreement<'a> {
    pub curve: &'a str,
    pub header: &'a Header,
    pub block_characters: usize,
    pub function: KeyDerivationFunction,
    pub hash: KeyDerivationHash,
    pub derived_key: KekAlgorithm,
    pub kek: KekAlgorithm,
    pub ours: &'a Ours,
}

impl Agreement<'_> {
    pub(super) fn write(&self) -> OfMethod {
        OfMethod {
            under: "in a TR-31 block, under a key that you and we derive",
            steps: vec![
                ("Authenticate our key", self.authenticate()),
                ("Derive the key of the block", self.derive()),
                ("Open the block", self.open()),
            ],
            files: self.files(),
            secrets: &[
                "../secret.bin",
                "../kbpk.hex",
                "../kbek.hex",
                "../kbak.hex",
                "../clear.bin",
            ],
        }
    }

    fn authenticate(&self) -> String {
        format!(
            "Our key for the agreement, on {curve} as yours is, is one of AWS Payment Cryptography, certified
by the CA of AWS:

{told}
    openssl verify -CAfile agreement-chain.pem agreement-certificate.pem

It must print `OK`, which says that the two files belong together, and not whose they are: AWS issues
such certificates to all of its customers. That this one is ours you know because our signing key
signed the list on which it stands, in the steps above.
",
            curve = self.curve,
            told = told(self.ours),
        )
    }

    fn derive(&self) -> String {
        let (function, source) = match self.function {
            KeyDerivationFunction::NIST_SP800 => (
                "SSKDF",
                "NIST SP 800-56A §5.8.2.1, one step, concatenation (`NIST_SP800`)",
            ),
            KeyDerivationFunction::ANSI_X963 => ("X963KDF", "ANSI X9.63 §5.6.3 (`ANSI_X963`)"),
        };
        format!(
            r#"ECDH gives a shared secret, and the derivation function a key of it, {derived_key}, by
{source} with {hash}:

    openssl x509 -in agreement-certificate.pem -noout -pubkey > ../agreement.pem

    openssl pkeyutl -derive -inkey ../leaf.key -peerkey ../agreement.pem -out ../secret.bin

    openssl kdf -keylen {length} -kdfopt digest:{digest} \
        -kdfopt hexkey:{secret} \
        -kdfopt hexinfo:"$(cat shared-information.hex)" {function} | tr -d ':\n' > ../kbpk.hex

`../kbpk.hex` now holds the key block protection key, in hex.
"#,
            derived_key = self.derived_key,
            hash = self.hash.as_str(),
            length = self.derived_key.key_bytes(),
            digest = match self.hash {
                KeyDerivationHash::SHA_256 => "SHA2-256",
                KeyDerivationHash::SHA_384 => "SHA2-384",
                KeyDerivationHash::SHA_512 => "SHA2-512",
            },
            secret = hex_of("../secret.bin"),
        )
    }

    /// ANSI X9.143: two keys by CMAC, decryption, and the MAC over header and clear text.
    fn open(&self) -> String {
        let header = &self.header.text;
        let mac = self.block_characters - self.mac_digits() + 1;
        let cipher = cmac_cipher(self.derived_key);
        format!(
            r#"The key that encrypts and the key that authenticates, by CMAC under that one (ANSI X9.143):

{encryption}
{authentication}
Decrypt, and compute the MAC over the header and what was decrypted:

    cut -c {begin}-{end} key-block.txt | tr -d '\n' | basenc --base16 -d \
        | openssl enc -d -{lower} -nopad -out ../clear.bin \
            -K "$(cat ../kbek.hex)" -iv "$(cut -c {mac}- key-block.txt)"

    {{ cut -c -{header_characters} key-block.txt | tr -d '\n'; cat ../clear.bin; }} \
        | openssl mac -cipher {cipher} -macopt hexkey:"$(cat ../kbak.hex)" -in - CMAC \
        | grep -x "$(cut -c {mac}- key-block.txt)"

It must print the last {mac_digits} characters of the block. So the header `{header}` is as it was:
usage {usage} (key encryption), algorithm {algorithm}, mode {mode}, exportability {exportability}.
Then the KEK, after its length in bits:

    head -c 2 ../clear.bin | od -An -tx1 | grep -x ' {bits}'

    tail -c +3 ../clear.bin | head -c {key_bytes} > ../kek.bin

`../kek.bin` now holds the clear key, {key_bytes} bytes. Do this where clear keys may be: in
production, derive and unwrap inside your HSM instead.
"#,
            encryption = self.keys("000", "../kbek.hex"),
            authentication = self.keys("001", "../kbak.hex"),
            begin = header.len() + 1,
            end = mac - 1,
            header_characters = header.len(),
            lower = cipher.to_lowercase(),
            mac_digits = self.mac_digits(),
            usage = self.header.decoded.usage,
            algorithm = self.header.decoded.algorithm,
            mode = self.header.decoded.mode,
            exportability = self.header.decoded.exportability,
            bits = self.bits(),
            key_bytes = self.kek.key_bytes(),
        )
    }

    /// Derives the key of one usage, block by block.
    fn keys(&self, usage: &str, to: &str) -> String {
        // Algorithm and length in bits, two bytes each; a counter for each block of the cipher.
        let (what, counters) = match self.derived_key {
            KekAlgorithm::TDES_2KEY => (r"\000\000\000\200", "1 2"),
            KekAlgorithm::TDES_3KEY => (r"\000\001\000\300", "1 2 3"),
            KekAlgorithm::AES_128 => (r"\000\002\000\200", "1"),
            KekAlgorithm::AES_192 => (r"\000\003\000\300", "1 2"),
            KekAlgorithm::AES_256 => (r"\000\004\001\000", "1 2"),
        };
        format!(
            r#"    for counter in {counters}; do
        printf "\\00$counter\\000\\{usage}\\000{what}" | openssl mac -cipher {cipher} \
            -macopt hexkey:"$(cat ../kbpk.hex)" -in - CMAC
    done | tr -d '\n' | head -c {digits} > {to}
"#,
            what = what.replace('\\', r"\\"),
            cipher = cmac_cipher(self.derived_key),
            digits = 2 * self.derived_key.key_bytes(),
        )
    }

    fn mac_digits(&self) -> usize {
        match self.derived_key {
            KekAlgorithm::TDES_2KEY | KekAlgorithm::TDES_3KEY => 16,
            _ => 32,
        }
    }

    fn bits(&self) -> &'static str {
        match self.kek.key_bytes() {
            16 => "00 80",
            24 => "00 c0",
            _ => "01 00",
        }
    }

    fn files(&self) -> Vec<(&'static str, String)> {
        vec![
            (
                "`key-block.txt`",
                format!(
                    "the TR-31 block, {} characters, without an end of line",
                    self.block_characters
                ),
            ),
            (
                "`shared-information.hex`",
                "what both sides put into the derivation; no secret".to_owned(),
            ),
            (
                "`agreement-certificate.pem`",
                format!("the certificate of our key on {}", self.curve),
            ),
            (
                "`agreement-chain.pem`",
                "those of its issuers, from the next upwards".to_owned(),
            ),
        ]
    }
}
