//! How a payload is encrypted and bound to its header (X9.143-2021 clause 7.2).

use subtle::ConstantTimeEq;

use super::{Field, Tr31Error, Version};
use crate::cipher::{self, Cipher, UnevenLength};
use crate::{ClearKey, SymmetricAlgorithm};

/// The two keys made of a key block protection key, ready for use.
///
/// | version | keys | encryption | MAC |
/// | --- | --- | --- | --- |
/// | A, C | variants | TDES-CBC, IV = first 8 characters of the header | CBC-MAC of header and ciphertext, leftmost 4 bytes |
/// | B | derived | TDES-CBC, IV = MAC | TDES-CMAC of header and clear payload |
/// | D | derived | AES-CBC, IV = MAC | AES-CMAC of header and clear payload |
pub(super) struct Binding {
    version: Version,
    encryption: Box<dyn Cipher>,
    authentication: Box<dyn Cipher>,
}

impl Binding {
    pub(super) fn new(version: Version, protection_key: &ClearKey) -> Result<Self, Tr31Error> {
        let algorithm = protection_key.algorithm();
        let refused = Tr31Error::ProtectionKey { algorithm, version };
        if !version.accepts_protection_key(algorithm) {
            return Err(refused);
        }
        let key = |purpose| cipher::of_key(&own_key(purpose, version, protection_key)?);
        match (key(Purpose::Encryption), key(Purpose::Authentication)) {
            (Some(encryption), Some(authentication)) => Ok(Self {
                version,
                encryption,
                authentication,
            }),
            _ => Err(refused),
        }
    }

    /// Encrypts the payload in place and returns the MAC. The payload is whole cipher blocks.
    pub(super) fn seal(&self, header: &str, payload: &mut [u8]) -> Result<Vec<u8>, Tr31Error> {
        match self.version {
            Version::A | Version::C => {
                let iv = variant_iv(header)?;
                self.encryption.cbc_encrypt(iv, payload).map_err(uneven)?;
                self.mac(header, payload)
            }
            Version::B | Version::D => {
                let mac = self.mac(header, payload)?;
                self.encryption.cbc_encrypt(&mac, payload).map_err(uneven)?;
                Ok(mac)
            }
        }
    }

    /// Decrypts the payload in place, and fails if the MAC is not that of header and payload. What
    /// it leaves in the payload then must not be used.
    pub(super) fn open(
        &self,
        header: &str,
        payload: &mut [u8],
        mac: &[u8],
    ) -> Result<(), Tr31Error> {
        let expected = match self.version {
            Version::A | Version::C => {
                let expected = self.mac(header, payload)?;
                let iv = variant_iv(header)?;
                self.encryption.cbc_decrypt(iv, payload).map_err(uneven)?;
                expected
            }
            Version::B | Version::D => {
                self.encryption.cbc_decrypt(mac, payload).map_err(uneven)?;
                self.mac(header, payload)?
            }
        };
        if !bool::from(expected.ct_eq(mac)) {
            return Err(Tr31Error::Mac);
        }
        Ok(())
    }

    fn mac(&self, header: &str, payload: &[u8]) -> Result<Vec<u8>, Tr31Error> {
        match self.version {
            Version::A | Version::C => {
                // ISO 9797-1 MAC algorithm 1: the last block of the chain.
                let mut chain = [header.as_bytes(), payload].concat();
                let block_length = self.authentication.block_length();
                self.authentication
                    .cbc_encrypt(&vec![0; block_length], &mut chain)
                    .map_err(uneven)?;
                let last = chain.len().saturating_sub(block_length);
                let mac = chain.into_iter().skip(last);
                Ok(mac.take(self.version.mac_length()).collect())
            }
            Version::B | Version::D => {
                let mac = self.authentication.cmac(&[header.as_bytes(), payload]);
                Ok(mac.expose().to_vec())
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Purpose {
    Authentication,
    Encryption,
}

/// The encryption key (KBEK) or the authentication key (KBAK) of a protection key; `None` if its
/// algorithm is for no block cipher.
///
/// Versions A and C take variants: every byte ⊕ 45 for encryption, ⊕ 4D for authentication.
/// Versions B and D derive (clause 7.2.1.1 table 24, clause 7.2.2.1 table 25), with CMAC over:
///
/// ```text
/// offset length
///      0      1  counter of the block of keying material, from 01
///      1      2  purpose, 0000 encryption, 0001 authentication
///      3      1  separator, 00
///      4      2  algorithm, 0000 TDES 2 keys, 0001 TDES 3 keys, 0002 to 0004 AES-128 to AES-256
///      6      2  length of the derived key in bits
/// ```
fn own_key(purpose: Purpose, version: Version, protection_key: &ClearKey) -> Option<ClearKey> {
    let algorithm = protection_key.algorithm();
    if matches!(version, Version::A | Version::C) {
        let mask = match purpose {
            Purpose::Authentication => 0x4D,
            Purpose::Encryption => 0x45,
        };
        let bytes = protection_key.bytes().expose().iter();
        let variant: Vec<u8> = bytes.map(|byte| byte ^ mask).collect();
        return ClearKey::new(algorithm, variant.into()).ok();
    }

    let (algorithm_code, bits) = match algorithm {
        SymmetricAlgorithm::Aes128 => (0x02, 0x0080_u16),
        SymmetricAlgorithm::Aes192 => (0x03, 0x00C0),
        SymmetricAlgorithm::Aes256 => (0x04, 0x0100),
        SymmetricAlgorithm::Hmac(_) => return None,
        SymmetricAlgorithm::Tdes2Key => (0x00, 0x0080),
        SymmetricAlgorithm::Tdes3Key => (0x01, 0x00C0),
    };
    let purpose_code = match purpose {
        Purpose::Authentication => 0x01,
        Purpose::Encryption => 0x00,
    };
    let [bits_high, bits_low] = bits.to_be_bytes();
    let cipher = cipher::of_key(protection_key)?;
    // Room for all of it from the start, so that no copy of the key is left behind.
    let mut derived = Vec::with_capacity(48);
    for counter in 1..=3 {
        let input = [
            counter,
            0,
            purpose_code,
            0,
            0,
            algorithm_code,
            bits_high,
            bits_low,
        ];
        derived.extend_from_slice(cipher.cmac(&[&input]).expose());
    }
    derived.truncate(algorithm.key_length());
    ClearKey::new(algorithm, derived.into()).ok()
}

fn variant_iv(header: &str) -> Result<&[u8], Tr31Error> {
    header
        .as_bytes()
        .get(..8)
        .ok_or(Tr31Error::Truncated(Field::Header))
}

fn uneven(_: UnevenLength) -> Tr31Error {
    Tr31Error::Uneven(Field::Ciphertext)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_keys_agree_with_the_published_vectors() {
        for (version, algorithm, protection_key, encryption, authentication) in [
            (
                Version::B,
                SymmetricAlgorithm::Tdes2Key,
                "DD7515F2BFC17F85CE48F3CA25CB21F6",
                "698832F8778A7CFCBC79559DAB07B88A",
                "DD6CEEC1782D8453671BF8358AF9DB47",
            ),
            (
                Version::D,
                SymmetricAlgorithm::Aes256,
                "88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE6",
                "396C9382A6E2E66A088774E1D6E46541F5EAD67D7204F8DD0D7AE8FDA334D3AC",
                "4EF24317696213840451890756757E573E0673483888F9B7F9B7517827F95022",
            ),
        ] {
            let bytes = hex::decode(protection_key).unwrap();
            let protection_key = ClearKey::new(algorithm, bytes.into()).unwrap();
            for (purpose, expected) in [
                (Purpose::Encryption, encryption),
                (Purpose::Authentication, authentication),
            ] {
                let key = own_key(purpose, version, &protection_key).unwrap();
                assert_eq!(hex::encode_upper(key.bytes().expose()), expected);
            }
        }
    }
}
