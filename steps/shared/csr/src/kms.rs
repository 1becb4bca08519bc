//! A request for a key in KMS, which signs it.

use ceremony::algorithms::SignatureAlgorithm;
use der::asn1::{Any, BitString, ObjectIdentifier};
use der::{Decode, Encode};
use signing::{Signer, SigningError};
use step::Journal;
use x509_cert::request::{CertReq, CertReqInfo, Version};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use crate::{Error, SignedRequest, Subject};

/// Asks KMS for the public key and for a signature over the request, and reads what came of it.
pub async fn signed_by_kms(signer: &Signer, subject: &Subject) -> Result<SignedRequest, Error> {
    let (algorithm, public_key) = Box::pin(what_it_signs_with(signer)).await?;
    let info = CertReqInfo {
        version: Version::V1,
        subject: subject.name().clone(),
        public_key: SubjectPublicKeyInfoOwned::from_der(&public_key).map_err(unwritable)?,
        attributes: Default::default(),
    };
    let message = info.to_der().map_err(unwritable)?;
    let journal = Journal::default();
    let signed = Box::pin(signer.sign(algorithm, &message, &journal)).await?;
    let request = CertReq {
        info,
        algorithm: algorithm_identifier(algorithm),
        signature: BitString::from_bytes(&signed.signature).map_err(unwritable)?,
    };
    SignedRequest::of_der(request.to_der().map_err(unwritable)?)
}

/// What CAs accept of each kind of key: a key offers one of these at most.
const ALGORITHMS: [SignatureAlgorithm; 4] = [
    SignatureAlgorithm::RSASSA_PKCS1_V1_5_SHA_256,
    SignatureAlgorithm::ECDSA_SHA_256,
    SignatureAlgorithm::ECDSA_SHA_384,
    SignatureAlgorithm::ECDSA_SHA_512,
];

/// The algorithm, and the SubjectPublicKeyInfo in DER.
async fn what_it_signs_with(signer: &Signer) -> Result<(SignatureAlgorithm, Vec<u8>), Error> {
    for algorithm in ALGORITHMS {
        match signer.public_key(algorithm).await {
            Ok(public_key) => return Ok((algorithm, public_key)),
            Err(SigningError::AlgorithmNotOffered { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::KeyUnsuitable {
        key_arn: signer.key_arn.clone(),
    })
}

/// RFC 4055 §5 (RSA: parameters NULL) and RFC 5758 §3.2 (ECDSA: parameters absent).
fn algorithm_identifier(algorithm: SignatureAlgorithm) -> AlgorithmIdentifierOwned {
    let (oid, parameters) = match algorithm {
        SignatureAlgorithm::ECDSA_SHA_256 => ("1.2.840.10045.4.3.2", None),
        SignatureAlgorithm::ECDSA_SHA_384 => ("1.2.840.10045.4.3.3", None),
        SignatureAlgorithm::ECDSA_SHA_512 => ("1.2.840.10045.4.3.4", None),
        // `ALGORITHMS` has no other.
        _ => ("1.2.840.113549.1.1.11", Some(Any::null())),
    };
    AlgorithmIdentifierOwned {
        oid: ObjectIdentifier::new_unwrap(oid),
        parameters,
    }
}

fn unwritable(error: impl std::fmt::Display) -> Error {
    Error::RequestUnwritable(error.to_string())
}
