//! How CloudFormation is told what became of a custom resource: a PUT to the URL it gave.

use std::collections::VecDeque;

use ceremony::digest::Sha256;
use http::{Request, header};
use http_body_util::Full;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde::Serialize;

use crate::{Error, Event};

/// Which resource of which stack it is about, and where the answer goes.
pub struct Subject {
    pub response_url: String,
    stack_id: String,
    request_id: String,
    logical_resource_id: String,
    physical_resource_id: String,
}

impl Subject {
    pub fn of(event: &Event) -> Self {
        macro_rules! subject {
            ($request:ident, $physical:expr) => {
                Self {
                    response_url: $request.response_url.clone(),
                    stack_id: $request.stack_id.clone(),
                    request_id: $request.request_id.clone(),
                    logical_resource_id: $request.logical_resource_id.clone(),
                    physical_resource_id: $physical,
                }
            };
        }
        match event {
            Event::Create(request) => subject!(request, PHYSICAL_ID.to_owned()),
            Event::Update(request) => subject!(request, request.physical_resource_id.clone()),
            Event::Delete(request) => subject!(request, request.physical_resource_id.clone()),
            // The type is `#[non_exhaustive]`, but CloudFormation knows no other request.
            _ => Self {
                response_url: String::new(),
                stack_id: String::new(),
                request_id: String::new(),
                logical_resource_id: String::new(),
                physical_resource_id: String::new(),
            },
        }
    }
}

/// One per stack, and never replaced: replacing would make CloudFormation delete the old one.
const PHYSICAL_ID: &str = "signing-csr";

/// The document that CloudFormation expects.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Answer {
    pub status: Status,
    pub reason: String,
    physical_resource_id: String,
    stack_id: String,
    request_id: String,
    logical_resource_id: String,
    data: Option<Data>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    Failed,
    Success,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Data {
    sha256: Sha256,
}

impl Answer {
    pub(crate) fn success(subject: &Subject, csr: Option<Sha256>) -> Self {
        let data = csr.map(|sha256| Data { sha256 });
        Self::new(subject, Status::Success, String::new(), data)
    }

    pub(crate) fn failure(subject: &Subject, reason: String) -> Self {
        Self::new(subject, Status::Failed, reason, None)
    }

    fn new(subject: &Subject, status: Status, reason: String, data: Option<Data>) -> Self {
        Self {
            status,
            reason,
            physical_resource_id: subject.physical_resource_id.clone(),
            stack_id: subject.stack_id.clone(),
            request_id: subject.request_id.clone(),
            logical_resource_id: subject.logical_resource_id.clone(),
            data,
        }
    }
}

/// Sends the answer. The URL is signed and goes to S3, over TLS only.
pub async fn send(url: &str, answer: &Answer) -> Result<(), Error> {
    let not_sent = |error: &dyn std::fmt::Display| Error::AnswerNotSent(error.to_string());
    let body = serde_json::to_vec(answer).map_err(|error| not_sent(&error))?;
    // The signature of the URL covers an empty content type.
    let request = Request::put(url)
        .header(header::CONTENT_TYPE, "")
        .body(Full::new(VecDeque::from(body)))
        .map_err(|error| not_sent(&error))?;
    let connector = HttpsConnectorBuilder::new()
        .with_native_roots()
        .map_err(|error| not_sent(&error))?
        .https_only()
        .enable_http1()
        .build();
    let client: Client<_, Full<VecDeque<u8>>> =
        Client::builder(TokioExecutor::new()).build(connector);
    let response = client
        .request(request)
        .await
        .map_err(|error| not_sent(&error))?;
    if response.status().is_success() {
        return Ok(());
    }
    Err(not_sent(&response.status()))
}
