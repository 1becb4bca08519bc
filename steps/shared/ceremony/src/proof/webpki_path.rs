//! Path validation by rustls-webpki (RFC 5280 §6).

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{
    ALL_VERIFICATION_ALGS, EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter,
    anchor_from_trusted_cert,
};

use super::words::in_words;
use super::{Check, CheckName, Pinned};
use crate::path::CertificatePath;
use crate::utc::Utc;

/// The leaf is valid at `now` under the path's root, if that is pinned: nothing else is ever an
/// anchor.
pub(super) fn path_is_valid(
    path: &CertificatePath,
    pinned: Pinned<'_>,
    now: Utc,
    checks: &mut Vec<Check>,
) {
    let outcome = if pinned.trust_anchors.contains(&path.root.sha256()) {
        match verified_intermediates(path, now) {
            // Every CA that is listed will be imported.
            Ok(verified) if verified == listed_intermediates(path) => Ok(()),
            Ok(_) => Err("another path verifies than the one that is listed".to_owned()),
            Err(error) => Err(in_words(&error)),
        }
    } else {
        Err("there is no pinned root to verify it against".to_owned())
    };
    let (passed, detail) = match outcome {
        Ok(()) => (true, "verified from the leaf to the pinned root".to_owned()),
        Err(reason) => (
            false,
            format!("the certificate path does not verify: {reason}"),
        ),
    };
    checks.push(Check::on_path(CheckName::CertificatePath, passed, detail));
}

fn listed_intermediates(path: &CertificatePath) -> Vec<CertificateDer<'_>> {
    path.intermediates
        .iter()
        .map(|certificate| certificate.to_pki_type())
        .collect()
}

/// The intermediates of the path that verifies, from the leaf's issuer upwards.
fn verified_intermediates(
    path: &CertificatePath,
    now: Utc,
) -> Result<Vec<CertificateDer<'static>>, Error> {
    let root = path.root.to_pki_type();
    let anchors = [anchor_from_trusted_cert(&root)?];
    let intermediates = listed_intermediates(path);
    let leaf = path.leaf.to_pki_type();
    let seconds = u64::try_from(now.unix_seconds()).unwrap_or_default();
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    let leaf = EndEntityCert::try_from(&leaf)?;
    let verified = leaf.verify_for_usage(
        ALL_VERIFICATION_ALGS,
        &anchors,
        &intermediates,
        now,
        AnyPurpose,
        None,
        None,
    )?;
    let intermediates = verified.intermediate_certificates();
    Ok(intermediates
        .map(|certificate| certificate.der().into_owned())
        .collect())
}

/// ExtendedKeyUsage has no purpose for transporting keys, nor for signing packages or key blocks:
/// leaves carry none, or the purposes of other uses. KeyUsage, which does, is checked on its own.
struct AnyPurpose;

impl ExtendedKeyUsageValidator for AnyPurpose {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        for purpose in purposes {
            purpose?;
        }
        Ok(())
    }
}
