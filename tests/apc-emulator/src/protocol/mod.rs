//! The awsJson1.0 protocol: which operation is asked for, by whom, with what; and how answers and
//! errors look.

pub mod answer;
pub mod caller;
pub mod error;
pub mod input;
pub mod operation;
pub mod strict;
