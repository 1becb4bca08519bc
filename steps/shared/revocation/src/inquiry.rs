//! Asking the services of a certificate until one answers.

use std::collections::HashMap;

use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::revocation::{Proof, Rules, Source, Status};
use ceremony::text::shown;
use ceremony::utc::Utc;
use x509_cert::ext::pkix::CrlReason;

use crate::crl::{self, Listed};
use crate::ocsp::{self, Answer, Hash, Question, Refusal, Verdict};
use crate::parties::Parties;
use crate::services::{self, Location, Services};
use crate::tried::Tried;
use crate::{Fetch, FetchError, Found, Request, Response};

/// The largest OCSP response that is read: a signature, a certificate or two, and little else.
pub const MAX_OCSP_BYTES: usize = 64 * 1024;

/// Addresses of one kind that are asked for one certificate: it may name any number.
pub const MAX_URLS: usize = 3;

/// Asks for all certificates of one path; a CRL that serves several is fetched once.
#[derive(Debug)]
pub struct Inquiry<'a, F> {
    fetch: &'a F,
    rules: Rules,
    lists: HashMap<String, List>,
}

/// A CRL that has been fetched, read and found to hold.
#[derive(Debug)]
struct List {
    bytes: Vec<u8>,
    next_update: Utc,
    /// SubjectPublicKeyInfo.
    issuer: Vec<u8>,
}

impl<'a, F: Fetch> Inquiry<'a, F> {
    pub fn new(fetch: &'a F, rules: Rules) -> Self {
        Self {
            fetch,
            rules,
            lists: HashMap::new(),
        }
    }

    /// Whether `subject`, which `issuer` has issued, is revoked at `now`. `Rules::policy` is not
    /// asked: what a finding means is for the caller to say.
    ///
    /// The first answer that proves something is the finding, be it "unknown". What proves nothing
    /// is passed over for the next service, and is told if there is none left.
    pub async fn ask(&mut self, subject: &Certificate, issuer: &Certificate, now: Utc) -> Found {
        let mut tried = Tried::default();
        let parties = match Parties::of(subject, issuer) {
            Ok(parties) => parties,
            Err(error) => {
                tried.without_asking(&error);
                return tried.into_found();
            }
        };
        for source in self.rules.order.sources() {
            let found = match source {
                Source::Ocsp => self.ask_responders(&parties, now, &mut tried).await,
                Source::Crl => self.ask_lists(&parties, now, &mut tried).await,
            };
            if let Some(found) = found {
                return found;
            }
        }
        if tried.is_empty() {
            self.note_unasked(&parties, &mut tried);
        }
        tried.into_found()
    }

    /// A certificate that names services which the rules leave out does name services: it must not
    /// pass for one without.
    fn note_unasked(&self, parties: &Parties, tried: &mut Tried) {
        let sources = self.rules.order.sources();
        let subject = &parties.subject;
        let responders = services::responders(subject).map(|services| services.names_any());
        let lists = services::lists(subject).map(|services| services.names_any());
        for (source, named, what) in [
            (Source::Ocsp, responders, "an OCSP responder"),
            (Source::Crl, lists, "a CRL"),
        ] {
            if !sources.contains(&source) && named != Ok(false) {
                tried.without_asking(&FetchError::unusable(format!(
                    "it names {what}, which `revocation.order` of the profile does not have asked"
                )));
            }
        }
    }

    async fn ask_responders(
        &mut self,
        parties: &Parties,
        now: Utc,
        tried: &mut Tried,
    ) -> Option<Found> {
        for url in to_be_asked(services::responders(&parties.subject), tried) {
            match self.ask_responder(&url, parties, now).await {
                Ok(answered) => return Some(of_responder(url, answered)),
                Err(error) => tried.at("the OCSP responder", &url, &error),
            }
        }
        None
    }

    /// With a CertID in SHA-1, and in SHA-256 if that is refused.
    async fn ask_responder(
        &mut self,
        url: &str,
        parties: &Parties,
        now: Utc,
    ) -> Result<Answered, FetchError> {
        let mut refused = None;
        for hash in Hash::ALL {
            let question = Question::about(parties, hash)?;
            let request = Request {
                url,
                body: Some(&question.der),
                limit: MAX_OCSP_BYTES,
            };
            let bytes = self.fetch(request).await?;
            match ocsp::read(&bytes, &question, parties, now) {
                Ok(answer) => {
                    let responder_crl = match &answer.signer.to_be_checked {
                        Some(delegate) => self.check_delegate(delegate, now).await?,
                        None => None,
                    };
                    return Ok(Answered {
                        answer,
                        bytes,
                        responder_crl,
                    });
                }
                Err(Refusal::OtherHash(error)) => refused = refused.or(Some(error)),
                Err(Refusal::Final(error)) => return Err(error),
            }
        }
        Err(refused.unwrap_or_else(|| FetchError::unusable("no hash is left to ask with")))
    }

    /// The certificate of a responder that is not exempt from the check is checked by CRL: asking
    /// the responder whether it is to be believed would prove nothing (RFC 6960 §4.2.2.2.1). Returns
    /// that CRL.
    async fn check_delegate(
        &mut self,
        delegate: &Parties,
        now: Utc,
    ) -> Result<Option<Response>, FetchError> {
        let mut tried = Tried::default();
        let found = self.ask_lists(delegate, now, &mut tried).await;
        let about = |what: &str| format!("the responder `{}` {what}", delegate.subject.subject());
        match found {
            Some(Found {
                status: Status::NotRevoked { .. },
                response,
                ..
            }) => Ok(response),
            Some(_) => Err(FetchError::unusable(about("has itself been revoked"))),
            None => Err(match tried.into_error() {
                Some(FetchError::Unavailable(reason)) => {
                    FetchError::unavailable(about(&format!("cannot be checked: {reason}")))
                }
                Some(FetchError::Unusable(reason)) => {
                    FetchError::unusable(about(&format!("cannot be checked: {reason}")))
                }
                None => FetchError::unusable(about(
                    "may not answer: its certificate has neither id-pkix-ocsp-nocheck nor a CRL \
                     to be checked by (RFC 6960 §4.2.2.2.1)",
                )),
            }),
        }
    }

    async fn ask_lists(&mut self, parties: &Parties, now: Utc, tried: &mut Tried) -> Option<Found> {
        for location in to_be_asked(services::lists(&parties.subject), tried) {
            match self.ask_list(&location, parties, now).await {
                Ok((listed, bytes)) => return Some(of_list(location.url, listed, parties, bytes)),
                Err(error) => tried.at("the CRL", &location.url, &error),
            }
        }
        None
    }

    async fn ask_list(
        &mut self,
        location: &Location,
        parties: &Parties,
        now: Utc,
    ) -> Result<(Listed, Vec<u8>), FetchError> {
        // On a path an issuer has one certificate after it, and delegates. The lists of the issuers
        // before serve nobody any more, and each may have megabytes.
        let issuer = &parties.issuer.key;
        self.lists
            .retain(|_, list| now < list.next_update && list.issuer == *issuer);
        if let Some(list) = self.lists.get(&location.url) {
            let listed = crl::read(&list.bytes, parties, location, now)?;
            return Ok((listed, list.bytes.clone()));
        }
        let request = Request {
            url: &location.url,
            body: None,
            limit: usize::try_from(self.rules.max_crl_bytes).unwrap_or(usize::MAX),
        };
        let bytes = self.fetch(request).await?;
        let listed = crl::read(&bytes, parties, location, now)?;
        if let Some(next_update) = listed.validity.next_update {
            let list = List {
                bytes: bytes.clone(),
                next_update,
                issuer: issuer.clone(),
            };
            self.lists.insert(location.url.clone(), list);
        }
        Ok((listed, bytes))
    }

    /// The limit is kept here as well, whoever fetches.
    async fn fetch(&self, request: Request<'_>) -> Result<Vec<u8>, FetchError> {
        let bytes = self.fetch.fetch(request).await?;
        if bytes.len() > request.limit {
            return Err(FetchError::unusable(format!(
                "the answer has more than {} bytes",
                request.limit
            )));
        }
        Ok(bytes)
    }
}

/// What is asked, and a note of what is not.
fn to_be_asked<T>(services: Result<Services<T>, FetchError>, tried: &mut Tried) -> Vec<T> {
    let Services {
        mut usable,
        passed_over,
    } = match services {
        Ok(services) => services,
        Err(error) => {
            tried.without_asking(&error);
            return Vec::new();
        }
    };
    for reason in passed_over {
        tried.without_asking(&FetchError::Unusable(reason));
    }
    if usable.len() > MAX_URLS {
        tried.without_asking(&FetchError::unusable(format!(
            "the certificate names {} addresses, of which {MAX_URLS} are asked",
            usable.len()
        )));
        usable.truncate(MAX_URLS);
    }
    usable
}

/// What a responder has answered, and what says that it may.
struct Answered {
    answer: Answer,
    bytes: Vec<u8>,
    responder_crl: Option<Response>,
}

fn of_responder(url: String, answered: Answered) -> Found {
    let Answered {
        answer,
        bytes,
        responder_crl,
    } = answered;
    let proof = Proof {
        source: Source::Ocsp,
        url: shown(&url),
        signer: answer.signer.subject,
        produced_at: Some(answer.produced_at),
        this_update: answer.validity.this_update,
        next_update: answer.validity.next_update,
        response_sha256: Sha256::of(&bytes),
        response_bytes: bytes.len(),
        responder_crl_sha256: responder_crl.as_ref().map(|crl| Sha256::of(&crl.bytes)),
    };
    let status = match answer.verdict {
        Verdict::Good => Status::NotRevoked { proof },
        Verdict::Unknown => Status::Unknown { proof },
        Verdict::Revoked { at, reason } => Status::Revoked {
            proof,
            revoked_at: at,
            reason: reason.map(spelled),
        },
    };
    Found {
        responder_crl,
        ..found(status, Source::Ocsp, bytes)
    }
}

fn of_list(url: String, listed: Listed, parties: &Parties, bytes: Vec<u8>) -> Found {
    let proof = Proof {
        source: Source::Crl,
        url: shown(&url),
        signer: parties.issuer.subject(),
        produced_at: None,
        this_update: listed.validity.this_update,
        next_update: listed.validity.next_update,
        response_sha256: Sha256::of(&bytes),
        response_bytes: bytes.len(),
        responder_crl_sha256: None,
    };
    let status = match listed.entry {
        None => Status::NotRevoked { proof },
        Some(entry) => Status::Revoked {
            proof,
            revoked_at: entry.at,
            reason: entry.reason.map(spelled),
        },
    };
    found(status, Source::Crl, bytes)
}

fn found(status: Status, source: Source, bytes: Vec<u8>) -> Found {
    Found {
        status,
        response: Some(Response { source, bytes }),
        responder_crl: None,
    }
}

/// RFC 5280 §5.3.1.
fn spelled(reason: CrlReason) -> String {
    match reason {
        CrlReason::Unspecified => "unspecified",
        CrlReason::KeyCompromise => "keyCompromise",
        CrlReason::CaCompromise => "cACompromise",
        CrlReason::AffiliationChanged => "affiliationChanged",
        CrlReason::Superseded => "superseded",
        CrlReason::CessationOfOperation => "cessationOfOperation",
        CrlReason::CertificateHold => "certificateHold",
        CrlReason::RemoveFromCRL => "removeFromCRL",
        CrlReason::PrivilegeWithdrawn => "privilegeWithdrawn",
        CrlReason::AaCompromise => "aACompromise",
    }
    .to_owned()
}
