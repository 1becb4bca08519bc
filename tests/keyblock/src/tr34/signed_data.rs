//! The outermost part: who sent it, signed.

use der::Sequence;
use der::asn1::{ObjectIdentifier, OctetStringRef};

use super::asn1::{
    AlgorithmIdentifier, ENVELOPED_DATA, RawSet, SIGNED_DATA, SetOfOne, check, decode, encode,
};
use super::certificate::{CertificateId, ParsedCertificate};
use super::{Field, Sender, Tr34Error, rsa};

/// The envelope and the attributes of a message whose signature was verified: there is no other
/// way to get at them.
pub(super) struct Verified<'a> {
    pub(super) envelope: &'a [u8],
    pub(super) attributes: RawSet<'a>,
}

/// Reads a message and verifies that the holder of the sender's certificate signed it.
pub(super) fn verify<'a>(
    message: &'a [u8],
    sender: &ParsedCertificate,
) -> Result<Verified<'a>, Tr34Error> {
    let ContentInfo { kind, content } = decode(message, Field::Message)?;
    check(kind, SIGNED_DATA, Field::ContentType)?;
    check(content.version, 1, Field::Version)?;
    let digest_algorithm = content.digest_algorithms.0;
    check(
        digest_algorithm,
        AlgorithmIdentifier::SHA_256,
        Field::DigestAlgorithm,
    )?;
    check(content.content.kind, ENVELOPED_DATA, Field::ContentType)?;
    let signer = content.signer_infos.0;
    check(signer.version, 1, Field::Version)?;
    check(
        signer.digest_algorithm,
        AlgorithmIdentifier::SHA_256,
        Field::DigestAlgorithm,
    )?;
    check(
        signer.signature_algorithm,
        AlgorithmIdentifier::RSA_ENCRYPTION,
        Field::SignatureAlgorithm,
    )?;

    let signed = encode(&signer.attributes, Field::SignedAttributes)?;
    rsa::verify(sender, &signed, signer.signature.as_bytes())?;
    if signer.id != sender.id {
        return Err(Tr34Error::Mismatch(Field::Sender));
    }
    Ok(Verified {
        envelope: content.content.content.as_bytes(),
        attributes: signer.attributes,
    })
}

/// Signs attributes and makes the message.
pub(super) fn sign(
    envelope: &[u8],
    attributes: &[u8],
    sender: &Sender<'_>,
) -> Result<Vec<u8>, Tr34Error> {
    let attributes = RawSet(attributes);
    let signed = encode(&attributes, Field::SignedAttributes)?;
    let signature = rsa::sign(sender.private_key, &signed)?;
    let certificate = ParsedCertificate::new(sender.certificate, Field::SenderCertificate)?;
    // A key that is not that of the certificate would make a message that nobody can verify.
    rsa::verify(&certificate, &signed, &signature)
        .map_err(|_| Tr34Error::Mismatch(Field::SenderPrivateKey))?;

    let too_long = |_| Tr34Error::Encoding(Field::Message);
    let message = ContentInfo {
        kind: SIGNED_DATA,
        content: SignedData {
            version: 1,
            digest_algorithms: SetOfOne(AlgorithmIdentifier::SHA_256),
            content: EncapsulatedContentInfo {
                kind: ENVELOPED_DATA,
                content: OctetStringRef::new(envelope).map_err(too_long)?,
            },
            signer_infos: SetOfOne(SignerInfo {
                version: 1,
                id: certificate.id,
                digest_algorithm: AlgorithmIdentifier::SHA_256,
                attributes,
                signature_algorithm: AlgorithmIdentifier::RSA_ENCRYPTION,
                signature: OctetStringRef::new(&signature).map_err(too_long)?,
            }),
        },
    };
    encode(&message, Field::Message)
}

/// ```text
/// ContentInfo ::= SEQUENCE {                      -- RFC 5652 section 3
///     contentType  OBJECT IDENTIFIER,             -- signedData
///     content      [0] EXPLICIT SignedData }
/// ```
#[derive(Sequence)]
struct ContentInfo<'a> {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: SignedData<'a>,
}

/// ```text
/// SignedData ::= SEQUENCE {                       -- RFC 5652 section 5.1
///     version           INTEGER,                  -- 1
///     digestAlgorithms  SET { AlgorithmIdentifier },
///     encapContentInfo  EncapsulatedContentInfo,
///     signerInfos       SET { SignerInfo } }
/// ```
///
/// There are neither certificates nor revocation lists.
#[derive(Sequence)]
struct SignedData<'a> {
    version: u8,
    digest_algorithms: SetOfOne<AlgorithmIdentifier<'a>>,
    content: EncapsulatedContentInfo<'a>,
    signer_infos: SetOfOne<SignerInfo<'a>>,
}

/// ```text
/// EncapsulatedContentInfo ::= SEQUENCE {          -- RFC 5652 section 5.2
///     eContentType  OBJECT IDENTIFIER,            -- envelopedData
///     eContent      [0] EXPLICIT OCTET STRING }   -- the envelope
/// ```
#[derive(Sequence)]
struct EncapsulatedContentInfo<'a> {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: OctetStringRef<'a>,
}

/// ```text
/// SignerInfo ::= SEQUENCE {                       -- RFC 5652 section 5.3
///     version             INTEGER,                -- 1
///     sid                 IssuerAndSerialNumber,  -- of the sender's certificate
///     digestAlgorithm     AlgorithmIdentifier,
///     signedAttrs         [0] IMPLICIT SignedAttributes,
///     signatureAlgorithm  AlgorithmIdentifier,
///     signature           OCTET STRING }
/// ```
#[derive(Sequence)]
struct SignerInfo<'a> {
    version: u8,
    id: CertificateId,
    digest_algorithm: AlgorithmIdentifier<'a>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    attributes: RawSet<'a>,
    signature_algorithm: AlgorithmIdentifier<'a>,
    signature: OctetStringRef<'a>,
}
