//! The rate of requests: a token bucket for each account and region.
//!
//! INFERRED: the kind of algorithm, and that a refused request costs nothing while one that fails
//! later costs as much as any other.
//!
//! On the clock of the runtime: where a test has paused it, the quota is one of simulated time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::Quotas;
use crate::model::identifiers::Scope;

/// Admits requests, or does not. Off until quotas are set; then a request takes no lock here.
#[derive(Debug, Default)]
pub(crate) struct RateLimit {
    on: AtomicBool,
    buckets: Mutex<Buckets>,
}

impl RateLimit {
    /// Sets quotas, or none. Every bucket is full afterwards.
    pub(crate) fn set(&self, quotas: Option<Quotas>) {
        let mut buckets = self.lock();
        *buckets = Buckets {
            quotas,
            levels: HashMap::new(),
        };
        // While the lock is held, so that of two who set something the last one decides both.
        self.on.store(quotas.is_some(), Ordering::Release);
    }

    /// The quotas that are set.
    pub(crate) fn quotas(&self) -> Option<Quotas> {
        self.lock().quotas
    }

    /// Whether a request may pass now.
    pub(crate) fn admits(&self, scope: &Scope) -> bool {
        if !self.on.load(Ordering::Acquire) {
            return true;
        }
        let mut buckets = self.lock();
        // Read within the lock: requests are admitted in the order of their times.
        buckets.admit(scope, Instant::now())
    }

    fn lock(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct Buckets {
    quotas: Option<Quotas>,
    levels: HashMap<Scope, Bucket>,
}

impl Buckets {
    fn admit(&mut self, scope: &Scope, now: Instant) -> bool {
        let Some(quotas) = self.quotas else {
            return true;
        };
        match self.levels.get_mut(scope) {
            Some(bucket) => bucket.admit(quotas, now),
            None => {
                let bucket = Bucket::full(quotas, now);
                let bucket = self.levels.entry(scope.clone()).or_insert(bucket);
                bucket.admit(quotas, now)
            }
        }
    }
}

/// Counts in billionths of a request, so that what a nanosecond adds is a whole number and nothing
/// is lost to rounding, however often somebody asks.
#[derive(Debug)]
struct Bucket {
    level: u128,
    filled_at: Instant,
}

impl Bucket {
    fn full(quotas: Quotas, now: Instant) -> Self {
        Self {
            level: u128::from(quotas.burst) * REQUEST,
            filled_at: now,
        }
    }

    fn admit(&mut self, quotas: Quotas, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.filled_at).as_nanos();
        let more = elapsed.saturating_mul(u128::from(quotas.rate));
        let most = u128::from(quotas.burst) * REQUEST;
        self.level = self.level.saturating_add(more).min(most);
        self.filled_at = self.filled_at.max(now);
        match self.level.checked_sub(REQUEST) {
            Some(rest) => {
                self.level = rest;
                true
            }
            None => false,
        }
    }
}

/// What one request costs: a rate of one a second adds as much in a billion nanoseconds.
const REQUEST: u128 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Pseudo-random pauses, from bursts to seconds: whatever the traffic, no window has more than
    /// the burst and what the rate adds in it.
    #[test]
    fn no_window_of_time_has_more_than_burst_and_rate() {
        for (rate, burst) in [(5, 5), (1, 1), (7, 3), (1000, 10), (3, 40), (0, 4)] {
            let mut buckets = buckets(rate, burst);
            let start = Instant::now();
            let mut elapsed = Duration::ZERO;
            let mut admitted = Vec::new();
            let mut random = 0x9e37_79b9_7f4a_7c15_u64;
            for _ in 0..3_000 {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                elapsed += match random % 8 {
                    0 => Duration::from_nanos(random % 2_000_000_000),
                    1..4 => Duration::from_nanos(random % 100_000_000),
                    _ => Duration::from_nanos(random % 1_000),
                };
                if buckets.admit(&scope("eu-west-1"), start + elapsed) {
                    admitted.push(elapsed.as_nanos());
                }
            }
            assert!(admitted.len() >= usize::try_from(burst).unwrap());
            for (first, from) in admitted.iter().enumerate() {
                for (last, to) in admitted.iter().enumerate().skip(first) {
                    let requests = u128::try_from(last - first + 1).unwrap() * REQUEST;
                    let allowed = u128::from(burst) * REQUEST + (to - from) * u128::from(rate);
                    assert!(
                        requests <= allowed,
                        "{rate}/s, burst {burst}: {from} to {to}"
                    );
                }
            }
        }
    }

    #[test]
    fn under_sustained_load_exactly_the_rate_is_admitted() {
        // 7 a second every 3 ms: nothing divides evenly.
        for (rate, burst, pause) in [(5, 5, 10), (5, 1, 1), (7, 5, 3), (1, 5, 100)] {
            let mut buckets = buckets(rate, burst);
            let start = Instant::now();
            let admitted = (0..=60_000 / pause).filter(|turn| {
                let now = start + Duration::from_millis(turn * pause);
                buckets.admit(&scope("eu-west-1"), now)
            });
            let expected = u64::from(burst + rate * 60);
            assert_eq!(
                u64::try_from(admitted.count()).unwrap(),
                expected,
                "{rate}/s"
            );
        }
    }

    #[test]
    fn a_request_that_is_refused_costs_nothing() {
        let mut buckets = buckets(5, 1);
        let start = Instant::now();
        let mut admit = |millis| {
            let now = start + Duration::from_millis(millis);
            buckets.admit(&scope("eu-west-1"), now)
        };
        assert!(admit(0));
        assert!((1..200).all(|millis| !admit(millis)));
        assert!(admit(200));
        // Time that runs backwards adds nothing.
        assert!(!admit(100));
        assert!(!admit(399));
        assert!(admit(400));
    }

    #[test]
    fn accounts_and_regions_have_buckets_of_their_own() {
        let mut buckets = buckets(1, 2);
        let now = Instant::now();
        let other_account = Scope {
            account: "111122223333".parse().unwrap(),
            ..scope("eu-west-1")
        };
        for scope in [scope("eu-west-1"), scope("us-east-1"), other_account] {
            let admitted: Vec<_> = (0..3).map(|_| buckets.admit(&scope, now)).collect();
            assert_eq!(admitted, [true, true, false], "{scope:?}");
        }
    }

    #[test]
    fn threads_share_a_bucket() {
        let limit = RateLimit::default();
        assert!((0..100).all(|_| limit.admits(&scope("eu-west-1"))));
        limit.set(Some(quotas(0, 1_000)));
        let admitted: usize = std::thread::scope(|threads| {
            let ask = || {
                let turns = 0..500;
                turns.filter(|_| limit.admits(&scope("eu-west-1"))).count()
            };
            let asking: Vec<_> = (0..8).map(|_| threads.spawn(ask)).collect();
            let asking = asking.into_iter();
            asking.map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(admitted, 1_000);
        limit.set(None);
        assert!(limit.admits(&scope("eu-west-1")));
    }

    fn buckets(rate: u32, burst: u32) -> Buckets {
        Buckets {
            quotas: Some(quotas(rate, burst)),
            levels: HashMap::new(),
        }
    }

    fn quotas(rate: u32, burst: u32) -> Quotas {
        Quotas {
            rate,
            burst,
            ..Quotas::default()
        }
    }

    fn scope(region: &str) -> Scope {
        Scope {
            account: "000000000000".parse().unwrap(),
            region: region.parse().unwrap(),
        }
    }
}
