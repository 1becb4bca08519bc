//! The fields of a header that take one of a few values (X9.143-2021 clause 6.3). Values that the
//! standard leaves to proprietary use (the digits) are not known here.

use std::fmt;
use std::str::FromStr;

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::SymmetricAlgorithm;

/// How the key and its header are bound together (X9.143-2021 clause 6.2 table 1, clause 7.2).
#[derive(Clone, Copy, Debug, EnumString, Eq, Hash, IntoStaticStr, PartialEq, VariantArray)]
pub enum Version {
    /// TDES key variant binding, 2005; deprecated.
    A,
    /// TDES key derivation binding.
    B,
    /// TDES key variant binding, 2010; deprecated.
    C,
    /// AES key derivation binding.
    D,
}

impl Version {
    /// The block length of the cipher, of which every part of a key block is a multiple: in bytes
    /// for the ciphertext, in characters for the header.
    pub fn block_length(self) -> usize {
        match self {
            Self::A | Self::B | Self::C => 8,
            Self::D => 16,
        }
    }

    /// The length of the MAC, in bytes.
    pub fn mac_length(self) -> usize {
        match self {
            Self::A | Self::C => 4,
            Self::B => 8,
            Self::D => 16,
        }
    }

    /// Whether a key of this algorithm can protect a block of this version.
    ///
    /// The lengths do not tell: 16 bytes can be an AES key as well as a TDES key.
    pub fn accepts_protection_key(self, algorithm: SymmetricAlgorithm) -> bool {
        match algorithm {
            SymmetricAlgorithm::Aes128
            | SymmetricAlgorithm::Aes192
            | SymmetricAlgorithm::Aes256 => self == Self::D,
            SymmetricAlgorithm::Hmac(_) => false,
            SymmetricAlgorithm::Tdes2Key | SymmetricAlgorithm::Tdes3Key => self != Self::D,
        }
    }
}

/// What the key is for (X9.143-2021 clause 6.3.1 table 2). Variants are named by their code, as
/// that is how payment people speak of them.
#[derive(Clone, Copy, Debug, EnumString, Eq, Hash, IntoStaticStr, PartialEq, VariantArray)]
pub enum KeyUsage {
    /// Base derivation key.
    B0,
    /// Initial DUKPT key.
    B1,
    /// Base key variant key.
    B2,
    /// Key derivation key, other than X9.24.
    B3,
    /// Card verification key.
    C0,
    /// Symmetric key for data encryption.
    D0,
    /// Asymmetric key for data encryption.
    D1,
    /// Data encryption key for a decimalization table.
    D2,
    /// Data encryption key for sensitive data.
    D3,
    /// EMV issuer master key: application cryptograms.
    E0,
    /// EMV issuer master key: secure messaging for confidentiality.
    E1,
    /// EMV issuer master key: secure messaging for integrity.
    E2,
    /// EMV issuer master key: data authentication code.
    E3,
    /// EMV issuer master key: dynamic numbers.
    E4,
    /// EMV issuer master key: card personalization.
    E5,
    /// EMV issuer master key: other.
    E6,
    /// EMV asymmetric key pair for PIN encryption.
    E7,
    /// Initialization vector.
    I0,
    /// Key encryption or wrapping.
    K0,
    /// Key block protection key.
    K1,
    /// Asymmetric key pair of a TR-34 key receiving device.
    K2,
    /// Asymmetric key pair for key wrapping or key agreement.
    K3,
    /// ISO 20038 key block protection key.
    K4,
    /// ISO 16609 MAC algorithm 1, with TDES.
    M0,
    /// ISO 9797-1 MAC algorithm 1.
    M1,
    /// ISO 9797-1 MAC algorithm 2.
    M2,
    /// ISO 9797-1 MAC algorithm 3.
    M3,
    /// ISO 9797-1 MAC algorithm 4.
    M4,
    /// ISO 9797-1:1999 MAC algorithm 5.
    M5,
    /// ISO 9797-1:2011 MAC algorithm 5, CMAC.
    M6,
    /// HMAC.
    M7,
    /// ISO 9797-1:2011 MAC algorithm 6.
    M8,
    /// PIN encryption.
    P0,
    /// PIN generation.
    P1,
    /// Asymmetric key pair for digital signatures.
    S0,
    /// Asymmetric key pair of a certification authority.
    S1,
    /// Asymmetric key pair, other than X9.24.
    S2,
    /// PIN verification, other algorithm.
    V0,
    /// PIN verification, IBM 3624.
    V1,
    /// PIN verification, Visa PVV.
    V2,
    /// PIN verification, X9.132 algorithm 1.
    V3,
    /// PIN verification, X9.132 algorithm 2.
    V4,
    /// PIN verification, X9.132 algorithm 3.
    V5,
}

/// What the key is a key of (X9.143-2021 clause 6.3.2 table 3).
#[derive(Clone, Copy, Debug, EnumString, Eq, Hash, IntoStaticStr, PartialEq, VariantArray)]
pub enum Algorithm {
    /// AES.
    #[strum(serialize = "A")]
    Aes,
    /// Single DES. No payment key has it; the letter is known so that an error can tell.
    #[strum(serialize = "D")]
    Des,
    /// DSA.
    #[strum(serialize = "S")]
    Dsa,
    /// Elliptic curve.
    #[strum(serialize = "E")]
    EllipticCurve,
    /// HMAC; the hash stands in the optional block `HM`.
    #[strum(serialize = "H")]
    Hmac,
    /// RSA.
    #[strum(serialize = "R")]
    Rsa,
    /// Triple DES.
    #[strum(serialize = "T")]
    Tdes,
}

/// Which operations the key may perform (X9.143-2021 clause 6.3.3 table 4).
#[derive(Clone, Copy, Debug, EnumString, Eq, Hash, IntoStaticStr, PartialEq, VariantArray)]
pub enum ModeOfUse {
    /// Create key variants.
    #[strum(serialize = "Y")]
    CreateVariants,
    /// Decrypt or unwrap only.
    #[strum(serialize = "D")]
    Decrypt,
    /// Derive other keys.
    #[strum(serialize = "X")]
    DeriveKey,
    /// Encrypt or wrap only.
    #[strum(serialize = "E")]
    Encrypt,
    /// Encrypt and decrypt, wrap and unwrap.
    #[strum(serialize = "B")]
    EncryptAndDecrypt,
    /// Generate only.
    #[strum(serialize = "G")]
    Generate,
    /// Generate and verify.
    #[strum(serialize = "C")]
    GenerateAndVerify,
    /// No restrictions but those of the key usage.
    #[strum(serialize = "N")]
    NoRestrictions,
    /// Sign only.
    #[strum(serialize = "S")]
    Sign,
    /// Sign and decrypt.
    #[strum(serialize = "T")]
    SignAndDecrypt,
    /// Verify only.
    #[strum(serialize = "V")]
    Verify,
}

/// Whether the key may leave its cryptographic domain again (X9.143-2021 clause 6.3.5 table 6).
#[derive(Clone, Copy, Debug, EnumString, Eq, Hash, IntoStaticStr, PartialEq, VariantArray)]
pub enum Exportability {
    /// Under a key encryption key, in a form that meets X9.24.
    #[strum(serialize = "E")]
    Exportable,
    /// Not at all.
    #[strum(serialize = "N")]
    NonExportable,
    /// Also in forms that do not meet X9.24.
    #[strum(serialize = "S")]
    Sensitive,
}

/// The version of the key, not of the block (X9.143-2021 clause 6.3.4 table 5): two characters,
/// `00` when it is not used, `c` and a number when the block carries only a component of a key.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct KeyVersion([char; 2]);

impl KeyVersion {
    /// The key has no version.
    pub const UNUSED: Self = Self(['0', '0']);

    /// Whether the block carries a component of a key and not a key.
    pub fn is_component(self) -> bool {
        self.0[0] == 'c'
    }
}

impl fmt::Display for KeyVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([first, second]) = self;
        write!(f, "{first}{second}")
    }
}

impl FromStr for KeyVersion {
    type Err = NotAKeyVersion;

    fn from_str(text: &str) -> Result<Self, NotAKeyVersion> {
        let known = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase();
        match text.chars().collect::<Vec<_>>()[..] {
            [first, second] if (known(first) || first == 'c') && known(second) => {
                Ok(Self([first, second]))
            }
            _ => Err(NotAKeyVersion),
        }
    }
}

/// The text is not two digits or upper-case letters, nor `c` and one of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a key version is two digits or upper-case letters, or c and one of them")]
pub struct NotAKeyVersion;
