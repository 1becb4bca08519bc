//! How long a certificate has to live.

use ceremony::utc::Utc;

use crate::finding::Status;

const SOON: i64 = 30 * 24 * 60 * 60;

/// How a certificate that is valid from then until then stands.
pub(crate) fn lifetime(not_before: Utc, not_after: Utc, now: Utc) -> (Status, String) {
    let left = not_after.unix_seconds() - now.unix_seconds();
    if not_before > now {
        (
            Status::Failed,
            format!("It is valid only from {not_before}."),
        )
    } else if left <= 0 {
        (Status::Failed, format!("It expired at {not_after}."))
    } else if left < SOON {
        (Status::Warning, format!("It expires at {not_after}."))
    } else {
        (Status::Ok, format!("It is valid until {not_after}."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Utc {
        Utc::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn a_root_has_to_live_for_a_month() {
        let now = utc("2026-11-27T00:00:00Z");
        let of = |from, until| lifetime(utc(from), utc(until), now).0;
        assert_eq!(
            of("2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"),
            Status::Ok
        );
        assert_eq!(
            of("2020-01-01T00:00:00Z", "2026-12-20T00:00:00Z"),
            Status::Warning
        );
        assert_eq!(
            of("2020-01-01T00:00:00Z", "2026-11-27T00:00:00Z"),
            Status::Failed
        );
        assert_eq!(
            of("2026-11-28T00:00:00Z", "2030-01-01T00:00:00Z"),
            Status::Failed
        );
    }
}
