//! Key blocks published by others, and what is known of those the service makes.

use keyblock::SymmetricAlgorithm::{Aes128, Aes256, Hmac, Tdes2Key};
use keyblock::tr31::{
    Algorithm, BlockId, Exportability, Header, KeyUsage, LengthMasking, ModeOfUse, RANDOM_LENGTH,
    Tr31Error, Version, unwrap, wrap,
};
use keyblock::{HmacHash, SymmetricAlgorithm};

use crate::support::key;

struct Vector {
    protection_key: (SymmetricAlgorithm, &'static str),
    block: &'static str,
    key: (SymmetricAlgorithm, &'static str),
    masking: LengthMasking,
}

const AES_PROTECTION_KEY: &str = "88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE6";
const LETTERS: &str = "4141414141414141414141414141414141414141414141414141414141414141";

/// TR-31:2018 annex A.7, and blocks made with a payShield 10K (`openemv/tr31`).
const VECTORS: &[Vector] = &[
    Vector {
        protection_key: (Tdes2Key, "89E88CF7931444F334BD7547FC3F380C"),
        block: "A0072P0TE00E0000F5161ED902807AF26F1D62263644BD24192FDB3193C730301CEE8701",
        key: (Tdes2Key, "F039121BEC83D26B169BDCD5B22AAF8F"),
        masking: LengthMasking::None,
    },
    Vector {
        protection_key: (Tdes2Key, "DD7515F2BFC17F85CE48F3CA25CB21F6"),
        block: "B0080P0TE00E000094B420079CC80BA3461F86FE26EFC4A3B8E4FA4C5F5341176EED7B727B8A248E",
        key: (Tdes2Key, "3F419E1CB7079442AA37474C2EFBF8B8"),
        masking: LengthMasking::None,
    },
    Vector {
        protection_key: (Tdes2Key, "B8ED59E0A279A295E9F5ED7944FD06B9"),
        block: "C0096B0TX12S0100KS1800604B120F9292800000BFB9B689CB567E66FC3FEE5AD5F52161FC6545B9D60989015D02155C",
        key: (Tdes2Key, "EDB380DD340BC2620247D445F5B8D678"),
        masking: LengthMasking::None,
    },
    Vector {
        protection_key: (Tdes2Key, "1D22BF32387C600AD97F9B97A51311AC"),
        block: "B0104B0TX12S0100KS1800604B120F9292800000BB68BE8680A400D9191AD4ECE45B6E6C0D21C4738A52190E248719E24B433627",
        key: (Tdes2Key, "E8BC63E5479455E26577F715D587FE68"),
        masking: LengthMasking::None,
    },
    Vector {
        protection_key: (Aes256, AES_PROTECTION_KEY),
        block: "D0112P0AE00E0000B82679114F470F540165EDFBF7E250FCEA43F810D215F8D207E2E417C07156A27E8E31DA05F7425509593D03A457DC34",
        key: (Aes128, "3F419E1CB7079442AA37474C2EFBF8B8"),
        masking: LengthMasking::None,
    },
    Vector {
        protection_key: (Aes256, AES_PROTECTION_KEY),
        block: "D0144P0AE00E00002C77FA3F4A553BED6E88AE5C172A4166E3D4ACA8E2AC71C158A476FAC12C13C3829DE55D3AB54C48F4C4FEF7AC75E90FC47F1B77E7B19A73ED46E64410082557",
        key: (Aes128, "3F419E1CB7079442AA37474C2EFBF8B8"),
        masking: LengthMasking::Maximum,
    },
    Vector {
        protection_key: (Aes256, LETTERS),
        block: "D0112B0TN00N000037DB9B046B7B0048785690759580ABC3B9842AB4BB7717B49E92528E575785D8123559376A2553B27BE94F054F4E971C",
        key: (Tdes2Key, "1FA1F7CEC798D91545DA8AE0C7796BD9"),
        masking: LengthMasking::Maximum,
    },
    Vector {
        protection_key: (Aes256, LETTERS),
        block: "D0144D0AN00N0000127862F945C2DED04530FAF7CDBC8B0BA10C7AA79BD5E0C2C5D6AC173BF588E4B19ACF1357178D50EA0AB193228E13958304FC6149632DFDCADF3A5B3D57E814",
        key: (
            Aes256,
            "BE19E6A07A760F10EF8E83A226B63AAD141F463FDDD4F47DB244B4023EC3CACC",
        ),
        masking: LengthMasking::Maximum,
    },
];

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
