//! Requests made by hand: what the SDKs would not send, HTTPS, and the management port.

use std::sync::Arc;

use apc_emulator::{Config, Emulator, EmulatorHandle, Tls};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::support::start;

#[tokio::test]
async fn an_answer_has_the_form_of_aws_json() {
    let (emulator, _client) = start().await;
    let answer = call(&emulator, "GetKey", r#"{"KeyIdentifier":"alias/none"}"#).await;
    assert_eq!(answer.status, 400);
    assert!(
        answer
            .head
            .contains("content-type: application/x-amz-json-1.0"),
        "{}",
        answer.head
    );
    assert!(
        answer.head.contains("x-amzn-requestid: "),
        "{}",
        answer.head
    );
    assert_eq!(
        answer.body,
        json!({
            "__type": "ResourceNotFoundException",
            "Message": "alias/none was not found",
            "ResourceId": "alias/none",
        })
    );
    assert_eq!(
        call(&emulator, "ListKeys", "{}").await.body,
        json!({ "Keys": [] })
    );
}

#[tokio::test]
async fn every_mistake_of_a_client_is_a_4xx_that_says_what_is_wrong() {
    let (emulator, _client) = start().await;
    let attributes = r#"{"KeyUsage":"TR31_K0_KEY_ENCRYPTION_KEY","KeyClass":"SYMMETRIC_KEY",
        "KeyAlgorithm":"AES_128","KeyModesOfUse":{"NoRestrictions":true}}"#;
    for (operation, body, exception) in [
        ("Nothing", "{}".to_owned(), "UnknownOperationException"),
        ("GetKey", "{".to_owned(), "SerializationException"),
        ("GetKey", "[]".to_owned(), "SerializationException"),
        ("GetKey", "{}".to_owned(), "ValidationException"),
        (
            "GetKey",
            r#"{"KeyIdentifier":1}"#.to_owned(),
            "ValidationException",
        ),
        (
            "GetKey",
            r#"{"KeyIdentifier":"x"}"#.to_owned(),
            "ValidationException",
        ),
        (
            "GetKey",
            r#"{"KeyIdentifier":null}"#.to_owned(),
            "ValidationException",
        ),
        (
            "ListKeys",
            r#"{"MaxResults":0}"#.to_owned(),
            "ValidationException",
        ),
        (
            "ListKeys",
            r#"{"KeyState":"DELETED"}"#.to_owned(),
            "ValidationException",
        ),
        (
            "CreateKey",
            format!(r#"{{"KeyAttributes":{attributes}}}"#),
            "ValidationException",
        ),
        (
            "CreateKey",
            format!(r#"{{"KeyAttributes":{attributes},"Exportable":"true"}}"#),
            "ValidationException",
        ),
        (
            "ImportKey",
            r#"{"KeyMaterial":{}}"#.to_owned(),
            "ValidationException",
        ),
        (
            "ImportKey",
            r#"{"KeyMaterial":{"Tr31KeyBlock":{},"Tr34KeyBlock":{}}}"#.to_owned(),
            "ValidationException",
        ),
        (
            "ExportKey",
            r#"{"KeyMaterial":{"Other":{}},"ExportKeyIdentifier":"alias/x"}"#.to_owned(),
            "ValidationException",
        ),
        (
            "GetParametersForImport",
            "{}".to_owned(),
            "ValidationException",
        ),
        (
            "ImportKey",
            r#"{"KeyMaterial":{"Tr31KeyBlock":{}}}"#.to_owned(),
            "ValidationException",
        ),
        (
            "AddKeyReplicationRegions",
            r#"{"KeyIdentifier":"alias/x","ReplicationRegions":"us-west-2"}"#.to_owned(),
            "ValidationException",
        ),
        (
            "RemoveKeyReplicationRegions",
            r#"{"KeyIdentifier":"alias/x"}"#.to_owned(),
            "ValidationException",
        ),
        (
            "PutResourcePolicy",
            r#"{"ResourceArn":"alias/x","Policy":"{}"}"#.to_owned(),
            "ValidationException",
        ),
        (
            "AssociateMpaTeam",
            r#"{"Action":"IMPORT_ROOT_PUBLIC_KEY_CERTIFICATE"}"#.to_owned(),
            "ValidationException",
        ),
        (
            "GetMpaTeamAssociation",
            r#"{"Action":"IMPORT_ROOT_PUBLIC_KEY_CERTIFICATE"}"#.to_owned(),
            "ResourceNotFoundException",
        ),
    ] {
        let answer = call(&emulator, operation, &body).await;
        assert_eq!(
            (answer.status, answer.exception()),
            (400, exception),
            "{operation} {body}"
        );
        assert!(
            answer.body["Message"]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        );
    }
    assert!(emulator.controls().inventory(None).keys.is_empty());
}

#[tokio::test]
async fn a_null_member_is_an_absent_one() {
    let (emulator, _client) = start().await;
    let body = r#"{"AliasName":"alias/x","KeyArn":null}"#;
    let answer = call(&emulator, "CreateAlias", body).await;
    assert_eq!(answer.body, json!({ "Alias": { "AliasName": "alias/x" } }));
    let body = r#"{"KeyMaterial":{"Tr31KeyBlock":null}}"#;
    assert_eq!(
        call(&emulator, "ImportKey", body).await.exception(),
        "ValidationException"
    );
}

#[tokio::test]
async fn the_region_and_the_account_come_from_the_credential() {
    let (emulator, _client) = start().await;
    let create = |authorization: &'static str| {
        let emulator = &emulator;
        async move {
            let headers = format!("{}{authorization}", target("CreateAlias"));
            post(emulator.url(), "/", &headers, r#"{"AliasName":"alias/x"}"#)
                .await
                .status
        }
    };
    let paris = "authorization: AWS4-HMAC-SHA256 Credential=a/20260101/eu-west-3/payment-cryptography/aws4_request, SignedHeaders=host, Signature=0\r\n";
    let other = "authorization: AWS4-HMAC-SHA256 Credential=123456789012/20260101/eu-west-3/payment-cryptography/aws4_request, SignedHeaders=host, Signature=0\r\n";
    assert_eq!(create(paris).await, 200);
    assert_eq!(create(paris).await, 400);
    assert_eq!(create(other).await, 200);
    assert_eq!(create("").await, 200);
    assert_eq!(create("authorization: Basic x\r\n").await, 400);
    let inventory = emulator.controls().inventory(None);
    let scopes: Vec<_> = inventory
        .aliases
        .iter()
        .map(|alias| (alias.scope.account.as_str(), alias.scope.region.as_str()))
        .collect();
    assert_eq!(
        scopes,
        [
            ("000000000000", "eu-west-3"),
            ("000000000000", "us-east-1"),
            ("123456789012", "eu-west-3"),
        ]
    );
}

#[tokio::test]
async fn only_posts_of_a_reasonable_size_are_served() {
    let (emulator, _client) = start().await;
    let answer = send(emulator.url(), "GET", "/", "", "").await;
    assert_eq!(
        (answer.status, answer.exception()),
        (404, "UnknownOperationException")
    );
    assert_eq!(
        post(emulator.url(), "/elsewhere", "", "{}").await.status,
        404
    );
    let large = format!(r#"{{"AliasName":"{}"}}"#, "a".repeat(2 << 20));
    let answer = post(emulator.url(), "/", &target("GetAlias"), &large).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn https_is_served_with_the_given_certificate() {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let folder = std::env::temp_dir().join(format!("apc-emulator-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let tls = Tls {
        certificate: folder.join("certificate.pem"),
        key: folder.join("key.pem"),
    };
    std::fs::write(&tls.certificate, certificate.pem()).unwrap();
    std::fs::write(&tls.key, key.serialize_pem()).unwrap();

    let config = Config {
        tls: Some(tls),
        ..Config::default()
    };
    let emulator = Emulator::start(config).await.unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    let address = emulator.url().strip_prefix("https://").unwrap();

    let mut roots = RootCertStore::empty();
    roots.add(certificate.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = connector.connect(name, stream).await.unwrap();
    let answer = exchange(stream, "POST", "/", &target("ListKeys"), "{}").await;
    assert_eq!((answer.status, answer.body), (200, json!({ "Keys": [] })));
}

#[tokio::test]
async fn the_management_port_does_all_that_tests_need() {
    let (emulator, _client) = start().await;
    let management = emulator.management_url().unwrap().to_owned();
    let manage = |method: &'static str, path: String, body: String| {
        let management = management.clone();
        async move { send(&management, method, &path, "", &body).await }
    };
    let none = String::new;

    let fault = json!({ "operation": "CreateKey", "kind": "throttle", "times": 1 });
    assert_eq!(
        manage("POST", "/faults".into(), fault.to_string())
            .await
            .status,
        204
    );
    let faults = manage("GET", "/faults".into(), none()).await.body;
    assert_eq!(faults["faults"][0]["kind"], "throttle");
    let body = r#"{"KeyAttributes":{"KeyUsage":"TR31_K0_KEY_ENCRYPTION_KEY",
        "KeyClass":"SYMMETRIC_KEY","KeyAlgorithm":"AES_128",
        "KeyModesOfUse":{"NoRestrictions":true}},"Exportable":true,
        "Tags":[{"Key":"key-ceremony:partner","Value":"acme"}]}"#;
    assert_eq!(
        call(&emulator, "CreateKey", body).await.exception(),
        "ThrottlingException"
    );
    let created = call(&emulator, "CreateKey", body).await.body;
    let arn = created["Key"]["KeyArn"].as_str().unwrap();

    let keys = manage("GET", "/keys?region=us-east-1".into(), none())
        .await
        .body;
    assert_eq!(keys["keys"][0]["keyArn"], arn);
    assert_eq!(
        keys["keys"][0]["tags"],
        json!({ "key-ceremony:partner": "acme" })
    );
    assert_eq!(
        keys["keys"][0]["keyCheckValue"],
        created["Key"]["KeyCheckValue"]
    );
    let elsewhere = manage("GET", "/keys?region=eu-west-1".into(), none())
        .await
        .body;
    assert_eq!(elsewhere["keys"], json!([]));

    let clear = json!({ "keyArn": arn }).to_string();
    let clear = manage("POST", "/keys/clear".into(), clear).await.body;
    assert_eq!(clear["clearKey"].as_str().unwrap().len(), 32);

    let requests = manage("GET", "/requests".into(), none()).await.body;
    let requests = requests["requests"].as_array().unwrap().clone();
    let outcomes: Vec<_> = requests.iter().map(|request| &request["outcome"]).collect();
    assert_eq!(outcomes, ["ThrottlingException", "ok"]);
    assert_eq!(requests[1]["keyArns"], json!([arn]));
    assert_eq!(
        manage("DELETE", "/requests".into(), none()).await.status,
        204
    );
    assert!(emulator.controls().requests().is_empty());

    let clock = json!({ "offsetSeconds": 3600 }).to_string();
    assert_eq!(
        manage("PUT", "/clock".into(), clock).await.body["offsetSeconds"],
        3600
    );
    assert_eq!(
        manage("POST", "/faults".into(), fault.to_string())
            .await
            .status,
        204
    );
    assert_eq!(manage("DELETE", "/faults".into(), none()).await.status, 204);
    assert_eq!(manage("POST", "/reset".into(), none()).await.status, 204);
    let empty = manage("GET", "/keys".into(), none()).await.body;
    assert_eq!(empty, json!({ "keys": [], "aliases": [] }));
    assert_eq!(
        manage("GET", "/clock".into(), none()).await.body["offsetSeconds"],
        0
    );

    for (method, path, body, status) in [
        ("POST", "/faults", r#"{"kind":"explode"}"#, 400),
        (
            "POST",
            "/faults",
            r#"{"kind":"throttle","operation":"Nothing"}"#,
            400,
        ),
        ("POST", "/faults", r#"{"kind":"throttle","unknown":1}"#, 400),
        ("POST", "/keys/clear", r#"{"keyArn":"x"}"#, 400),
        ("GET", "/keys?region=nowhere", "", 400),
        ("GET", "/nothing", "", 404),
    ] {
        assert_eq!(
            manage(method, path.into(), body.into()).await.status,
            status,
            "{path} {body}"
        );
    }
}

#[tokio::test]
async fn the_management_port_is_off_unless_asked_for() {
    let config = Config {
        management: None,
        ..Config::default()
    };
    let emulator = Emulator::start(config).await.unwrap();
    assert_eq!(emulator.management_url(), None);
    assert_eq!(
        send(emulator.url(), "GET", "/keys", "", "").await.status,
        404
    );
    assert_eq!(post(emulator.url(), "/reset", "", "").await.status, 404);
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Status line and headers, lower case.
    head: String,
    pub(crate) body: Value,
}

impl Answer {
    fn exception(&self) -> &str {
        self.body["__type"].as_str().unwrap_or("none")
    }
}

/// One operation, unsigned.
async fn call(emulator: &EmulatorHandle, operation: &str, body: &str) -> Answer {
    post(emulator.url(), "/", &target(operation), body).await
}

fn target(operation: &str) -> String {
    format!("x-amz-target: PaymentCryptographyControlPlane.{operation}\r\n")
}

async fn post(url: &str, path: &str, headers: &str, body: &str) -> Answer {
    send(url, "POST", path, headers, body).await
}

pub(crate) async fn send(url: &str, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    let stream = TcpStream::connect(url.strip_prefix("http://").unwrap())
        .await
        .unwrap();
    exchange(stream, method, path, headers, body).await
}

async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> Answer {
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-length: {length}\r\n{headers}\r\n"
    );
    // A server that has seen enough may answer and close before it has read everything.
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(body).unwrap()
    };
    Answer {
        status,
        head: head.to_lowercase(),
        body,
    }
}
