//! Whole ceremonies, told as stories with the actors of the rehearsal, on its kind of stack.
//!
//! One stack serves every test of a run; each test is a [`Story`] with a partner of its own, by
//! whose name everything it causes is told apart. Drivers are named by who acts: `operator_*`,
//! `partner_*`, `ceremony_*`.

mod desk;
mod events;
mod findings;
mod shell;
mod story;
mod world;

pub use desk::Desk;
pub use events::Event;
pub use findings::{Alias, Created};
pub use rehearsal::acme::UID;
pub use rehearsal::actors::partner::files;
pub use shell::{json_digest_by_python, kcv_by_python, openssl};
pub use story::{Failure, Story, assert_succeeded};
pub use world::World;
