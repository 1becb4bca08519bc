//! What `cargo rehearse` can do.

pub mod measure;
pub mod up_down;
