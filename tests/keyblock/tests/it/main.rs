//! Key blocks as a caller meets them: published ones, random ones, and broken ones.

mod hostile;
mod noise;
mod properties;
mod support;
mod tr34;
mod vectors;
