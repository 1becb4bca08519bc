//! How the services fail to answer.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use partner::{Crl, Wire};

use crate::support::{Case, get};

fn fails(case: &Case, wire: Wire) -> (String, Vec<u8>) {
    let intermediate = &case.pki.intermediates[0];
    case.services.crl(intermediate, Crl::Wire(wire));
    get(&case.services.crl_url(intermediate))
}

#[test]
fn closes_and_is_silent() {
    let case = Case::new();
    assert_eq!(fails(&case, Wire::Closes).0, "");
    let started = Instant::now();
    let silence = Duration::from_millis(200);
    assert_eq!(fails(&case, Wire::Silent(silence)).0, "");
    assert!(started.elapsed() >= silence);
}

#[test]
fn answers_something_else() {
    let case = Case::new();
    let (head, _) = fails(&case, Wire::Redirects("http://169.254.169.254/".into()));
    assert!(head.starts_with("HTTP/1.1 302 "), "{head}");
    assert!(head.contains("location: http://169.254.169.254/"), "{head}");
    let (head, _) = fails(&case, Wire::Status(503));
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    let (head, body) = fails(&case, Wire::Huge(100_000));
    assert!(head.contains("content-length: 100000"), "{head}");
    assert_eq!(body.len(), 100_000);
}

#[test]
fn never_comes_to_an_end() {
    let case = Case::new();
    let intermediate = &case.pki.intermediates[0];
    let url = case.services.crl_url(intermediate);
    let host = url.split('/').nth(2).unwrap();
    let read = |wire, bytes: usize| {
        case.services.crl(intermediate, Crl::Wire(wire));
        let mut stream = TcpStream::connect(host).unwrap();
        let path = url.split_once(host).unwrap().1;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
        stream.read_exact(&mut vec![0; bytes]).unwrap();
    };
    read(Wire::Endless, 10_000_000);
    read(Wire::Drips(Duration::from_millis(1)), 500);
}

#[test]
fn stops_when_it_is_dropped() {
    let case = Case::new();
    let url = case.services.url();
    let host = url.strip_prefix("http://").unwrap().to_owned();
    // An answer that has not ended does not hold it up.
    let mut stream = TcpStream::connect(&host).unwrap();
    let intermediate = &case.pki.intermediates[0];
    let path = case.services.crl_url(intermediate);
    case.services.crl(intermediate, Crl::Wire(Wire::Endless));
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    stream.read_exact(&mut [0; 1000]).unwrap();
    drop(case);
    assert!(TcpStream::connect(&host).is_err());
}
