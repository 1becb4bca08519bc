//! What a request says of the KEK that is expected, and what names it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::working_keys::attributes::{Allowed, Modes};

/// What a KEK is for, as the header of a key block says it (ANSI X9.143 §6.3).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum KekUsage {
    /// Encryption of keys.
    K0,
    /// Protection of key blocks.
    K1,
}

impl KekUsage {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::K0 => "K0",
            Self::K1 => "K1",
        }
    }

    /// As Payment Cryptography spells it.
    pub fn service_name(self) -> &'static str {
        match self {
            Self::K0 => "TR31_K0_KEY_ENCRYPTION_KEY",
            Self::K1 => "TR31_K1_KEY_BLOCK_PROTECTION_KEY",
        }
    }
}

impl fmt::Display for KekUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// In which directions keys may go under a KEK. `N`, no restriction, is none of them: under such a key the
/// service neither wraps nor unwraps.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum KekModes {
    /// Both: encrypt, decrypt, wrap and unwrap.
    B,
    /// To us: decrypt and unwrap.
    D,
    /// From us: encrypt and wrap.
    E,
}

impl KekModes {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::B => "B",
            Self::D => "D",
            Self::E => "E",
        }
    }

    /// What the service calls them.
    pub fn allowed(self) -> Allowed {
        let modes = match self {
            Self::B => Modes::B,
            Self::D => Modes::D,
            Self::E => Modes::E,
        };
        modes.allowed()
    }
}

impl fmt::Display for KekModes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A key check value: six hex digits, of whichever algorithm belongs to the key.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Kcv(
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[0-9A-Fa-f]{6}$")))] String,
);

impl Kcv {
    /// Upper-case hex.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Kcv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Kcv> for String {
    fn from(kcv: Kcv) -> Self {
        kcv.0
    }
}

impl TryFrom<String> for Kcv {
    type Error = &'static str;

    /// What is not of the form is not repeated: it may be the key.
    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err("a key check value has 6 hex digits");
        }
        Ok(Self(text.to_ascii_uppercase()))
    }
}

/// An alias in Payment Cryptography that is ours to set, and none of those that ceremonies keep for
/// themselves.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AliasName(
    #[cfg_attr(
        feature = "schema",
        schemars(regex(pattern = r"^alias/[a-zA-Z0-9/_-]{1,250}$"))
    )]
    String,
);

impl AliasName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<AliasName> for String {
    fn from(alias: AliasName) -> Self {
        alias.0
    }
}

impl TryFrom<String> for AliasName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let name = text.strip_prefix("alias/").unwrap_or_default();
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"/_-".contains(&b);
        if !(1..=250).contains(&name.len()) || !name.bytes().all(plain) {
            return Err(
                "an alias is `alias/` and 1 to 250 letters, digits, slashes, hyphens and underscores",
            );
        }
        if ["aws/", "key-ceremony/"]
            .iter()
            .any(|it| name.starts_with(it))
        {
            return Err("an alias below `alias/aws/` or `alias/key-ceremony/` is nobody's to set");
        }
        Ok(Self(text))
    }
}
