//! Key distribution hosts (KDH), for every step by which a key leaves in a TR-34 block (ANSI X9.139,
//! `X9_TR34_2012`).
//!
//! Before: whose key signs, with a certificate that is verified up to its root. After: the block is read
//! and verified with the certificates, as far as that goes without the receiver's key. What is asked of
//! the key itself, and its check value, is the step's own.

mod error;
mod host;

use ceremony::certificate::Certificate;
use ceremony::tr34::{Expected, KeyBlock};

pub use error::Error;
pub use host::{Host, Signing};

/// A block that is what was asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checked {
    /// In DER, upper-case hex.
    pub key_block: String,
    /// The sixteen characters that its signature covers.
    pub header: String,
}

/// Reads the hex of an answer, and holds the block to what was asked for.
pub fn checked(key_block: &str, expected: &Expected<'_>) -> Result<Checked, Error> {
    let der = hex::decode(key_block).map_err(|_| Error::BlockNotHex)?;
    let block = KeyBlock::read(&der)?;
    block.verify(expected)?;
    Ok(Checked {
        key_block: hex::encode_upper(der),
        header: block.header().to_owned(),
    })
}

/// `WrappingKeyCertificate` and `SigningKeyCertificate` are base64 of the PEM text.
pub fn in_request(certificate: &Certificate) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(certificate.to_pem())
}
