//! `FetchCerts`: the execution's objects become a certificate path and a policy.

use super::document;
use crate::path::CertificatePath;
use crate::profile::Policy;

pub use super::execution::Input;

document! {
    pub struct Output {
        /// By names and signatures only; proven by the next state.
        pub path: CertificatePath,
        pub policy: Policy,
    }
}
