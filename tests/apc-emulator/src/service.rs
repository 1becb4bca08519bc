//! The service behind the socket: one request in, one answer out, faults and the request log
//! included.

use std::sync::Arc;

use hyper::body::Bytes;
use serde_json::Value;

use crate::clock::Clock;
use crate::faults::{Fault, FaultKind, Faults};
use crate::model::identifiers::Scope;
use crate::operations;
use crate::operations::call::Call;
use crate::protocol::answer::{Answer, new_request_id};
use crate::protocol::caller::Caller;
use crate::protocol::error::ServiceError;
use crate::protocol::input::parse_body;
use crate::protocol::operation::Operation;
use crate::request_log::{LoggedRequest, RequestLog};
use crate::state_file::{StateConfig, StateError, StateFile};
use crate::store::Store;

/// Everything the emulator is, apart from its sockets.
pub(crate) struct Service {
    pub(crate) clock: Clock,
    pub(crate) defaults: Scope,
    pub(crate) faults: Faults,
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

    /// Serves one request where it stands, without faults.
    pub(crate) fn serve_now(&self, request: Request) -> Answer {
        let (log, request_id) = self.begin(&request);
        let (log, result) = match Operation::from_target(request.target.as_deref()) {
            Ok(operation) => self.run_now(operation, request, log),
            Err(error) => (log, Err(error)),
        };
        self.finish(log, request_id, result)
    }

    /// Serves one request.
    pub(crate) async fn serve(self: &Arc<Self>, request: Request) -> Result<Answer, Dropped> {
        let (mut log, request_id) = self.begin(&request);
        let operation = match Operation::from_target(request.target.as_deref()) {
            Ok(operation) => operation,
            Err(error) => return Ok(self.finish(log, request_id, Err(error))),
        };
        log.operation = operation.to_string();

        let fault = self.faults.take(operation);
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

        let (log, result) = self.run(operation, request, log).await;
        let answer = self.finish(log, request_id, result);
        match fault.map(|fault| fault.kind) {
            Some(FaultKind::DropAfterCommit) => Err(Dropped),
            _ => Ok(answer),
        }
    }

    /// Runs the operation away from the event loop: making an RSA key takes its time.
    async fn run(
        self: &Arc<Self>,
        operation: Operation,
        request: Request,
        log: LoggedRequest,
    ) -> (LoggedRequest, Result<Value, ServiceError>) {
        let service = Arc::clone(self);
        let fallback = log.clone();
        let work = tokio::task::spawn_blocking(move || service.run_now(operation, request, log));
        work.await.unwrap_or_else(|_| {
            let error = ServiceError::InternalServer("the emulator failed".to_owned());
            (fallback, Err(error))
        })
    }

    fn begin(&self, request: &Request) -> (LoggedRequest, String) {
        let request_id = new_request_id();
        let log = LoggedRequest {
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

    fn run_now(
        &self,
        operation: Operation,
        request: Request,
        mut log: LoggedRequest,
    ) -> (LoggedRequest, Result<Value, ServiceError>) {
        log.operation = operation.to_string();
        let caller =
            match Caller::from_authorization(request.authorization.as_deref(), &self.defaults) {
                Ok(caller) => caller,
                Err(error) => return (log, Err(error)),
            };
        log.account = Some(caller.scope.account.to_string());
        log.region = Some(caller.scope.region.to_string());
        log.access_key_id = caller.access_key_id;

        let mut call = Call::new(&self.store, caller.scope, self.clock.now());
        let result =
            parse_body(&request.body).and_then(|body| operations::run(&mut call, operation, body));
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

/// The connection is to be closed without an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the connection is dropped by an injected fault")]
pub(crate) struct Dropped;
