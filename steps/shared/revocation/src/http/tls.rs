//! TLS towards services that are asked by https, with the roots of the operating system.

use std::fmt;
use std::io::ErrorKind;
use std::sync::{Arc, OnceLock};

use ceremony::text::shown;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Host;

use super::target::Target;
use crate::FetchError;

/// Made when the first https URL is asked; few are.
#[derive(Default)]
pub(super) struct Tls {
    config: OnceLock<Result<Arc<ClientConfig>, FetchError>>,
}

impl Tls {
    pub(super) async fn over(
        &self,
        stream: TcpStream,
        target: &Target,
    ) -> Result<TlsStream<TcpStream>, FetchError> {
        let config = self.config.get_or_init(configured).clone()?;
        let name = server_name(target)
            .ok_or_else(|| FetchError::unusable("its name is none for a TLS server"))?;
        TlsConnector::from(config)
            .connect(name, stream)
            .await
            .map_err(|error| match error.kind() {
                // rustls's own errors: another certificate or version is needed.
                // They repeat names out of the server's certificate.
                ErrorKind::InvalidData => {
                    FetchError::unusable(format!("TLS: {}", shown(&error.to_string())))
                }
                kind => FetchError::unavailable(format!("TLS: {kind}")),
            })
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

fn configured() -> Result<Arc<ClientConfig>, FetchError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(FetchError::unusable(
            "TLS: the operating system has no trusted roots",
        ));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| FetchError::unusable(format!("TLS: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn server_name(target: &Target) -> Option<ServerName<'static>> {
    match target.parsed_host()? {
        Host::Domain(name) => ServerName::try_from(name.to_owned()).ok(),
        Host::Ipv4(address) => Some(ServerName::IpAddress(address.into())),
        Host::Ipv6(address) => Some(ServerName::IpAddress(address.into())),
    }
}
