//! Certificate revocation lists (RFC 5280 §5): complete ones of the certificate's own issuer.

mod entries;
mod list;
mod scope;

pub(crate) use list::{Listed, read};
