//! The input of an execution: written by `intake`, read by the first state.

use super::document;
use crate::digest::Sha256;
use crate::identifiers::Ceremony;

document! {
    pub struct Input {
        /// Version of this document's form.
        pub version: u32,
        pub ceremony: Ceremony,
        /// The objects that carry the leaf and its path: exactly these versions are read.
        pub objects: Vec<DroppedObject>,
    }
}

document! {
    pub struct DroppedObject {
        pub key: String,
        pub version_id: String,
        pub bytes: u64,
        pub sha256: Sha256,
    }
}

/// Version of [`Input`]'s form.
pub const VERSION: u32 = 1;
