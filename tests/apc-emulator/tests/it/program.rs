//! The program itself: what it prints, what it refuses, how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Output, Stdio};

use serde_json::json;

#[test]
fn the_program_says_what_it_is_and_where_and_ends_on_a_signal() {
    for signal in ["-TERM", "-INT"] {
        let mut program = program(&["--listen", "127.0.0.1:0", "--management", "[::1]:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
        let mut line = || lines.next().unwrap().unwrap();
        let management = line();
        assert!(management.starts_with("management on http://[::1]:"));
        let listening = line();
        let port = listening
            .strip_prefix("listening on http://127.0.0.1:")
            .and_then(|rest| rest.split_once(' '));
        assert_ne!(port.unwrap().0.parse::<u16>().unwrap(), 0);
        for line in [management, listening] {
            assert!(line.contains("a test double"), "{line}");
            assert!(line.contains("not for production keys"), "{line}");
        }

        let pid = program.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
        assert!(program.wait().unwrap().success());
    }
}

#[test]
fn the_program_refuses_to_be_reachable_from_elsewhere() {
    let refused = run(program(&["--listen", "0.0.0.0:0"]));
    assert!(!refused.status.success());
    let message = String::from_utf8(refused.stderr).unwrap();
    assert!(message.contains("not a loopback address"), "{message}");

    let remote_management = ["--listen", "127.0.0.1:0", "--management", "0.0.0.0:0"];
    assert!(
        !run(program(
            &[&remote_management[..], &["--allow-remote-danger"]].concat()
        ))
        .status
        .success()
    );
}

#[test]
fn the_program_refuses_credentials_that_look_real() {
    let mut program = program(&["--listen", "127.0.0.1:0"]);
    program.env("AWS_ACCESS_KEY_ID", format!("ASIA{}", "Q3EGRIZ7ABCDWXYZ"));
    let refused = run(program);
    assert!(!refused.status.success());
    let message = String::from_utf8(refused.stderr).unwrap();
    assert!(
        message.contains("looks like a real credential"),
        "{message}"
    );
}

#[test]
fn a_certificate_without_a_key_is_refused() {
    let arguments = ["--listen", "127.0.0.1:0", "--tls-cert", "certificate.pem"];
    assert!(!run(program(&arguments)).status.success());
}

#[test]
fn a_state_file_needs_a_key_from_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let arguments = ["--listen", "127.0.0.1:0", "--state", file.to_str().unwrap()];
    for key in [None, Some("00"), Some(&*"g".repeat(64))] {
        let mut program = program(&arguments);
        program.env_remove("APC_EMULATOR_STATE_KEY");
        program.envs(key.map(|key| ("APC_EMULATOR_STATE_KEY", key)));
        let refused = run(program);
        assert!(!refused.status.success());
        let message = String::from_utf8(refused.stderr).unwrap();
        assert!(message.contains("APC_EMULATOR_STATE_KEY"), "{message}");
        assert!(!file.exists());
    }

    let mut program = program(&arguments);
    program.env("APC_EMULATOR_STATE_KEY", "7A".repeat(32));
    let mut program = program.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let line = lines.next().unwrap().unwrap();
    assert!(line.starts_with("state in "), "{line}");
    assert!(line.contains("not for production keys"), "{line}");
    assert!(file.exists());
    program.kill().unwrap();
    program.wait().unwrap();
}

/// What the options mean is asked over the management port.
#[test]
fn quotas_and_latencies_are_options_with_or_without_a_value() {
    let management = |options: &[&str], path: &str| {
        let listen = ["--listen", "127.0.0.1:0", "--management", "127.0.0.1:0"];
        let mut program = program(&[&listen, options].concat())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let url = line.strip_prefix("management on http://").unwrap();
        let mut stream = TcpStream::connect(url.split(' ').next().unwrap()).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        program.kill().unwrap();
        program.wait().unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    };
    let quotas = |rate, burst, keys| {
        let quotas = json!({ "rate": rate, "burst": burst, "keys": keys, "aliases": 2000 });
        json!({ "quotas": quotas }).to_string()
    };
    assert_eq!(management(&["--quotas"], "/quotas"), quotas(5, 5, 2000));
    let some = ["--quotas", "keys=3,rate=20", "--latencies"];
    assert_eq!(management(&some, "/quotas"), quotas(20, 5, 3));
    assert_eq!(
        management(&some, "/latencies"),
        r#"{"latencies":{"factor":1.0}}"#
    );
    let half = ["--latencies", "0.5"];
    assert_eq!(
        management(&half, "/latencies"),
        r#"{"latencies":{"factor":0.5}}"#
    );
    assert_eq!(management(&half, "/quotas"), r#"{"quotas":null}"#);

    for wrong in [["--quotas", "tags=1"], ["--latencies", "0"]] {
        let refused = run(program(
            &[&["--listen", "127.0.0.1:0"], &wrong[..]].concat(),
        ));
        assert!(!refused.status.success(), "{wrong:?}");
    }
}

fn program(arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_apc-emulator"));
    program.args(arguments).env_remove("AWS_ACCESS_KEY_ID");
    program
}

/// Runs a program that is expected to end by itself.
fn run(mut program: Command) -> Output {
    program.stdin(Stdio::null()).output().unwrap()
}
