//! The variants of AS 2805, and the usages they stand for.

use keyblock::as2805::KeyVariant;

use super::attributes::{KeyUsage, wire_enum};

wire_enum! {
    /// What the key under the KEK is for.
    As2805KeyVariant {
        DataEncryption = "DATA_ENCRYPTION_KEY_VARIANT_22",
        MessageAuthentication = "MESSAGE_AUTHENTICATION_KEY_VARIANT_24",
        PinEncryption = "PIN_ENCRYPTION_KEY_VARIANT_28",
        TerminalMajor = "TERMINAL_MAJOR_KEY_VARIANT_00",
    }
}

impl As2805KeyVariant {
    /// INFERRED: from the names, and from what the service's samples do with the keys.
    pub fn key_usage(self) -> KeyUsage {
        match self {
            Self::DataEncryption => KeyUsage::D0,
            Self::MessageAuthentication => KeyUsage::M0,
            Self::PinEncryption => KeyUsage::P0,
            Self::TerminalMajor => KeyUsage::K0,
        }
    }
}

impl From<As2805KeyVariant> for KeyVariant {
    fn from(variant: As2805KeyVariant) -> Self {
        match variant {
            As2805KeyVariant::DataEncryption => Self::DataEncryption22,
            As2805KeyVariant::MessageAuthentication => Self::MessageAuthentication24,
            As2805KeyVariant::PinEncryption => Self::PinEncryption28,
            As2805KeyVariant::TerminalMajor => Self::TerminalMajor00,
        }
    }
}
