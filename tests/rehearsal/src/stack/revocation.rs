//! The process of the partners' OCSP responder and CRLs, and the authorities that it answers for.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use partner::{Certified, Pki, PkiBuilder, Reason};
use serde::{Deserialize, Serialize};

use crate::actors::partner::files;
use workbench::process::{Group, Lifetime, log_tail};

/// The name by which certificates know the services.
pub const HOST: &str = "localhost";

const START_TIMEOUT: Duration = Duration::from_secs(30);

/// Running services: where they listen, and the directory that they answer from.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RevocationServices {
    pub url: String,
    /// A folder for each partner: its certificates, the keys of its authorities, and `revoked`.
    pub directory: PathBuf,
}

/// Starts the services on a free port and waits until they say that they listen.
pub async fn start(
    program: &Path,
    directory: &Path,
    log: &Path,
    lifetime: Lifetime,
) -> Result<(Group, RevocationServices)> {
    create(directory)?;
    let mut command = lifetime.command(program);
    command
        .env_clear()
        .args(["--listen", "127.0.0.1:0", "--directory"])
        .arg(directory);
    let mut group = Group::spawn("revocation-services", &mut command, log)?;
    let started = Instant::now();
    loop {
        let output = fs::read_to_string(log).unwrap_or_default();
        if let Some(url) = address(&output) {
            let services = RevocationServices {
                url,
                directory: directory.into(),
            };
            return Ok((group, services));
        }
        group.must_be_running()?;
        if started.elapsed() > START_TIMEOUT {
            bail!("the revocation services do not start{}", log_tail(log));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

impl RevocationServices {
    /// Makes a chain whose leaf and intermediates name the services, which answer for it from now
    /// on, and for no other chain of this partner.
    pub fn enrol(&self, partner: &str, chain: PkiBuilder) -> Result<Pki> {
        let pki = chain.services_at(&self.url).build();
        // Under another name until it is complete: somebody may ask at any moment.
        let unfinished = self.directory.join(format!(".{partner}"));
        let folder = self.folder(partner);
        for old in [&unfinished, &folder] {
            if old.exists() {
                fs::remove_dir_all(old).with_context(|| format!("removing {}", old.display()))?;
            }
        }
        create(&unfinished)?;
        for (file, certificate) in files(&pki) {
            write(&unfinished.join(file), &certificate.pem())?;
        }
        for (file, authority) in authorities(&pki) {
            let key = Path::new(file).with_extension("key");
            write(&unfinished.join(key), &authority.key().pem())?;
        }
        write(&unfinished.join("revoked"), REMARK)?;
        fs::rename(&unfinished, &folder)
            .with_context(|| format!("creating {}", folder.display()))?;
        Ok(pki)
    }

    /// Revokes a certificate, by the name of its file, as a person does: with one more line.
    pub fn revoke(&self, partner: &str, file: &str, reason: Reason) -> Result<()> {
        let path = self.folder(partner).join("revoked");
        let context = || format!("writing {}", path.display());
        let mut revoked = OpenOptions::new()
            .append(true)
            .open(&path)
            .with_context(context)?;
        revoked
            .write_all(format!("{file} {reason}\n").as_bytes())
            .with_context(context)
    }

    /// What a partner's authorities have.
    pub fn folder(&self, partner: &str) -> PathBuf {
        self.directory.join(partner)
    }
}

const REMARK: &str = "\
# A line for each certificate that is revoked: its file or serial number, and a reason of RFC 5280
# section 5.3.1, or `unknown`. Such as: leaf.pem keyCompromise
";

/// Whoever issues something in a chain.
fn authorities(pki: &Pki) -> impl Iterator<Item = (&'static str, &Certified)> {
    let leaf = pki.leaf.der();
    files(pki)
        .into_iter()
        .filter(move |(_, certificate)| certificate.der() != leaf)
}

/// The address, once the line with it is complete.
fn address(output: &str) -> Option<String> {
    let (line, _) = output.split_once('\n')?;
    line.strip_prefix("listening on ").map(Into::into)
}

/// There are private keys in it.
fn create(directory: &Path) -> Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .with_context(|| format!("creating {}", directory.display()))
}

fn write(path: &Path, text: &str) -> Result<()> {
    let context = || format!("writing {}", path.display());
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .with_context(context)?;
    file.write_all(text.as_bytes()).with_context(context)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::os::unix::fs::PermissionsExt;

    use partner::KeyKind;

    use super::*;

    #[test]
    fn the_address_is_known_once_its_line_is_complete() {
        assert_eq!(address("listening on http://localhost:4"), None);
        let complete = address("listening on http://localhost:45\n");
        assert_eq!(complete.as_deref(), Some("http://localhost:45"));
    }

    #[test]
    fn what_an_authority_has_is_for_its_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let services = RevocationServices {
            url: "http://localhost:1".into(),
            directory: directory.path().into(),
        };
        let chain = || {
            Pki::builder("uid")
                .named("rehearsal/revocation")
                .root_key(KeyKind::EccP256)
                .intermediate_keys(&[KeyKind::EccP256])
                .leaf_key(KeyKind::EccP256)
        };
        services.enrol("acme", chain()).unwrap();
        services.enrol("acme", chain()).unwrap();
        services
            .revoke("acme", "leaf.pem", Reason::KeyCompromise)
            .unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = services.folder("acme");
        assert_eq!(mode(&folder), 0o700);
        for key in ["root.key", "intermediate.key"] {
            assert_eq!(mode(&folder.join(key)), 0o600);
        }
        assert!(!folder.join("leaf.key").exists());
        let revoked = fs::read_to_string(folder.join("revoked")).unwrap();
        assert!(revoked.ends_with("\nleaf.pem keyCompromise\n"), "{revoked}");
    }
}
