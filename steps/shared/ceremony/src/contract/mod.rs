//! The input and output document of every state of `statemachine/kek-export.asl.json`.
//!
//! Steps do not know one another: what one needs of another arrives in these documents. The
//! contract test holds the state machine, the examples and these types together.

pub mod create_kek;
pub mod execution;
pub mod fetch_certs;
pub mod import_ca;
pub mod publish;
pub mod record_failure;
pub mod sign;
pub mod validate;
pub mod wrap;

macro_rules! document {
    ($(#[$meta:meta])* pub struct $name:ident $body:tt) => {
        $(#[$meta])*
        #[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name $body
    };
}
pub(crate) use document;
