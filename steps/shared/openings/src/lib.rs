//! How a partner opens what it gets, and wraps what it sends, with nothing but `openssl` and what every shell
//! has: the commands that stand in the READMEs of more than one kind of package.
//!
//! Nothing is opened here, and no command depends on what is in the files.

pub mod agreement;
pub mod commands;
pub mod tr34;
pub mod verification;
pub mod working_keys;
