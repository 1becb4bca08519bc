//! Initial keys that came in TR-34 blocks: the partner opens each with its leaf's private key, and compares it
//! with its own derivation.

use der::Encode;
use serde::Deserialize;
use x509_cert::Certificate;

use crate::initial_keys::{InitialKeysError, Line, OpenedInitialKeys, is_derived};
use crate::open::sender::is_issued_up;
use crate::open::tr34::{issuer_and_serial, open_block, sender_of};
use crate::{Package, Receiver};

/// Opens every line of `initial-keys.jsonl` and holds it to the terminals, each once and in this order. Each
/// block must be signed by one of these hosts, whose certificates are PEM. The base derivation key is hex.
/// Returns the check values.
pub fn open_initial_keys_tr34(
    json_lines: &str,
    terminals: &[&str],
    hosts: &str,
    receiver: &Receiver<'_>,
    bdk: &str,
) -> Result<Vec<String>, String> {
    let hosts = Certificate::load_pem_chain(hosts.as_bytes()).map_err(|error| error.to_string())?;
    open_all(json_lines, terminals, &hosts, receiver, bdk)
}

fn open_all(
    json_lines: &str,
    terminals: &[&str],
    hosts: &[Certificate],
    receiver: &Receiver<'_>,
    bdk: &str,
) -> Result<Vec<String>, String> {
    let bdk = hex::decode(bdk).map_err(|error| error.to_string())?;
    let lines: Vec<&str> = json_lines.lines().collect();
    if lines.len() != terminals.len() {
        let (lines, terminals) = (lines.len(), terminals.len());
        return Err(format!("{lines} lines for {terminals} terminals"));
    }
    let opened = lines.iter().zip(terminals).map(|(line, terminal)| {
        open(line, terminal, hosts, receiver, &bdk).map_err(|why| format!("{terminal}: {why}"))
    });
    opened.collect()
}

/// `manifest.json`, as far as the partner needs it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    receiver: ReceivedBy,
    signature_algorithm: String,
    terminals: usize,
    exported: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReceivedBy {
    leaf_sha256: String,
    hosts: Vec<Host>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Host {
    file: String,
    sha256: String,
    chain_file: String,
    chain_sha256: Vec<String>,
}

impl Package {
    /// Verifies the package, and opens it for these terminals with the leaf's private key; the base
    /// derivation key is in the clear.
    pub fn open_initial_keys_tr34(
        &self,
        terminals: &[&str],
        receiver: &Receiver<'_>,
        bdk: &[u8],
    ) -> Result<OpenedInitialKeys, InitialKeysError> {
        let manifest: Manifest = serde_json::from_slice(self.file("manifest.json")?)
            .map_err(|error| InitialKeysError::Manifest(error.to_string()))?;
        if (manifest.terminals, manifest.exported) != (terminals.len(), terminals.len()) {
            let found = format!("{} of {}", manifest.exported, manifest.terminals);
            return Err(InitialKeysError::Manifest(found));
        }
        if manifest.receiver.leaf_sha256 != receiver.leaf.sha256() {
            let found = "it is for another certificate".to_owned();
            return Err(InitialKeysError::Manifest(found));
        }
        let files = self.verify_sums(&manifest.signature_algorithm, &self.public_key()?)?;
        let hosts = manifest.receiver.hosts.iter();
        let hosts: Result<Vec<Certificate>, InitialKeysError> =
            hosts.map(|told| self.host(told, receiver)).collect();
        let lines = String::from_utf8_lossy(self.file("initial-keys.jsonl")?);
        let bdk = hex::encode(bdk);
        let kcvs = open_all(&lines, terminals, &hosts?, receiver, &bdk);
        let kcvs = kcvs.map_err(InitialKeysError::Key)?;
        Ok(OpenedInitialKeys { kcvs, files })
    }

    /// The certificate of a host, as the signed manifest names it, issued up to the end of its chain.
    fn host(&self, told: &Host, receiver: &Receiver<'_>) -> Result<Certificate, InitialKeysError> {
        let refused = |reason: &str| InitialKeysError::Sender(format!("{}: {reason}", told.file));
        let read = |name: &str| {
            let read = Certificate::load_pem_chain(self.file(name)?);
            read.map_err(|_| refused("it cannot be read"))
        };
        let (own, chain) = (read(&told.file)?, read(&told.chain_file)?);
        let digest = |certificate: &Certificate| {
            let der = certificate.to_der();
            der.map(|der| crate::open::sha256(&der)).unwrap_or_default()
        };
        let [certificate] = &own[..] else {
            return Err(refused("it does not hold one certificate"));
        };
        let digests: Vec<String> = chain.iter().map(digest).collect();
        if digest(certificate) != told.sha256 || digests != told.chain_sha256 {
            return Err(refused("it is not the one in the manifest"));
        }
        is_issued_up(certificate, &chain, receiver).map_err(refused)?;
        Ok(certificate.clone())
    }
}

fn open(
    line: &str,
    terminal: &str,
    hosts: &[Certificate],
    receiver: &Receiver<'_>,
    bdk: &[u8],
) -> Result<String, String> {
    let line = Line::of(line, terminal)?;
    let block = hex::decode(&line.key_block).map_err(|error| error.to_string())?;
    let sender = sender_of(&block).ok_or("it is no TR-34 block")?;
    let mut hosts = hosts.iter();
    let host = hosts.find(|host| issuer_and_serial(host).as_ref() == Some(&sender));
    let host = host.ok_or("its sender is none of the hosts")?;
    let inside = open_block(&block, host, receiver).map_err(|error| error.to_string())?;
    let header = String::from_utf8_lossy(&inside.header).into_owned();
    let algorithm = if terminal.len() == 20 { 'T' } else { 'A' };
    if header.get(5..9) != Some(&format!("B1{algorithm}X")) {
        return Err(format!("it is no initial key by its header, `{header}`"));
    }
    is_derived(&inside.key, terminal, &line.kcv, bdk)?;
    Ok(line.kcv)
}
