//! The client against servers that do what they like.

mod hosts;
mod limits;
mod tls;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use revocation::http::Http;
use revocation::{Fetch, FetchError, Request};

/// Serves one connection after the other with `serve`, which gets the request's head and body.
pub(super) fn server(
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
pub(super) fn saying(answer: impl Into<Vec<u8>>) -> SocketAddr {
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

pub(super) fn client() -> Http {
    Http::new(vec!["localhost".to_owned()]).with_time_limit(Duration::from_secs(2))
}

pub(super) async fn get(address: SocketAddr, limit: usize) -> Result<Vec<u8>, FetchError> {
    let url = format!("http://localhost:{}/ca.crl?a=b", address.port());
    let request = Request {
        url: &url,
        body: None,
        limit,
    };
    client().fetch(request).await
}

pub(super) fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[track_caller]
pub(super) fn assert_unavailable(answer: Result<Vec<u8>, FetchError>, words: &str) {
    match answer {
        Err(FetchError::Unavailable(reason)) if reason.contains(words) => {}
        other => panic!("unavailable for {words:?} is expected: {other:?}"),
    }
}

#[track_caller]
pub(super) fn assert_unusable(answer: Result<Vec<u8>, FetchError>, words: &str) {
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
