//! The cryptography of the emulator: everything here is real, nothing here knows of HTTP or state.
//! Key blocks, check values and derivations are in the library `keyblock`.

pub mod certificate_parts;
pub mod certificates;
pub mod issuing;
pub mod material;
pub mod oaep;
pub mod private_keys;
pub mod saved;
pub mod signatures;

#[cfg(test)]
mod test_certificates;
