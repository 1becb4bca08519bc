//! Lints on the public key, on every certificate of the path.

use x509_parser::prelude::X509Certificate;

use super::Placed;
use crate::public_key::{self, RsaKey};

pub(super) fn rsa_length(placed: &Placed<'_>, parsed: &X509Certificate<'_>) -> Result<(), String> {
    let algorithm = placed.certificate.key_algorithm();
    if public_key::is_rsa(parsed.public_key()) && algorithm.modulus_bytes().is_none() {
        return Err(format!(
            "its key is {algorithm}; 2048, 3072 or 4096 bits are needed"
        ));
    }
    Ok(())
}

pub(super) fn rsa_modulus(placed: &Placed<'_>, parsed: &X509Certificate<'_>) -> Result<(), String> {
    let key = parsed.public_key();
    if !public_key::is_rsa(key) {
        return Ok(());
    }
    let rsa = RsaKey::read(key)
        .ok_or("its RSA modulus and exponent are not two positive numbers in DER")?;
    if let Some(fault) = rsa.fault_of_modulus() {
        return Err(fault);
    }
    // Of the library's refusals, those that no other lint tells.
    let has_other_faults = rsa.fault_of_exponent().is_some()
        || placed.certificate.key_algorithm().modulus_bytes().is_none();
    if !has_other_faults && !public_key::is_accepted_by_library(key) {
        return Err("AWS-LC does not take it for an RSA key".to_owned());
    }
    Ok(())
}

pub(super) fn rsa_exponent(_: &Placed<'_>, parsed: &X509Certificate<'_>) -> Result<(), String> {
    let key = parsed.public_key();
    if !public_key::is_rsa(key) {
        return Ok(());
    }
    // A key that cannot be read is told by the lint on the modulus.
    let fault = RsaKey::read(key).and_then(|rsa| rsa.fault_of_exponent());
    fault.map_or(Ok(()), Err)
}

pub(super) fn elliptic_curve_point(
    _: &Placed<'_>,
    parsed: &X509Certificate<'_>,
) -> Result<(), String> {
    if !public_key::is_on_its_curve(parsed.public_key()) {
        return Err("its key is not a point of its curve".to_owned());
    }
    Ok(())
}
