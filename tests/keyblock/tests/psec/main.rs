//! The same random key blocks in the hands of psec, an implementation that shares nothing with this
//! one: what one side wraps, the other opens, and both read the same from it.
//!
//! Cases are new in every run. A failure names the seed of the run and the number of the case;
//! `PSEC_SEED=… cargo test --test psec` makes the same cases again.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../it/support.rs"]
#[allow(dead_code, reason = "shared with the other tests")]
mod support;

#[path = "../it/published.rs"]
#[allow(dead_code, reason = "shared with the other tests")]
mod published;

mod peer;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};

use keyblock::tr31::{Version, unwrap};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use strum::VariantArray;

use peer::Psec;
use support::{Case, any_case_of, key, reads_the_same};

/// Of every version, in either direction.
const CASES_PER_VERSION: usize = 150;

#[tokio::test]
async fn psec_opens_what_is_wrapped_here() {
    let mut psec = Psec::start().await;
    let opened = for_every_case(|case| {
        let block = case.wrap();
        let opened = psec.unwrap(&case.protection_key, &block);
        assert_eq!(opened.header, case.header);
        assert!(opened.key == case.key.bytes().expose(), "another key");
    });
    assert_eq!(opened, Version::VARIANTS.len() * CASES_PER_VERSION);
    psec.finish();
}

#[tokio::test]
async fn what_psec_wraps_is_opened_here() {
    let mut psec = Psec::start().await;
    let opened = for_every_case(|case| {
        let block = psec.wrap(case);
        let opened = unwrap(&block, &case.protection_key).unwrap();
        assert_eq!(opened.header, case.header);
        assert_eq!(opened.key.algorithm(), case.key.algorithm());
        let same = opened.key.bytes().expose() == case.key.bytes().expose();
        assert!(same, "another key");
    });
    assert_eq!(opened, Version::VARIANTS.len() * CASES_PER_VERSION);
    psec.finish();
}

/// The domain reads headers without a key, and of what psec wraps it reads the same.
#[tokio::test]
async fn what_psec_wraps_is_read_by_the_domain() {
    let mut psec = Psec::start().await;
    for_every_case(|case| {
        let block = psec.wrap(case);
        reads_the_same(&block, &case.header);
    });
    psec.finish();
}

/// Published blocks, opened by psec.
#[tokio::test]
async fn the_domain_reads_published_blocks_as_psec_does() {
    let mut psec = Psec::start().await;
    for vector in published::VECTORS {
        let (algorithm, bytes) = vector.protection_key;
        let opened = psec.unwrap(&key(algorithm, bytes), vector.block);
        reads_the_same(vector.block, &opened.header);
    }
    psec.finish();
}

/// Both refuse a block in which one character was changed, wherever it stands.
#[tokio::test]
async fn neither_opens_a_changed_block() {
    let mut psec = Psec::start().await;
    let mut position = 0;
    for_every_case(|case| {
        let block = case.wrap();
        // Characters that mean nothing by themselves: a version number stands at 9, and the key and
        // its MAC at the end.
        let changeable: Vec<usize> = (9..11).chain(block.len() - 24..block.len()).collect();
        position += 1;
        let at = changeable[position % changeable.len()];
        let other = if &block[at..=at] == "7" { "8" } else { "7" };
        let changed = format!("{}{other}{}", &block[..at], &block[at + 1..]);
        assert!(unwrap(&changed, &case.protection_key).is_err(), "at {at}");
        assert!(psec.refuses(&case.protection_key, &changed), "at {at}");
    });
    psec.finish();
}

/// Random cases are only worth what they reach.
#[test]
fn every_kind_of_case_occurs() {
    let mut counts = BTreeMap::new();
    for_every_case(|case| {
        let long = case
            .header
            .optional_blocks
            .iter()
            .any(|(_, data)| data.len() >= 256);
        for kind in [
            format!("protected by {:?}", case.protection_key.algorithm()),
            format!("payload for {:?}", case.header.algorithm),
            format!("masking {:?}", case.masking),
            format!("extended length {long}"),
        ] {
            *counts.entry(kind).or_insert(0) += 1;
        }
    });
    assert_eq!(counts.len(), 5 + 3 + 2 + 2, "{counts:?}");
    assert!(counts.values().all(|count| *count >= 20), "{counts:?}");
}

/// Runs the check on new cases of every version and says how many there were.
fn for_every_case(mut check: impl FnMut(&Case)) -> usize {
    let seed = seed();
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut count = 0;
    for version in Version::VARIANTS {
        let strategy = any_case_of(*version);
        for _ in 0..CASES_PER_VERSION {
            let _failure = OnFailure { seed, count };
            check(&strategy.new_tree(&mut runner).unwrap().current());
            count += 1;
        }
    }
    count
}

fn seed() -> u64 {
    match std::env::var("PSEC_SEED") {
        Ok(seed) => seed.parse().expect("PSEC_SEED is a number"),
        Err(_) => RandomState::new().build_hasher().finish(),
    }
}

/// Says how to make the case again when the check panics.
struct OnFailure {
    seed: u64,
    count: usize,
}

impl Drop for OnFailure {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("case {} with PSEC_SEED={}", self.count, self.seed);
        }
    }
}
