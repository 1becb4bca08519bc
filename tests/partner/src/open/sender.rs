//! The sender's certificates in a package, held to the manifest and to whom the receiver trusts.

use der::{Decode, Encode};
use x509_cert::Certificate;

use super::Receiver;
use super::error::OpenError;
use super::sha256;
use crate::manifest::{Sender, SenderCertificate};
use crate::{Package, signature};

/// The certificate of a stem, `kdh` say, as the manifest names it; issued up to the end of its chain,
/// and by whom the receiver trusts, where it knows whom.
pub(super) fn certificate(
    package: &Package,
    stem: (&'static str, &'static str),
    told: &Sender,
    receiver: &Receiver<'_>,
) -> Result<Certificate, OpenError> {
    let (file, chain_file) = stem;
    let refused = |file, reason| OpenError::SenderCertificate { file, reason };
    let read = |name: &'static str| {
        let bytes = package.file(name)?;
        Certificate::load_pem_chain(bytes).map_err(|_| refused(name, "it cannot be read"))
    };
    let own = read(file)?;
    let [certificate] = &own[..] else {
        return Err(refused(file, "it does not hold one certificate"));
    };
    let chain = read(chain_file)?;
    let is = |certificate: &Certificate, told: &SenderCertificate| {
        let der = certificate.to_der();
        der.is_ok_and(|der| sha256(&der) == told.sha256)
    };
    if !is(certificate, &told.certificate) {
        return Err(refused(file, "it is not the one in the manifest"));
    }
    let as_told = chain.len() == told.chain.len()
        && chain
            .iter()
            .zip(&told.chain)
            .all(|(one, told)| is(one, told));
    if !as_told {
        return Err(refused(chain_file, "it is not the one in the manifest"));
    }
    is_issued_up(certificate, &chain, receiver).map_err(|reason| refused(chain_file, reason))?;
    Ok(certificate.clone())
}

/// Link by link up to the end of the chain; and by whom the receiver trusts, where it knows whom.
pub(crate) fn is_issued_up(
    certificate: &Certificate,
    chain: &[Certificate],
    receiver: &Receiver<'_>,
) -> Result<(), &'static str> {
    let mut below = certificate;
    for issuer in chain {
        if issued(issuer, below).is_none() {
            return Err("one has not issued the one before");
        }
        below = issuer;
    }
    if let Some(trusted) = receiver.trusts {
        let trusted = Certificate::from_der(trusted.der());
        let trusted = trusted.map_err(|_| "the trusted one cannot be read")?;
        if issued(&trusted, below).is_none() {
            return Err("it does not end in the trusted one");
        }
    }
    Ok(())
}

/// Whether one certificate has issued the other: name and signature.
fn issued(issuer: &Certificate, subject: &Certificate) -> Option<()> {
    if issuer.tbs_certificate.subject != subject.tbs_certificate.issuer {
        return None;
    }
    let algorithm = match subject.signature_algorithm.oid.to_string().as_str() {
        "1.2.840.113549.1.1.11" => "RSASSA_PKCS1_V1_5_SHA_256",
        "1.2.840.113549.1.1.12" => "RSASSA_PKCS1_V1_5_SHA_384",
        "1.2.840.113549.1.1.13" => "RSASSA_PKCS1_V1_5_SHA_512",
        "1.2.840.10045.4.3.2" => "ECDSA_SHA_256",
        "1.2.840.10045.4.3.3" => "ECDSA_SHA_384",
        "1.2.840.10045.4.3.4" => "ECDSA_SHA_512",
        _ => return None,
    };
    let key = issuer
        .tbs_certificate
        .subject_public_key_info
        .to_der()
        .ok()?;
    let message = subject.tbs_certificate.to_der().ok()?;
    let signed = subject.signature.as_bytes()?;
    signature::verify(algorithm, &key, &message, signed)?.then_some(())
}
