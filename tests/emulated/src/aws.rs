//! S3, Parameter Store, KMS, Step Functions, DynamoDB, SQS and EventBridge in the test's process: what
//! real SDK clients say to them goes through no socket.
//!
//! Written from AWS's API references of the few operations that steps use. What is not here is not
//! answered but panics, so that no test passes on an answer that nobody thought about.
//!
//! Clients retry by themselves, and wait in between: tests start with a paused clock, which makes
//! waiting free.

mod bucket;
mod call;
mod ciphers;
mod executions;
mod expression;
mod fault;
mod gate;
mod messages;
mod parameters;
mod signer;
mod table;
mod tasks;

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_paymentcryptography::config::{
    Credentials, SharedCredentialsProvider, StalledStreamProtectionConfig,
};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;

pub use bucket::Stored;
pub use executions::Started;
pub use fault::Fault;
pub use gate::Gate;
pub use messages::Announced;
pub use signer::{Signer, spki};
pub use tasks::Task;

use bucket::Buckets;
use call::{Call, Service};
use ciphers::Ciphers;
use executions::Executions;
use fault::Faults;
use messages::Messages;
use parameters::Parameters;
use serde_json::Value;
use table::Table;
use tasks::Tasks;

/// An account with nothing in it. Clones are the same account.
#[derive(Clone, Debug, Default)]
pub struct Aws(Arc<Mutex<Account>>);

#[derive(Debug, Default)]
struct Account {
    buckets: Buckets,
    calls: Vec<String>,
    ciphers: Ciphers,
    executions: Executions,
    faults: Faults,
    messages: Messages,
    parameters: Parameters,
    signers: Vec<Signer>,
    table: Table,
    tasks: Tasks,
}

impl Aws {
    /// What clients are made of, as a step makes them. Attempts and pauses are the SDK's own.
    pub fn config(&self) -> SdkConfig {
        Self::config_through(self.clone())
    }

    /// The same, for clients whose every request waits at a gate.
    pub fn config_behind(&self, gate: &Gate) -> SdkConfig {
        Self::config_through(gate.before(self.clone()))
    }

    /// The same, for clients whose requests take another way.
    pub fn config_through(connector: impl HttpConnector + 'static) -> SdkConfig {
        let connector = SharedHttpConnector::new(connector);
        let credentials = Credentials::new("test", "test", None, None, "tests");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .region(Region::new("eu-west-1"))
            // It would measure the speed of a network that is not there.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build()
    }

    /// What time S3 and Step Functions take it to be from here on, seconds since 1970.
    pub fn set_time(&self, now: i64) {
        let mut account = self.account();
        account.buckets.now = now;
        account.executions.now = now;
    }

    /// Every execution that was started and not forgotten, in the order of their names.
    pub fn executions(&self) -> Vec<Started> {
        self.account().executions.all()
    }

    /// An execution fails now.
    pub fn end_execution(&self, name: &str) {
        self.account().executions.end(name, "FAILED");
    }

    /// Somebody aborts it.
    pub fn abort_execution(&self, name: &str) {
        self.account().executions.end(name, "ABORTED");
    }

    /// It ends, and has done what it was for.
    pub fn complete_execution(&self, name: &str) {
        self.account().executions.end(name, "SUCCEEDED");
    }

    /// Step Functions does so 90 days after the end.
    pub fn forget_execution(&self, name: &str) {
        self.account().executions.forget(name);
    }

    /// What was put on the bus.
    pub fn announced(&self) -> Vec<Announced> {
        self.account().messages.announced.clone()
    }

    /// What was sent to queues.
    pub fn sent(&self) -> Vec<String> {
        self.account().messages.sent.clone()
    }

    /// An item of the one table, as DynamoDB writes it.
    pub fn item(&self, id: &str) -> Option<Value> {
        self.account().table.item(id)
    }

    /// Somebody takes an attribute of one item and puts it in another.
    pub fn copy_attribute(&self, from: &str, to: &str, attribute: &str) {
        let value = self.item(from).expect("an item")[attribute].clone();
        self.change_item(to, attribute, value);
    }

    /// From here on a page of a scan reads so many items.
    pub fn scan_pages_of(&self, items: usize) {
        self.account().table.page = Some(items);
    }

    /// A task begins to wait with this token, or something else becomes of it.
    pub fn set_task(&self, token: &str, task: Task) {
        self.account().tasks.set(token, task);
    }

    /// What has become of the task of this token.
    pub fn task(&self, token: &str) -> Option<Task> {
        self.account().tasks.get(token)
    }

    /// A key in KMS that encrypts.
    pub fn put_cipher(&self, arn: &str) {
        self.account().ciphers.put(arn);
    }

    /// The ids of all items.
    pub fn items(&self) -> Vec<String> {
        self.account().table.ids()
    }

    /// Somebody changes an attribute of an item.
    pub fn change_item(&self, id: &str, attribute: &str, value: Value) {
        self.account().table.change(id, attribute, value);
    }

    /// Every request so far, each attempt of a call included: `PutObject bucket/key`, say.
    pub fn calls(&self) -> Vec<String> {
        self.account().calls.clone()
    }

    /// What happens to these requests of an operation, the next one being the first.
    pub fn fault(&self, operation: &str, requests: RangeInclusive<usize>, fault: Fault) {
        self.account().faults.plan(operation, requests, fault);
    }

    /// What happens to every attempt of a client's next call of an operation.
    pub fn fault_for_good(&self, operation: &str, fault: Fault) {
        self.fault(operation, 1..=usize::MAX, fault);
    }

    /// From here on everything works again.
    pub fn mend(&self) {
        self.account().faults = Faults::default();
    }

    /// The version of `key` that somebody writes.
    pub fn put(&self, bucket: &str, key: &str, bytes: impl Into<Vec<u8>>) -> String {
        self.account().buckets.put(bucket, key, bytes.into())
    }

    /// Somebody deletes an object: what lay there is hidden, not gone.
    pub fn delete(&self, bucket: &str, key: &str) {
        self.account().buckets.delete(bucket, key);
    }

    /// Somebody deletes one version for good.
    pub fn delete_version(&self, bucket: &str, key: &str, version: &str) {
        self.account().buckets.delete_version(bucket, key, version);
    }

    /// Without the permission to list it, a bucket does not say what is not there.
    pub fn forbid_listing(&self) {
        self.account().buckets.forbid_listing();
    }

    /// All versions of an object, the oldest first.
    pub fn versions(&self, bucket: &str, key: &str) -> Vec<Stored> {
        self.account().buckets.versions(bucket, key)
    }

    /// The one version of an object.
    ///
    /// # Panics
    ///
    /// If it has none, or more.
    pub fn only(&self, bucket: &str, key: &str) -> Stored {
        let versions = self.versions(bucket, key);
        let [stored] = &versions[..] else {
            panic!("{bucket}/{key} has {} versions", versions.len());
        };
        stored.clone()
    }

    /// The keys of a bucket, sorted.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        self.account().buckets.keys(bucket)
    }

    /// An operator writes a parameter: its next version, encrypted.
    pub fn put_parameter(&self, name: &str, value: &str) {
        self.account().parameters.put(name, value);
    }

    /// What a parameter holds now.
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.account().parameters.value(name)
    }

    /// Somebody writes a parameter that is no secret.
    pub fn put_plain_parameter(&self, name: &str, value: &str) {
        self.account().parameters.put_plain(name, value);
    }

    /// The one key in KMS from here on.
    pub fn put_signer(&self, signer: Signer) {
        self.account().signers = vec![signer];
    }

    /// Another key in KMS.
    pub fn add_signer(&self, signer: Signer) {
        self.account().signers.push(signer);
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        // A test that failed inside has said so already.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    fn answer(&mut self, call: &Call) -> Result<HttpResponse, ConnectorError> {
        self.calls
            .push(format!("{} {}", call.operation, call.resource()));
        let fault = self.faults.next(&call.operation);
        if let Some(refusal) = fault.as_ref().and_then(|fault| fault.refusal(call)) {
            return Ok(refusal.response());
        }
        let mut answer = match call.service {
            Service::DynamoDb => self.table.answer(call),
            Service::Events | Service::Sqs => self.messages.answer(call),
            Service::Sfn if call.operation.starts_with("SendTask") => self.tasks.answer(call),
            Service::Sfn => self.executions.answer(call),
            Service::Kms if Ciphers::is_asked(call) => self.ciphers.answer(call),
            Service::Kms => signer::answer(&self.signers, call),
            Service::S3 => self.buckets.answer(call),
            Service::Ssm => self.parameters.answer(call),
        };
        match fault {
            Some(Fault::AnswerLost) => {
                return Err(ConnectorError::io("the connection was closed".into()));
            }
            Some(Fault::Answered(change)) => answer.change(change),
            Some(Fault::ChangedInStorage) => self.buckets.change_byte(&call.bucket, &call.key),
            Some(Fault::ChangedOnTheWay) => answer.change_byte(),
            _ => {}
        }
        Ok(answer.response())
    }
}

impl Aws {
    fn answer(&self, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let call = Call::of(request);
        self.account().answer(&call)
    }
}

impl HttpConnector for Aws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(self.answer(&request))
    }
}
