//! Who acts on a running stack: the operator, the partner, and whoever watches.

pub mod follow;
pub mod watcher;
