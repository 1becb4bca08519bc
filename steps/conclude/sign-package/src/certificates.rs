//! `signing-certificates.pem`: who says whose the signing key is.

use ceremony::certificate::Certificate;
use ceremony::enrolment::{Chain, Installed};
use ceremony::utc::Utc;
use signing::SigningError;
use storage::installed_chain;

use crate::{Context, Error};

/// The certificate that was enrolled, then its issuers up to the root: for the key (its
/// SubjectPublicKeyInfo in DER) that signs, and valid now, by what stands in the certificate itself.
pub(crate) async fn of(
    context: &Context,
    installed: &Installed,
    public_key: &[u8],
    now: Utc,
) -> Result<String, Error> {
    let chain = installed_chain(&context.s3, &context.evidence_bucket, installed).await?;
    let certificate = &chain.certificate;
    if certificate.public_key_info() != public_key {
        return Err(Error::CertificateForAnotherKey {
            key_arn: installed.key_arn.clone(),
        });
    }
    let (not_before, not_after) = (certificate.not_before(), certificate.not_after());
    if now < not_before || now > not_after {
        let error = SigningError::CertificateNotValid {
            certificate_sha256: certificate.sha256(),
            not_before,
            not_after,
        };
        return Err(error.into());
    }
    let certificates = [&chain.certificate].into_iter().chain(&chain.issuers);
    let pem: String = certificates.map(Certificate::to_pem).collect();
    let (bytes, most) = (pem.len(), Chain::MAX_PEM_BYTES);
    if bytes > most {
        let key_arn = installed.key_arn.clone();
        return Err(Error::CertificatesTooLong {
            key_arn,
            bytes,
            most,
        });
    }
    Ok(pem)
}
