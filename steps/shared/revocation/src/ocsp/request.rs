//! What is asked of a responder.

use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use aws_lc_rs::rand;
use der::asn1::{Null, ObjectIdentifier, OctetString};
use der::oid::AssociatedOid;
use der::{Decode, Encode};
use x509_cert::ext::Extension;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_ocsp::ext::Nonce;
use x509_ocsp::{CertId, OcspRequest, Request, TbsRequest, Version};

use crate::FetchError;
use crate::parties::Parties;

/// What a CertID hashes the issuer's name and key with. That names the issuer and proves nothing,
/// so SHA-1 does no harm, and most responders know no other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
}

impl Hash {
    /// In the order in which they are tried.
    pub(crate) const ALL: [Self; 2] = [Self::Sha1, Self::Sha256];

    fn algorithm(self) -> &'static Algorithm {
        match self {
            Self::Sha1 => &SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &SHA256,
        }
    }

    fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha1 => ObjectIdentifier::new_unwrap("1.3.14.3.2.26"),
            Self::Sha256 => ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1"),
        }
    }
}

/// RFC 9654 §2.1: clients use 32 bytes.
const NONCE_BYTES: usize = 32;

/// One request, and what an answer to it has to repeat.
#[derive(Debug)]
pub(crate) struct Question {
    id: CertId,
    nonce: [u8; NONCE_BYTES],
    /// An OCSPRequest in DER.
    pub(crate) der: Vec<u8>,
}

impl Question {
    pub(crate) fn about(parties: &Parties, hash: Hash) -> Result<Self, FetchError> {
        let mut nonce = [0; NONCE_BYTES];
        rand::fill(&mut nonce).map_err(|_| FetchError::unavailable("no random numbers"))?;
        Self::with_nonce(parties, hash, nonce).map_err(|error| {
            FetchError::unusable(format!("the certificate cannot be asked about: {error}"))
        })
    }

    fn with_nonce(parties: &Parties, hash: Hash, nonce: [u8; NONCE_BYTES]) -> der::Result<Self> {
        let subject = &parties.subject.decoded.tbs_certificate;
        let id = CertId {
            hash_algorithm: AlgorithmIdentifierOwned {
                oid: hash.oid(),
                parameters: Some(Null.into()),
            },
            issuer_name_hash: OctetString::new(
                digest(hash.algorithm(), &parties.issuer.name).as_ref(),
            )?,
            issuer_key_hash: OctetString::new(parties.issuer.key_hash(hash.algorithm()))?,
            serial_number: subject.serial_number.clone(),
        };
        // The value is an OCTET STRING in the OCTET STRING of every extension (RFC 9654 §2.1).
        let nonce_extension = Extension {
            extn_id: Nonce::OID,
            critical: false,
            extn_value: OctetString::new(Nonce::new(nonce)?.to_der()?)?,
        };
        let request = OcspRequest {
            tbs_request: TbsRequest {
                version: Version::V1,
                requestor_name: None,
                request_list: vec![Request {
                    req_cert: id.clone(),
                    single_request_extensions: None,
                }],
                request_extensions: Some(vec![nonce_extension]),
            },
            optional_signature: None,
        };
        Ok(Self {
            id,
            nonce,
            der: request.to_der()?,
        })
    }

    /// Whether that is the certificate that was asked about. The hash algorithm's parameters are
    /// NULL or absent, which says the same.
    pub(crate) fn is_about(&self, id: &CertId) -> bool {
        self.id.hash_algorithm.oid == id.hash_algorithm.oid
            && self.id.issuer_name_hash == id.issuer_name_hash
            && self.id.issuer_key_hash == id.issuer_key_hash
            && self.id.serial_number == id.serial_number
    }

    /// Whether the contents of a nonce extension are the nonce that was sent.
    pub(crate) fn has_nonce(&self, value: &[u8]) -> bool {
        Nonce::from_der(value).is_ok_and(|nonce| nonce.0.as_bytes() == self.nonce)
    }
}
