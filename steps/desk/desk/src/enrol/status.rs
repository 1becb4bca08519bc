//! `ceremony enrol status`.

use std::fmt::Write;

use ceremony::enrolment::{CertificateRequest, Chain, Installed, OwnKey};
use ceremony::utc::Utc;
use serde::Serialize;
use storage::{installed, installed_chain, requests_of};

use super::Error;
use crate::terminal::{plain, plain_json};

/// Every signing key of ours: which certificate is installed, and which were asked for.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Of this document.
    version: u32,
    at: Utc,
    pub keys: Vec<KeyStatus>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyStatus {
    pub key: OwnKey,
    pub installed: Option<InstalledStatus>,
    /// The oldest first.
    pub requests: Vec<RequestStatus>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstalledStatus {
    pub key_arn: String,
    pub subject: String,
    pub issuer: String,
    pub certificate_sha256: String,
    pub not_before: Utc,
    pub not_after: Utc,
    /// Until its end; negative once it has ended.
    pub days_left: i64,
    /// The ceremony that proved and installed it.
    pub ceremony_id: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestStatus {
    pub state: State,
    pub key_arn: String,
    pub alias: Option<String>,
    pub subject: String,
    pub public_key_sha256: String,
    pub requested_at: Utc,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Its certificate is installed.
    Installed,
    /// No certificate for it has been installed yet.
    Pending,
    /// It is older than the one whose certificate is installed.
    Earlier,
}

impl Status {
    pub async fn read(
        s3: &aws_sdk_s3::Client,
        ssm: &aws_sdk_ssm::Client,
        evidence_bucket: &str,
        now: Utc,
    ) -> Result<Self, Error> {
        let mut keys = Vec::new();
        for key in OwnKey::ALL {
            let unreadable = |error| Error::Installed { key, error };
            let requests = requests_of(s3, evidence_bucket, key).await?;
            let installed = match installed(ssm, key).await.map_err(unreadable)? {
                None => None,
                Some(installed) => {
                    let chain = installed_chain(s3, evidence_bucket, &installed).await;
                    Some((chain.map_err(unreadable)?, installed))
                }
            };
            keys.push(KeyStatus::new(key, installed, &requests, now));
        }
        Ok(Self {
            version: 1,
            at: now,
            keys,
        })
    }

    /// Whether a certificate has ended.
    pub fn has_ended(&self) -> bool {
        let installed = self.keys.iter().flat_map(|key| &key.installed);
        installed.into_iter().any(|it| it.not_after <= self.at)
    }

    pub fn json(&self) -> String {
        plain_json(&serde_json::to_string_pretty(self).expect("texts and numbers are JSON"))
    }

    pub fn table(&self) -> String {
        let mut text = String::new();
        for key in &self.keys {
            key.write(&mut text);
        }
        plain(text.trim_start_matches('\n'))
    }
}

impl KeyStatus {
    fn new(
        key: OwnKey,
        installed: Option<(Chain, Installed)>,
        requests: &[CertificateRequest],
        now: Utc,
    ) -> Self {
        let is_of = |request: &CertificateRequest, (chain, installed): &(Chain, Installed)| {
            let subject = chain.certificate.subject_der();
            request.key_arn == installed.key_arn && request.subject_der == hex(subject)
        };
        let answered = |request: &&CertificateRequest| {
            let installed = installed.as_ref();
            installed.is_some_and(|installed| is_of(request, installed))
        };
        let since = requests.iter().find(answered).map(|it| it.requested_at);
        let state = |request: &CertificateRequest| match since {
            _ if answered(&request) => State::Installed,
            Some(since) if request.requested_at < since => State::Earlier,
            _ => State::Pending,
        };
        let requests = requests.iter().map(|request| RequestStatus {
            state: state(request),
            key_arn: request.key_arn.clone(),
            alias: request.alias.clone(),
            subject: request.subject.clone(),
            public_key_sha256: request.public_key_sha256.to_string(),
            requested_at: request.requested_at,
        });
        Self {
            key,
            requests: requests.collect(),
            installed: installed.as_ref().map(|(chain, installed)| {
                let left = installed.not_after.unix_seconds() - now.unix_seconds();
                InstalledStatus {
                    key_arn: installed.key_arn.clone(),
                    subject: chain.certificate.subject().to_owned(),
                    issuer: chain.certificate.issuer().to_owned(),
                    certificate_sha256: installed.certificate_sha256.to_string(),
                    not_before: installed.not_before,
                    not_after: installed.not_after,
                    days_left: left.div_euclid(24 * 60 * 60),
                    ceremony_id: installed.ceremony_id.clone(),
                }
            }),
        }
    }

    /// Writing to a String does not fail.
    fn write(&self, text: &mut String) {
        let _ = writeln!(text, "\n{}", self.key);
        match &self.installed {
            None => {
                let _ = writeln!(text, "  installed  nothing");
            }
            Some(installed) => {
                let InstalledStatus {
                    key_arn,
                    subject,
                    issuer,
                    certificate_sha256,
                    not_after,
                    days_left,
                    ceremony_id,
                    ..
                } = installed;
                let ends = if *days_left < 0 {
                    format!("ended at {not_after}")
                } else {
                    format!("valid until {not_after} ({days_left} more days)")
                };
                let _ = writeln!(
                    text,
                    "  installed  {subject}\n             issued by {issuer}\n             \
                     {ends}\n             SHA-256 {certificate_sha256}\n             key \
                     {key_arn}\n             by {ceremony_id}"
                );
            }
        }
        for request in &self.requests {
            let word = match request.state {
                State::Installed => continue,
                State::Pending => "pending",
                State::Earlier => "earlier",
            };
            let _ = writeln!(
                text,
                "  {word}    {}\n             asked for at {}\n             public key SHA-256 \
                 {}\n             key {}",
                request.subject, request.requested_at, request.public_key_sha256, request.key_arn
            );
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
