//! What the fields of a profile promise one another.

use std::collections::BTreeSet;

use super::Profile;
use crate::certificate::Certificate;
use crate::digest::Sha256;
use crate::identifiers::Environment;
use crate::revocation::Requirement;

const MAX_TRUST_ANCHORS: usize = 8;

impl Profile {
    pub(super) fn is_consistent(&self) -> Result<(), String> {
        let anchors = self.trust_anchors.len();
        if anchors == 0 || anchors > MAX_TRUST_ANCHORS {
            return Err(format!(
                "`trustAnchors` has {anchors} entries; 1 to {MAX_TRUST_ANCHORS} are expected"
            ));
        }
        if let Some(anchor) = twice(&self.trust_anchors) {
            return Err(format!(
                "`trustAnchors` lists {anchor} twice; was another root meant?"
            ));
        }
        self.identity_is_usable()?;
        if !(1..=1000).contains(&self.max_ceremonies_per_day) {
            return Err(format!(
                "`maxCeremoniesPerDay` is {}; 1 to 1000 are expected",
                self.max_ceremonies_per_day
            ));
        }
        self.revocation_is_allowed()?;
        if self.minimum_remaining_days > 366 {
            return Err(format!(
                "`minimumRemainingDays` is {}; 0 to 366 are expected",
                self.minimum_remaining_days
            ));
        }
        self.roots_are_pinned()?;
        match &self.working_key_export {
            Some(section) => section.is_consistent(),
            None => Ok(()),
        }
    }

    /// A certificate must carry it exactly, so that what cannot be seen is better not in it.
    fn identity_is_usable(&self) -> Result<(), String> {
        let identity = self.identity.as_str();
        if identity.is_empty() {
            return Err("`identity` is empty".to_owned());
        }
        if identity.trim() != identity || identity.chars().any(char::is_control) {
            return Err(format!(
                "`identity` is `{identity}`, with a control character in it, or white space around \
                 it: certificates must carry it exactly as it is written"
            ));
        }
        Ok(())
    }

    fn roots_are_pinned(&self) -> Result<(), String> {
        for root in &self.root_certificates {
            if !self.trust_anchors.contains(&root.sha256()) {
                return Err(format!(
                    "`rootCertificates` holds `{}`, whose fingerprint {} is not in `trustAnchors`",
                    root.subject(),
                    root.sha256()
                ));
            }
            if !root.is_self_issued() {
                return Err(format!(
                    "`rootCertificates` holds `{}`, which is no root: it was issued by `{}`",
                    root.subject(),
                    root.issuer()
                ));
            }
        }
        let fingerprints: Vec<Sha256> = self
            .root_certificates
            .iter()
            .map(Certificate::sha256)
            .collect();
        match twice(&fingerprints) {
            Some(root) => Err(format!(
                "`rootCertificates` holds the certificate {root} twice"
            )),
            None => Ok(()),
        }
    }

    fn revocation_is_allowed(&self) -> Result<(), String> {
        let rules = &self.revocation;
        if rules.policy == Requirement::Off && self.environment == Environment::Production {
            return Err("`revocation.policy` is `off`, which is not for production".to_owned());
        }
        for (name, value, least, most) in [
            ("waitMinutes", rules.wait_minutes, 0, 1440),
            ("maxProofAgeMinutes", rules.max_proof_age_minutes, 0, 1440),
            ("maxCrlBytes", rules.max_crl_bytes, 65_536, 20_971_520),
        ] {
            if !(least..=most).contains(&value) {
                return Err(format!(
                    "`revocation.{name}` is {value}; {least} to {most} are expected"
                ));
            }
        }
        Ok(())
    }
}

fn twice(fingerprints: &[Sha256]) -> Option<&Sha256> {
    let mut seen = BTreeSet::new();
    fingerprints.iter().find(|one| !seen.insert(*one))
}
