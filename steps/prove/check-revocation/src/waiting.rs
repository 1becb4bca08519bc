//! A service that cannot be reached, and how long that is waited for.

use ceremony::revocation::{Finding, Rules, Status};
use ceremony::utc::Utc;
use serde::{Deserialize, Serialize};

/// What the machine hands back when it asks again.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Awaited {
    /// What is known so far: proven, or why not yet.
    pub findings: Vec<Finding>,
    /// When the oldest of them was made.
    pub asked_at: Utc,
    /// Since when something is waited for.
    pub since: Utc,
    /// When the last look is: `waitMinutes` of the profile after the first.
    pub until: Utc,
    /// How long to wait before the next look.
    pub look_again_in_seconds: i64,
}

/// A quarter longer each time: a service that restarts is back soon, and a day takes some 300 looks.
const SHORTEST_WAIT: i64 = 15;
const LONGEST_WAIT: i64 = 5 * 60;

/// What to wait for, and whether that is over.
pub(crate) struct Waiting {
    pub(crate) awaited: Awaited,
    pub(crate) is_over: bool,
}

impl Waiting {
    pub(crate) fn new(
        findings: Vec<Finding>,
        asked_at: Utc,
        since: Utc,
        rules: &Rules,
        now: Utc,
    ) -> Self {
        let until = since.plus_seconds(i64::from(rules.wait_minutes) * 60);
        let waited = now.unix_seconds() - since.unix_seconds();
        let left = until.unix_seconds() - now.unix_seconds();
        // The last look is at the end, and not some minutes before.
        let wait = (waited / 4).clamp(SHORTEST_WAIT, LONGEST_WAIT).min(left);
        let awaited = Awaited {
            findings,
            asked_at,
            since,
            until,
            look_again_in_seconds: wait.max(1),
        };
        let is_over = now >= until;
        Self { awaited, is_over }
    }
}

impl Awaited {
    /// What need not be asked again: proven, still current by its own words, and younger than the
    /// profile lets a proof be.
    pub(crate) fn kept(&self, rules: &Rules, now: Utc) -> Vec<Finding> {
        let age = i64::from(rules.max_proof_age_minutes) * 60;
        if now >= self.asked_at.plus_seconds(age) {
            return Vec::new();
        }
        let is_current = |finding: &&Finding| match &finding.status {
            // Without nextUpdate there is always newer information (RFC 6960 §4.2.2.1).
            Status::NotRevoked { proof } => proof.next_update.is_some_and(|next| now <= next),
            _ => false,
        };
        self.findings.iter().filter(is_current).cloned().collect()
    }
}

pub(crate) fn is_needed(findings: &[Finding]) -> bool {
    let unavailable = |it: &Finding| matches!(it.status, Status::Unavailable { .. });
    findings.iter().any(unavailable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: i64, wait_minutes: u32) -> Waiting {
        let since = Utc::of_unix_seconds(1_800_000_000).unwrap_or_else(Utc::now);
        let rules = Rules {
            wait_minutes,
            ..Rules::default()
        };
        let now = since.plus_seconds(seconds);
        Waiting::new(Vec::new(), since, since, &rules, now)
    }

    #[test]
    fn the_waits_grow_and_the_last_look_is_at_the_end() {
        for minutes in [1, 60, 1440] {
            let (mut now, mut looks, mut last) = (0, 0, 0);
            while !after(now, minutes).is_over {
                let wait = after(now, minutes).awaited.look_again_in_seconds;
                let end = i64::from(minutes) * 60;
                assert!(wait >= last || now + wait == end, "{wait} after {last}");
                (now, looks, last) = (now + wait, looks + 1, wait);
            }
            assert_eq!(now, i64::from(minutes) * 60);
            // A look is some ten events of the 25,000 that an execution may have.
            assert!(looks <= 310, "{looks}");
        }
        assert_eq!(after(0, 60).awaited.look_again_in_seconds, SHORTEST_WAIT);
        assert_eq!(after(-9, 60).awaited.look_again_in_seconds, SHORTEST_WAIT);
        assert_eq!(
            after(4_000, 1440).awaited.look_again_in_seconds,
            LONGEST_WAIT
        );
    }

    #[test]
    fn without_time_to_wait_the_first_look_is_the_last() {
        assert!(after(0, 0).is_over);
        assert!(!after(59, 1).is_over && after(60, 1).is_over);
    }
}
