//! The Online Certificate Status Protocol (RFC 6960), with nonces (RFC 9654).

mod request;
mod responder;
mod response;

pub(crate) use request::{Hash, Question};
pub(crate) use response::{Answer, Refusal, Verdict, read};
