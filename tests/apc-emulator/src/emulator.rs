//! Starting and stopping an emulator.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::config::{Config, Refusal};
use crate::controls::Controls;
use crate::model::identifiers::Scope;
use crate::server::{self, BindError, TlsError};
use crate::service::Service;
use crate::state_file::StateError;

/// The emulator. Call [`Emulator::start`] within a Tokio runtime.
pub struct Emulator;

impl Emulator {
    /// Starts an emulator and returns when it can be connected to.
    pub async fn start(config: Config) -> Result<EmulatorHandle, StartError> {
        config.check()?;
        let tls = config.tls.as_ref().map(server::tls_acceptor).transpose()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let defaults = Scope {
            account: config.account,
            region: config.region,
        };
        let service = Arc::new(match &config.state {
            Some(state) => Service::with_state_file(defaults, state)?,
            None => Service::new(defaults),
        });
        let controls = Controls::new(Arc::clone(&service), config.quotas, config.latencies);

        let clients = server::bind(config.listen).await?;
        let url = url(scheme, clients.local_addr()?);
        let mut tasks = vec![];
        let mut management_url = None;
        if let Some(address) = config.management {
            let management = server::bind(address).await?;
            management_url = Some(self::url("http", management.local_addr()?));
            tasks.push(spawn(server::serve_management(
                management,
                controls.clone(),
            )));
        }
        tasks.push(spawn(server::serve_clients(clients, tls, service)));
        Ok(EmulatorHandle {
            controls,
            management_url,
            tasks,
            url,
        })
    }
}

/// A running emulator. It ends, with every key in it, when this is dropped.
pub struct EmulatorHandle {
    controls: Controls,
    management_url: Option<String>,
    tasks: Vec<JoinHandle<()>>,
    url: String,
}

impl EmulatorHandle {
    /// What only tests may do.
    pub fn controls(&self) -> &Controls {
        &self.controls
    }

    /// Where tests connect, if the management port is on.
    pub fn management_url(&self) -> Option<&str> {
        self.management_url.as_deref()
    }

    /// Where clients connect: the value for `AWS_ENDPOINT_URL_PAYMENT_CRYPTOGRAPHY`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends the emulator and waits until its ports are free.
    pub async fn shutdown(mut self) {
        for task in std::mem::take(&mut self.tasks) {
            task.abort();
            // The only way it ends is by being aborted.
            let _ = task.await;
        }
    }
}

impl Drop for EmulatorHandle {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Why an emulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error("the address that is listened on is unknown: {0}")]
    LocalAddress(#[from] io::Error),
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Tls(#[from] TlsError),
}

fn url(scheme: &str, address: SocketAddr) -> String {
    format!("{scheme}://{address}")
}

fn spawn<F>(serving: F) -> JoinHandle<()>
where
    F: Future<Output = std::convert::Infallible> + Send + 'static,
{
    tokio::spawn(async move { match serving.await {} })
}
