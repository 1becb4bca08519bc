//! One look at every certificate of a path.

use std::collections::HashSet;

use ceremony::certificate::Certificate;
use ceremony::clearance::revocable;
use ceremony::digest::Sha256;
use ceremony::id::AnyCeremony;
use ceremony::path::CertificatePath;
use ceremony::revocation::{Finding, Status};
use ceremony::utc::Utc;
use step::Journal;
use tokio::time::{Instant, timeout_at};

use crate::{Ask, Awaited, BUDGET, Context, Error, kept};

pub(crate) struct Look<'a> {
    context: &'a Context,
    ceremony: &'a AnyCeremony,
    journal: &'a Journal,
    /// The answers that lie in the evidence folder since this look: one CRL serves many certificates.
    written: HashSet<Sha256>,
    has_kept: bool,
}

impl<'a> Look<'a> {
    pub(crate) fn new(
        context: &'a Context,
        ceremony: &'a AnyCeremony,
        journal: &'a Journal,
    ) -> Self {
        Self {
            context,
            ceremony,
            journal,
            written: HashSet::new(),
            has_kept: false,
        }
    }

    /// What is found of the leaf and every intermediate; what is `kept` is not asked again.
    pub(crate) async fn at(
        &mut self,
        path: &CertificatePath,
        inquiry: &mut impl Ask,
        kept: Vec<Finding>,
    ) -> Result<Vec<Finding>, Error> {
        let end = Instant::now() + BUDGET;
        let mut findings = Vec::new();
        for ((role, subject), issuer) in revocable(path).zip(path.cas()) {
            let certificate_sha256 = subject.sha256();
            let mut before = kept.iter();
            let finding = match before.find(|it| it.certificate_sha256 == certificate_sha256) {
                Some(finding) => {
                    self.has_kept = true;
                    finding.clone()
                }
                None => Finding {
                    role,
                    certificate_sha256,
                    subject: subject.subject().to_owned(),
                    status: self.ask(inquiry, subject, issuer, end).await?,
                },
            };
            findings.push(finding);
        }
        Ok(findings)
    }

    /// When the oldest of the findings was made.
    pub(crate) fn oldest(&self, awaited: Option<&Awaited>, started: Utc) -> Utc {
        let kept = awaited.filter(|_| self.has_kept);
        kept.map_or(started, |awaited| awaited.asked_at.min(started))
    }

    async fn ask(
        &mut self,
        inquiry: &mut impl Ask,
        subject: &Certificate,
        issuer: &Certificate,
        end: Instant,
    ) -> Result<Status, Error> {
        let Ok(found) = timeout_at(end, inquiry.ask(subject, issuer, Utc::now())).await else {
            let reason = format!(
                "there was no answer within the {} s that all certificates of a path have together",
                BUDGET.as_secs()
            );
            let reasons = vec![reason];
            return Ok(Status::Unavailable { reasons });
        };
        for response in found.response.into_iter().chain(found.responder_crl) {
            let sha256 = Sha256::of(&response.bytes);
            if !self.written.contains(&sha256) {
                let (context, ceremony) = (self.context, self.ceremony);
                kept::keep(context, ceremony, &response, &sha256, self.journal).await?;
                self.written.insert(sha256);
            }
        }
        let status = kept::bounded(found.status);
        if let Some(missing) = self.not_written(&status) {
            return Err(Error::EvidenceMissing {
                subject: subject.subject().to_owned(),
                response_sha256: missing,
            });
        }
        Ok(status)
    }

    /// What a status rests on and nobody has kept.
    fn not_written(&self, status: &Status) -> Option<Sha256> {
        let proof = kept::proof_of(status)?;
        let crl = proof.responder_crl_sha256.iter();
        let mut rests_on = crl.chain([&proof.response_sha256]);
        rests_on
            .find(|sha256| !self.written.contains(*sha256))
            .cloned()
    }
}
