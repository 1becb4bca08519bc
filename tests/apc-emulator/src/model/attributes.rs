//! Key attributes: usage, class, algorithm and modes of use, and the enums around them.

use keyblock::{HmacHash, SymmetricAlgorithm};
use serde::{Deserialize, Serialize};

/// What a key may do, fixed when it is made.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyAttributes {
    pub key_usage: KeyUsage,
    pub key_class: KeyClass,
    pub key_algorithm: KeyAlgorithm,
    pub key_modes_of_use: KeyModesOfUse,
}

/// Closed enums whose variants carry the service's own spelling.
macro_rules! wire_enum {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $wire:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Eq, Hash, PartialEq, serde::Deserialize, serde::Serialize,
        )]
        pub enum $name {
            $(#[serde(rename = $wire)] $variant,)*
        }

        impl $name {
            /// Every member, in the order of this file.
            #[allow(dead_code, reason = "not every enum is ever listed")]
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The service's spelling.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $wire,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use wire_enum;

wire_enum! {
    /// The TR-31 usage of a key (X9.143 section 6.3.2), with the service's long names.
    KeyUsage {
        B0 = "TR31_B0_BASE_DERIVATION_KEY",
        C0 = "TR31_C0_CARD_VERIFICATION_KEY",
        D0 = "TR31_D0_SYMMETRIC_DATA_ENCRYPTION_KEY",
        D1 = "TR31_D1_ASYMMETRIC_KEY_FOR_DATA_ENCRYPTION",
        E0 = "TR31_E0_EMV_MKEY_APP_CRYPTOGRAMS",
        E1 = "TR31_E1_EMV_MKEY_CONFIDENTIALITY",
        E2 = "TR31_E2_EMV_MKEY_INTEGRITY",
        E4 = "TR31_E4_EMV_MKEY_DYNAMIC_NUMBERS",
        E5 = "TR31_E5_EMV_MKEY_CARD_PERSONALIZATION",
        E6 = "TR31_E6_EMV_MKEY_OTHER",
        K0 = "TR31_K0_KEY_ENCRYPTION_KEY",
        K1 = "TR31_K1_KEY_BLOCK_PROTECTION_KEY",
        K2 = "TR31_K2_TR34_ASYMMETRIC_KEY",
        K3 = "TR31_K3_ASYMMETRIC_KEY_FOR_KEY_AGREEMENT",
        M0 = "TR31_M0_ISO_16609_MAC_KEY",
        M1 = "TR31_M1_ISO_9797_1_MAC_KEY",
        M3 = "TR31_M3_ISO_9797_3_MAC_KEY",
        M6 = "TR31_M6_ISO_9797_5_CMAC_KEY",
        M7 = "TR31_M7_HMAC_KEY",
        P0 = "TR31_P0_PIN_ENCRYPTION_KEY",
        P1 = "TR31_P1_PIN_GENERATION_KEY",
        S0 = "TR31_S0_ASYMMETRIC_KEY_FOR_DIGITAL_SIGNATURE",
        V1 = "TR31_V1_IBM3624_PIN_VERIFICATION_KEY",
        V2 = "TR31_V2_VISA_PIN_VERIFICATION_KEY",
    }
}

wire_enum! {
    /// The usage of keys that an agreement key pair derives: [`KeyUsage`] without M0 and without
    /// the asymmetric usages.
    DeriveKeyUsage {
        B0 = "TR31_B0_BASE_DERIVATION_KEY",
        C0 = "TR31_C0_CARD_VERIFICATION_KEY",
        D0 = "TR31_D0_SYMMETRIC_DATA_ENCRYPTION_KEY",
        E0 = "TR31_E0_EMV_MKEY_APP_CRYPTOGRAMS",
        E1 = "TR31_E1_EMV_MKEY_CONFIDENTIALITY",
        E2 = "TR31_E2_EMV_MKEY_INTEGRITY",
        E4 = "TR31_E4_EMV_MKEY_DYNAMIC_NUMBERS",
        E5 = "TR31_E5_EMV_MKEY_CARD_PERSONALIZATION",
        E6 = "TR31_E6_EMV_MKEY_OTHER",
        K0 = "TR31_K0_KEY_ENCRYPTION_KEY",
        K1 = "TR31_K1_KEY_BLOCK_PROTECTION_KEY",
        M1 = "TR31_M1_ISO_9797_1_MAC_KEY",
        M3 = "TR31_M3_ISO_9797_3_MAC_KEY",
        M6 = "TR31_M6_ISO_9797_5_CMAC_KEY",
        M7 = "TR31_M7_HMAC_KEY",
        P0 = "TR31_P0_PIN_ENCRYPTION_KEY",
        P1 = "TR31_P1_PIN_GENERATION_KEY",
        V1 = "TR31_V1_IBM3624_PIN_VERIFICATION_KEY",
        V2 = "TR31_V2_VISA_PIN_VERIFICATION_KEY",
    }
}

wire_enum! {
    /// Symmetric key, key pair, or one half of a pair.
    KeyClass {
        AsymmetricKeyPair = "ASYMMETRIC_KEY_PAIR",
        PrivateKey = "PRIVATE_KEY",
        PublicKey = "PUBLIC_KEY",
        SymmetricKey = "SYMMETRIC_KEY",
    }
}

wire_enum! {
    /// Algorithm and size in one.
    KeyAlgorithm {
        Aes128 = "AES_128",
        Aes192 = "AES_192",
        Aes256 = "AES_256",
        EccNistP256 = "ECC_NIST_P256",
        EccNistP384 = "ECC_NIST_P384",
        EccNistP521 = "ECC_NIST_P521",
        HmacSha224 = "HMAC_SHA224",
        HmacSha256 = "HMAC_SHA256",
        HmacSha384 = "HMAC_SHA384",
        HmacSha512 = "HMAC_SHA512",
        Rsa2048 = "RSA_2048",
        Rsa3072 = "RSA_3072",
        Rsa4096 = "RSA_4096",
        Tdes2Key = "TDES_2KEY",
        Tdes3Key = "TDES_3KEY",
    }
}

impl KeyAlgorithm {
    /// The symmetric algorithm, or `None` for RSA and ECC.
    pub fn symmetric(self) -> Option<SymmetricAlgorithm> {
        match self {
            Self::Aes128 => Some(SymmetricAlgorithm::Aes128),
            Self::Aes192 => Some(SymmetricAlgorithm::Aes192),
            Self::Aes256 => Some(SymmetricAlgorithm::Aes256),
            Self::HmacSha224 => Some(SymmetricAlgorithm::Hmac(HmacHash::Sha224)),
            Self::HmacSha256 => Some(SymmetricAlgorithm::Hmac(HmacHash::Sha256)),
            Self::HmacSha384 => Some(SymmetricAlgorithm::Hmac(HmacHash::Sha384)),
            Self::HmacSha512 => Some(SymmetricAlgorithm::Hmac(HmacHash::Sha512)),
            Self::Tdes2Key => Some(SymmetricAlgorithm::Tdes2Key),
            Self::Tdes3Key => Some(SymmetricAlgorithm::Tdes3Key),
            Self::EccNistP256 | Self::EccNistP384 | Self::EccNistP521 => None,
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => None,
        }
    }

    /// The service's name of a symmetric algorithm.
    pub fn of_symmetric(algorithm: SymmetricAlgorithm) -> Self {
        match algorithm {
            SymmetricAlgorithm::Aes128 => Self::Aes128,
            SymmetricAlgorithm::Aes192 => Self::Aes192,
            SymmetricAlgorithm::Aes256 => Self::Aes256,
            SymmetricAlgorithm::Hmac(HmacHash::Sha224) => Self::HmacSha224,
            SymmetricAlgorithm::Hmac(HmacHash::Sha256) => Self::HmacSha256,
            SymmetricAlgorithm::Hmac(HmacHash::Sha384) => Self::HmacSha384,
            SymmetricAlgorithm::Hmac(HmacHash::Sha512) => Self::HmacSha512,
            SymmetricAlgorithm::Tdes2Key => Self::Tdes2Key,
            SymmetricAlgorithm::Tdes3Key => Self::Tdes3Key,
        }
    }

    pub fn is_aes(self) -> bool {
        matches!(self, Self::Aes128 | Self::Aes192 | Self::Aes256)
    }

    pub fn is_ecc(self) -> bool {
        matches!(
            self,
            Self::EccNistP256 | Self::EccNistP384 | Self::EccNistP521
        )
    }

    pub fn is_hmac(self) -> bool {
        matches!(
            self,
            Self::HmacSha224 | Self::HmacSha256 | Self::HmacSha384 | Self::HmacSha512
        )
    }

    pub fn is_rsa(self) -> bool {
        matches!(self, Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096)
    }

    pub fn is_tdes(self) -> bool {
        matches!(self, Self::Tdes2Key | Self::Tdes3Key)
    }

    /// The method the service names for check values of this algorithm. What a request asks for
    /// (`KeyCheckValueAlgorithm`) does not change it.
    pub fn key_check_value_algorithm(self) -> KeyCheckValueAlgorithm {
        match self {
            _ if self.is_aes() => KeyCheckValueAlgorithm::Cmac,
            _ if self.is_tdes() => KeyCheckValueAlgorithm::AnsiX924,
            _ if self.is_hmac() => KeyCheckValueAlgorithm::Hmac,
            _ => KeyCheckValueAlgorithm::Sha1,
        }
    }
}

wire_enum! {
    /// How a check value is computed.
    KeyCheckValueAlgorithm {
        AnsiX924 = "ANSI_X9_24",
        Cmac = "CMAC",
        Hmac = "HMAC",
        Sha1 = "SHA_1",
    }
}

/// The nine modes of use. Answers carry all nine; in requests an absent one is false, because the
/// Rust SDK sends only those that are true.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct KeyModesOfUse {
    pub encrypt: bool,
    pub decrypt: bool,
    pub wrap: bool,
    pub unwrap: bool,
    pub generate: bool,
    pub sign: bool,
    pub verify: bool,
    pub derive_key: bool,
    pub no_restrictions: bool,
}

impl KeyModesOfUse {
    const NONE: Self = Self {
        encrypt: false,
        decrypt: false,
        wrap: false,
        unwrap: false,
        generate: false,
        sign: false,
        verify: false,
        derive_key: false,
        no_restrictions: false,
    };
    pub const DECRYPT_UNWRAP: Self = Self {
        decrypt: true,
        unwrap: true,
        ..Self::NONE
    };
    pub const DERIVE_KEY: Self = Self {
        derive_key: true,
        ..Self::NONE
    };
    pub const ENCRYPT_DECRYPT_WRAP_UNWRAP: Self = Self {
        encrypt: true,
        decrypt: true,
        wrap: true,
        unwrap: true,
        ..Self::NONE
    };
    pub const ENCRYPT_WRAP: Self = Self {
        encrypt: true,
        wrap: true,
        ..Self::NONE
    };
    pub const GENERATE: Self = Self {
        generate: true,
        ..Self::NONE
    };
    pub const GENERATE_VERIFY: Self = Self {
        generate: true,
        verify: true,
        ..Self::NONE
    };
    pub const NO_RESTRICTIONS: Self = Self {
        no_restrictions: true,
        ..Self::NONE
    };
    pub const SIGN: Self = Self {
        sign: true,
        ..Self::NONE
    };
    pub const VERIFY: Self = Self {
        verify: true,
        ..Self::NONE
    };

    /// Allows nothing that the other does not. What has no restrictions allows everything that its
    /// usage does.
    pub fn is_within(self, other: Self) -> bool {
        let pairs = [
            (self.encrypt, other.encrypt),
            (self.decrypt, other.decrypt),
            (self.wrap, other.wrap),
            (self.unwrap, other.unwrap),
            (self.generate, other.generate),
            (self.sign, other.sign),
            (self.verify, other.verify),
            (self.derive_key, other.derive_key),
            (self.no_restrictions, other.no_restrictions),
        ];
        other.no_restrictions || pairs.iter().all(|(mine, theirs)| !mine || *theirs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_modes_are_false() {
        let modes: KeyModesOfUse =
            serde_json::from_str(r#"{"Encrypt":true,"Wrap":true,"Verify":false}"#).unwrap();
        assert_eq!(modes, KeyModesOfUse::ENCRYPT_WRAP);
    }

    #[test]
    fn answers_carry_all_nine_modes() {
        let modes = serde_json::to_value(KeyModesOfUse::SIGN).unwrap();
        assert_eq!(modes.as_object().unwrap().len(), 9);
    }

    #[test]
    fn every_derive_usage_is_a_symmetric_usage() {
        for derive in DeriveKeyUsage::ALL {
            let usage = KeyUsage::ALL
                .iter()
                .find(|usage| usage.as_str() == derive.as_str());
            let usage = usage.unwrap();
            assert!(!matches!(
                usage,
                KeyUsage::D1 | KeyUsage::K2 | KeyUsage::K3 | KeyUsage::M0 | KeyUsage::S0
            ));
        }
        assert_eq!(DeriveKeyUsage::ALL.len() + 5, KeyUsage::ALL.len());
    }

    #[test]
    fn an_unknown_enum_member_is_an_error() {
        assert!(serde_json::from_str::<KeyAlgorithm>("\"DES\"").is_err());
        assert!(serde_json::from_str::<KeyAlgorithm>("\"aes_128\"").is_err());
        assert!(serde_json::from_str::<KeyAlgorithm>("\"AES_128\"").is_ok());
    }
}
