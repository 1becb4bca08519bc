//! A root that an approval team has to agree to: what it is asked, and how long that is waited for.
//!
//! An approval session lives for a day ("Terms and concepts for Multi-party approval", Multi-party
//! approval User Guide); the service does not say until when.

use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::id::Ceremony;
use ceremony::keys::{Approval, Origin};
use ceremony::utc::Utc;
use payment_keys::KeyFacts;
use serde::{Deserialize, Serialize};
use step::ServiceError;

/// A root whose key waits for its approval: what the machine hands back when it looks again.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PendingRoot {
    pub certificate_sha256: Sha256,
    pub key_arn: String,
    /// Whether this ceremony asked, or another with the same root.
    pub origin: Origin,
    pub session_arn: String,
    pub asked_at: Utc,
    /// When the session ends.
    pub until: Utc,
    /// How long to wait before the next look.
    pub look_again_in_seconds: i64,
}

const SESSION_SECONDS: i64 = 24 * 60 * 60;

/// How long after its end a session may still be shown as pending.
const GRACE_SECONDS: i64 = 60 * 60;

/// A quarter longer each time: whoever approves at once need not wait long, and a day takes some 300
/// looks, each of one call.
const SHORTEST_WAIT: i64 = 10;
const LONGEST_WAIT: i64 = 5 * 60;

impl PendingRoot {
    /// A key that waits has a session; one without is none that anybody could approve, and is looked
    /// at again.
    pub(crate) fn new(
        root: &Certificate,
        facts: KeyFacts,
        origin: Origin,
        now: Utc,
    ) -> Result<Self, ServiceError> {
        let asked = facts.approval.and_then(|approval| {
            let asked_at = Utc::of_unix_millis(approval.asked_at.to_millis().ok()?)?;
            Some((approval.session_arn, asked_at))
        });
        let (session_arn, asked_at) = asked.ok_or_else(|| ServiceError::ServiceUnavailable {
            operation: "payment-cryptography:GetKey",
            detail: format!("{} is in the making, for nobody to approve", facts.key_arn),
        })?;
        let waited = now.unix_seconds() - asked_at.unix_seconds();
        Ok(Self {
            certificate_sha256: root.sha256(),
            key_arn: facts.key_arn,
            origin,
            session_arn,
            asked_at,
            until: asked_at.plus_seconds(SESSION_SECONDS),
            look_again_in_seconds: (waited / 4).clamp(SHORTEST_WAIT, LONGEST_WAIT),
        })
    }

    /// Whether the session should long have ended.
    pub(crate) fn is_overdue(&self, now: Utc) -> bool {
        now > self.until.plus_seconds(GRACE_SECONDS)
    }

    /// For the record, once the key is there.
    pub(crate) fn approved(self, seen_at: Utc) -> Approval {
        Approval {
            session_arn: self.session_arn,
            asked_at: self.asked_at,
            seen_at,
        }
    }
}

/// What approvers are shown: `RequesterComment`, at most 200 characters. It may appear in clear in logs,
/// and nothing in it is a secret.
pub(crate) fn comment(ceremony: &Ceremony, root: &Certificate) -> String {
    let Ceremony {
        ceremony_id,
        partner,
        ..
    } = ceremony;
    let sha256 = root.sha256();
    format!("Root of {partner} for {ceremony_id}, SHA-256 {sha256}")
}

#[cfg(test)]
mod tests {
    use aws_sdk_paymentcryptography::primitives::DateTime;
    use aws_sdk_paymentcryptography::types::{KeyState, SessionStatus};
    use ceremony::id::{CertificateSet, Kind};
    use ceremony::identifiers::Folder;

    use super::*;

    fn root() -> Certificate {
        emulated::certificate(&emulated::quick_chain().root)
    }

    fn facts(approval: Option<Box<payment_keys::Approval>>) -> KeyFacts {
        let attributes = crate::material::attributes_of(&root()).unwrap();
        KeyFacts {
            key_arn: "arn".to_owned(),
            approval,
            attributes,
            created_at: DateTime::from_secs(1_000_000),
            delete_at: None,
            enabled: true,
            exportable: false,
            kcv: String::new(),
            state: KeyState::CreateInProgress,
        }
    }

    fn pending(now: i64) -> PendingRoot {
        let approval = payment_keys::Approval {
            session_arn: "session".to_owned(),
            status: SessionStatus::Pending,
            asked_at: DateTime::from_secs(1_000_000),
            message: None,
        };
        let now = Utc::of_unix_millis((1_000_000 + now) * 1000).unwrap();
        let facts = facts(Some(Box::new(approval)));
        PendingRoot::new(&root(), facts, Origin::Created, now).unwrap()
    }

    #[test]
    fn the_waits_grow_and_a_day_takes_few_of_them() {
        let (mut now, mut looks, mut last) = (0, 0, 0);
        while now < SESSION_SECONDS {
            let wait = pending(now).look_again_in_seconds;
            assert!((last..=LONGEST_WAIT).contains(&wait), "{wait} after {last}");
            (now, looks, last) = (now + wait, looks + 1, wait);
        }
        assert_eq!(pending(0).look_again_in_seconds, SHORTEST_WAIT);
        assert_eq!(
            pending(-5).look_again_in_seconds,
            SHORTEST_WAIT,
            "a clock that is late"
        );
        assert_eq!(last, LONGEST_WAIT);
        // A look is some fourteen events of the 25,000 that an execution may have.
        assert!((250..350).contains(&looks), "{looks}");
    }

    #[test]
    fn a_session_ends_after_a_day_and_is_overdue_an_hour_later() {
        let pending = pending(0);
        let day = 86_400;
        assert_eq!(pending.until, pending.asked_at.plus_seconds(day));
        assert!(!pending.is_overdue(pending.asked_at.plus_seconds(day + 3_599)));
        assert!(pending.is_overdue(pending.asked_at.plus_seconds(day + 3_601)));
    }

    #[test]
    fn a_key_in_the_making_that_nobody_can_approve_is_looked_at_again() {
        let error = PendingRoot::new(&root(), facts(None), Origin::Found, Utc::now()).unwrap_err();
        assert!(matches!(error, ServiceError::ServiceUnavailable { .. }));
        assert!(error.to_string().contains("nobody"), "{error}");
    }

    #[test]
    fn the_comment_says_ceremony_partner_and_fingerprint_in_two_hundred_characters() {
        let key = format!("{}/non-production/cardholder/leaf.pem", "x".repeat(32));
        let folder = Folder::of_inbox_key(&key).unwrap();
        let root = root();
        let leaf = root.sha256();
        let ceremony = CertificateSet::new(Kind::KekExport, &folder, leaf, []).ceremony(1);
        let comment = comment(&ceremony, &root);
        for said in [
            ceremony.ceremony_id.as_str(),
            ceremony.partner.as_str(),
            &root.sha256().to_string(),
        ] {
            assert!(comment.contains(said), "{comment}");
        }
        assert!(comment.len() <= 200, "{}", comment.len());
    }
}
