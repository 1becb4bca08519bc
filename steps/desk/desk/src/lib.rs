//! `ceremony`, the command-line program for people.
//!
//! | module | command | does |
//! | --- | --- | --- |
//! | [`check`] | `ceremony check` | tells what a ceremony would say to certificates, or to an order of keys, without AWS |
//! | [`profile`] | `ceremony profile` | writes a partner's profile, or looks at one |
//! | [`enrol`] | `ceremony enrol` | asks for certificates of our signing keys, and tells which there are |
//! | [`preflight`] | `ceremony preflight` | looks whether an account is ready for ceremonies |
//!
//! A command is a module here, and a variant of `Command` in `bin/ceremony/main.rs`.

pub mod check;
pub mod enrol;
mod files;
mod finding;
mod lifetime;
mod outputs;
pub mod preflight;
pub mod profile;
pub mod terminal;
