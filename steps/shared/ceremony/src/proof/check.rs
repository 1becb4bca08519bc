//! One check, and all that there are.

use serde::{Deserialize, Serialize};

use crate::certificate::Certificate;
use crate::lints;
use crate::path::Role;

/// One check and its result.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Check {
    /// What was checked.
    pub check: CheckName,
    /// What follows where it fails.
    pub severity: Severity,
    /// Where it is demanded: `RFC 5280 §4.1.2.2`, say.
    pub clause: String,
    /// On which certificate; null where it is about the path, or about several.
    pub role: Option<Role>,
    /// Its subject; null where there is no role.
    pub subject: Option<String>,
    pub passed: bool,
    /// What was found, and what was expected where that differs.
    pub detail: String,
}

impl Check {
    pub(crate) fn on_path(check: CheckName, passed: bool, detail: String) -> Self {
        Self {
            check,
            severity: check.severity(),
            clause: check.clause().to_owned(),
            role: None,
            subject: None,
            passed,
            detail,
        }
    }

    pub(crate) fn on(
        role: Role,
        certificate: &Certificate,
        check: CheckName,
        passed: bool,
        detail: String,
    ) -> Self {
        Self {
            role: Some(role),
            subject: Some(certificate.subject().to_owned()),
            ..Self::on_path(check, passed, detail)
        }
    }

    /// It failed, and the path is refused for it.
    pub fn refuses(&self) -> bool {
        !self.passed && self.severity == Severity::Refuse
    }

    /// It failed, which is told and refuses nothing.
    pub fn is_note(&self) -> bool {
        !self.passed && self.severity == Severity::Note
    }
}

/// What follows from a check that fails.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The path is refused.
    Refuse,
    /// It is recorded and told.
    Note,
}

/// What is checked, as it is when the check passes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize, strum::EnumIter)]
pub enum CheckName {
    /// notBefore has come.
    AlreadyValid,
    /// A certificate that another certificate issued says which key signed it.
    AuthorityKeyIdentifier,
    /// BasicConstraints says CA where it must, and only there.
    BasicConstraints,
    /// BasicConstraints of a CA is critical.
    BasicConstraintsCritical,
    /// The CA's key is one that Payment Cryptography can hold, and not weaker than what it signs.
    CaKeySuitable,
    /// Signatures, names and name constraints from the leaf to a pinned root.
    CertificatePath,
    /// The certificate of ours and those above it are not too long for a package.
    ChainFitsPackage,
    /// NameConstraints, PolicyConstraints and InhibitAnyPolicy are critical.
    ConstraintsCritical,
    /// No critical extension that nobody here knows.
    CriticalExtensionsKnown,
    /// The key is a point of its curve.
    EllipticCurvePoint,
    /// No extension twice.
    ExtensionsOnce,
    /// The leaf's userId or SAN URI is the one expected of this folder.
    Identity,
    /// Only a CA may sign certificates.
    KeyCertSignInCaOnly,
    /// The signing key was not replaced by one that is installed.
    KeyNotReplaced,
    /// KeyUsage: keyCertSign for CAs; for the leaf, where present, the use that it is for.
    KeyUsage,
    /// The leaf's key is of a kind that can carry a key.
    LeafKeyKind,
    /// The leaf's key may carry the KEK.
    LeafKeySuitable,
    /// The leaf is valid for no longer than is good practice.
    LeafValidityPeriod,
    /// The signing key as it is now has the certificate's public key.
    LiveKey,
    /// Names are constrained only where this software can compare them.
    NameConstraintsComparable,
    /// Constraints on names stand in a CA.
    NameConstraintsInCaOnly,
    /// No name needs escaping.
    NamesPlain,
    /// Nothing says for what else the key is meant.
    NoExtendedKeyUsage,
    /// notAfter has not passed.
    NotExpired,
    /// notAfter is not near.
    NotExpiringSoon,
    /// No more CAs below than pathLenConstraint allows.
    PathLength,
    /// A certificate was requested for this public key.
    PublicKeyRequested,
    /// The leaf and its issuing CA stay valid for as long as the profile asks.
    RemainingLife,
    /// The root is one of the profile's trust anchors.
    RootPinned,
    /// The RSA exponent is odd and not too small.
    RsaExponent,
    /// The RSA modulus is as long as the service takes.
    RsaLength,
    /// The RSA modulus is odd and has no small factor.
    RsaModulus,
    /// The serial number is positive and not too long.
    SerialNumber,
    /// What is below the root is not signed with MD5 or SHA-1.
    SignatureDigest,
    /// Our signing key is of a kind that signatures are verified with here.
    SigningKeySuitable,
    /// A CA says which key it signs with.
    SubjectKeyIdentifier,
    /// The certificate says whose it is.
    SubjectPresent,
    /// The subject is the one that was requested, byte for byte.
    SubjectRequested,
    /// notBefore and notAfter are dates, written as demanded.
    ValidityDates,
}

impl CheckName {
    /// The name of the error that a ceremony ends with when this check fails; of a note, which ends
    /// none, its own.
    pub fn error(self) -> &'static str {
        match self {
            Self::AlreadyValid => "CertificateNotYetValid",
            Self::AuthorityKeyIdentifier => "AuthorityKeyIdentifier",
            Self::BasicConstraints => "BasicConstraintsWrong",
            Self::BasicConstraintsCritical => "BasicConstraintsCritical",
            Self::CaKeySuitable => "UnsuitableCaKey",
            Self::CertificatePath => "CertificatePathInvalid",
            Self::ChainFitsPackage => "SigningChainTooLong",
            Self::ConstraintsCritical => "ConstraintsNotCritical",
            Self::CriticalExtensionsKnown => "UnknownCriticalExtension",
            Self::EllipticCurvePoint => "EllipticCurvePointInvalid",
            Self::ExtensionsOnce => "DuplicateExtension",
            Self::Identity => "IdentityMismatch",
            Self::KeyCertSignInCaOnly => "KeyCertSignWithoutCa",
            Self::KeyNotReplaced => "SigningKeyReplaced",
            Self::KeyUsage => "KeyUsageWrong",
            Self::LeafKeyKind => "UnsuitableLeafKey",
            Self::LeafKeySuitable => "LeafKeyTooWeak",
            Self::LeafValidityPeriod => "LeafValidityPeriod",
            Self::LiveKey => "SigningKeyDiffers",
            Self::NameConstraintsComparable => "NameConstraintsUnsupported",
            Self::NameConstraintsInCaOnly => "NameConstraintsInLeaf",
            Self::NamesPlain => "NamesPlain",
            Self::NoExtendedKeyUsage => "NoExtendedKeyUsage",
            Self::NotExpired => "CertificateExpired",
            Self::NotExpiringSoon => "NotExpiringSoon",
            Self::PathLength => "PathTooLong",
            Self::PublicKeyRequested => "PublicKeyNotRequested",
            Self::RemainingLife => "CertificateExpiresTooSoon",
            Self::RootPinned => "RootNotPinned",
            Self::RsaExponent => "UnsafeRsaExponent",
            Self::RsaLength => "UnsuitableRsaLength",
            Self::RsaModulus => "UnsafeRsaModulus",
            Self::SerialNumber => "SerialNumberInvalid",
            Self::SignatureDigest => "SignatureTooWeak",
            Self::SigningKeySuitable => "UnsuitableSigningKey",
            Self::SubjectKeyIdentifier => "SubjectKeyIdentifier",
            Self::SubjectPresent => "SubjectMissing",
            Self::SubjectRequested => "SubjectMismatch",
            Self::ValidityDates => "ValidityDatesInvalid",
        }
    }

    /// Where it is demanded.
    pub fn clause(self) -> &'static str {
        match self {
            Self::AlreadyValid | Self::NotExpired => "RFC 5280 §4.1.2.5",
            Self::BasicConstraints | Self::PathLength => "RFC 5280 §4.2.1.9",
            Self::CaKeySuitable => "AWS Payment Cryptography, Import public keys",
            Self::CertificatePath => "RFC 5280 §6.1",
            Self::ChainFitsPackage => "The package, which carries them",
            Self::Identity => "Profile, identity",
            Self::KeyNotReplaced => "The requests, and what is installed",
            Self::KeyUsage => "RFC 5280 §4.2.1.3",
            Self::LeafKeyKind | Self::LeafKeySuitable => {
                "AWS Payment Cryptography, Import and export keys"
            }
            Self::LiveKey => "KMS or Payment Cryptography, the key as it is",
            Self::PublicKeyRequested | Self::SubjectRequested => "The request (RFC 2986)",
            Self::RemainingLife => "Profile, minimumRemainingDays",
            Self::RootPinned => "Profile, trustAnchors",
            Self::SigningKeySuitable => "NIST SP 800-57 part 1, table 2",
            lint => lints::lint(lint).map_or("", |lint| lint.clause),
        }
    }

    pub fn severity(self) -> Severity {
        lints::lint(self).map_or(Severity::Refuse, |lint| lint.severity)
    }

    /// What to do where it fails, of a partner's certificates.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::AlreadyValid => {
                "Wait until the certificate is valid, and compare the partner's clock."
            }
            Self::CriticalExtensionsKnown => {
                "Ask the partner for certificates without that critical extension: whatever it demands, \
                 this software would not do, and so it must refuse them."
            }
            Self::Identity => {
                "Find out for whom the certificate was issued: if it is for another environment or \
                 data type, drop it there; if the profile is wrong, an operator corrects it."
            }
            Self::LeafKeyKind => {
                "Ask the partner for a certificate with a key of the kind that is named, or have an \
                 operator choose the exchange method that its key is for."
            }
            Self::LeafKeySuitable => {
                "Ask the partner for a certificate with one of the keys that are named, or have an \
                 operator choose a KEK algorithm that the key may carry."
            }
            Self::NameConstraintsComparable => {
                "Ask the partner for a path whose CAs constrain at most DNS names and IP addresses. \
                 Nothing need be wrong with the certificates: it is this software that understands no \
                 other names, and so must refuse them."
            }
            Self::NotExpired => {
                "Ask the partner for a renewed certificate; it belongs into the same folder."
            }
            Self::RemainingLife => {
                "Ask the partner for a renewed certificate: of the leaf, or of the CA that issued it. \
                 If the KEK will be used for no longer than is left, an operator lowers \
                 `minimumRemainingDays` of the profile."
            }
            Self::RootPinned => {
                "Compare the fingerprint with the partner over another channel. Only if it is \
                 theirs, have an operator add it to `trustAnchors` of the profile."
            }
            Self::EllipticCurvePoint | Self::RsaExponent | Self::RsaModulus => {
                "Tell the partner: whatever is encrypted under such a key, others can read. It needs \
                 a new key pair, made by sound software, and a certificate for that."
            }
            Self::RsaLength => {
                "Ask the partner for a certificate with an RSA key of 2048, 3072 or 4096 bits."
            }
            Self::SignatureDigest => {
                "Tell the partner's CA: certificates must be issued again with a signature over \
                 SHA-256, SHA-384 or SHA-512."
            }
            _ => {
                "Tell the partner's CA: the certificates themselves are wrong and must be issued \
                 again."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use strum::IntoEnumIterator;

    use super::*;
    use crate::proof::signer::remedy as signer_remedy;

    #[test]
    fn every_check_has_a_clause_an_error_and_a_remedy_of_its_own() {
        let mut errors = HashSet::new();
        for name in CheckName::iter() {
            assert!(name.clause().len() > 10, "{name:?}");
            assert!(name.remedy().ends_with('.'), "{name:?}");
            assert!(!signer_remedy(name).contains("partner"), "{name:?}");
            assert!(!name.remedy().contains("leaf again"), "{name:?}");
            assert!(errors.insert(name.error()), "{name:?}");
            let spelled = serde_json::to_value(name).unwrap();
            let named_alike = spelled == name.error();
            assert_eq!(named_alike, name.severity() == Severity::Note, "{name:?}");
        }
    }
}
