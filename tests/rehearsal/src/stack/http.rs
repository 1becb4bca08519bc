//! As much of an HTTP client as the emulators' own, non-AWS endpoints need.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

const TIMEOUT: Duration = Duration::from_secs(10);

/// The authorities that a client trusts.
#[derive(Clone)]
pub struct Trust(Arc<ClientConfig>);

impl Trust {
    /// Trusts the certificates in a PEM text, and no others.
    pub fn pem(text: &str) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in rustls::pki_types::CertificateDer::pem_slice_iter(text.as_bytes()) {
            roots
                .add(certificate.context("reading a CA certificate")?)
                .context("a CA")?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .context("configuring TLS")?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }
}

/// Sends one request on a connection of its own; anything but a 2xx is an error.
pub async fn call(method: &str, url: &str, body: Option<String>, trust: &Trust) -> Result<Bytes> {
    tokio::time::timeout(TIMEOUT, exchange(method, url, body, trust))
        .await
        .with_context(|| format!("{method} {url}: no answer in time"))?
        .with_context(|| format!("{method} {url}"))
}

async fn exchange(method: &str, url: &str, body: Option<String>, trust: &Trust) -> Result<Bytes> {
    let uri: Uri = url.parse().context("not a URL")?;
    let host = uri.host().context("a URL without a host")?.to_owned();
    let port = uri.port_u16().context("a URL without a port")?;
    let stream = TcpStream::connect((host.as_str(), port))
        .await
        .context("connecting")?;
    if uri.scheme_str() == Some("https") {
        let name = ServerName::try_from(host).context("not a server's name")?;
        let stream = TlsConnector::from(trust.0.clone())
            .connect(name, stream)
            .await?;
        send(method, &uri, body, stream).await
    } else {
        send(method, &uri, body, stream).await
    }
}

async fn send<S>(method: &str, uri: &Uri, body: Option<String>, stream: S) -> Result<Bytes>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::builder()
        .method(method)
        .uri(uri.path_and_query().map_or("/", |path| path.as_str()))
        .header(
            "host",
            uri.authority().map_or("", |authority| authority.as_str()),
        )
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body.unwrap_or_default())))?;
    // The connection ends with the answer, and with it this task.
    tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let status: StatusCode = response.status();
    let answer = response.into_body().collect().await?.to_bytes();
    if !status.is_success() {
        bail!("{status}: {}", String::from_utf8_lossy(&answer));
    }
    Ok(answer)
}
