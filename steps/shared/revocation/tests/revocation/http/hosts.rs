//! Who is asked at all.

use super::*;

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
