//! What is signed, by which algorithm, and the signature: the form that certificates, CRLs and
//! OCSP responses share (RFC 5280 §4.1.1, §5.1.1; RFC 6960 §4.2.1).

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier};
use der::{Decode, Reader, SliceReader, Tag, Tagged};
use rustls_pki_types::SubjectPublicKeyInfoDer;
use webpki::{ALL_VERIFICATION_ALGS, RawPublicKeyEntity};

use crate::FetchError;

/// Borrowed from what came, so that exactly the bytes that were signed are verified.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signed<'a> {
    /// The signed structure with its tag and length.
    pub(crate) message: &'a [u8],
    pub(crate) algorithm: AnyRef<'a>,
    signature: BitStringRef<'a>,
}

impl<'a> Signed<'a> {
    /// The three fields, of which something may follow.
    pub(crate) fn decode(reader: &mut impl Reader<'a>) -> der::Result<Self> {
        let message = reader.tlv_bytes()?;
        let algorithm: AnyRef<'a> = reader.decode()?;
        algorithm.tag().assert_eq(Tag::Sequence)?;
        Ok(Self {
            message,
            algorithm,
            signature: reader.decode()?,
        })
    }

    /// Whether the key, a SubjectPublicKeyInfo, has made the signature. Only the algorithms that
    /// certificates may be signed with are known: none uses SHA-1.
    pub(crate) fn verify(&self, key: &[u8]) -> Result<(), FetchError> {
        let key = SubjectPublicKeyInfoDer::from(key);
        let key = RawPublicKeyEntity::try_from(&key)
            .map_err(|error| FetchError::unusable(format!("the signer's key: {error}")))?;
        let signature = self
            .signature
            .as_bytes()
            .ok_or_else(|| FetchError::unusable("the signature is not a whole number of bytes"))?;
        let mut candidates = ALL_VERIFICATION_ALGS
            .iter()
            .filter(|algorithm| algorithm.signature_alg_id().as_ref() == self.algorithm.value())
            .peekable();
        if candidates.peek().is_none() {
            return Err(FetchError::unusable(format!(
                "the signature algorithm {} is not accepted",
                self.algorithm_name()
            )));
        }
        let verified = candidates.any(|algorithm| {
            key.verify_signature(*algorithm, self.message, signature)
                .is_ok()
        });
        if verified {
            Ok(())
        } else {
            Err(FetchError::unusable("the signature does not verify"))
        }
    }

    fn algorithm_name(&self) -> String {
        SliceReader::new(self.algorithm.value())
            .and_then(|mut reader| ObjectIdentifier::decode(&mut reader))
            .map_or_else(|_| "without a name".to_owned(), |oid| oid.to_string())
    }
}
