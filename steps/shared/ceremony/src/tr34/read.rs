//! From bytes to the parts of a block.
//!
//! `X9_TR34_2012` is not CMS, although it looks like it: the envelope lies in an OCTET STRING, has no
//! SEQUENCE around it, and holds the ciphertext in the SEQUENCE of its algorithm. Written down from
//! blocks of the service that are public (AWS CLI, examples of `export-key`), and from the programs of
//! AWS that read and make them (aws-samples, `tr34`).

use super::der::{
    CONTEXT_0, CONTEXT_0_PRIMITIVE, INTEGER, OCTET_STRING, Reader, SEQUENCE, SET, UTC_TIME,
};
use super::{Cipher, Freshness, KeyBlock, MalformedBlock, Named};
use crate::exchange::Nonce;
use crate::tr31::Header;
use crate::utc::Utc;

/// Three names of 512 bytes and two RSA-4096 blocks are less than half of it.
pub(super) const MAX_BYTES: usize = 8 * 1024;

const VERSION_0: &[u8] = b"\x02\x01\x00";
const VERSION_1: &[u8] = b"\x02\x01\x01";
/// 1.2.840.113549.1.7.1, .2 and .3.
const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
const ENVELOPED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03";
/// 1.2.840.113549.1.9.3, .4, .5 and .25.3.
const CONTENT_TYPE: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03";
const MESSAGE_DIGEST: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04";
const SIGNING_TIME: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05";
const RANDOM_NONCE: &[u8] = b"\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x09\x19\x03";
/// 1.2.840.113549.3.7 and 2.16.840.1.101.3.4.1.2.
const DES_EDE3_CBC: &[u8] = b"\x06\x08\x2a\x86\x48\x86\xf7\x0d\x03\x07";
const AES128_CBC: &[u8] = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x02";
/// SHA-256 without parameters.
const SHA256: &[u8] = b"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01";
const RSA_ENCRYPTION: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
/// RSAES-OAEP with SHA-256, MGF1 with SHA-256 and an empty label, whose tags are left out.
const OAEP: &[u8] = b"\x30\x45\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07\x30\x38\
    \x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\
    \x30\x18\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\
    \x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\
    \x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x09\x04\x00";

pub(super) fn key_block(der: &[u8]) -> Result<KeyBlock, MalformedBlock> {
    if der.len() > MAX_BYTES {
        return Err(MalformedBlock::TooLong(der.len()));
    }
    let mut file = Reader::new(der, "the block");
    let mut outer = file.inside(SEQUENCE, "the block")?;
    file.end()?;
    outer.exactly(SIGNED_DATA)?;
    let mut tagged = outer.inside(CONTEXT_0, "the block")?;
    outer.end()?;
    let mut signed = tagged.inside(SEQUENCE, "SignedData")?;
    tagged.end()?;

    signed.exactly(VERSION_1)?;
    let mut digests = signed.inside(SET, "SignedData")?;
    digests.exactly(SHA256)?;
    digests.end()?;
    let mut content = signed.inside(SEQUENCE, "SignedData")?;
    content.exactly(ENVELOPED_DATA)?;
    let mut tagged = content.inside(CONTEXT_0, "SignedData")?;
    content.end()?;
    let envelope = tagged.contents(OCTET_STRING)?;
    tagged.end()?;
    let mut signers = signed.inside(SET, "SignedData")?;
    // No certificates and no revocation lists: they would lie before.
    signed.end()?;
    let signer = signers.inside(SEQUENCE, "SignerInfo")?;
    signers.end()?;

    let Signer {
        kdh,
        attributes,
        signature,
    } = signer_info(signer)?;
    let signed = signed_attributes(attributes)?;
    let Envelope {
        krd,
        encrypted_key_bytes,
        cipher,
    } = open(envelope)?;
    Ok(KeyBlock {
        kdh,
        krd,
        header: signed.header,
        freshness: signed.freshness,
        digest: signed.digest,
        attributes: attributes.to_vec(),
        signature: signature.to_vec(),
        envelope: envelope.to_vec(),
        encrypted_key_bytes,
        cipher,
    })
}

struct Signer<'a> {
    kdh: Named,
    attributes: &'a [u8],
    signature: &'a [u8],
}

fn signer_info(mut signer: Reader<'_>) -> Result<Signer<'_>, MalformedBlock> {
    signer.exactly(VERSION_1)?;
    let kdh = named(&mut signer)?;
    signer.exactly(SHA256)?;
    let attributes = signer.contents(CONTEXT_0)?;
    signer.exactly(RSA_ENCRYPTION)?;
    let signature = signer.contents(OCTET_STRING)?;
    signer.end()?;
    Ok(Signer {
        kdh,
        attributes,
        signature,
    })
}

/// IssuerAndSerialNumber.
fn named(reader: &mut Reader<'_>) -> Result<Named, MalformedBlock> {
    let mut id = reader.inside(SEQUENCE, "IssuerAndSerialNumber")?;
    let named = Named {
        issuer: id.whole(SEQUENCE)?.to_vec(),
        serial: id.contents(INTEGER)?.to_vec(),
    };
    id.end()?;
    Ok(named)
}

struct Signed {
    header: String,
    freshness: Freshness,
    digest: Vec<u8>,
}

/// Each of the four once, in any order: where the service puts a nonce of sixteen bytes is documented
/// nowhere, and the signature is over the bytes as they are.
fn signed_attributes(bytes: &[u8]) -> Result<Signed, MalformedBlock> {
    const PART: &str = "the signed attributes";
    let (mut content_type, mut header, mut freshness, mut digest) = (None, None, None, None);
    let mut attributes = Reader::new(bytes, PART);
    let fault = attributes.fault();
    while !attributes.is_empty() {
        let mut attribute = attributes.inside(SEQUENCE, PART)?;
        let name = [
            CONTENT_TYPE,
            DATA,
            SIGNING_TIME,
            RANDOM_NONCE,
            MESSAGE_DIGEST,
        ]
        .into_iter()
        .find(|name| attribute.exactly(name).is_ok());
        let name = name.ok_or_else(|| fault.clone())?;
        let mut value = attribute.inside(SET, PART)?;
        attribute.end()?;
        let is_first = if name == CONTENT_TYPE {
            value.exactly(ENVELOPED_DATA)?;
            content_type.replace(name).is_none()
        } else if name == DATA {
            header.replace(key_block_header(&mut value)?).is_none()
        } else if name == MESSAGE_DIGEST {
            digest.replace(value.contents(OCTET_STRING)?).is_none()
        } else if name == SIGNING_TIME {
            let time = utc_time(value.contents(UTC_TIME)?).ok_or_else(|| fault.clone())?;
            freshness.replace(Freshness::SigningTime(time)).is_none()
        } else {
            let nonce = value.contents(OCTET_STRING)?;
            let nonce = Nonce::of_bytes(nonce).ok_or_else(|| fault.clone())?;
            freshness.replace(Freshness::Nonce(nonce)).is_none()
        };
        value.end()?;
        if !is_first {
            return Err(fault);
        }
    }
    match (content_type, header, freshness, digest) {
        (Some(_), Some(header), Some(freshness), Some(digest)) => Ok(Signed {
            header,
            freshness,
            digest: digest.to_vec(),
        }),
        _ => Err(fault),
    }
}

fn key_block_header(value: &mut Reader<'_>) -> Result<String, MalformedBlock> {
    let text = String::from_utf8(value.contents(OCTET_STRING)?.to_vec());
    let text = text.map_err(|_| value.fault())?;
    Header::read_fixed(&text).map_err(|_| value.fault())?;
    Ok(text)
}

/// `YYMMDDHHMMSSZ`, the form that DER leaves of UTCTime; years before 50 are those of this century
/// (RFC 5280 §4.1.2.5.1).
fn utc_time(text: &[u8]) -> Option<Utc> {
    let digits = text
        .strip_suffix(b"Z")
        .filter(|digits| digits.len() == 12)?;
    let mut numbers = digits.chunks_exact(2).map(|pair| match pair {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some((tens - b'0') * 10 + (ones - b'0')),
        _ => None,
    });
    let mut next = || numbers.next().flatten();
    let year = next()?;
    let century = if year < 50 { "20" } else { "19" };
    let [month, day, hour, minute, second] = [next()?, next()?, next()?, next()?, next()?];
    let text = format!("{century}{year:02}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
    Utc::try_from(text).ok()
}

struct Envelope {
    krd: Named,
    encrypted_key_bytes: usize,
    cipher: Cipher,
}

fn open(envelope: &[u8]) -> Result<Envelope, MalformedBlock> {
    let mut envelope = Reader::new(envelope, "the envelope");
    envelope.exactly(VERSION_0)?;
    let mut recipients = envelope.inside(SET, "the envelope")?;
    let mut content = envelope.inside(SEQUENCE, "the encrypted content")?;
    envelope.end()?;

    let mut recipient = recipients.inside(SEQUENCE, "RecipientInfo")?;
    recipients.end()?;
    recipient.exactly(VERSION_0)?;
    let krd = named(&mut recipient)?;
    recipient.exactly(OAEP)?;
    let encrypted_key_bytes = recipient.contents(OCTET_STRING)?.len();
    recipient.end()?;

    content.exactly(DATA)?;
    let mut algorithm = content.inside(SEQUENCE, "the encrypted content")?;
    content.end()?;
    let (cipher, block) = if algorithm.exactly(AES128_CBC).is_ok() {
        (Cipher::Aes128, 16)
    } else {
        algorithm.exactly(DES_EDE3_CBC)?;
        (Cipher::Tdes, 8)
    };
    let iv = algorithm.contents(OCTET_STRING)?;
    let ciphertext = algorithm.contents(CONTEXT_0_PRIMITIVE)?;
    algorithm.end()?;
    if iv.len() != block || ciphertext.is_empty() || ciphertext.len() % block != 0 {
        return Err(algorithm.fault());
    }
    Ok(Envelope {
        krd,
        encrypted_key_bytes,
        cipher,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_two_digits_for_each_number_and_ends_in_z() {
        let time = |text: &str| utc_time(text.as_bytes()).map(|time| time.to_string());
        assert_eq!(
            time("230609233946Z").as_deref(),
            Some("2023-06-09T23:39:46Z")
        );
        assert_eq!(
            time("500101000000Z").as_deref(),
            Some("1950-01-01T00:00:00Z")
        );
        for wrong in [
            "",
            "Z",
            "2306092339Z",
            "230609233946",
            "230609233946+0000",
            "230609233960Z",
            "230631233946Z",
            "2306092339 6Z",
            "2306092339-6Z",
            "20230609233946Z",
        ] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }
}
