//! Requests and answers as the services write them: REST with XML for S3, JSON for the others.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Service {
    DynamoDb,
    Events,
    Kms,
    S3,
    Sfn,
    Sqs,
    Ssm,
}

/// One request of a client: one attempt of a call.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) service: Service,
    pub(super) operation: String,
    /// S3: bucket and key.
    pub(super) bucket: String,
    pub(super) key: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Call {
    pub(super) fn of(request: &HttpRequest) -> Self {
        let uri = request.uri().strip_prefix("https://").expect("https");
        let (host, path) = uri.split_once('/').expect("a path");
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let query: Vec<_> = pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (decoded(name), decoded(value)))
            .collect();
        let headers: Vec<_> = request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let (service, bucket, operation) = match target.split_once('.') {
            Some(("AWSEvents", operation)) => (Service::Events, "", operation),
            Some(("AWSStepFunctions", operation)) => (Service::Sfn, "", operation),
            Some(("AmazonSQS", operation)) => (Service::Sqs, "", operation),
            Some(("DynamoDB_20120810", operation)) => (Service::DynamoDb, "", operation),
            Some(("TrentService", operation)) => (Service::Kms, "", operation),
            Some(("AmazonSSM", operation)) => (Service::Ssm, "", operation),
            Some((other, _)) => panic!("{other} is not emulated"),
            None => {
                let (bucket, host) = host.split_once('.').expect("a bucket in the host's name");
                assert_eq!(host, "s3.eu-west-1.amazonaws.com");
                (
                    Service::S3,
                    bucket,
                    rest_operation(request.method(), &query),
                )
            }
        };
        Self {
            service,
            operation: operation.to_owned(),
            bucket: bucket.to_owned(),
            key: decoded(path),
            query,
            headers,
            body: request.body().bytes().expect("a body in memory").to_vec(),
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Headers whose names begin so.
    pub(super) fn headers_of(&self, prefix: &str) -> Vec<(&str, &str)> {
        let all = self.headers.iter();
        all.filter_map(|(name, value)| Some((name.strip_prefix(prefix)?, value.as_str())))
            .collect()
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(parameter, _)| parameter == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// What it is about, for the list of calls.
    pub(super) fn resource(&self) -> String {
        let member = |name: &str| self.json()[name].as_str().unwrap_or_default().to_owned();
        match self.service {
            Service::DynamoDb => {
                let request = self.json();
                let id = |of: &str| request[of]["id"]["S"].as_str().map(str::to_owned);
                id("Key").or_else(|| id("Item")).unwrap_or_default()
            }
            Service::Events => member("EventBusName"),
            Service::Kms => member("KeyId"),
            Service::Sfn => member("name"),
            Service::Sqs => member("MessageBody"),
            Service::S3 => format!("{}/{}", self.bucket, self.key),
            Service::Ssm => member("Name"),
        }
    }
}

const OF_OBJECTS: &[&str] = &["partNumber", "uploadId", "uploads", "versionId", "x-id"];
const OF_LISTS: &[&str] = &[
    "delimiter",
    "encoding-type",
    "list-type",
    "max-keys",
    "prefix",
    "start-after",
    "x-id",
];

/// Operations on objects that have a sub-resource (`?acl`, say) are not emulated.
fn rest_operation(method: &str, query: &[(String, String)]) -> &'static str {
    let lists = query
        .iter()
        .any(|(name, value)| name == "list-type" && value == "2");
    let known = if lists { OF_LISTS } else { OF_OBJECTS };
    for (name, _) in query {
        assert!(known.contains(&name.as_str()), "?{name} is not emulated");
    }
    let has = |name: &str| query.iter().any(|(parameter, _)| parameter == name);
    match method {
        "POST" if has("uploads") => "CreateMultipartUpload",
        "PUT" if has("uploadId") => "UploadPart",
        "POST" if has("uploadId") => "CompleteMultipartUpload",
        "DELETE" if has("uploadId") => "AbortMultipartUpload",
        "GET" if lists => "ListObjectsV2",
        "GET" => "GetObject",
        "PUT" => "PutObject",
        other => panic!("{other} is not emulated"),
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if let (b'%', [high, low, tail @ ..]) = (first, tail) {
            let digits = [*high, *low];
            let digits = str::from_utf8(&digits).expect("two hex digits");
            bytes.push(u8::from_str_radix(digits, 16).expect("two hex digits"));
            rest = tail;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

#[derive(Debug)]
pub(super) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Answer {
    pub(super) fn of(status: u16, headers: Vec<(&'static str, String)>, body: Vec<u8>) -> Self {
        Self {
            status,
            headers,
            body,
        }
    }

    pub(super) fn json(body: &Value) -> Self {
        Self::of(200, Vec::new(), body.to_string().into_bytes())
    }

    /// How a service says no.
    pub(super) fn error(service: Service, status: u16, code: &str, message: &str) -> Self {
        let body = match service {
            Service::S3 => format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code>\
                 <Message>{message}</Message><RequestId>R</RequestId><HostId>H</HostId></Error>"
            ),
            _ => json!({ "__type": code, "message": message }).to_string(),
        };
        Self::of(status, Vec::new(), body.into_bytes())
    }

    /// How a service says no, with more than words.
    pub(super) fn refusal(body: &Value) -> Self {
        Self::of(400, Vec::new(), body.to_string().into_bytes())
    }

    pub(super) fn change(&mut self, change: fn(&mut Value)) {
        let mut value = serde_json::from_slice(&self.body).expect("JSON");
        change(&mut value);
        self.body = value.to_string().into_bytes();
    }

    pub(super) fn change_byte(&mut self) {
        flip(&mut self.body);
    }

    pub(super) fn response(self) -> HttpResponse {
        let length = self.body.len().to_string();
        let status = self.status.try_into().expect("a status");
        let mut response = HttpResponse::new(status, SdkBody::from(self.body));
        let headers = response.headers_mut();
        headers.insert("content-length", length);
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        response
    }
}

/// One bit in the middle.
pub(super) fn flip(bytes: &mut [u8]) {
    let middle = bytes.len() / 2;
    *bytes.get_mut(middle).expect("a byte to change") ^= 1;
}
