//! What the test programs share, whatever they test.
//!
//! | module | holds |
//! | --- | --- |
//! | [`process`] | child processes that never outlive their purpose |
//! | [`progress`] | what the person at the terminal sees meanwhile |
//! | [`project`] | where things lie in the checkout |
//! | [`tools`] | what a fresh machine must bring along |
//! | [`python`], [`node`] | pinned packages, installed once |
//! | [`lock`], [`stamp`] | work that is done once for all, and again only when its input changed |

pub mod lock;
pub mod node;
pub mod process;
pub mod progress;
pub mod project;
pub mod python;
pub mod stamp;
pub mod tools;

pub use node::prepare_node;
pub use process::Lifetime;
pub use progress::Progress;
pub use project::Project;
pub use python::{prepare_python, python_program, spawn_python};
