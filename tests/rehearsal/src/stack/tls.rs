//! The throw-away certificate authority of one stack, and the certificate that its servers show.
//!
//! Bucket policies demand TLS, and the emulators evaluate them: plain HTTP would be denied.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};

/// Where most systems keep the certificates they trust.
const SYSTEM_BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The files of one stack's TLS.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The authority alone: what the servers' clients inside the stack trust, and nothing else.
    pub ca: PathBuf,
    /// The authority and the system's own: for a shell, whose other programs must go on working.
    pub bundle: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Tls {
    /// Makes an authority whose key is forgotten at once, and one server certificate.
    pub fn create(directory: &Path) -> Result<Self> {
        let files = Self {
            ca: directory.join("ca.pem"),
            bundle: directory.join("ca-bundle.pem"),
            certificate: directory.join("server.pem"),
            key: directory.join("server.key"),
        };
        let ca_key = KeyPair::generate().context("making the authority's key")?;
        let mut ca = CertificateParams::default();
        ca.distinguished_name
            .push(DnType::CommonName, "Key Ceremony rehearsal CA");
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let ca_pem = ca
            .self_signed(&ca_key)
            .context("signing the authority")?
            .pem();

        let key = KeyPair::generate().context("making the server's key")?;
        let mut server = CertificateParams::new(["localhost".to_owned()])
            .context("naming the server's certificate")?;
        server
            .subject_alt_names
            .push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        server
            .distinguished_name
            .push(DnType::CommonName, "Key Ceremony rehearsal");
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        server.use_authority_key_identifier_extension = true;
        let issuer = Issuer::new(ca, ca_key);
        let server_pem = server
            .signed_by(&key, &issuer)
            .context("signing for the server")?
            .pem();

        let mut bundle = ca_pem.clone();
        for system in SYSTEM_BUNDLES {
            if let Ok(certificates) = std::fs::read_to_string(system) {
                bundle.push_str(&certificates);
                break;
            }
        }
        write(&files.ca, &ca_pem, 0o644)?;
        write(&files.bundle, &bundle, 0o644)?;
        write(&files.certificate, &server_pem, 0o644)?;
        write(&files.key, &key.serialize_pem(), 0o600)?;
        Ok(files)
    }
}

fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    let context = || format!("writing {}", path.display());
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .create(true)
        .truncate(true)
        .write(true)
        .mode(mode)
        .open(path)
        .with_context(context)?;
    file.write_all(text.as_bytes()).with_context(context)
}
