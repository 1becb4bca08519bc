//! How the calls of an SDK client get to the service without a socket: at once, or when somebody
//! lets them.

use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::config::{BehaviorVersion, Region, StalledStreamProtectionConfig};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use step::aws::SdkConfig;

use crate::service::{Answer, Request};

/// Where a caller's call waits, and then its answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    request: Option<Request>,
    answer: Option<Answer>,
}

impl Line {
    /// The client of the steps, with this line for a network.
    pub(crate) fn client(&self) -> Client {
        client(self.clone())
    }

    /// The call that came in since this was last asked.
    pub(crate) fn take_request(&self) -> Option<Request> {
        self.waiting().request.take()
    }

    pub(crate) fn answer(&self, answer: Answer) {
        self.waiting().answer = Some(answer);
    }

    /// Forgets what its caller was at.
    pub(crate) fn clear(&self) {
        *self.waiting() = Waiting::default();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.waiting().request = Some(read(&request));
        let line = self.clone();
        HttpConnectorFuture::new(poll_fn(move |_| match line.waiting().answer.take() {
            Some(answer) => Poll::Ready(written(answer)),
            None => Poll::Pending,
        }))
    }
}

/// A client whose calls are answered at once, by this function.
pub(crate) fn answered_by(answer: impl Fn(Request) -> Answer + Send + Sync + 'static) -> Client {
    client(AtOnce(answer))
}

struct AtOnce<F>(F);

impl<F> fmt::Debug for AtOnce<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AtOnce")
    }
}

impl<F: Fn(Request) -> Answer + Send + Sync> HttpConnector for AtOnce<F> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(written((self.0)(read(&request))))
    }
}

fn client(connector: impl HttpConnector + 'static) -> Client {
    let connector = SharedHttpConnector::new(connector);
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .region(Region::new("eu-west-1"))
        // It would measure the speed of a network that is not there.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    // Nobody looks at a signature here, and signing takes half of a call's time.
    let config = payment_keys::client(&config).config().to_builder();
    Client::from_conf(config.allow_no_auth().build())
}

fn read(request: &HttpRequest) -> Request {
    let target = request.headers().get("x-amz-target").expect("a target");
    let (_, operation) = target.split_once('.').expect("an operation");
    let body = request.body().bytes().expect("a body in memory");
    Request {
        operation: operation.to_owned(),
        body: serde_json::from_slice(body).expect("JSON"),
    }
}

fn written(answer: Answer) -> Result<HttpResponse, ConnectorError> {
    match answer {
        Answer::Served(status, body) => Ok(HttpResponse::new(
            status.try_into().expect("a status"),
            SdkBody::from(body.to_string()),
        )),
        Answer::Lost => Err(ConnectorError::io("the connection was closed".into())),
    }
}
