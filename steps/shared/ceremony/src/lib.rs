//! What every step of a key ceremony shares.
//!
//! | module | holds |
//! | --- | --- |
//! | [`identifiers`] | who a ceremony is for and what it is called: partner, environment, data type, ceremony id, S3 keys, aliases |
//! | [`certificate`], [`bundle`], [`path`] | certificates, the files they arrive in, and the way from a leaf to a root |
//! | [`algorithms`] | KEK and certificate key algorithms, and which key may carry which |
//! | [`profile`] | what an operator has decided about a partner |
//! | [`signature`] | verifying what KMS signed |
//! | [`contract`] | the input and output document of every state |
//! | [`evidence`] | what a step leaves behind for an auditor |
//! | [`announcement`] | the events of the bus `key-ceremony` |

pub mod algorithms;
pub mod announcement;
pub mod bundle;
pub mod certificate;
pub mod contract;
pub mod digest;
pub mod evidence;
pub mod identifiers;
pub mod path;
pub mod profile;
pub mod signature;
pub mod utc;
