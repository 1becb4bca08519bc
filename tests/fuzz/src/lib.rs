//! Fuzz targets: for each reader of what others send, for each codec, and for the emulator, a plain
//! function that takes any bytes and panics if something does not hold that must hold for all of them.
//!
//! | target | input |
//! | --- | --- |
//! | [`blocks`](fn@blocks) | key blocks that a partner drops |
//! | [`certificate`](fn@certificate) | certificates that a partner drops |
//! | [`crl`](fn@crl) | certificate revocation lists |
//! | [`files`](fn@files) | files in the inbox |
//! | [`inventory`](fn@inventory) | inventories of terminals |
//! | [`json`](fn@json) | requests to the emulator |
//! | [`ocsp`](fn@ocsp) | responses of OCSP responders |
//! | [`profile`](fn@profile) | profiles of partners |
//! | [`tr31`](fn@tr31) | TR-31 key blocks and headers |
//! | [`tr34`](fn@tr34) | TR-34 messages |
//!
//! `cargo test -p fuzz` runs every target on its seeds, and on what a few thousand careless changes
//! make of them. `./run` builds them with libFuzzer, which looks for inputs that reach code no
//! other has reached; it needs a C++ compiler and no other Rust than the workspace's.
//!
//! A new target is a module with the function and `seeds()`, a file in `targets/`, and a `[[bin]]` in
//! `Cargo.toml`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

pub mod answers;
pub mod blocks;
pub mod certificate;
pub mod crl;
pub mod files;
// The tests of the codec have a writer of the format that is not the codec's; one is enough.
#[path = "../../keyblock/tests/it/tr34/forge.rs"]
pub mod forge;
pub mod inventory;
pub mod json;
pub mod ocsp;
#[path = "../../keyblock/tests/it/tr34/parties.rs"]
pub mod parties;
pub mod profile;
pub mod tr31;
pub mod tr34;

pub use blocks::blocks;
pub use certificate::certificate;
pub use crl::crl;
pub use files::files;
pub use inventory::inventory;
pub use json::json;
pub use ocsp::ocsp;
pub use profile::profile;
pub use tr31::tr31;
pub use tr34::tr34;

/// Adds seeds to the folder named by `FUZZ_SEEDS`, for libFuzzer to start from.
pub fn write_seeds(seeds: &[Vec<u8>]) {
    if let Some(folder) = std::env::var_os("FUZZ_SEEDS") {
        for (number, seed) in seeds.iter().enumerate() {
            std::fs::write(Path::new(&folder).join(format!("seed-{number}")), seed).unwrap();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_holds_for_its_seeds_and_their_mutations() {
        run(blocks, &blocks::seeds(), 6000);
    }

    #[test]
    fn certificate_holds_for_its_seeds_and_their_mutations() {
        run(certificate, &certificate::seeds(), 3000);
    }

    #[test]
    fn crl_holds_for_its_seeds_and_their_mutations() {
        run(crl, &crl::seeds(), 3000);
    }

    #[test]
    fn files_holds_for_its_seeds_and_their_mutations() {
        run(files, &files::seeds(), 3000);
    }

    #[test]
    fn inventory_holds_for_its_seeds_and_their_mutations() {
        run(inventory, &inventory::seeds(), 6000);
    }

    #[test]
    fn json_holds_for_its_seeds_and_their_mutations() {
        run(json, &json::seeds(), 3000);
    }

    #[test]
    fn ocsp_holds_for_its_seeds_and_their_mutations() {
        run(ocsp, &ocsp::seeds(), 3000);
    }

    #[test]
    fn profile_holds_for_its_seeds_and_their_mutations() {
        run(profile, &profile::seeds(), 6000);
    }

    #[test]
    fn tr31_holds_for_its_seeds_and_their_mutations() {
        run(tr31, &tr31::seeds(), 3000);
    }

    #[test]
    fn tr34_holds_for_its_seeds_and_their_mutations() {
        run(tr34, &tr34::seeds(), 300);
    }

    /// The same mutations every time, so that a failure can be seen again.
    fn run(target: fn(&[u8]), seeds: &[Vec<u8>], mutations: usize) {
        for length in 0..4 {
            target(&vec![0; length]);
        }
        let mut random = Random(1);
        for seed in seeds {
            target(seed);
            for _ in 0..mutations / seeds.len() {
                let mut mutated = seed.clone();
                for _ in 0..=random.below(3) {
                    let position = random.below(mutated.len());
                    match random.below(4) {
                        0 => mutated[position] ^= 1 << random.below(8),
                        1 => mutated[position] = random.below(256) as u8,
                        2 => mutated.insert(position, random.below(256) as u8),
                        _ => mutated.truncate(position.max(2)),
                    }
                }
                target(&mutated);
            }
        }
    }

    /// Marsaglia's xorshift.
    struct Random(u32);

    impl Random {
        fn below(&mut self, bound: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 17;
            self.0 ^= self.0 << 5;
            self.0 as usize % bound
        }
    }
}
