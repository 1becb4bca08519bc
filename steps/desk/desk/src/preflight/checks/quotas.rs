//! Is there room for more keys and aliases?

use step::ServiceError;

use super::super::{Detail, Finding, Run, Status};

/// The defaults of "Quotas for AWS Payment Cryptography" (User Guide), for an account and region.
const PUBLISHED: usize = 2_000;
const PUBLISHED_CALLS_A_SECOND: usize = 5;

pub(super) async fn check(run: &Run) -> Result<Finding, ServiceError> {
    let aliases = run.aws.payment.aliases().await?.len();
    Ok(judge(run.aws.payment.count_keys().await?, aliases))
}

fn judge(keys: usize, aliases: usize) -> Finding {
    let mut finding = Finding::of_many(
        "quotas leave room",
        vec![used("keys", keys), used("aliases", aliases)],
        "Compare with Service Quotas, whether this account was granted more than the published default; if not, ask for more, or delete keys that are no longer needed.",
    );
    finding.seen.push_str(&format!(
        " Of the {PUBLISHED_CALLS_A_SECOND} calls a second (published default), nobody can say how many are used."
    ));
    finding
}

/// Not more than a warning, since an account may have been granted more than what is published.
fn used(what: &str, used: usize) -> Detail {
    let status = if used * 5 >= PUBLISHED * 4 {
        Status::Warning
    } else {
        Status::Ok
    };
    let seen = format!("{used} of {PUBLISHED} (published default) are used.");
    Detail::new(what, status, seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_fifths_of_a_published_quota_are_a_warning() {
        assert_eq!(judge(1_599, 0).status, Status::Ok);
        assert_eq!(judge(1_600, 0).status, Status::Warning);
        assert_eq!(judge(0, 2_500).status, Status::Warning);
        let keys = &judge(1_600, 0).details[0];
        assert_eq!(keys.seen, "1600 of 2000 (published default) are used.");
    }
}
