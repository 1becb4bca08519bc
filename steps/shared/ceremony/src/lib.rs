//! The domain of a key ceremony, pure: no AWS SDK, no Lambda runtime, no input or output.
//!
//! | module | holds |
//! | --- | --- |
//! | [`identifiers`], [`id`] | who a ceremony is for and what it is called: partner, environment, data type, kind, ceremony id, aliases |
//! | [`certificate`], [`bundle`], [`path`] | certificates, the files they arrive in, and the way from a leaf to a root |
//! | [`proof`] | a path proven against pinned trust, or every reason why not |
//! | [`lints`] | what RFC 5280 demands of certificates beyond path validation |
//! | [`revocation`], [`clearance`] | what a profile asks of revocation, what was found, and whether it is enough |
//! | [`algorithms`], [`strength`] | key and signature algorithms, and which key may carry or certify which |
//! | [`exchange`] | the methods by which a KEK travels, and what comes out of them |
//! | [`profile`], [`signed_prefix`] | what an operator has decided about a partner's folder |
//! | [`fleet`] | initial keys for terminals: serial numbers, inventories, batches, what became of each |
//! | [`tr31`], [`tr34`] | what a key block says of its key in clear |
//! | [`keys`] | what is told of keys in Payment Cryptography |
//! | [`signature`] | verifying what KMS signed |
//! | [`execution`], [`publication`] | what starts an execution, what it publishes, and where things lie in S3 |
//! | [`working_keys`] | orders for working keys, and what a profile allows of them |
//! | [`key_import`] | KEKs that the partner sends: requests, offers, and the blocks that are dropped for them |
//! | [`working_key_import`] | working keys that the partner sends, and what is taken of them |
//! | [`enrolment`] | signing keys of our own, and the certificates for them |
//! | [`evidence`] | what a step leaves behind for an auditor |
//! | [`announcement`], [`finding`] | the events of the bus `key-ceremony`, and what a reconciliation finds |
//! | [`digest`], [`utc`] | SHA-256, and points in time |
//! | [`text`] | text that somebody else chose, as it may be told to people |

pub mod algorithms;
pub mod announcement;
pub mod bundle;
pub mod certificate;
pub mod clearance;
pub mod digest;
pub mod enrolment;
pub mod evidence;
pub mod exchange;
pub mod execution;
pub mod finding;
pub mod fleet;
pub mod id;
pub mod identifiers;
pub mod key_import;
pub mod keys;
pub mod lints;
pub mod path;
pub mod profile;
pub mod proof;
mod public_key;
pub mod publication;
pub mod revocation;
pub mod signature;
pub mod signed_prefix;
pub mod strength;
pub mod text;
pub mod tr31;
pub mod tr34;
pub mod utc;
pub mod working_key_import;
pub mod working_keys;
