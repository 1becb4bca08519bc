//! The innermost part: the key with its attributes and its sender, in the clear.

use der::Sequence;
use der::asn1::OctetStringRef;
use der::{Encode, Reader, SliceReader};
use zeroize::Zeroizing;

use super::asn1::{Attribute, DATA, SetOfOne};
use super::certificate::CertificateId;
use super::{Field, Tr34Error};

/// What is encrypted with the ephemeral key.
pub(super) struct KeyBlock<'a> {
    pub(super) sender: CertificateId,
    pub(super) key: &'a [u8],
    pub(super) header: &'a [u8],
}

impl<'a> KeyBlock<'a> {
    /// Reads a decrypted key block.
    ///
    /// Its own length says where it ends. What follows must not be more than padding can be, but is
    /// not looked at: some senders leave it out when the block is whole cipher blocks, and an error
    /// about its bytes would tell about those of others.
    pub(super) fn decode(text: &'a [u8], block_length: usize) -> Result<Self, Tr34Error> {
        let unreadable = |_| Tr34Error::Unreadable;
        let mut reader = SliceReader::new(text).map_err(unreadable)?;
        let block: ClearKeyBlock<'_> = reader.decode().map_err(unreadable)?;
        let padding = usize::try_from(reader.remaining_len()).map_err(unreadable)?;
        let Attribute { kind, values } = block.attributes;
        if block.version != 1 || kind != DATA || padding > block_length {
            return Err(Tr34Error::Unreadable);
        }
        let header: OctetStringRef<'_> = values.0.decode_as().map_err(unreadable)?;
        Ok(Self {
            sender: block.sender,
            key: block.key.as_bytes(),
            header: header.as_bytes(),
        })
    }

    /// The block with PKCS#7 padding (RFC 5652 section 6.3): from 1 to as many bytes as the cipher's
    /// block has, each of which is their number.
    pub(super) fn encode(&self, block_length: usize) -> Result<Zeroizing<Vec<u8>>, Tr34Error> {
        let malformed = |_| Tr34Error::Encoding(Field::KeyBlock);
        let header = OctetStringRef::new(self.header).map_err(malformed)?;
        let block = ClearKeyBlock {
            version: 1,
            sender: self.sender.clone(),
            key: OctetStringRef::new(self.key).map_err(malformed)?,
            attributes: Attribute {
                kind: DATA,
                values: SetOfOne(header.into()),
            },
        };
        let length = block
            .encoded_len()
            .and_then(usize::try_from)
            .map_err(malformed)?;
        let padding = block_length - length % block_length;
        let padding_byte =
            u8::try_from(padding).map_err(|_| Tr34Error::Encoding(Field::KeyBlock))?;

        // Room for all of it from the start, so that no copy of the key is left behind.
        let mut text = Zeroizing::new(Vec::with_capacity(length + padding));
        block.encode_to_vec(&mut text).map_err(malformed)?;
        text.resize(length + padding, padding_byte);
        Ok(text)
    }
}

/// ```text
/// KeyBlock ::= SEQUENCE {
///     version     INTEGER,                        -- 1
///     sender      IssuerAndSerialNumber,          -- of its certificate
///     key         OCTET STRING,
///     attributes  SEQUENCE {
///         data    OBJECT IDENTIFIER,
///         header  SET { OCTET STRING } } }
/// ```
#[derive(Sequence)]
struct ClearKeyBlock<'a> {
    version: u8,
    sender: CertificateId,
    key: OctetStringRef<'a>,
    attributes: Attribute<'a>,
}
