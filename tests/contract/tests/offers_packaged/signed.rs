//! Packages whose signing key a CA has certified.

use ceremony::algorithms::SignatureAlgorithm as A;
use ceremony::digest::Sha256;
use ceremony::enrolment::{Installed, OwnKey};
use ceremony::utc::Utc;
use contract::signed::{ARN, signing_key};
use emulated::aws::Aws;
use emulated::{UID, certificate};
use partner::certificate::KeyUsage;
use partner::{Certified, KeyKind, PrivateKey, Profile};

/// A CA that sender and receiver know.
pub(crate) fn bank() -> Certified {
    let key = PrivateKey::cached(KeyKind::EccP384, "bank");
    Profile::root("Bank Root").self_signed(&key)
}

/// What is installed when this CA has certified the signing key.
pub(crate) fn certified(aws: &Aws, ca: &Certified, algorithm: A) -> Installed {
    let certified = Profile::leaf("Key Ceremony Signing Key", UID)
        .key_usage(&[KeyUsage::DigitalSignature])
        .issued_by(ca, &signing_key(algorithm));
    let chain = format!("{}{}", certified.pem(), ca.pem());
    let chain_key = "enrolment-package-signing-0123456789abcdef/certificates.pem";
    let read = certificate(&certified);
    Installed {
        version: Installed::VERSION,
        key: OwnKey::PackageSigning,
        key_arn: ARN.to_owned(),
        chain_key: chain_key.to_owned(),
        chain_version_id: aws.put("evidence", chain_key, chain.as_bytes()),
        chain_sha256: Sha256::of(chain.as_bytes()),
        certificate_sha256: read.sha256(),
        not_before: read.not_before(),
        not_after: read.not_after(),
        ceremony_id: "enrolment-package-signing-0123456789abcdef".to_owned(),
        installed_at: Utc::now(),
    }
}
