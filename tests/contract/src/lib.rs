//! Holds `statemachine/*.asl.json`, `statemachine/examples/` and the steps' types together: what a
//! state hands to a step is what the step's `Input` reads, what a step returns is what later states
//! take from it, what is announced is an event that exists, and no error name is spelled
//! differently on the two sides.
//!
//! A new machine costs no line here; a new step costs one, in `steps.rs`.

mod examples;
mod expression;
mod machine;
pub mod policies;
pub mod signed;
mod steps;

pub use examples::Examples;
pub use expression::{holds, resolve};
pub use machine::{Machine, State};
pub use steps::{STEPS, Step};
