//! One story per scenario.

pub mod kek_export;
