//! `Sign`: key-block header and cryptogram under the KMS key.

use serde::{Deserialize, Serialize};

use super::document;
use crate::algorithms::SignatureAlgorithm;
use crate::identifiers::Ceremony;
use crate::profile::KeyBlockHeader;

document! {
    pub struct Input {
        pub ceremony: Ceremony,
        pub key_block_header: KeyBlockHeader,
        /// Hex, as `Wrap` made it.
        pub cryptogram: String,
        pub algorithm: SignatureAlgorithm,
    }
}

document! {
    pub struct Output {
        /// Upper-case hex, over the header's bytes followed by the cryptogram's.
        pub signature: String,
        pub algorithm: SignatureAlgorithm,
        pub message_type: MessageType,
        pub key_arn: String,
        /// PEM of the SubjectPublicKeyInfo that verified the signature.
        pub public_key: String,
    }
}

/// What KMS was given: the message itself, or (over 4096 bytes) its digest.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum MessageType {
    Digest,
    Raw,
}
