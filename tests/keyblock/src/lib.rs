//! Payment keys and the formats they travel in: pure functions over bytes, no input or output.
//!
//! Every fallible function says in its error which rule was broken; key bytes live only in
//! [`SecretBytes`], which wipes them when dropped and can be neither printed nor serialised.
//!
//! | module | holds |
//! | --- | --- |
//! | [`algorithm`] | the symmetric algorithms a payment key can have, and the length of their keys |
//! | [`as2805`] | keys under a variant of a key encryption key (AS 2805) |
//! | [`clear_key`] | [`ClearKey`]: key bytes together with the algorithm they are for |
//! | [`dukpt`] | the initial key of a device, from a base derivation key (X9.24-1 and X9.24-3) |
//! | [`key_check_value`] | AES (CMAC), TDES (ANSI X9.24), HMAC and public-key check values |
//! | [`key_derivation`] | a key from a shared secret (NIST SP 800-56A, ANSI X9.63) |
//! | [`secret`] | [`SecretBytes`] |
//! | [`tr31`] | key blocks: a key wrapped together with its attributes (X9.143, versions A to D) |
//! | [`tr34`] | key transport: a key encrypted for one party and signed by another (X9 TR-34-2012) |

#![forbid(unsafe_code)]
#![warn(missing_docs, unreachable_pub)]

pub mod algorithm;
pub mod as2805;
mod cipher;
pub mod clear_key;
pub mod dukpt;
pub mod key_check_value;
pub mod key_derivation;
pub mod secret;
pub mod tr31;
pub mod tr34;

pub use algorithm::{HmacHash, SymmetricAlgorithm};
pub use clear_key::{ClearKey, KeyLengthError};
pub use key_check_value::KeyCheckValue;
pub use secret::SecretBytes;
