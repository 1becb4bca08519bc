//! The client against servers that do what they like.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use revocation::http::Http;
use revocation::{Fetch, FetchError, Request};

/// Serves one connection after the other with `serve`, which gets the request's head and body.
fn server(
    serve: impl Fn(&[u8], &mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = Arc::new(serve);
    // Ends with the test's process.
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || {
                let mut stream = stream;
                let request = request(&mut stream);
                // The client may hang up whenever it has had enough.
                serve(&request, &mut stream).ok();
            });
        }
    });
    address
}

/// A server that always says the same.
fn saying(answer: impl Into<Vec<u8>>) -> SocketAddr {
    let answer = answer.into();
    server(move |_, stream| stream.write_all(&answer))
}

/// The head, and as much of a body as it announces.
fn request(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        bytes.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    bytes.extend(body);
    bytes
}

fn client() -> Http {
    Http::new(vec!["localhost".to_owned()]).with_time_limit(Duration::from_secs(2))
}

async fn get(address: SocketAddr, limit: usize) -> Result<Vec<u8>, FetchError> {
    let url = format!("http://localhost:{}/ca.crl?a=b", address.port());
    let request = Request {
        url: &url,
        body: None,
        limit,
    };
    client().fetch(request).await
}

fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[track_caller]
fn assert_unavailable(answer: Result<Vec<u8>, FetchError>, words: &str) {
    match answer {
        Err(FetchError::Unavailable(reason)) if reason.contains(words) => {}
        other => panic!("unavailable for {words:?} is expected: {other:?}"),
    }
}

#[track_caller]
fn assert_unusable(answer: Result<Vec<u8>, FetchError>, words: &str) {
    match answer {
        Err(FetchError::Unusable(reason)) if reason.contains(words) => {}
        other => panic!("unusable for {words:?} is expected: {other:?}"),
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_crl_is_got_and_an_ocsp_request_is_posted() {
    let echo = || {
        server(|request, stream| {
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
                request.len()
            );
            stream.write_all(&[head.as_bytes(), request].concat())
        })
    };
    let address = echo();
    let got = String::from_utf8(get(address, 10_000).await.unwrap()).unwrap();
    assert!(got.starts_with("GET /ca.crl?a=b HTTP/1.1\r\n"), "{got}");
    let got = got.to_ascii_lowercase();
    let host = format!("host: localhost:{}\r\n", address.port());
    for line in [
        host.as_str(),
        "accept-encoding: identity\r\n",
        "connection: close\r\n",
    ] {
        assert!(got.contains(line), "{got}");
    }
    let url = format!("http://localhost:{}", address.port());
    let posted = client()
        .fetch(Request {
            url: &url,
            body: Some(&[0x30, 0x00, 0xff]),
            limit: 10_000,
        })
        .await
        .unwrap();
    let (head, body) = posted.split_at(posted.len() - 3);
    let head = String::from_utf8(head.to_vec())
        .unwrap()
        .to_ascii_lowercase();
    assert!(head.starts_with("post / http/1.1\r\n"), "{head}");
    assert!(
        head.contains("content-type: application/ocsp-request\r\n"),
        "{head}"
    );
    assert!(head.contains("content-length: 3\r\n"), "{head}");
    assert_eq!(body, [0x30, 0x00, 0xff]);
}

#[tokio::test(flavor = "current_thread")]
async fn an_answer_comes_in_any_of_the_forms_of_http() {
    for answer in [
        ok("answer"),
        "HTTP/1.0 200 OK\r\n\r\nanswer".to_owned(),
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nanswer".to_owned(),
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: identity\r\n\
         Content-Length: 6\r\n\r\nanswer"
            .to_owned(),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nans\r\n3\r\nwer\r\n0\r\n\r\n"
            .to_owned(),
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanswer"
            .to_owned(),
        // More than it said is not read.
        format!("{}and more", ok("answer")),
    ] {
        assert_eq!(
            get(saying(answer.clone()), 6).await,
            Ok(b"answer".to_vec()),
            "{answer}"
        );
    }
    assert_eq!(get(saying(ok("")), 6).await, Ok(Vec::new()));
}

#[tokio::test(flavor = "current_thread")]
async fn statuses_tell_what_may_pass() {
    let status = |code: u16| {
        saying(format!(
            "HTTP/1.1 {code} X\r\nContent-Length: 6\r\nLocation: http://localhost/\r\n\r\nanswer"
        ))
    };
    for code in [408, 429, 500, 502, 503, 504, 599] {
        assert_unavailable(get(status(code), 10).await, &format!("HTTP status {code}"));
    }
    for code in [
        201, 203, 206, 300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 410, 451,
    ] {
        assert_unusable(get(status(code), 10).await, &format!("HTTP status {code}"));
    }
    assert_unusable(get(status(302), 10).await, "redirects are not followed");
}

#[tokio::test(flavor = "current_thread")]
async fn no_more_is_read_than_the_limit() {
    // Announced: refused before a byte of it.
    let huge = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n";
    assert_unusable(get(saying(huge), 1_000).await, "more than 1000 bytes");
    assert_unusable(
        get(saying(ok(&"x".repeat(1_001))), 1_000).await,
        "more than 1000 bytes",
    );
    assert_eq!(
        get(saying(ok(&"x".repeat(1_000))), 1_000)
            .await
            .unwrap()
            .len(),
        1_000
    );
    // Endless, and the server notices that nobody listens any more.
    for head in [
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ] {
        let (sender, receiver) = std::sync::mpsc::channel();
        let address = server(move |_, stream| {
            let chunk = format!("400\r\n{}\r\n", "x".repeat(0x400));
            let result = stream.write_all(head.as_bytes());
            let mut written = 0;
            let result = result.and_then(|()| {
                loop {
                    stream.write_all(chunk.as_bytes())?;
                    written += chunk.len();
                    assert!(written < 100_000_000, "somebody reads on and on");
                }
            });
            sender.send(()).ok();
            result
        });
        let start = Instant::now();
        assert_unusable(get(address, 100_000).await, "more than 100000 bytes");
        assert!(start.elapsed() < Duration::from_secs(2));
        receiver.recv_timeout(Duration::from_secs(10)).unwrap();
    }
}

#[tokio::test(flavor = "current_thread")]
async fn headers_have_a_limit() {
    let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(40_000));
    assert!(get(saying(long), 10).await.is_err());
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(100));
    assert!(get(saying(many), 10).await.is_err());
    let endless = server(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
        loop {
            stream.write_all(b"X: y\r\n")?;
        }
    });
    assert!(get(endless, 10).await.is_err());
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_slow_ends_in_time() {
    let silent = server(|_, _| {
        thread::sleep(Duration::from_secs(20));
        Ok(())
    });
    let dripping = server(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")?;
        loop {
            stream.write_all(b"x")?;
            thread::sleep(Duration::from_millis(100));
        }
    });
    let start = Instant::now();
    let (silent, dripping) = tokio::join!(get(silent, 1_000), get(dripping, 1_000));
    assert_unavailable(silent, "no complete answer within 2s");
    assert_unavailable(dripping, "no complete answer within 2s");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test(flavor = "current_thread")]
async fn an_answer_that_breaks_off_is_none() {
    for cut in [
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nanswer",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nanswer\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nanswer",
    ] {
        assert_unavailable(get(saying(cut), 1_000).await, "connection");
    }
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    assert_unavailable(get(nobody, 10).await, "no connection");
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_not_http_is_refused() {
    for nonsense in [
        "nonsense\r\n\r\n",
        "\u{0}\u{1}\u{2}\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Length: 7\r\n\r\nanswer",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let answer = get(saying(nonsense), 1_000).await;
        assert!(answer.is_err(), "{nonsense:?}: {answer:?}");
    }
    for encoding in ["gzip", "deflate", "br", "identity, gzip", "x"] {
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: 6\r\n\r\nanswer"
        );
        assert_unusable(get(saying(answer), 10).await, "encoded");
    }
}

/// Loopback is what only we can reach: without permission nothing gets as far as a connection.
#[tokio::test(flavor = "current_thread")]
async fn only_hosts_that_are_named_may_be_private() {
    let address = saying(ok("answer"));
    let ask = async |allowed: &[&str], host: &str| {
        let allowed = allowed.iter().map(|host| (*host).to_owned()).collect();
        let url = format!("http://{host}:{}/", address.port());
        let request = Request {
            url: &url,
            body: None,
            limit: 10,
        };
        Http::new(allowed).fetch(request).await
    };
    for host in [
        "localhost",
        "127.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
    ] {
        assert_unusable(ask(&[], host).await, "is not asked");
        assert_unusable(
            ask(&["crl.localhost", "ocalhost", "*", ""], host).await,
            "is not asked",
        );
    }
    assert_unusable(ask(&["localhost"], "127.0.0.1").await, "is not asked");
    assert_unusable(ask(&["127.0.0.1"], "localhost").await, "is not asked");
    assert!(ask(&["localhost"], "LOCALHOST").await.is_ok());
    assert!(ask(&["LocalHost"], "localhost").await.is_ok());
    assert!(ask(&["127.0.0.1"], "127.0.0.1").await.is_ok());
}

#[tokio::test(flavor = "current_thread")]
async fn urls_that_are_more_than_an_address_are_not_asked() {
    let address = saying(ok("answer"));
    let port = address.port();
    for url in [
        format!("http://user:secret@localhost:{port}/"),
        format!("http://localhost:{port}/#fragment"),
        format!("ftp://localhost:{port}/"),
        format!("http://localhost:{port}/\r\nX: y"),
        format!("//localhost:{port}/"),
    ] {
        let request = Request {
            url: &url,
            body: None,
            limit: 10,
        };
        match client().fetch(request).await {
            Err(FetchError::Unusable(reason)) => assert!(!reason.contains("secret"), "{reason}"),
            other => panic!("{url}: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_name_that_does_not_resolve_may_do_so_later() {
    let request = Request {
        url: "http://no-such-host.invalid/",
        body: None,
        limit: 10,
    };
    assert_unavailable(client().fetch(request).await, "does not resolve");
}

mod tls {
    use super::*;

    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    use rustls::ServerConfig;
    use rustls::crypto::aws_lc_rs::default_provider;

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
}
