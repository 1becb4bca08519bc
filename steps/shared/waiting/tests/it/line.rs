//! How an actor's calls get to the services: when somebody lets them.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::retry::RetryConfig;
use emulated::aws::Aws;
use serde_json::Value;
use waiting::Waiting;

use crate::world::{KEY, TABLE};

/// A call on its way.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) operation: String,
    http: HttpRequest,
}

impl Request {
    pub(crate) fn changes_something(&self) -> bool {
        !matches!(
            self.operation.as_str(),
            "Decrypt" | "Encrypt" | "GetItem" | "Scan"
        )
    }

    /// What it says, but for what differs each time.
    pub(crate) fn plain(&self) -> String {
        let body = self.http.body().bytes().expect("a body in memory");
        format!("{} {}", self.operation, plain(body))
    }

    /// What the service says to it.
    pub(crate) fn carry_out(self, aws: &Aws) -> Answer {
        let mut answered = pin!(HttpConnector::call(aws, self.http));
        let mut context = Context::from_waker(Waker::noop());
        match answered.as_mut().poll(&mut context) {
            Poll::Ready(answer) => Answer(answer),
            Poll::Pending => panic!("an account in memory answers at once"),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Answer(Result<HttpResponse, ConnectorError>);

impl Answer {
    pub(crate) fn lost() -> Self {
        Self(Err(ConnectorError::io("the connection was closed".into())))
    }

    pub(crate) fn plain(&self) -> String {
        match &self.0 {
            Ok(response) => plain(response.body().bytes().expect("a body in memory")),
            Err(_) => "nothing".to_owned(),
        }
    }
}

/// Ciphertexts are others each time, and mean the same.
fn plain(body: &[u8]) -> String {
    fn hide(value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    if ["B", "CiphertextBlob"].contains(&name.as_str()) {
                        *value = Value::Null;
                    }
                    hide(value);
                }
            }
            Value::Array(values) => values.iter_mut().for_each(hide),
            _ => {}
        }
    }
    let mut value = serde_json::from_slice(body).expect("JSON");
    hide(&mut value);
    value.to_string()
}

/// The table's item in the same way.
pub(crate) fn plain_item(item: &Value) -> String {
    plain(item.to_string().as_bytes())
}

/// Where a call waits, and then its answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line(Arc<Mutex<OnTheLine>>);

#[derive(Debug, Default)]
struct OnTheLine {
    request: Option<Request>,
    answer: Option<Answer>,
}

impl Line {
    /// Clients with this line for a network. They make no call again: how often they would depends on
    /// what all clients of the process have gone through.
    pub(crate) fn waiting(&self) -> Waiting {
        let config = Aws::config_through(self.clone()).to_builder();
        let config = config.retry_config(RetryConfig::disabled()).build();
        Waiting::new(&config, TABLE.to_owned(), KEY.to_owned())
    }

    /// The call that came in since this was last asked.
    pub(crate) fn take_request(&self) -> Option<Request> {
        self.lock().request.take()
    }

    pub(crate) fn answer(&self, answer: Answer) {
        self.lock().answer = Some(answer);
    }

    /// Forgets what its actor was at.
    pub(crate) fn clear(&self) {
        *self.lock() = OnTheLine::default();
    }

    fn lock(&self) -> MutexGuard<'_, OnTheLine> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").expect("a target");
        let (_, operation) = target.split_once('.').expect("an operation");
        self.lock().request = Some(Request {
            operation: operation.to_owned(),
            http: request,
        });
        let line = self.clone();
        HttpConnectorFuture::new(poll_fn(move |_| match line.lock().answer.take() {
            Some(Answer(answer)) => Poll::Ready(answer),
            None => Poll::Pending,
        }))
    }
}
