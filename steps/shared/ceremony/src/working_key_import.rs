//! Working keys that the partner sends: TR-31 blocks under its KEK, dropped in files, and what is taken of
//! them.
//!
//! | module | holds |
//! | --- | --- |
//! | [`place`] | where a file of blocks is dropped, and the aliases of the keys in them |
//! | [`file`](mod@file) | from the bytes of a file to its lines, each with a name and a block |
//! | [`rules`] | what a profile allows, and a block's header held to it |
//! | [`check_value`] | what is announced of a key's check value, and what its block says of its KEK |
//! | [`run`] | what one state of the ceremony tells another |
//! | [`refused`] | why a line is not imported, in words |
//!
//! One line that is refused stops none of the others. Nothing here opens a block: what is in it, the
//! service says.

pub mod check_value;
pub mod file;
pub mod place;
pub mod refused;
pub mod rules;
pub mod run;
