//! TR-34 blocks as the partner makes them, in the form `X9_TR34_2012` (see `open::tr34` for how they are
//! read).

use aes::Aes128;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use aws_lc_rs::rsa::OAEP_SHA256_MGF1SHA256;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use der::Decode;
use des::TdesEde3;
use rcgen::SigningKey;
use time::OffsetDateTime;
use x509_cert::Certificate;

use super::{WrapError, public_key};
use crate::Certified;
use crate::certificate::remade::{INTEGER, SEQUENCE, UTC_TIME, tlv};
use crate::open::tr34::{
    AES_128_CBC, CONTENT_TYPE, DATA, DES_EDE3_CBC, ENVELOPED_DATA, MESSAGE_DIGEST, MGF1,
    P_SPECIFIED, RANDOM_NONCE, RSA_ENCRYPTION, RSAES_OAEP, SHA_256, SIGNED_DATA, SIGNING_TIME,
    issuer_and_serial,
};

const OCTETS: u8 = 0x04;
const NULL: u8 = 0x05;
const OBJECT: u8 = 0x06;
const SET: u8 = 0x31;
const CONTEXT_0: u8 = 0xa0;
const CONTEXT_0_PRIMITIVE: u8 = 0x80;

/// What a block is to be, be it right or wrong.
#[derive(Clone, Debug)]
pub struct Tr34Draft<'a> {
    /// The receiver: its certificate is named, and its key encrypts.
    pub receiver: Certificate,
    /// The sender: its certificate is named.
    pub sender: &'a Certified,
    /// Whose key signs, if it is not the sender's.
    pub signer: Option<&'a Certified>,
    pub fresh: Fresh,
    /// The header that the signature covers, if it is not the one beside the key.
    pub signed_header: Option<String>,
    /// Whether TDES encrypts the content, and not AES.
    pub by_tdes: bool,
}

/// By what the receiver knows that it is no answer of yesterday.
#[derive(Clone, Debug)]
pub enum Fresh {
    Nonce(Vec<u8>),
    SignedAt(OffsetDateTime),
}

impl<'a> Tr34Draft<'a> {
    pub(super) fn new(
        receiver: Certificate,
        sender: &'a Certified,
        nonce: Option<Vec<u8>>,
    ) -> Self {
        let now = || Fresh::SignedAt(OffsetDateTime::now_utc());
        Self {
            receiver,
            sender,
            signer: None,
            fresh: nonce.map_or_else(now, Fresh::Nonce),
            signed_header: None,
            by_tdes: false,
        }
    }

    /// The same for another receiver.
    pub fn for_receiver(mut self, receiver: &Certified) -> Self {
        self.receiver = Certificate::from_der(receiver.der()).expect("our own certificate");
        self
    }

    /// The block in DER. `header` has sixteen characters.
    pub fn wrap(&self, header: &str, key: &[u8]) -> Result<Vec<u8>, WrapError> {
        let sender = Certificate::from_der(self.sender.der()).map_err(|_| WrapError::Unfit)?;
        let sender = issuer_and_serial(&sender).ok_or(WrapError::Unfit)?;
        let receiver = issuer_and_serial(&self.receiver).ok_or(WrapError::Unfit)?;
        let clear = sequence(&[
            &tlv(INTEGER, &[1]),
            &sender,
            &tlv(OCTETS, key),
            &attribute(DATA, &tlv(OCTETS, header.as_bytes())),
        ]);
        let envelope = self.envelope(&receiver, &clear)?;
        let fresh = match &self.fresh {
            Fresh::Nonce(nonce) => attribute(RANDOM_NONCE, &tlv(OCTETS, nonce)),
            Fresh::SignedAt(time) => attribute(SIGNING_TIME, &tlv(UTC_TIME, &utc_time(*time))),
        };
        let signed_header = self.signed_header.as_deref().unwrap_or(header);
        let attributes = [
            attribute(CONTENT_TYPE, &tlv(OBJECT, ENVELOPED_DATA)),
            fresh,
            attribute(DATA, &tlv(OCTETS, signed_header.as_bytes())),
            attribute(
                MESSAGE_DIGEST,
                &tlv(OCTETS, digest(&SHA256, &envelope).as_ref()),
            ),
        ]
        .concat();
        let signer = self.signer.unwrap_or(self.sender).key();
        let signature = signer.pair().sign(&tlv(SET, &attributes));
        let signature = signature.map_err(|_| WrapError::Unfit)?;
        let sha256 = sequence(&[&tlv(OBJECT, SHA_256)]);
        let signer_info = sequence(&[
            &tlv(INTEGER, &[1]),
            &sender,
            &sha256,
            &tlv(CONTEXT_0, &attributes),
            &sequence(&[&tlv(OBJECT, RSA_ENCRYPTION), &tlv(NULL, &[])]),
            &tlv(OCTETS, &signature),
        ]);
        let signed_data = sequence(&[
            &tlv(INTEGER, &[1]),
            &tlv(SET, &sha256),
            &sequence(&[
                &tlv(OBJECT, ENVELOPED_DATA),
                &tlv(CONTEXT_0, &tlv(OCTETS, &envelope)),
            ]),
            &tlv(SET, &signer_info),
        ]);
        Ok(sequence(&[
            &tlv(OBJECT, SIGNED_DATA),
            &tlv(CONTEXT_0, &signed_data),
        ]))
    }

    /// The clear key block under a key of its own, and that under the receiver's.
    fn envelope(&self, receiver: &[u8], clear: &[u8]) -> Result<Vec<u8>, WrapError> {
        let (bytes, block) = if self.by_tdes { (24, 8) } else { (16, 16) };
        let mut random = vec![0; bytes + block];
        rand::fill(&mut random).map_err(|_| WrapError::Unfit)?;
        let (ephemeral, iv) = random.split_at(bytes);
        let (cipher, ciphertext) = if self.by_tdes {
            let encryptor = cbc::Encryptor::<TdesEde3>::new_from_slices(ephemeral, iv);
            let encryptor = encryptor.map_err(|_| WrapError::Unfit)?;
            (DES_EDE3_CBC, padded(encryptor, clear, block)?)
        } else {
            let encryptor = cbc::Encryptor::<Aes128>::new_from_slices(ephemeral, iv);
            let encryptor = encryptor.map_err(|_| WrapError::Unfit)?;
            (AES_128_CBC, padded(encryptor, clear, block)?)
        };
        let theirs = public_key(&self.receiver)?;
        let mut space = vec![0; theirs.ciphertext_size()];
        let wrapped = theirs.encrypt(&OAEP_SHA256_MGF1SHA256, ephemeral, &mut space, None);
        let wrapped = wrapped.map_err(|_| WrapError::Unfit)?;
        let recipient = sequence(&[
            &tlv(INTEGER, &[0]),
            receiver,
            &oaep(),
            &tlv(OCTETS, wrapped),
        ]);
        let content = sequence(&[
            &tlv(OBJECT, DATA),
            &sequence(&[
                &tlv(OBJECT, cipher),
                &tlv(OCTETS, iv),
                &tlv(CONTEXT_0_PRIMITIVE, &ciphertext),
            ]),
        ]);
        Ok([tlv(INTEGER, &[0]), tlv(SET, &recipient), content].concat())
    }
}

fn padded(
    encryptor: impl BlockModeEncrypt,
    clear: &[u8],
    block: usize,
) -> Result<Vec<u8>, WrapError> {
    let mut text = clear.to_vec();
    text.resize(clear.len() + block, 0);
    let ciphertext = encryptor.encrypt_padded::<Pkcs7>(&mut text, clear.len());
    let ciphertext = ciphertext.map_err(|_| WrapError::Unfit)?;
    Ok(ciphertext.to_vec())
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(SEQUENCE, &parts.concat())
}

fn attribute(name: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&tlv(OBJECT, name), &tlv(SET, value)])
}

/// RSAES-OAEP with SHA-256 for both hashes and no label, without the tags of RFC 8017.
fn oaep() -> Vec<u8> {
    let hash = sequence(&[&tlv(OBJECT, SHA_256), &tlv(NULL, &[])]);
    let mask = sequence(&[&tlv(OBJECT, MGF1), &sequence(&[&tlv(OBJECT, SHA_256)])]);
    let label = sequence(&[&tlv(OBJECT, P_SPECIFIED), &tlv(OCTETS, &[])]);
    let parameters = sequence(&[&hash, &mask, &label]);
    sequence(&[&tlv(OBJECT, RSAES_OAEP), &parameters])
}

/// `YYMMDDHHMMSSZ`.
fn utc_time(time: OffsetDateTime) -> Vec<u8> {
    let (year, month, day) = time.to_calendar_date();
    let (hour, minute, second) = time.to_hms();
    let (year, month) = (year.rem_euclid(100), u8::from(month));
    format!("{year:02}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open::tr34::open_block;
    use crate::{KeyKind, Pki, Receiver};

    fn rsa(name: &str) -> Pki {
        Pki::builder("uid")
            .named(name)
            .root_key(KeyKind::EccP256)
            .intermediate_keys(&[])
            .leaf_key(KeyKind::Rsa3072)
            .build()
    }

    #[test]
    fn what_is_wrapped_is_opened_by_its_receiver() {
        let (theirs, ours) = (rsa("receiver"), rsa("sender"));
        let receiver = Certificate::from_der(theirs.leaf.der()).unwrap();
        let kdh = Certificate::from_der(ours.leaf.der()).unwrap();
        for (nonce, by_tdes) in [(None, false), (Some(vec![7; 8]), true)] {
            let draft = Tr34Draft {
                by_tdes,
                ..Tr34Draft::new(receiver.clone(), &ours.leaf, nonce.clone())
            };
            let block = draft.wrap("D0112K0AB00N0000", &[5; 16]).unwrap();
            let opener = Receiver {
                nonce: nonce.as_deref(),
                ..Receiver::new(&theirs.leaf)
            };
            let inside = open_block(&block, &kdh, &opener).unwrap();
            assert_eq!(inside.key, [5; 16]);
            assert_eq!(inside.header, b"D0112K0AB00N0000");
            assert!(open_block(&block, &kdh, &Receiver::new(&ours.leaf)).is_err());
        }
    }
}
