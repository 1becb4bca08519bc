//! The certificate of a partner whose key signs what it sends: under such a key nothing travels, so that it
//! is no leaf in the sense of [`newest_leaf`](super::newest_leaf).

use super::NoPath;
use crate::certificate::Certificate;
use crate::digest::Sha256;
use crate::exchange::Method;
use crate::utc::Utc;

/// The newest certificate, no CA's, whose RSA key may sign blocks; one that is valid at `now` before any
/// other. What else is wrong with it, the proof tells.
pub fn newest_signer(certificates: &[&Certificate], now: Utc) -> Result<Sha256, NoPath> {
    let signs = |certificate: &&&Certificate| {
        let usage = certificate.key_usage();
        let may_sign = usage.is_none_or(|usage| usage.digital_signature && !usage.key_cert_sign);
        !certificate.is_ca() && may_sign && Method::Tr34.works_with(certificate.key_algorithm())
    };
    let rank = |certificate: &&&Certificate| {
        let (start, end) = (certificate.not_before(), certificate.not_after());
        (start <= now && now <= end, start, end)
    };
    let mut signers: Vec<&&Certificate> = certificates.iter().filter(signs).collect();
    signers.sort_by_key(|certificate| std::cmp::Reverse(rank(certificate)));
    signers.dedup_by_key(|certificate| certificate.sha256());
    match signers[..] {
        [] => Err(NoPath::NoSigner),
        [one, other, ..] if rank(&one) == rank(&other) => Err(NoPath::TwoLeaves {
            one: one.to_string(),
            other: other.to_string(),
        }),
        [newest, ..] => Ok(newest.sha256()),
    }
}
