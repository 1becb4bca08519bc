//! Which key may protect which: no key leaves under a weaker one.
//!
//! Source: the user guide's "Import and export keys", table of key strengths.

use super::attributes::KeyAlgorithm;

/// Checks a rule of this module; the key that protects comes first.
pub fn check(
    rule: fn(KeyAlgorithm, KeyAlgorithm) -> bool,
    protection: KeyAlgorithm,
    moved: KeyAlgorithm,
) -> Result<(), TooWeak> {
    if rule(protection, moved) {
        Ok(())
    } else {
        Err(TooWeak { moved, protection })
    }
}

/// A key would travel under a weaker one.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a key of {moved} cannot travel under the weaker or unsuitable {protection}")]
pub struct TooWeak {
    moved: KeyAlgorithm,
    protection: KeyAlgorithm,
}

/// Whether an RSA key of this algorithm may wrap a key of that one (RSA wrap and TR-34).
///
/// | key moved | RSA wrapping key |
/// | --- | --- |
/// | TDES_2KEY, TDES_3KEY | 2048, 3072, 4096 |
/// | AES_128 | 3072, 4096 |
/// | AES_192, AES_256, HMAC | none |
pub fn rsa_may_wrap(wrapping: KeyAlgorithm, moved: KeyAlgorithm) -> bool {
    match moved {
        KeyAlgorithm::Tdes2Key | KeyAlgorithm::Tdes3Key => wrapping.is_rsa(),
        KeyAlgorithm::Aes128 => {
            matches!(wrapping, KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096)
        }
        _ => false,
    }
}

/// Whether a symmetric key may protect a key block with a key of that algorithm (TR-31, AS2805).
///
/// | key moved | key block protection key |
/// | --- | --- |
/// | TDES_2KEY | any TDES, any AES |
/// | TDES_3KEY | TDES_3KEY, any AES |
/// | AES | AES at least as long |
/// | HMAC | AES_256 |
///
/// INFERRED: the guide's table has no HMAC keys. Those made here have at least 224 bits, more than any
/// shorter AES key can protect.
pub fn key_block_may_protect(protection: KeyAlgorithm, moved: KeyAlgorithm) -> bool {
    use KeyAlgorithm::{Aes128, Aes192, Aes256, Tdes2Key, Tdes3Key};
    match moved {
        Tdes2Key => protection.is_tdes() || protection.is_aes(),
        Tdes3Key => protection == Tdes3Key || protection.is_aes(),
        Aes128 => protection.is_aes(),
        Aes192 => matches!(protection, Aes192 | Aes256),
        Aes256 => protection == Aes256,
        hmac if hmac.is_hmac() => protection == Aes256,
        _ => false,
    }
}

/// Whether keys agreed on with this curve may protect a key of that algorithm (ECDH).
///
/// | key moved | curve |
/// | --- | --- |
/// | TDES_2KEY, TDES_3KEY, AES_128 | P-256, P-384, P-521 |
/// | AES_192 | P-384, P-521 |
/// | AES_256, HMAC (INFERRED, as above) | P-521 |
pub fn curve_may_protect(curve: KeyAlgorithm, moved: KeyAlgorithm) -> bool {
    use KeyAlgorithm::{Aes128, Aes192, Aes256, EccNistP384, EccNistP521, Tdes2Key, Tdes3Key};
    match moved {
        Tdes2Key | Tdes3Key | Aes128 => curve.is_ecc(),
        Aes192 => matches!(curve, EccNistP384 | EccNistP521),
        Aes256 => curve == EccNistP521,
        hmac if hmac.is_hmac() => curve == EccNistP521,
        _ => false,
    }
}

/// Whether a certificate authority's key may certify a key of that algorithm: it must be at least
/// as strong, and an elliptic-curve key needs an elliptic-curve authority.
///
/// The user guide gives the rule for RSA under RSA and for ECC under RSA. INFERRED: an RSA key
/// under an elliptic-curve authority is compared by the security strengths of NIST SP 800-57 part 1,
/// table 2, where RSA-3072 and RSA-4096 both count 128 bits.
pub fn authority_may_certify(authority: KeyAlgorithm, certified: KeyAlgorithm) -> bool {
    match (authority.is_rsa(), certified.is_rsa()) {
        (true, true) => modulus_bits(authority) >= modulus_bits(certified),
        (true, false) => false,
        (false, _) => security_strength(authority) >= security_strength(certified),
    }
}

fn modulus_bits(algorithm: KeyAlgorithm) -> u32 {
    match algorithm {
        KeyAlgorithm::Rsa2048 => 2048,
        KeyAlgorithm::Rsa3072 => 3072,
        KeyAlgorithm::Rsa4096 => 4096,
        _ => 0,
    }
}

fn security_strength(algorithm: KeyAlgorithm) -> u32 {
    match algorithm {
        KeyAlgorithm::Rsa2048 => 112,
        KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 | KeyAlgorithm::EccNistP256 => 128,
        KeyAlgorithm::EccNistP384 => 192,
        KeyAlgorithm::EccNistP521 => 256,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::KeyAlgorithm::*;
    use super::*;

    #[test]
    fn rsa_wraps_triple_des_at_any_size_and_aes_128_from_3072_bits() {
        for rsa in [Rsa2048, Rsa3072, Rsa4096] {
            assert!(rsa_may_wrap(rsa, Tdes2Key));
            assert!(rsa_may_wrap(rsa, Tdes3Key));
            for never in [Aes192, Aes256, HmacSha256, Rsa2048] {
                assert!(!rsa_may_wrap(rsa, never));
            }
        }
        assert!(!rsa_may_wrap(Rsa2048, Aes128));
        assert!(rsa_may_wrap(Rsa3072, Aes128));
        assert!(rsa_may_wrap(Rsa4096, Aes128));
        assert!(!rsa_may_wrap(EccNistP521, Tdes2Key));
    }

    #[test]
    fn a_key_block_and_a_curve_are_at_least_as_strong_as_what_they_protect() {
        let order = [Tdes2Key, Tdes3Key, Aes128, Aes192, Aes256];
        for (protection, weaker) in order.iter().zip(1..) {
            for (moved, position) in order.iter().zip(1..) {
                let expected = position <= weaker;
                assert_eq!(key_block_may_protect(*protection, *moved), expected);
            }
            assert_eq!(
                key_block_may_protect(*protection, HmacSha224),
                *protection == Aes256
            );
            assert!(!key_block_may_protect(*protection, Rsa2048));
            assert!(!curve_may_protect(*protection, Tdes2Key));
        }
        let movable = |curve| {
            KeyAlgorithm::ALL
                .iter()
                .filter(|moved| curve_may_protect(curve, **moved))
                .count()
        };
        assert_eq!(movable(EccNistP256), 3);
        assert_eq!(movable(EccNistP384), 4);
        assert_eq!(movable(EccNistP521), 9);
        assert_eq!(movable(Rsa4096), 0);
    }

    #[test]
    fn an_authority_is_at_least_as_strong_as_what_it_certifies() {
        assert!(authority_may_certify(Rsa4096, Rsa3072));
        assert!(authority_may_certify(Rsa3072, Rsa3072));
        assert!(!authority_may_certify(Rsa2048, Rsa3072));
        assert!(!authority_may_certify(Rsa4096, EccNistP256));
        assert!(authority_may_certify(EccNistP521, EccNistP256));
        assert!(!authority_may_certify(EccNistP256, EccNistP384));
        assert!(authority_may_certify(EccNistP256, Rsa4096));
    }
}
