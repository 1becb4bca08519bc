//! Asks addresses that somebody else wrote: they come out of certificates.
//!
//! - `http` and `https` without user, password or fragment, on any port: a CA may well serve its
//!   CRLs beside something else, and what answers has to be signed anyway.
//! - A name is resolved once; addresses that are not public are left out, and the connection goes
//!   to one that was checked. Nothing resolves the name again in between. Names that are allowed
//!   by configuration are exempt, each exactly as it is written there.
//! - One request, one answer, on a connection of its own: no redirect, no proxy, no compression,
//!   no cookie, no pool.
//! - Everything ends: the time for one connection, the time for the whole request, the size of the
//!   header and of the body.

mod address;
mod exchange;
mod target;
mod tls;

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::{Fetch, FetchError, Request};
use target::Target;
use tls::Tls;

/// From the first look at a name to the last byte of the answer. A CRL of 5 MiB needs 4 Mbit/s.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// One address out of several: the next one may answer.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);

/// Addresses of one name that are tried.
const MAX_ADDRESSES: usize = 4;

/// The client. Its fields are configuration; it keeps no connection.
#[derive(Debug)]
pub struct Http {
    allowed_hosts: Vec<String>,
    time_limit: Duration,
    tls: Tls,
}

impl Http {
    /// `allowed_hosts` may have any address, private ones included: names, in any case, or
    /// addresses as they stand in a URL. Each is exactly one host, and no port.
    pub fn new(allowed_hosts: Vec<String>) -> Self {
        Self {
            allowed_hosts: allowed_hosts
                .iter()
                .map(|host| host.to_ascii_lowercase())
                .collect(),
            time_limit: TIME_LIMIT,
            tls: Tls::default(),
        }
    }

    /// Another limit than ten seconds for a whole request.
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    async fn answer(&self, request: Request<'_>) -> Result<Vec<u8>, FetchError> {
        let target = Target::parse(request.url)?;
        let stream = self.connect(&target).await?;
        if target.is_https() {
            let stream = self.tls.over(stream, &target).await?;
            exchange::exchange(stream, &target, request).await
        } else {
            exchange::exchange(stream, &target, request).await
        }
    }

    async fn connect(&self, target: &Target) -> Result<TcpStream, FetchError> {
        let allowed = self.allowed_hosts.iter().any(|host| host == target.host());
        let addresses = address::resolved(target, allowed).await?;
        let mut last = "it has no address".to_owned();
        for address in addresses.into_iter().take(MAX_ADDRESSES) {
            match timeout(CONNECT_LIMIT, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => last = error.kind().to_string(),
                Err(_) => last = "it does not answer in time".to_owned(),
            }
        }
        Err(FetchError::unavailable(format!("no connection: {last}")))
    }
}

impl Fetch for Http {
    async fn fetch(&self, request: Request<'_>) -> Result<Vec<u8>, FetchError> {
        match timeout(self.time_limit, self.answer(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(FetchError::unavailable(format!(
                "no complete answer within {:?}",
                self.time_limit
            ))),
        }
    }
}
