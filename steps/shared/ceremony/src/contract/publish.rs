//! `Publish`: the package to the outbox, the record to the evidence bucket.

use super::{create_kek, document, execution, fetch_certs, import_ca, sign, validate, wrap};
use crate::digest::Sha256;
use crate::evidence::Proven;
use crate::utc::Utc;

document! {
    pub struct Input {
        pub execution: Execution,
        pub input: execution::Input,
        pub fetch_certs: Proven<fetch_certs::Output>,
        pub validate: Proven<validate::Output>,
        pub import_ca: Proven<import_ca::Output>,
        pub create_kek: Proven<create_kek::Output>,
        pub wrap: Proven<wrap::Output>,
        pub sign: Proven<sign::Output>,
    }
}

document! {
    /// What Step Functions says of the execution.
    pub struct Execution {
        pub arn: String,
        pub started_at: Utc,
    }
}

document! {
    pub struct Output {
        pub package: Location,
        pub record: Location,
        /// Digest of `manifest.json`, which has the digest of every other file of the package.
        pub manifest_sha256: Sha256,
        pub record_sha256: Sha256,
    }
}

document! {
    #[derive(Eq, PartialEq)]
    pub struct Location {
        pub bucket: String,
        /// A key; or a prefix, where it ends in a slash.
        pub key: String,
    }
}
