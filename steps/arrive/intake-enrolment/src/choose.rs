//! Which of the certificates was asked for.

use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::enrolment::{CertificateRequest, OwnKey};
use ceremony::utc::Utc;

/// The requests that there are for the keys of one name.
pub(crate) struct Requests {
    key: OwnKey,
    requests: Vec<CertificateRequest>,
}

impl Requests {
    pub(crate) fn new(key: OwnKey, requests: Vec<CertificateRequest>) -> Self {
        Self { key, requests }
    }

    pub(crate) fn has(&self, certificate: &Certificate) -> bool {
        let public_key = Sha256::of(certificate.public_key_info());
        let mut requests = self.requests.iter();
        requests.any(|request| request.public_key_sha256 == public_key)
    }

    /// Why a file is refused in which nothing was asked for, and which is not only one of CAs.
    pub(crate) fn stranger_in(&self, certificates: &[Certificate]) -> Option<String> {
        if certificates.iter().any(|one| self.has(one)) {
            return None;
        }
        let stranger = certificates.iter().find(|one| !one.is_ca())?;
        Some(format!(
            "{stranger} is no certificate of ours: none was requested for its public key \
             ({}…) under the name `{}`; {}",
            Sha256::of(stranger.public_key_info()).short(),
            self.key,
            self.told()
        ))
    }

    /// Which requests there are, as many as people read.
    pub(crate) fn told(&self) -> String {
        const TOLD: usize = 3;
        let newest = self.requests.iter().rev().take(TOLD).map(|request| {
            format!(
                "`{}` with the public key {}…",
                request.subject,
                request.public_key_sha256.short()
            )
        });
        let newest: Vec<String> = newest.collect();
        match self.requests.len() {
            0 => "there is no request under that name yet".to_owned(),
            all @ ..=TOLD => format!("requested were ({all}): {}", newest.join("; ")),
            all => format!("requested were ({all}), lately: {}", newest.join("; ")),
        }
    }

    /// The newest certificate that was asked for and is valid now; if none is, the newest. Two that
    /// begin and end alike leave open which is meant.
    pub(crate) fn newest<'a>(
        &self,
        certificates: &[&'a Certificate],
        now: Utc,
    ) -> Option<Result<&'a Certificate, String>> {
        let ours = certificates.iter().copied().filter(|one| self.has(one));
        let mut ours: Vec<&Certificate> = ours.collect();
        let is_valid = |one: &&Certificate| one.not_before() <= now && now <= one.not_after();
        if ours.iter().any(is_valid) {
            ours.retain(is_valid);
        }
        ours.sort_by_key(|one| std::cmp::Reverse(age(one)));
        let newest = *ours.first()?;
        let mut others = ours.iter().skip(1);
        Some(match others.find(|one| **one != newest) {
            Some(other) if age(other) == age(newest) => Err(format!(
                "two certificates of ours start and end at the same time, and there is no telling \
                 which is meant: {newest} and {other}"
            )),
            _ => Ok(newest),
        })
    }
}

fn age(certificate: &Certificate) -> (Utc, Utc) {
    (certificate.not_before(), certificate.not_after())
}
