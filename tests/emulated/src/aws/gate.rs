//! A gate that requests wait at, so that a test says whose turn it is.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use tokio::sync::Semaphore;

use super::Aws;

/// Closed at first. Clones are the same gate.
#[derive(Clone, Debug)]
pub struct Gate(Arc<State>);

#[derive(Debug)]
struct State {
    permits: Semaphore,
    waiting: Mutex<usize>,
}

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(State {
            permits: Semaphore::new(0),
            waiting: Mutex::new(0),
        }))
    }
}

impl Gate {
    /// Lets so many requests pass, those that wait and those to come.
    pub fn let_pass(&self, requests: usize) {
        self.0.permits.add_permits(requests);
    }

    /// Whether a request waits that has not been let pass.
    pub fn is_waited_at(&self) -> bool {
        self.0.permits.available_permits() == 0 && *self.waiting() > 0
    }

    pub(super) fn before(&self, aws: Aws) -> Gated {
        Gated {
            gate: self.clone(),
            aws,
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, usize> {
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    async fn pass(&self) {
        *self.waiting() += 1;
        let permit = self.0.permits.acquire().await;
        permit.expect("a gate that is never taken down").forget();
        *self.waiting() -= 1;
    }
}

/// An account behind a gate.
#[derive(Debug)]
pub(super) struct Gated {
    gate: Gate,
    aws: Aws,
}

impl HttpConnector for Gated {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (gate, aws) = (self.gate.clone(), self.aws.clone());
        HttpConnectorFuture::new(async move {
            gate.pass().await;
            aws.answer(&request)
        })
    }
}
