//! `ceremony`, the command-line program for people.
//!
//! | module | command | does |
//! | --- | --- | --- |
//! | [`check`] | `ceremony check` | tells what a ceremony would say to certificates, without AWS |
//! | [`profile`] | `ceremony profile` | writes a partner's profile, or looks at one |
//! | [`preflight`] | `ceremony preflight` | looks whether an account is ready for ceremonies |
//!
//! A command is a module here, and a variant of `Command` in `bin/ceremony/main.rs`.

pub mod check;
mod files;
mod finding;
mod lifetime;
pub mod preflight;
pub mod profile;
pub mod terminal;
