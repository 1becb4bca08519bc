//! The keys in Payment Cryptography against the evidence.
//!
//! | module | holds |
//! | --- | --- |
//! | [`seen`] | what the service lists, and what was asked about single keys |
//! | [`records`] | what a record in the evidence bucket says of keys |
//! | [`imports`] | what evidence says of an import while it waits, and after its record |
//! | [`questions`] | which keys have to be asked about: those on which both sides disagree |
//! | [`compare`] | the inventory: every key of ours, and every disagreement |
//! | [`parts`] | how the steps of the reconciliation hand pages to each other, through S3 |
//!
//! All but [`parts`] is pure.

pub mod compare;
pub mod imports;
pub mod parts;
mod picture;
pub mod questions;
pub mod records;
pub mod seen;
mod under_way;

pub use compare::{Inventory, compare};
pub use imports::{Established, Wait};
pub use parts::{Error, Page, Pages, Parts, Place, Progress, name_of};
pub use questions::{Question, questions};
pub use records::{Recorded, RecordedKey, read_record};
pub use seen::{Asked, Before, ListedAlias, ListedKey, Seen};
