//! `ceremony`, the command-line program for people.
//!
//! | module | command | does |
//! | --- | --- | --- |
//! | [`preflight`] | `ceremony preflight` | looks whether an account is ready for ceremonies |
//!
//! A command is a module here, and a variant of `Command` in `bin/ceremony.rs`.

pub mod preflight;
