//! TLS, with the roots of the system.

use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;

use super::*;

/// A server on TLS, and the root of its certificate in PEM.
fn server() -> (SocketAddr, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = params.self_signed(&key).unwrap();
    let issuer = Issuer::from_params(&params, &key);
    let server_key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&server_key, &issuer).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            server_key.serialized_der().to_vec().try_into().unwrap(),
        )
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut tls = rustls::Stream::new(&mut connection, &mut stream);
            let mut bytes = [0; 1024];
            // Who does not trust the certificate hangs up.
            if tls.read(&mut bytes).is_ok() {
                tls.write_all(ok("answer").as_bytes()).ok();
                tls.conn.send_close_notify();
                tls.flush().ok();
            }
        }
    });
    (address, root.pem())
}

async fn get(address: SocketAddr) -> Result<Vec<u8>, FetchError> {
    let url = format!("https://localhost:{}/", address.port());
    let request = Request {
        url: &url,
        body: None,
        limit: 10,
    };
    client().fetch(request).await
}

#[tokio::test(flavor = "current_thread")]
async fn a_certificate_that_the_system_does_not_trust_is_refused() {
    let (address, _) = server();
    assert_unusable(get(address).await, "TLS");
}

#[tokio::test(flavor = "current_thread")]
async fn a_server_without_tls_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            stream.write_all(ok("answer").as_bytes()).ok();
            // Read until the client hangs up, so that it is not reset before it has read.
            stream.read_to_end(&mut Vec::new()).ok();
        }
    });
    assert_unusable(get(address).await, "TLS");
}

/// The system's roots are what `SSL_CERT_FILE` says, which is a process's own.
#[test]
fn a_certificate_that_the_system_trusts_is_accepted() {
    let (address, root) = server();
    let folder = tempfile::TempDir::new().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, root).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "http::tls::asks", "--ignored", "--nocapture"])
        .env("SSL_CERT_FILE", &roots)
        .env_remove("SSL_CERT_DIR")
        .env("ADDRESS", address.to_string())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

#[tokio::test(flavor = "current_thread")]
#[ignore = "run by a_certificate_that_the_system_trusts_is_accepted"]
async fn asks() {
    let Ok(address) = std::env::var("ADDRESS") else {
        return;
    };
    assert_eq!(get(address.parse().unwrap()).await, Ok(b"answer".to_vec()));
}
