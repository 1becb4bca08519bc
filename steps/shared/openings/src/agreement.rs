//! ECDH, the derivation of a key, and the two keys of a TR-31 block that are derived of that one (ANSI
//! X9.143).

use ceremony::algorithms::KekAlgorithm;
use ceremony::exchange::{KeyDerivationFunction, KeyDerivationHash};

use crate::commands::{cmac_cipher, hex_of};

/// How both sides come to the key that protects a block.
#[derive(Clone, Copy, Debug)]
pub struct Derivation<'a> {
    pub function: KeyDerivationFunction,
    pub hash: KeyDerivationHash,
    pub derived_key: KekAlgorithm,
    /// In hex, as `openssl` is to get it: itself, or what prints it.
    pub shared_information: &'a str,
}

impl Derivation<'_> {
    /// From the key in `../leaf.key` and that of the certificate to `../kbpk.hex`.
    pub fn commands(&self, certificate: &str) -> String {
        let Self {
            function,
            hash,
            derived_key,
            shared_information,
        } = self;
        format!(
            r#"    openssl x509 -in {certificate} -noout -pubkey > ../ours.pem

    openssl pkeyutl -derive -inkey ../leaf.key -peerkey ../ours.pem -out ../secret.bin

    openssl kdf -keylen {length} -kdfopt digest:{digest} \
        -kdfopt hexkey:{secret} \
        -kdfopt hexinfo:{shared_information} \
        {function} | tr -d ':\n' > ../kbpk.hex
"#,
            length = derived_key.key_bytes(),
            digest = match hash {
                KeyDerivationHash::SHA_256 => "SHA2-256",
                KeyDerivationHash::SHA_384 => "SHA2-384",
                KeyDerivationHash::SHA_512 => "SHA2-512",
            },
            secret = hex_of("../secret.bin"),
            function = match function {
                KeyDerivationFunction::NIST_SP800 => "SSKDF",
                KeyDerivationFunction::ANSI_X963 => "X963KDF",
            },
        )
    }
}

/// From `../kbpk.hex` to the key that encrypts, `../kbek.hex`, and the one that authenticates,
/// `../kbak.hex`, by CMAC under it.
pub fn block_keys(derived_key: KekAlgorithm) -> String {
    let encrypts = block_key(derived_key, "000", "../kbek.hex");
    let authenticates = block_key(derived_key, "001", "../kbak.hex");
    format!("{encrypts}\n{authenticates}")
}

/// Derives the key of one usage, block by block.
fn block_key(derived_key: KekAlgorithm, usage: &str, to: &str) -> String {
    // Algorithm and length in bits, two bytes each; a counter for each block of the cipher.
    let (what, counters) = match derived_key {
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
        cipher = cmac_cipher(derived_key),
        digits = 2 * derived_key.key_bytes(),
    )
}

/// The block of a key in `../kek.bin`, under the two keys: the MAC over header and clear text, and the clear
/// text encrypted with the MAC as its initialization vector. `bits` is the key's length, two bytes as `printf`
/// takes them, and `padding` how many random bytes follow it.
#[derive(Clone, Copy, Debug)]
pub struct Sealing<'a> {
    pub derived_key: KekAlgorithm,
    /// With the optional blocks: letters and digits.
    pub header: &'a str,
    pub bits: &'a str,
    pub padding: usize,
}

impl Sealing<'_> {
    pub fn commands(&self, to: &str) -> String {
        let Self {
            derived_key,
            header,
            bits,
            padding,
        } = self;
        let cipher = cmac_cipher(*derived_key);
        format!(
            r#"    {{ printf '{bits}'; cat ../kek.bin; openssl rand {padding}; }} > ../clear.bin

    {{ printf {header}; cat ../clear.bin; }} \
        | openssl mac -cipher {cipher} -macopt hexkey:"$(cat ../kbak.hex)" -in - CMAC \
        | tr -d '\n' > ../mac.hex

    {{ printf {header}; openssl enc -{lower} -nopad -in ../clear.bin \
            -K "$(cat ../kbek.hex)" -iv "$(cat ../mac.hex)" | basenc --base16 -w 0; cat ../mac.hex; }} \
        > {to}
"#,
            lower = cipher.to_lowercase(),
        )
    }
}

/// What must not be left lying about.
pub const SECRETS: [&str; 6] = [
    "../secret.bin",
    "../kbpk.hex",
    "../kbek.hex",
    "../kbak.hex",
    "../kek.bin",
    "../clear.bin",
];
