//! Holds `statemachine/kek-export.asl.json`, `statemachine/examples/` and the steps' types
//! together: what a state hands to a step is what the step's `Input` reads, what a step returns is
//! what later states take from it, and no error name is spelled differently on the two sides.

mod examples;
mod machine;
mod payload;
mod steps;

pub use examples::Examples;
pub use machine::{Machine, Task};
pub use payload::resolve;
pub use steps::{STEPS, Step};
