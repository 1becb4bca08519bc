//! Whose keys signed the blocks of a fleet, where they are TR-34.
//!
//! One, as a rule. The service makes itself another key when the last one comes of age, and a run that was
//! interrupted may have begun before and ended after that: each block names its own.

use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::enrolment::Chain;
use ceremony::exchange::OurCertificate;
use ceremony::execution::{File, PEM};
use ceremony::fleet::{BatchResult, Under};
use serde::Serialize;

use crate::Error;

#[derive(Default)]
pub(crate) struct Hosts {
    /// In the order in which they first signed.
    all: Vec<OurCertificate>,
    batches_without: bool,
}

impl Hosts {
    pub(crate) fn take(&mut self, result: &BatchResult) {
        match &result.host {
            Some(host) if self.all.contains(host) => {}
            Some(host) => self.all.push(host.clone()),
            None => self.batches_without = true,
        }
    }

    /// Every host, if each batch has one where it must, and none where nobody signs.
    pub(crate) fn all_of(self, under: &Under) -> Result<Vec<OurCertificate>, Error> {
        let is_right = match under {
            Under::Kek(_) => self.all.is_empty(),
            Under::Leaf(_) => !self.all.is_empty() && !self.batches_without,
        };
        is_right.then_some(self.all).ok_or(Error::HostsDiffer)
    }
}

/// A host, as the manifest tells it. The list that our signing key signs covers what is told here.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Host {
    /// Null where the key is Payment Cryptography's own.
    pub key_arn: Option<String>,
    /// The file that has its certificate.
    pub file: String,
    pub sha256: Sha256,
    pub subject: String,
    pub serial: String,
    pub chain_file: String,
    /// Fingerprints from its issuer upwards.
    pub chain_sha256: Vec<Sha256>,
}

impl Host {
    pub(crate) fn of(number: usize, host: &OurCertificate) -> Self {
        let [file, chain_file] = names(number);
        let certificate = &host.certificate;
        Self {
            key_arn: host.key_arn.clone(),
            file,
            sha256: certificate.sha256(),
            subject: certificate.subject().to_owned(),
            serial: certificate.serial().to_owned(),
            chain_file,
            chain_sha256: host.chain.iter().map(Certificate::sha256).collect(),
        }
    }
}

/// Of the first host they are those that a KEK's package has.
fn names(number: usize) -> [String; 2] {
    ["certificate", "chain"].map(|what| match number {
        1 => format!("kdh-{what}.pem"),
        more => format!("kdh-{what}-{more}.pem"),
    })
}

/// The certificates of every host, and those of its issuers. They travel through the state machine.
pub(crate) fn files(hosts: &[OurCertificate]) -> Result<Vec<File>, Error> {
    let (mut files, mut bytes) = (Vec::new(), 0);
    for (number, host) in (1..).zip(hosts) {
        let chain: String = host.chain.iter().map(Certificate::to_pem).collect();
        for (name, text) in names(number).iter().zip([host.certificate.to_pem(), chain]) {
            bytes += text.len();
            files.push(File::new(name, PEM, text));
        }
    }
    let most = MOST_HOSTS * Chain::MAX_PEM_BYTES;
    if bytes > most {
        return Err(Error::CertificatesTooLong { bytes, most });
    }
    Ok(files)
}

/// As many as there is room for in any case.
const MOST_HOSTS: usize = 4;
