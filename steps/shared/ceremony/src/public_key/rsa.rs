//! RSA keys: two numbers, of which most would not do.

use std::sync::LazyLock;

use aws_lc_rs::rsa::PublicEncryptingKey;
use der::asn1::UintRef;
use der::{Decode, Reader, SliceReader};
use x509_parser::der_parser::num_bigint::BigUint;
use x509_parser::x509::SubjectPublicKeyInfo;

/// RSAPublicKey (RFC 8017 A.1.1), the numbers big-endian and without leading zeros.
pub(crate) struct RsaKey<'a> {
    modulus: &'a [u8],
    exponent: &'a [u8],
}

impl<'a> RsaKey<'a> {
    /// `None` where the key is not DER of two numbers that are not negative.
    pub(crate) fn read(key: &'a SubjectPublicKeyInfo<'_>) -> Option<Self> {
        let mut reader = SliceReader::new(&key.subject_public_key.data).ok()?;
        let (modulus, exponent) = reader
            .sequence(|numbers| {
                let modulus = UintRef::decode(numbers)?;
                Ok((modulus, UintRef::decode(numbers)?))
            })
            .ok()?;
        reader.finish(()).ok()?;
        Some(Self {
            modulus: modulus.as_bytes(),
            exponent: exponent.as_bytes(),
        })
    }

    pub(crate) fn modulus_bits(&self) -> usize {
        bits(self.modulus)
    }

    /// Whether a number of as many bytes as the modulus is less than it, as every RSA block is (RFC 8017
    /// §5.1.2).
    pub(crate) fn is_above(&self, block: &[u8]) -> bool {
        block.len() == self.modulus.len() && block < self.modulus
    }

    /// What partial validation finds (NIST SP 800-89 §5.3.3), with every prime below 2¹⁶. Of one that
    /// is too long for the service nothing more is asked than whether it is odd: it may have 6 KiB.
    pub(crate) fn fault_of_modulus(&self) -> Option<String> {
        let last = self.modulus.last().copied().unwrap_or_default();
        if last.is_multiple_of(2) {
            return Some("its RSA modulus is even".to_owned());
        }
        if self.modulus_bits() > MAX_MODULUS_BITS {
            return None;
        }
        if let Some(prime) = small_factor(self.modulus) {
            return Some(format!("its RSA modulus is divisible by {prime}"));
        }
        let power = power(self.modulus)?;
        Some(format!(
            "its RSA modulus is a number to the power of {power}"
        ))
    }

    /// At least 65537, odd (FIPS 186-5 §5.1), and no larger than AWS-LC takes.
    pub(crate) fn fault_of_exponent(&self) -> Option<String> {
        let bits = bits(self.exponent);
        if bits > MAX_EXPONENT_BITS {
            return Some(format!(
                "its RSA exponent has {bits} bits; at most {MAX_EXPONENT_BITS} are accepted"
            ));
        }
        let exponent = self
            .exponent
            .iter()
            .fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
        if exponent < MIN_EXPONENT {
            return Some(format!(
                "its RSA exponent is {exponent}; at least {MIN_EXPONENT} is needed"
            ));
        }
        exponent
            .is_multiple_of(2)
            .then(|| format!("its RSA exponent is {exponent}, which is even"))
    }
}

const MAX_MODULUS_BITS: usize = 4096;
const MIN_EXPONENT: u64 = 65_537;
const MAX_EXPONENT_BITS: usize = 33;

/// Whether AWS-LC, which has checks of its own, would encrypt under it.
pub(crate) fn is_accepted_by_library(key: &SubjectPublicKeyInfo<'_>) -> bool {
    PublicEncryptingKey::from_der(key.raw).is_ok()
}

fn bits(number: &[u8]) -> usize {
    match number.iter().position(|byte| *byte != 0) {
        Some(first) => (number.len() - first) * 8 - number[first].leading_zeros() as usize,
        None => 0,
    }
}

/// The smallest odd prime below 2¹⁶ that divides `number`.
///
/// A long number is divided by products of many primes, and only the short remainders by each: a
/// fifth of the time that it takes to divide the number itself by them.
fn small_factor(number: &[u8]) -> Option<u64> {
    static BATCHES: LazyLock<Vec<Batch>> = LazyLock::new(Batch::all);
    let number = BigUint::from_bytes_be(number);
    BATCHES.iter().find_map(|batch| {
        let rest = (&number % &batch.product).to_bytes_be();
        batch.products.iter().find_map(|product| {
            let rest = remainder(&rest, product.product);
            let mut primes = product.primes.iter().copied();
            primes.find(|prime| rest.is_multiple_of(*prime))
        })
    })
}

/// Whether `number` is a square, a cube, or the fifth or seventh power of another: factored in no
/// time.
fn power(number: &[u8]) -> Option<u32> {
    let number = BigUint::from_bytes_be(number);
    let is_power = |power: &u32| number.bits() > 1 && number.nth_root(*power).pow(*power) == number;
    [2, 3, 5, 7].into_iter().find(is_power)
}

/// Products that a long number is divided by at once.
struct Batch {
    product: BigUint,
    products: Vec<Product>,
}

impl Batch {
    /// Sixteen in each: 512 bits.
    fn all() -> Vec<Self> {
        let mut products = Product::all().into_iter().peekable();
        let mut batches = Vec::new();
        while products.peek().is_some() {
            let products: Vec<Product> = products.by_ref().take(16).collect();
            let product = products
                .iter()
                .map(|it| BigUint::from(it.product))
                .product();
            batches.push(Self { product, products });
        }
        batches
    }
}

/// One division tells of all its primes.
struct Product {
    product: u64,
    primes: Vec<u64>,
}

impl Product {
    /// Of the odd primes below 2¹⁶, in ascending order, as many in each as 32 bits hold: then a
    /// division of 32-bit digits needs no more than 64.
    fn all() -> Vec<Self> {
        let mut products: Vec<Self> = Vec::new();
        for prime in odd_primes() {
            match products.last_mut() {
                Some(last) if last.product * prime <= u64::from(u32::MAX) => {
                    last.product *= prime;
                    last.primes.push(prime);
                }
                _ => products.push(Self {
                    product: prime,
                    primes: vec![prime],
                }),
            }
        }
        products
    }
}

/// Eratosthenes.
fn odd_primes() -> impl Iterator<Item = u64> {
    const LIMIT: usize = 1 << 16;
    let mut composite = vec![false; LIMIT];
    for factor in 2..256 {
        if !composite[factor] {
            for multiple in (factor * factor..LIMIT).step_by(factor) {
                composite[multiple] = true;
            }
        }
    }
    (3..LIMIT as u64).filter(move |number| !composite[*number as usize])
}

/// Of a big-endian number; `divisor` has 32 bits.
fn remainder(number: &[u8], divisor: u64) -> u64 {
    number.rchunks(4).rev().fold(0, |rest, digit| {
        let digit = digit
            .iter()
            .fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
        ((rest << 32) | digit) % divisor
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_primes_are_all_there() {
        let primes: Vec<u64> = odd_primes().collect();
        // There are 6542 primes below 2¹⁶.
        assert_eq!(primes.len(), 6541);
        assert_eq!(primes[..4], [3, 5, 7, 11]);
        assert_eq!(primes.last(), Some(&65_521));
        let products = Product::all();
        let in_products = products.iter().flat_map(|product| &product.primes);
        assert!(in_products.eq(&primes));
        assert!(products.iter().all(|it| it.product <= u64::from(u32::MAX)));
    }

    #[test]
    fn every_small_factor_is_found() {
        let large: u128 = (1 << 89) - 1; // a prime of Mersenne
        assert_eq!(small_factor(&large.to_be_bytes()), None);
        for prime in odd_primes() {
            let number = large * u128::from(prime);
            assert_eq!(small_factor(&number.to_be_bytes()), Some(prime));
        }
        // 65537 is a prime too, and not below 2¹⁶.
        assert_eq!(small_factor(&(large * 65_537).to_be_bytes()), None);
    }

    #[test]
    fn a_power_is_found() {
        for (base, exponent) in [(65_537_u128, 2), (65_537, 3), (65_537, 5), (65_537, 7)] {
            let number = base.pow(exponent);
            assert_eq!(power(&number.to_be_bytes()), Some(exponent));
            assert_eq!(power(&(number + 2).to_be_bytes()), None);
        }
        assert_eq!(power(&[1]), None);
        assert_eq!(power(&[]), None);
    }

    #[test]
    fn a_long_number_is_divided_as_it_should_be() {
        for number in [0_u128, 1, 255, 256, 65_535, u128::MAX, u128::MAX / 7] {
            for divisor in [3_u64, 65_521, 4_294_967_295] {
                let bytes = number.to_be_bytes();
                let expected = number % u128::from(divisor);
                assert_eq!(u128::from(remainder(&bytes, divisor)), expected);
            }
        }
    }
}
