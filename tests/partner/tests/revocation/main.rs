//! The revocation services by a judge that nobody here wrote: OpenSSL.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod crl;
mod ocsp;
mod program;
mod support;
mod wire;
