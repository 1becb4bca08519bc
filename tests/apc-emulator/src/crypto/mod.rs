//! The cryptography of the emulator: everything here is real, nothing here knows of HTTP or state.

pub mod certificates;
pub mod material;
pub mod oaep;
pub mod signatures;

#[cfg(test)]
mod test_certificates;
