//! What is written about roots, days and revocation, in a profile or in the rules of an enrolment,
//! must be of use.

use std::collections::BTreeSet;

use crate::certificate::Certificate;
use crate::digest::Sha256;
use crate::revocation::Rules;

const MAX_TRUST_ANCHORS: usize = 8;

pub(crate) fn anchors_are_usable(trust_anchors: &[Sha256]) -> Result<(), String> {
    let anchors = trust_anchors.len();
    if anchors == 0 || anchors > MAX_TRUST_ANCHORS {
        return Err(format!(
            "`trustAnchors` has {anchors} entries; 1 to {MAX_TRUST_ANCHORS} are expected"
        ));
    }
    match twice(trust_anchors) {
        Some(anchor) => Err(format!(
            "`trustAnchors` lists {anchor} twice; was another root meant?"
        )),
        None => Ok(()),
    }
}

pub(crate) fn days_are_usable(minimum_remaining_days: u32) -> Result<(), String> {
    if minimum_remaining_days > 366 {
        return Err(format!(
            "`minimumRemainingDays` is {minimum_remaining_days}; 0 to 366 are expected"
        ));
    }
    Ok(())
}

pub(crate) fn roots_are_pinned(
    root_certificates: &[Certificate],
    trust_anchors: &[Sha256],
) -> Result<(), String> {
    for root in root_certificates {
        if !trust_anchors.contains(&root.sha256()) {
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
    let fingerprints: Vec<Sha256> = root_certificates.iter().map(Certificate::sha256).collect();
    match twice(&fingerprints) {
        Some(root) => Err(format!(
            "`rootCertificates` holds the certificate {root} twice"
        )),
        None => Ok(()),
    }
}

pub(crate) fn revocation_is_usable(rules: &Rules) -> Result<(), String> {
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

fn twice(fingerprints: &[Sha256]) -> Option<&Sha256> {
    let mut seen = BTreeSet::new();
    fingerprints.iter().find(|one| !seen.insert(*one))
}
