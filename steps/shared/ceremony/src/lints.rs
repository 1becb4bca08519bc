//! What is demanded of certificates beyond path validation: RFC 5280 for the most part, and of keys
//! what NIST and the service say.
//!
//! `rustls-webpki` looks at what a path needs; that a CA kept the profile, that a key is a sound one,
//! and everything about the root, which is an anchor to it, is looked at here. [`LINTS`] is all of it.
//! A lint that is to `refuse` ends the ceremony; one that is to `note` is recorded, and told in the
//! package.

mod extensions;
mod fields;
mod keys;
mod name_constraints;

use x509_parser::prelude::X509Certificate;

use crate::certificate::Certificate;
use crate::path::{CertificatePath, Role};
use crate::proof::{Check, CheckName, Severity};
use crate::utc::Utc;

/// Every lint, in the order made.
pub static LINTS: &[Lint] = {
    use CheckName as Name;
    &[
        refuse(
            Name::SerialNumber,
            "RFC 5280 §4.1.2.2",
            fields::serial_number,
        ),
        refuse(
            Name::SignatureDigest,
            "NIST SP 800-131A §3, RFC 6151 §2",
            fields::signature_digest,
        ),
        refuse(
            Name::ValidityDates,
            "RFC 5280 §4.1.2.5",
            fields::validity_dates,
        ),
        refuse(
            Name::SubjectPresent,
            "RFC 5280 §4.1.2.6",
            fields::subject_present,
        ),
        refuse(
            Name::RsaLength,
            "AWS Payment Cryptography, Key attributes",
            keys::rsa_length,
        ),
        refuse(Name::RsaModulus, "NIST SP 800-89 §5.3.3", keys::rsa_modulus),
        refuse(Name::RsaExponent, "FIPS 186-5 §5.1", keys::rsa_exponent),
        refuse(
            Name::EllipticCurvePoint,
            "NIST SP 800-56A §5.6.2.3",
            keys::elliptic_curve_point,
        ),
        refuse(Name::ExtensionsOnce, "RFC 5280 §4.2", extensions::once),
        refuse(
            Name::CriticalExtensionsKnown,
            "RFC 5280 §4.2",
            extensions::critical_known,
        ),
        refuse(
            Name::KeyCertSignInCaOnly,
            "RFC 5280 §4.2.1.3, §4.2.1.9",
            extensions::key_cert_sign_in_ca_only,
        ),
        refuse(
            Name::NameConstraintsInCaOnly,
            "RFC 5280 §4.2.1.10",
            name_constraints::in_ca_only,
        ),
        refuse(
            Name::NameConstraintsComparable,
            "RFC 5280 §4.2.1.10",
            name_constraints::comparable,
        ),
        refuse(
            Name::ConstraintsCritical,
            "RFC 5280 §4.2.1.10, §4.2.1.11, §4.2.1.14",
            extensions::constraints_critical,
        ),
        note(
            Name::AuthorityKeyIdentifier,
            "RFC 5280 §4.2.1.1",
            extensions::authority_key_identifier,
        ),
        note(
            Name::SubjectKeyIdentifier,
            "RFC 5280 §4.2.1.2",
            extensions::subject_key_identifier,
        ),
        note(
            Name::BasicConstraintsCritical,
            "RFC 5280 §4.2.1.9",
            extensions::basic_constraints_critical,
        ),
        note(
            Name::NoExtendedKeyUsage,
            "RFC 5280 §4.2.1.12",
            extensions::no_extended_key_usage,
        ),
        note(
            Name::LeafValidityPeriod,
            "CA/Browser Forum BR §6.3.2",
            fields::leaf_validity_period,
        ),
        note(
            Name::NotExpiringSoon,
            "RFC 5280 §4.1.2.5",
            fields::not_expiring_soon,
        ),
        note(
            Name::NamesPlain,
            "RFC 5280 §4.1.2.4, §4.1.2.6",
            fields::names_plain,
        ),
    ]
};

/// One thing that is demanded, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Lint {
    pub name: CheckName,
    pub severity: Severity,
    pub clause: &'static str,
    look: Look,
}

const fn refuse(name: CheckName, clause: &'static str, look: Look) -> Lint {
    Lint {
        name,
        severity: Severity::Refuse,
        clause,
        look,
    }
}

const fn note(name: CheckName, clause: &'static str, look: Look) -> Lint {
    Lint {
        severity: Severity::Note,
        ..refuse(name, clause, look)
    }
}

impl Lint {
    fn checks(&self, certificates: &[Placed<'_>]) -> Vec<Check> {
        let failed: Vec<(&Placed<'_>, String)> = certificates
            .iter()
            .filter_map(|placed| Some((placed, self.fault_of(placed)?)))
            .collect();
        if failed.is_empty() {
            let detail = format!("{} certificates", certificates.len());
            return vec![Check::on_path(self.name, true, detail)];
        }
        let (told, others) = failed.split_at(failed.len().min(FAILURES_TOLD));
        let mut checks: Vec<Check> = told
            .iter()
            .map(|(it, fault)| Check::on(it.role, it.certificate, self.name, false, fault.clone()))
            .collect();
        if !others.is_empty() {
            let others: Vec<String> = others
                .iter()
                .map(|(it, _)| {
                    let fingerprint = it.certificate.sha256();
                    format!("{} (sha256 {}…)", it.role.as_str(), fingerprint.short())
                })
                .collect();
            let detail = format!("the same of others: {}", others.join(", "));
            checks.push(Check::on_path(self.name, false, detail));
        }
        checks
    }

    fn fault_of(&self, placed: &Placed<'_>) -> Option<String> {
        match &placed.parsed {
            Some(parsed) => (self.look)(placed, parsed).err(),
            // It did parse when it was read.
            None => Some("cannot be read".to_owned()),
        }
    }
}

/// A certificate in its place.
struct Placed<'a> {
    path: &'a CertificatePath,
    role: Role,
    certificate: &'a Certificate,
    parsed: Option<X509Certificate<'a>>,
    now: Utc,
}

impl<'a> Placed<'a> {
    /// What this one, or a CA below it, has issued: from the leaf upwards.
    fn below(&self) -> impl Iterator<Item = &'a Certificate> {
        let this = self.certificate;
        let certificates = self.path.certificates().map(|(_, it)| it);
        certificates.take_while(move |it| !std::ptr::eq(*it, this))
    }
}

/// Answers with what is wrong with the certificate.
type Look = fn(&Placed<'_>, &X509Certificate<'_>) -> Result<(), String>;

/// The lint of that name, if it is one.
pub(crate) fn lint(name: CheckName) -> Option<&'static Lint> {
    LINTS.iter().find(|lint| lint.name == name)
}

/// Of how many certificates a lint tells one by one that they fail. A state holds 256 KiB, and
/// whoever makes one certificate wrongly makes seven.
const FAILURES_TOLD: usize = 3;

/// Looks at every certificate of the path. What all of them pass is one check; what some fail is one
/// for each, up to [`FAILURES_TOLD`], and one more that names the others.
pub fn lint_path(path: &CertificatePath, now: Utc) -> Vec<Check> {
    let certificates: Vec<Placed<'_>> = path
        .certificates()
        .map(|(role, certificate)| Placed {
            path,
            role,
            certificate,
            parsed: certificate.parsed(),
            now,
        })
        .collect();
    LINTS
        .iter()
        .flat_map(|lint| lint.checks(&certificates))
        .collect()
}

/// What is to be told of the certificates although nothing is refused for it.
pub fn notes(path: &CertificatePath, now: Utc) -> Vec<Check> {
    let mut notes = lint_path(path, now);
    notes.retain(Check::is_note);
    notes
}
