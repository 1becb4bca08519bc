//! What `cargo rehearse` can do.

mod elsewhere;
pub mod measure;
pub mod tell;
pub mod up_down;
