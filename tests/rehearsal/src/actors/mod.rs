//! Who acts on a running stack. They have nothing but a [`Connection`](crate::Connection), and
//! leave every judgement to whoever tells the story: a demo, or a test.
//!
//! | actor | does |
//! | --- | --- |
//! | [`Ear`] | hears every event on the bus |
//! | [`Operator`] | writes a partner's profiles and enrolment rules, drops certificates of ours, lets time pass |
//! | [`Partner`] | makes its chain, drops files, fetches packages and opens them |
//! | [`Requester`] | orders working keys for a partner |
//! | [`Watcher`] | sees executions start, go and end, and reads evidence |

pub mod ear;
pub mod folder;
pub mod follow;
pub mod operator;
pub mod partner;
pub mod requester;
mod waits;
pub mod watcher;

pub use ear::{Ear, Event};
pub use folder::Folder;
pub use operator::Operator;
pub use partner::Partner;
pub use requester::Requester;
pub use watcher::{Execution, Watcher};
