//! Lints on the names that a CA says it may certify.

use std::mem::discriminant;

use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::oid_registry::OID_X509_EXT_NAME_CONSTRAINTS;
use x509_parser::prelude::X509Certificate;

use super::Placed;

pub(super) fn in_ca_only(placed: &Placed<'_>, parsed: &X509Certificate<'_>) -> Result<(), String> {
    let mut extensions = parsed.extensions().iter();
    let constrained = extensions.any(|it| it.oid == OID_X509_EXT_NAME_CONSTRAINTS);
    if !placed.certificate.is_ca() && constrained {
        return Err("has NameConstraints, which only a CA may have".to_owned());
    }
    Ok(())
}

/// Path validation compares DNS names and IP addresses. It refuses a path on which names of another
/// kind are constrained, whatever they are: RFC 5280 lets nobody pass over such a constraint.
pub(super) fn comparable(placed: &Placed<'_>, parsed: &X509Certificate<'_>) -> Result<(), String> {
    let extensions = parsed.extensions().iter();
    let constraints = extensions.filter_map(|extension| match extension.parsed_extension() {
        ParsedExtension::NameConstraints(constraints) => Some(constraints),
        _ => None,
    });
    let bases = constraints
        .flat_map(|it| [&it.permitted_subtrees, &it.excluded_subtrees])
        .flatten()
        .flatten()
        .map(|subtree| &subtree.base);
    for base in bases {
        if let Some(kind) = not_comparable(base)
            && is_below(placed, base)
        {
            return Err(format!(
                "constrains {kind}, which this software cannot check"
            ));
        }
    }
    Ok(())
}

/// The kind of the name, if path validation has nothing to compare it with.
fn not_comparable(name: &GeneralName<'_>) -> Option<&'static str> {
    match name {
        GeneralName::DNSName(_) | GeneralName::IPAddress(_) => None,
        GeneralName::DirectoryName(_) => Some("directory names"),
        GeneralName::URI(_) => Some("URIs"),
        GeneralName::RFC822Name(_) => Some("e-mail addresses"),
        _ => Some("names of an uncommon kind"),
    }
}

/// Whether a certificate below has a name of that kind. A directory name every certificate has: its
/// subject.
fn is_below(placed: &Placed<'_>, base: &GeneralName<'_>) -> bool {
    let mut below = placed.below().peekable();
    if matches!(base, GeneralName::DirectoryName(_)) {
        return below.peek().is_some();
    }
    below.filter_map(|it| it.parsed()).any(|parsed| {
        let mut extensions = parsed.extensions().iter();
        extensions.any(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectAlternativeName(names) => {
                let mut names = names.general_names.iter();
                names.any(|name| discriminant(name) == discriminant(base))
            }
            _ => false,
        })
    })
}
