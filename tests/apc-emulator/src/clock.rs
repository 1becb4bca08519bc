//! The emulator's time, which tests may move.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The machine's clock plus an offset.
#[derive(Debug, Default)]
pub struct Clock {
    offset_seconds: AtomicI64,
}

impl Clock {
    pub fn now(&self) -> Timestamp {
        let real = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(elapsed) => i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX),
            Err(_) => 0,
        };
        Timestamp(real.saturating_add(self.offset_seconds().saturating_mul(1000)))
    }

    /// How far the emulator's time is ahead of the machine's.
    pub fn offset_seconds(&self) -> i64 {
        self.offset_seconds.load(Ordering::Relaxed)
    }

    pub fn set_offset_seconds(&self, seconds: i64) {
        self.offset_seconds.store(seconds, Ordering::Relaxed);
    }
}

/// Milliseconds since 1970. On the wire a number of seconds with a fraction, never text.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(i64);

impl Timestamp {
    pub fn plus_days(self, days: i64) -> Self {
        self.plus_seconds(days.saturating_mul(86_400))
    }

    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// Whole seconds since 1970, as certificates count.
    pub fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// RFC 3339, for logs and people.
    pub fn to_rfc3339(self) -> String {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .ok()
            .and_then(|time| time.format(&Rfc3339).ok())
            .unwrap_or_default()
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / 1000.0)
    }
}

/// From a saved state: no request has a time in it.
impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Ok(Self((seconds * 1000.0).round() as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_a_number_of_seconds() {
        let timestamp = Timestamp(1_700_000_000_250);
        assert_eq!(serde_json::to_string(&timestamp).unwrap(), "1700000000.25");
        assert_eq!(
            serde_json::from_str::<Timestamp>("1700000000.25").unwrap(),
            timestamp
        );
        assert_eq!(timestamp.to_rfc3339(), "2023-11-14T22:13:20.25Z");
    }

    #[test]
    fn the_clock_moves_by_its_offset() {
        let clock = Clock::default();
        let before = clock.now();
        clock.set_offset_seconds(86_400);
        assert!(clock.now() >= before.plus_days(1));
    }
}
