//! Key blocks published by others, and what is known of those the service makes.

use keyblock::HmacHash;
use keyblock::SymmetricAlgorithm::{Aes128, Hmac, Tdes2Key};
use keyblock::tr31::{
    Algorithm, BlockId, Exportability, Header, KeyUsage, LengthMasking, ModeOfUse, RANDOM_LENGTH,
    Tr31Error, Version, unwrap, wrap,
};

use crate::published::{LETTERS, VECTORS};
use crate::support::key;

#[test]
fn published_blocks_open_to_the_published_keys() {
    for vector in VECTORS {
        let (algorithm, bytes) = vector.protection_key;
        let unwrapped = unwrap(vector.block, &key(algorithm, bytes)).unwrap();
        let (algorithm, bytes) = vector.key;
        assert_eq!(unwrapped.key.algorithm(), algorithm, "{}", vector.block);
        assert_eq!(hex::encode_upper(unwrapped.key.bytes().expose()), bytes);
    }
}

#[test]
fn wrapping_a_published_key_again_gives_a_block_of_the_published_length() {
    for vector in VECTORS {
        let (algorithm, bytes) = vector.protection_key;
        let protection_key = key(algorithm, bytes);
        let unwrapped = unwrap(vector.block, &protection_key).unwrap();
        let random = [0x5A; RANDOM_LENGTH];
        let block = wrap(
            &unwrapped.key,
            &unwrapped.header,
            vector.masking,
            &protection_key,
            &random,
        )
        .unwrap();
        let decoded = Header::decode(&block).unwrap();
        assert_eq!(decoded, Header::decode(vector.block).unwrap());
        assert_eq!(
            block[..decoded.encoded_length],
            vector.block[..decoded.encoded_length]
        );
        let again = unwrap(&block, &protection_key).unwrap();
        assert_eq!(again.key.bytes().expose(), unwrapped.key.bytes().expose());
    }
}

#[test]
fn a_published_header_is_read_field_by_field() {
    let header = Header::decode(VECTORS[2].block).unwrap().header;
    assert_eq!(header.version, Version::C);
    assert_eq!(header.key_usage, KeyUsage::B0);
    assert_eq!(header.algorithm, Algorithm::Tdes);
    assert_eq!(header.mode_of_use, ModeOfUse::DeriveKey);
    assert_eq!(header.key_version.to_string(), "12");
    assert_eq!(header.exportability, Exportability::Sensitive);
    let blocks: Vec<_> = header.optional_blocks.iter().collect();
    assert_eq!(blocks, [(BlockId::KS, "00604B120F9292800000")]);
}

/// The lengths and headers seen from the service and, for HMAC, from `psec`.
#[test]
fn blocks_with_masked_length_begin_as_the_service_writes_them() {
    let tdes = key(Tdes2Key, "0123456789ABCDEFFEDCBA9876543210");
    let aes = key(Aes128, "2B7E151628AED2A6ABF7158809CF4F3C");
    let hmac = key(Hmac(HmacHash::Sha256), LETTERS);
    let (exportable, sensitive) = (Exportability::Exportable, Exportability::Sensitive);
    for (wrapped, usage, mode, version, exportability, expected) in [
        (
            &tdes,
            KeyUsage::B1,
            ModeOfUse::DeriveKey,
            Version::B,
            sensitive,
            "B0096B1TX00S0000",
        ),
        (
            &tdes,
            KeyUsage::K1,
            ModeOfUse::EncryptAndDecrypt,
            Version::D,
            exportable,
            "D0112K1TB00E0000",
        ),
        (
            &aes,
            KeyUsage::K0,
            ModeOfUse::EncryptAndDecrypt,
            Version::B,
            exportable,
            "B0112K0AB00E0000",
        ),
        (
            &aes,
            KeyUsage::K0,
            ModeOfUse::EncryptAndDecrypt,
            Version::D,
            exportable,
            "D0144K0AB00E0000",
        ),
        (
            &hmac,
            KeyUsage::M7,
            ModeOfUse::GenerateAndVerify,
            Version::D,
            exportable,
            "D0160M7HC00E0200HM0621PB0A000000",
        ),
    ] {
        let mut header = Header::new(usage, wrapped.algorithm(), mode, version);
        header.exportability = exportability;
        let protection_key = if version == Version::D { &aes } else { &tdes };
        let random = [0; RANDOM_LENGTH];
        let block = wrap(
            wrapped,
            &header,
            LengthMasking::Maximum,
            protection_key,
            &random,
        );
        assert_eq!(block.unwrap()[..expected.len()], *expected);
    }
}

#[test]
fn sixteen_bytes_of_aes_do_not_open_a_block_made_for_tdes() {
    let vector = &VECTORS[1];
    let refused = unwrap(vector.block, &key(Aes128, vector.protection_key.1));
    let expected = Tr31Error::ProtectionKey {
        algorithm: Aes128,
        version: Version::B,
    };
    assert_eq!(refused.err(), Some(expected));
}
