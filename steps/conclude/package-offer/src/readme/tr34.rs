//! TR-34: the form of the block, and what stands in it. No command makes one: `openssl` knows no such form.

use ceremony::digest::Sha256;
use ceremony::exchange::Nonce;
use ceremony::key_import::offer::{Offer, OfferedKey};
use ceremony::tr31::letter_of;

use super::OfMethod;
use crate::{CERTIFICATE, expected};

pub(super) fn write(
    offer: &Offer,
    ours: &OfferedKey,
    partner: &Sha256,
    nonce: Option<&Nonce>,
) -> OfMethod {
    OfMethod {
        under: "in a TR-34 block",
        steps: vec![
            ("What your HSM does", in_the_hsm(offer, ours, partner, nonce)),
            ("The form of the block", form(nonce.is_some())),
        ],
        form: "The file holds the DER of the block, or its hex digits in either case, with white\nspace between \
               them; of the DER 2048 bytes at most."
            .to_owned(),
        refused: vec![
            "a block that another key than that of your certificate has signed, or that is for another \
             certificate than ours",
            "an AES key under TDES",
            match nonce {
                Some(_) => "a block without the nonce of this offer",
                None => "a block that was signed before this offer was made",
            },
        ],
    }
}

fn in_the_hsm(offer: &Offer, ours: &OfferedKey, partner: &Sha256, nonce: Option<&Nonce>) -> String {
    let expected = &offer.expected;
    let (version, cipher) = match letter_of(expected.algorithm) {
        'A' => ("D0112", "AES-128 in CBC mode"),
        _ => ("B0080", "AES-128 or TDES in CBC mode"),
    };
    let (passes, fresh) = match nonce {
        Some(nonce) => (
            "two: the first is the nonce of this offer",
            format!("the nonce `{}`, in the attribute randomNonce", nonce.hex()),
        ),
        None => (
            "one",
            "the time of the signature, in the attribute signingTime, UTC".to_owned(),
        ),
    };
    format!(
        "It is the key distribution host (KDH), and we are the key receiving device (KRD):

| parameter | is |
| --- | --- |
| KDH | the key of your certificate with the SHA-256 `{partner}` |
| KRD | {key}, of `{CERTIFICATE}` |
| header | `{version}{says}0000`: sixteen characters, of which the first five are not looked at |
| passes | {passes} |
| fresh by | {fresh} |
| ephemeral key | under our key, by RSAES-OAEP with SHA-256 for both hashes and an empty label |
| content | under the ephemeral key, {cipher} |
| signature | RSASSA-PKCS1-v1_5 with SHA-256 |

Our certificate is named in the block by its issuer and serial number, byte for byte as they stand in it:

    openssl x509 -in {CERTIFICATE} -noout -issuer -serial -enddate

",
        key = ours.algorithm(),
        says = expected::says(expected),
    ) + "Your HSM, or the program beside it, has the KEK's check value: have it ready, as both of us compare it \
         in the end.\n"
}

/// As it is read: whatever is not exactly of the form is refused.
fn form(nonce: bool) -> String {
    let fresh = if nonce {
        "1.2.840.113549.1.9.25.3 randomNonce, an OCTET STRING"
    } else {
        "1.2.840.113549.1.9.5 signingTime, a UTCTime"
    };
    format!(
        "The form that AWS Payment Cryptography calls `X9_TR34_2012`. It looks like CMS, and is not:

- ContentInfo: signedData, of version 1, with SHA-256 as its only digest algorithm, without certificates and
  without revocation lists
- its content, of type envelopedData, is an OCTET STRING in which the envelope lies without a SEQUENCE around
  it: version 0, the one recipient, the encrypted content
- the recipient: version 0, issuer and serial number of our certificate, RSAES-OAEP, the encrypted ephemeral key
- the encrypted content: type data, then a SEQUENCE of the cipher, the initialization vector (OCTET STRING)
  and the ciphertext (context-specific 0, primitive)
- the one signer: version 1, issuer and serial number of your certificate, SHA-256, the signed attributes,
  rsaEncryption, the signature
- the signed attributes, each once: contentType (envelopedData); messageDigest (SHA-256 of the envelope);
  1.2.840.113549.1.7.1, the header as an OCTET STRING; {fresh}
- in the ciphertext: version 1, issuer and serial number of your certificate, the KEK as an OCTET STRING, and
  the attribute 1.2.840.113549.1.7.1 with the same header
"
    )
}
