//! What a working key may be used for, as the header of a key block says it (ANSI X9.143 §6.3).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Algorithm;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $service:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// As the header has it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),+ }
            }

            /// As Payment Cryptography spells it.
            pub fn service_name(self) -> &'static str {
                match self { $(Self::$variant => $service),+ }
            }

            pub fn of_service_name(name: &str) -> Option<Self> {
                let mut all = Self::ALL.iter().copied();
                all.find(|one| one.service_name() == name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

codes!(
    /// What a key is for. Key-encrypting keys are none of these: they are sent by `kek-export`.
    Usage {
        /// Base derivation key of DUKPT.
        B0 = "TR31_B0_BASE_DERIVATION_KEY",
        /// Card verification.
        C0 = "TR31_C0_CARD_VERIFICATION_KEY",
        /// Encryption of data.
        D0 = "TR31_D0_SYMMETRIC_DATA_ENCRYPTION_KEY",
        /// EMV: application cryptograms.
        E0 = "TR31_E0_EMV_MKEY_APP_CRYPTOGRAMS",
        /// EMV: confidentiality of messages.
        E1 = "TR31_E1_EMV_MKEY_CONFIDENTIALITY",
        /// EMV: integrity of messages.
        E2 = "TR31_E2_EMV_MKEY_INTEGRITY",
        /// EMV: dynamic numbers.
        E4 = "TR31_E4_EMV_MKEY_DYNAMIC_NUMBERS",
        /// EMV: personalisation of cards.
        E5 = "TR31_E5_EMV_MKEY_CARD_PERSONALIZATION",
        /// EMV: other.
        E6 = "TR31_E6_EMV_MKEY_OTHER",
        /// MAC, ISO 16609 algorithm 1.
        M0 = "TR31_M0_ISO_16609_MAC_KEY",
        /// MAC, ISO 9797-1 algorithm 1.
        M1 = "TR31_M1_ISO_9797_1_MAC_KEY",
        /// MAC, ISO 9797-1 algorithm 3.
        M3 = "TR31_M3_ISO_9797_3_MAC_KEY",
        /// CMAC.
        M6 = "TR31_M6_ISO_9797_5_CMAC_KEY",
        /// Encryption of PINs.
        P0 = "TR31_P0_PIN_ENCRYPTION_KEY",
        /// PIN verification, IBM 3624.
        V1 = "TR31_V1_IBM3624_PIN_VERIFICATION_KEY",
        /// PIN verification, Visa PVV.
        V2 = "TR31_V2_VISA_PIN_VERIFICATION_KEY",
    }
);

codes!(
    /// Whether whoever has opened a block may send its key on.
    Exportability {
        /// Under a KEK in a form that X9.24 allows.
        E = "EXPORTABLE",
        /// To nobody.
        N = "NON_EXPORTABLE",
        /// In forms that X9.24 does not cover, too.
        S = "SENSITIVE",
    }
);

/// The mode of use: what may be done with a key.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Modes {
    /// Encrypt, decrypt, wrap and unwrap.
    B,
    /// Generate and verify.
    C,
    /// Decrypt and unwrap only.
    D,
    /// Encrypt and wrap only.
    E,
    /// Generate only.
    G,
    /// No restriction.
    N,
    /// Verify only.
    V,
    /// Derive keys.
    X,
}

/// The members of the service's `KeyModesOfUse` that a working key can have.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Allowed {
    pub encrypt: bool,
    pub decrypt: bool,
    pub wrap: bool,
    pub unwrap: bool,
    pub generate: bool,
    pub verify: bool,
    pub derive_key: bool,
    pub no_restrictions: bool,
}

impl Modes {
    pub const ALL: &[Self] = &[
        Self::B,
        Self::C,
        Self::D,
        Self::E,
        Self::G,
        Self::N,
        Self::V,
        Self::X,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::E => "E",
            Self::G => "G",
            Self::N => "N",
            Self::V => "V",
            Self::X => "X",
        }
    }

    pub fn allowed(self) -> Allowed {
        let none = Allowed::default();
        let (encrypt, wrap, decrypt, unwrap) = (true, true, true, true);
        let (generate, verify) = (true, true);
        match self {
            Self::B => Allowed {
                encrypt,
                decrypt,
                wrap,
                unwrap,
                ..none
            },
            Self::C => Allowed {
                generate,
                verify,
                ..none
            },
            Self::D => Allowed {
                decrypt,
                unwrap,
                ..none
            },
            Self::E => Allowed {
                encrypt,
                wrap,
                ..none
            },
            Self::G => Allowed { generate, ..none },
            Self::N => Allowed {
                no_restrictions: true,
                ..none
            },
            Self::V => Allowed { verify, ..none },
            Self::X => Allowed {
                derive_key: true,
                ..none
            },
        }
    }

    /// The letter for what the service says of a key, if there is one.
    pub fn of_allowed(allowed: Allowed) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|modes| modes.allowed() == allowed)
    }
}

impl fmt::Display for Modes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Usage {
    /// The modes of use that a key of this usage can have.
    ///
    /// | usage | modes |
    /// | --- | --- |
    /// | `D0`, `P0` | `B`, `D`, `E`, `N` |
    /// | `C0`, `M1`, `M3`, `M6`, `V1`, `V2` | `C`, `G`, `N`, `V` |
    /// | `M0` | `C`, `G`, `V` |
    /// | `B0`, `E0` to `E6` | `N`, `X` |
    ///
    /// Source: AWS Payment Cryptography user guide, "Understanding key attributes".
    pub fn modes(self) -> &'static [Modes] {
        use Modes::{B, C, D, E, G, N, V, X};
        match self {
            Self::D0 | Self::P0 => &[B, D, E, N],
            Self::C0 | Self::M1 | Self::M3 | Self::M6 | Self::V1 | Self::V2 => &[C, G, N, V],
            Self::M0 => &[C, G, V],
            Self::B0 | Self::E0 | Self::E1 | Self::E2 | Self::E4 | Self::E5 | Self::E6 => &[N, X],
        }
    }

    /// Whether a key of this usage can have this algorithm: `M0`, `M1` and `M3` are defined over TDES
    /// alone.
    pub fn works_with(self, algorithm: Algorithm) -> bool {
        let tdes = matches!(algorithm, Algorithm::TDES_2KEY | Algorithm::TDES_3KEY);
        tdes || !matches!(self, Self::M0 | Self::M1 | Self::M3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usage_is_spelled_alike_in_a_header_and_by_the_service() {
        for usage in Usage::ALL {
            let name = usage.service_name();
            assert_eq!(name.get(5..7), Some(usage.as_str()), "{name}");
            assert_eq!(Usage::of_service_name(name), Some(*usage));
            assert_eq!(serde_json::to_value(usage).unwrap(), usage.as_str());
        }
        assert_eq!(Usage::of_service_name("TR31_K0_KEY_ENCRYPTION_KEY"), None);
    }

    #[test]
    fn modes_are_told_apart_by_what_they_allow() {
        for modes in Modes::ALL {
            assert_eq!(Modes::of_allowed(modes.allowed()), Some(*modes));
            assert_eq!(serde_json::to_value(modes).unwrap(), modes.as_str());
        }
        assert_eq!(Modes::of_allowed(Allowed::default()), None);
    }
}
