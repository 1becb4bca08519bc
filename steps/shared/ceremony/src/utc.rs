//! Points in time as they are written in state, evidence and events: RFC 3339, UTC, milliseconds.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Utc(OffsetDateTime);

impl Utc {
    pub fn now() -> Self {
        Self::from(OffsetDateTime::now_utc())
    }

    /// `None` for a time beyond the year 9999.
    pub fn of_unix_seconds(seconds: i64) -> Option<Self> {
        OffsetDateTime::from_unix_timestamp(seconds)
            .ok()
            .map(Self::from)
    }

    pub fn unix_seconds(self) -> i64 {
        self.0.unix_timestamp()
    }

    /// Midnight of the next day.
    pub fn next_day(self) -> Self {
        let next = self.0.date().saturating_add(time::Duration::DAY);
        Self(next.midnight().assume_utc())
    }

    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// `2026-11-22`
    pub fn date(self) -> String {
        let date = self.0.date();
        let (year, month) = (date.year(), u8::from(date.month()));
        format!("{year:04}-{month:02}-{:02}", date.day())
    }

    /// `None` for what is beyond any calendar.
    pub fn of_unix_millis(millis: i64) -> Option<Self> {
        let nanos = i128::from(millis) * 1_000_000;
        let time = OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()?;
        Some(Self::from(time))
    }

    /// So many seconds later.
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(time::Duration::seconds(seconds)))
    }

    /// `20261122T101530Z`: for file names, where a colon is a nuisance.
    pub fn compact(self) -> String {
        let (date, time) = (self.0.date(), self.0.time());
        format!(
            "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
            date.year(),
            u8::from(date.month()),
            date.day(),
            time.hour(),
            time.minute(),
            time.second()
        )
    }
}

impl From<OffsetDateTime> for Utc {
    fn from(value: OffsetDateTime) -> Self {
        let value = value.to_offset(time::UtcOffset::UTC);
        let millis = value.millisecond();
        // `replace_nanosecond` refuses only values of a whole second or more.
        Self(
            value
                .replace_nanosecond(u32::from(millis) * 1_000_000)
                .unwrap_or(value),
        )
    }
}

impl From<Utc> for OffsetDateTime {
    fn from(value: Utc) -> Self {
        value.0
    }
}

impl From<Utc> for String {
    fn from(value: Utc) -> Self {
        value.to_string()
    }
}

impl TryFrom<String> for Utc {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        OffsetDateTime::parse(&text, &Rfc3339)
            .map(Self::from)
            .map_err(|error| format!("`{text}` is not an RFC 3339 time: {error}"))
    }
}

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.format(&Rfc3339).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_in_another_zone_is_written_in_utc_with_milliseconds() {
        let time = Utc::try_from("2026-11-22T12:00:00.1234567+02:00".to_owned()).unwrap();
        assert_eq!(time.to_string(), "2026-11-22T10:00:00.123Z");
        assert_eq!(time.compact(), "20261122T100000Z");
        let seconds = Utc::of_unix_seconds(time.unix_seconds()).unwrap();
        assert_eq!(seconds.to_string(), "2026-11-22T10:00:00Z");
        assert_eq!(Utc::of_unix_seconds(i64::MAX), None);
    }

    #[test]
    fn a_day_ends_at_midnight_in_utc() {
        let time = |text: &str| Utc::try_from(text.to_owned()).unwrap();
        for within in ["2026-12-31T00:00:00Z", "2026-12-31T23:59:59.999Z"] {
            assert_eq!(time(within).date(), "2026-12-31");
            assert_eq!(time(within).next_day().to_string(), "2027-01-01T00:00:00Z");
        }
    }

    #[test]
    fn a_time_is_counted_from_1970_and_onwards() {
        let time = Utc::of_unix_millis(1_700_000_000_250).unwrap();
        assert_eq!(time.to_string(), "2023-11-14T22:13:20.25Z");
        let next_day = time.plus_seconds(86_400);
        assert_eq!(next_day.to_string(), "2023-11-15T22:13:20.25Z");
        assert_eq!(Utc::of_unix_millis(i64::MAX), None);
    }
}
