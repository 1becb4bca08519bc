//! What `cargo rehearse` can do.

pub mod measure;
pub mod tell;
pub mod up_down;
