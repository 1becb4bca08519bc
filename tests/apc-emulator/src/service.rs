//! The service behind the socket: one request in, one answer out, faults and the request log
//! included.

use std::sync::Arc;

use hyper::body::Bytes;
use serde_json::Value;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::faults::{Fault, FaultKind, Faults};
use crate::latencies::LatencySwitch;
use crate::model::identifiers::Scope;
use crate::operations;
use crate::operations::call::Call;
use crate::protocol::answer::{Answer, new_request_id};
use crate::protocol::caller::Caller;
use crate::protocol::error::ServiceError;
use crate::protocol::input::parse_body;
use crate::protocol::operation::Operation;
use crate::quotas::{Quotas, RateLimit};
use crate::request_log::{LoggedRequest, RequestLog};
use crate::state_file::{StateConfig, StateError, StateFile};
use crate::store::Store;

/// Everything the emulator is, apart from its sockets.
pub(crate) struct Service {
    pub(crate) clock: Clock,
    pub(crate) defaults: Scope,
    pub(crate) faults: Faults,
    pub(crate) latencies: LatencySwitch,
    pub(crate) rate_limit: RateLimit,
    pub(crate) requests: RequestLog,
    pub(crate) store: Store,
    state_file: Option<StateFile>,
}

impl Service {
    /// A service with nothing in it; the scope holds for requests that name none.
    pub(crate) fn new(defaults: Scope) -> Self {
        Self {
            clock: Clock::default(),
            defaults,
            faults: Faults::default(),
            latencies: LatencySwitch::default(),
            rate_limit: RateLimit::default(),
            requests: RequestLog::default(),
            store: Store::default(),
            state_file: None,
        }
    }

    /// A service that goes on with what is in a file.
    pub(crate) fn with_state_file(
        defaults: Scope,
        config: &StateConfig,
    ) -> Result<Self, StateError> {
        let (file, state) = StateFile::open(config)?;
        let service = Self {
            store: Store::with_state(state),
            state_file: Some(file),
            ..Self::new(defaults)
        };
        // A file that cannot be written is found out now and not at the first key.
        service.save()?;
        Ok(service)
    }

    /// Writes the state to its file, if it has one.
    pub(crate) fn save(&self) -> Result<(), StateError> {
        match &self.state_file {
            Some(file) => file.save(&self.store),
            None => Ok(()),
        }
    }

    /// Enforces quotas, or none any more.
    pub(crate) fn set_quotas(&self, quotas: Option<Quotas>) {
        self.store.lock().quotas = quotas;
        self.rate_limit.set(quotas);
    }

    /// Serves one request where it stands, without faults and latencies.
    pub(crate) fn serve_now(&self, request: Request) -> Answer {
        let (mut log, request_id) = self.begin(&request);
        let (log, result) = match self.admit(&request, &mut log) {
            Ok(admitted) => self.run_now(admitted, request.body, log),
            Err(error) => (log, Err(error)),
        };
        self.finish(log, request_id, result)
    }

    /// Serves one request.
    pub(crate) async fn serve(self: &Arc<Self>, request: Request) -> Result<Answer, Dropped> {
        let (mut log, request_id) = self.begin(&request);
        let admitted = match self.admit(&request, &mut log) {
            Ok(admitted) => admitted,
            Err(error) => return Ok(self.finish(log, request_id, Err(error))),
        };

        // Only now: a fault that is to hit a request must not be used up by one that is refused.
        let fault = self.faults.take(admitted.operation);
        log.fault = fault.as_ref().map(|fault| fault.kind.as_str().to_owned());
        match fault.as_ref().map(|fault| fault.kind) {
            Some(FaultKind::Delay) => {
                tokio::time::sleep(fault.as_ref().map(Fault::delay).unwrap_or_default()).await;
            }
            Some(FaultKind::DropBefore) => {
                self.requests.add(log);
                return Err(Dropped);
            }
            Some(FaultKind::Internal) => {
                let error = ServiceError::InternalServer("injected fault".to_owned());
                return Ok(self.finish(log, request_id, Err(error)));
            }
            Some(FaultKind::Throttle) => {
                return Ok(self.finish(log, request_id, Err(ServiceError::Throttling)));
            }
            Some(FaultKind::DropAfterCommit) | None => {}
        }

        let latency = self.latencies.of(admitted.operation, &request.body);
        let due = latency.map(|latency| Instant::now() + latency);
        let (log, result) = self.run(admitted, request.body, log).await;
        let answer = self.finish(log, request_id, result);
        // The work is part of the latency. It comes first, so that a caller who gives up meanwhile
        // has changed something, as with the service.
        if let Some(due) = due {
            tokio::time::sleep_until(due).await;
        }
        match fault.map(|fault| fault.kind) {
            Some(FaultKind::DropAfterCommit) => Err(Dropped),
            _ => Ok(answer),
        }
    }

    /// Runs the operation away from the event loop: making an RSA key takes its time.
    async fn run(
        self: &Arc<Self>,
        admitted: Admitted,
        body: Bytes,
        log: LoggedRequest,
    ) -> (LoggedRequest, Result<Value, ServiceError>) {
        let service = Arc::clone(self);
        let fallback = log.clone();
        let work = tokio::task::spawn_blocking(move || service.run_now(admitted, body, log));
        work.await.unwrap_or_else(|_| {
            let error = ServiceError::InternalServer("the emulator failed".to_owned());
            (fallback, Err(error))
        })
    }

    fn begin(&self, request: &Request) -> (LoggedRequest, String) {
        let request_id = new_request_id();
        let log = LoggedRequest {
            position: 0,
            time: self.clock.now().to_rfc3339(),
            request_id: request_id.clone(),
            account: None,
            region: None,
            access_key_id: None,
            operation: request.target.clone().unwrap_or_default(),
            key_arns: Vec::new(),
            alias_name: None,
            outcome: "nothing".to_owned(),
            fault: None,
        };
        (log, request_id)
    }

    /// Finds out what is asked for and by whom, and whether the account's rate has room for it.
    fn admit(&self, request: &Request, log: &mut LoggedRequest) -> Result<Admitted, ServiceError> {
        let operation = Operation::from_target(request.target.as_deref())?;
        log.operation = operation.to_string();
        let Caller {
            access_key_id,
            scope,
        } = Caller::from_authorization(request.authorization.as_deref(), &self.defaults)?;
        log.account = Some(scope.account.to_string());
        log.region = Some(scope.region.to_string());
        log.access_key_id = access_key_id;
        if self.rate_limit.admits(&scope) {
            Ok(Admitted { operation, scope })
        } else {
            Err(ServiceError::Throttling)
        }
    }

    fn run_now(
        &self,
        Admitted { operation, scope }: Admitted,
        body: Bytes,
        mut log: LoggedRequest,
    ) -> (LoggedRequest, Result<Value, ServiceError>) {
        let mut call = Call::new(&self.store, scope, self.clock.now());
        let result = parse_body(&body).and_then(|body| operations::run(&mut call, operation, body));
        let result = match result {
            Ok(output) if operation.changes_state() => {
                self.save().map(|()| output).map_err(ServiceError::from)
            }
            other => other,
        };
        log.key_arns = call.touched_keys.iter().map(ToString::to_string).collect();
        log.alias_name = call.touched_alias.map(|alias| alias.to_string());
        (log, result)
    }

    fn finish(
        &self,
        mut log: LoggedRequest,
        request_id: String,
        result: Result<Value, ServiceError>,
    ) -> Answer {
        log.outcome = match &result {
            Ok(_) => "ok".to_owned(),
            Err(error) => error.name().to_owned(),
        };
        self.requests.add(log);
        Answer::new(request_id, result)
    }
}

/// What the service looks at in an HTTP request.
pub(crate) struct Request {
    pub(crate) authorization: Option<String>,
    pub(crate) body: Bytes,
    pub(crate) target: Option<String>,
}

/// A request that is to be carried out.
struct Admitted {
    operation: Operation,
    scope: Scope,
}

/// The connection is to be closed without an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the connection is dropped by an injected fault")]
pub(crate) struct Dropped;
