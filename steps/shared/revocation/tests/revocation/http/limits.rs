//! How much, and how long.

use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use super::*;

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
