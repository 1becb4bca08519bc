//! What the partner does with the initial keys of its terminals: derives each from the base derivation key
//! itself, opens the block that came for it, and compares.
//!
//! The derivation is written from X9.24-1 (annex A.6) and X9.24-3 (clause 6.3) and shares no code with the
//! emulator's.

use aes::cipher::array::Array;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256};
use des::TdesEde2;
use serde::Deserialize;

use crate::open::check_value;
use crate::{OpenError, Package, tr31};

/// Opens every line of `initial-keys.jsonl` and holds it to the terminals, each once and in this order.
/// Keys are hex, and the algorithm of the KEK is spelled as Payment Cryptography does. Returns the check
/// values.
pub fn open_initial_keys(
    json_lines: &str,
    terminals: &[&str],
    (kek_algorithm, kek): (&str, &str),
    bdk: &str,
) -> Result<Vec<String>, String> {
    let [kek, bdk] = [kek, bdk].map(|key| hex::decode(key).unwrap_or_default());
    let lines: Vec<&str> = json_lines.lines().collect();
    if lines.len() != terminals.len() {
        return Err(format!(
            "{} lines for {} terminals",
            lines.len(),
            terminals.len()
        ));
    }
    let opened = lines.iter().zip(terminals).map(|(line, terminal)| {
        open(line, terminal, (kek_algorithm, &kek), &bdk)
            .map_err(|why| format!("{terminal}: {why}"))
    });
    opened.collect()
}

/// Why a package of initial keys is not to be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InitialKeysError {
    #[error("the key of {0}")]
    Key(String),
    #[error("the manifest is not one of initial keys: {0}")]
    Manifest(String),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("what signed the blocks: {0}")]
    Sender(String),
}

/// A package of which all is true.
#[derive(Clone, Debug)]
pub struct OpenedInitialKeys {
    /// The check values, in the order of the terminals.
    pub kcvs: Vec<String>,
    /// How many files the signed list covers.
    pub files: usize,
}

/// `manifest.json`, as far as the partner needs it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    kek: ManifestKek,
    signature_algorithm: String,
    terminals: usize,
    exported: usize,
}

#[derive(Deserialize)]
struct ManifestKek {
    algorithm: String,
}

impl Package {
    /// Verifies the package, and opens it for these terminals with KEK and base derivation key in the clear.
    pub fn open_initial_keys(
        &self,
        terminals: &[&str],
        kek: &[u8],
        bdk: &[u8],
    ) -> Result<OpenedInitialKeys, InitialKeysError> {
        let manifest: Manifest = serde_json::from_slice(self.file("manifest.json")?)
            .map_err(|error| InitialKeysError::Manifest(error.to_string()))?;
        if (manifest.terminals, manifest.exported) != (terminals.len(), terminals.len()) {
            let found = format!("{} of {}", manifest.exported, manifest.terminals);
            return Err(InitialKeysError::Manifest(found));
        }
        let files = self.verify_sums(&manifest.signature_algorithm, &self.public_key()?)?;
        let lines = String::from_utf8_lossy(self.file("initial-keys.jsonl")?);
        let [kek, bdk] = [kek, bdk].map(hex::encode);
        let kek = (manifest.kek.algorithm.as_str(), kek.as_str());
        let kcvs = open_initial_keys(&lines, terminals, kek, &bdk);
        let kcvs = kcvs.map_err(InitialKeysError::Key)?;
        Ok(OpenedInitialKeys { kcvs, files })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Line {
    pub(crate) ksn: String,
    pub(crate) key_block: String,
    pub(crate) kcv: String,
}

impl Line {
    pub(crate) fn of(line: &str, terminal: &str) -> Result<Self, String> {
        let line: Self = serde_json::from_str(line).map_err(|error| error.to_string())?;
        if line.ksn != terminal {
            return Err("it is the line of another terminal".to_owned());
        }
        Ok(line)
    }
}

fn open(
    line: &str,
    terminal: &str,
    (kek_algorithm, kek): (&str, &[u8]),
    bdk: &[u8],
) -> Result<String, String> {
    let line = Line::of(line, terminal)?;
    let opened = tr31::open(&line.key_block, kek_algorithm, kek);
    let opened = opened.map_err(|error| error.to_string())?;
    if opened.usage() != "B1" || opened.mode() != "X" {
        return Err("it is no initial key by its header".to_owned());
    }
    is_derived(opened.expose(), terminal, &line.kcv, bdk)?;
    Ok(line.kcv)
}

/// Whether it is the terminal's key, by the receiver's own derivation, and has that check value.
pub(crate) fn is_derived(key: &[u8], terminal: &str, kcv: &str, bdk: &[u8]) -> Result<(), String> {
    if key != initial_key(bdk, terminal)? {
        return Err("it is another key than the one that is derived".to_owned());
    }
    if check_value_of(terminal, key)? != kcv {
        return Err("its check value is another one".to_owned());
    }
    Ok(())
}

fn check_value_of(terminal: &str, key: &[u8]) -> Result<String, String> {
    let algorithm = match (terminal.len(), key.len()) {
        (20, 16) => "TDES_2KEY",
        (24, 16) => "AES_128",
        (24, 24) => "AES_192",
        (24, 32) => "AES_256",
        (_, length) => return Err(format!("it has {length} bytes")),
    };
    check_value(algorithm, key).map_err(|error| error.to_string())
}

/// The initial key of the terminal with this serial number: of a TDES key for 20 digits, of an AES key for
/// 24.
pub fn initial_key(bdk: &[u8], serial_number: &str) -> Result<Vec<u8>, String> {
    let number = hex::decode(serial_number).map_err(|error| error.to_string())?;
    match (number.len(), bdk.len()) {
        (10, 16) => Ok(tdes(bdk, &number)),
        (12, 16 | 24 | 32) => Ok(aes(bdk, &number)),
        _ => Err("the serial number does not go with the base derivation key".to_owned()),
    }
}

/// The serial number without its counter, under the key and under the key with every first and third four
/// bytes of a half inverted in their two highest bits.
fn tdes(bdk: &[u8], number: &[u8]) -> Vec<u8> {
    let mut data = [0; 8];
    data.copy_from_slice(&number[..8]);
    data[7] &= 0b1110_0000;
    let mut variant = bdk.to_vec();
    for at in [0, 1, 2, 3, 8, 9, 10, 11] {
        variant[at] ^= 0xC0;
    }
    let halves = [bdk, &variant].map(|key| {
        let mut block = Array::from(data);
        let cipher = TdesEde2::new_from_slice(key).expect("sixteen bytes");
        cipher.encrypt_block(&mut block);
        block.to_vec()
    });
    halves.concat()
}

/// Derivation data: version 1, which block, usage 8001, algorithm, length in bits, initial key identifier.
fn aes(bdk: &[u8], number: &[u8]) -> Vec<u8> {
    let (algorithm, bits) = match bdk.len() {
        16 => ([0, 2], [0, 0x80]),
        24 => ([0, 3], [0, 0xC0]),
        _ => ([0, 4], [1, 0x00]),
    };
    let mut key = Vec::new();
    for which in [1, 2] {
        let head = [&[1, which, 0x80, 0x01], &algorithm[..], &bits[..]].concat();
        let mut data = [0; 16];
        data.copy_from_slice(&[&head[..], &number[..8]].concat());
        let mut block = Array::from(data);
        match bdk.len() {
            16 => Aes128::new_from_slice(bdk).map(|it| it.encrypt_block(&mut block)),
            24 => Aes192::new_from_slice(bdk).map(|it| it.encrypt_block(&mut block)),
            _ => Aes256::new_from_slice(bdk).map(|it| it.encrypt_block(&mut block)),
        }
        .expect("a key of this length");
        key.extend_from_slice(&block);
    }
    key.truncate(bdk.len());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    /// X9.24-1 annex A.4, X9.24-3 supplement, and what openemv derives.
    #[test]
    fn initial_keys_are_those_of_the_published_vectors() {
        let tdes = "0123456789ABCDEFFEDCBA9876543210";
        let aes = "FEDCBA9876543210F1F1F1F1F1F1F1F1";
        let twice = [aes, aes].concat();
        for (bdk, number, expected) in [
            (
                tdes,
                "FFFF9876543210E00000",
                "6AC292FAA1315B4D858AB3A3D7D5933A",
            ),
            (
                tdes,
                "12345678901234560001",
                "30267E417AA83B3D9B9282110DC15610",
            ),
            (
                aes,
                "123456789012345600000000",
                "1273671EA26AC29AFA4D1084127652A1",
            ),
            (
                &twice,
                "123456789012345600000000",
                "CE9CE0C101D1138F97FB6CAD4DF045A7083D4EAE2D35A31789D01CCF0949550F",
            ),
        ] {
            let key = initial_key(&hex::decode(bdk).unwrap(), number).unwrap();
            assert_eq!(hex::encode_upper(key), expected, "{number}");
        }
    }
}
