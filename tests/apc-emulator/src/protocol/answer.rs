//! Answers as they go over the wire.

use std::fmt::Write;

use serde_json::Value;

use crate::crypto::material::random_bytes;
use crate::protocol::error::ServiceError;

/// Status, request id and body of an answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub request_id: String,
    pub body: Value,
}

impl Answer {
    pub fn new(request_id: String, result: Result<Value, ServiceError>) -> Self {
        match result {
            Ok(body) => Self {
                status: 200,
                request_id,
                body,
            },
            Err(error) => Self {
                status: error.status(),
                request_id,
                body: error.body(),
            },
        }
    }
}

/// A random UUID (RFC 9562 section 5.4) for `x-amzn-RequestId`.
pub fn new_request_id() -> String {
    // Without randomness an id of zeros is as good: it identifies nothing that matters.
    let mut bytes = random_bytes::<16>().unwrap_or_default();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = String::with_capacity(36);
    for (position, byte) in bytes.iter().enumerate() {
        if matches!(position, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_is_a_random_uuid() {
        let id = new_request_id();
        assert_eq!(id.len(), 36);
        assert_eq!(id.as_bytes()[14], b'4');
        assert_ne!(id, new_request_id());
    }
}
