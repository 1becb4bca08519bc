//! Shared information: random, no secret, and the same for both sides.

use aws_lc_rs::rand;

/// As many bytes as no two ceremonies will ever draw alike; the service takes up to 1024.
const SHARED_INFORMATION_BYTES: usize = 32;

/// In upper-case hex, as the service takes it.
pub fn fresh_information() -> String {
    hex::encode_upper(random_without_zeros())
}

/// The shared information must not contain zero bytes (API reference, `SharedInformation`).
fn random_without_zeros() -> [u8; SHARED_INFORMATION_BYTES] {
    let mut bytes = [0; SHARED_INFORMATION_BYTES];
    while bytes.contains(&0) {
        rand::fill(&mut bytes).expect("the library would rather end the process than have none");
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_information_is_never_the_same_and_never_has_a_zero() {
        let drawn: Vec<_> = (0..200).map(|_| random_without_zeros()).collect();
        assert!(drawn.iter().all(|bytes| !bytes.contains(&0)));
        assert_ne!(drawn[0], drawn[1]);
        assert_eq!(fresh_information().len(), 2 * SHARED_INFORMATION_BYTES);
    }
}
