//! What a profile asks for and allows, in words.

use ceremony::profile::{Exchange, KekExport};
use ceremony::revocation::{Order, Requirement, Rules};
use ceremony::text::shown;

/// What is sent under this section, and how.
pub(super) fn kek_export(section: &KekExport, identity: &str) -> String {
    let algorithm = section.kek.algorithm;
    let kek = match &section.kek.key_arn {
        Some(arn) => format!("the existing {algorithm} key {}", shown(arn)),
        None => format!("a new {algorithm} key for every leaf"),
    };
    let Exchange::RsaOaep {
        hash,
        signed_prefix,
    } = &section.exchange;
    format!(
        "kek-export is allowed: {kek}, wrapped by RSA-OAEP ({}) under leaves that carry `{}`; \
         signed with {} over `{}` and the wrapped key.",
        hash.as_str(),
        shown(identity),
        section.signature.algorithm.as_str(),
        shown(&signed_prefix.ascii())
    )
}

pub(super) fn revocation(rules: &Rules) -> String {
    let services = match rules.order {
        Order::OcspThenCrl => "by OCSP or else by CRL",
        Order::CrlThenOcsp => "by CRL or else by OCSP",
        Order::OcspOnly => "by OCSP",
        Order::CrlOnly => "by CRL",
    };
    let times = format!(
        "A service that does not answer is asked again for {} minutes; a proof older than {} \
         minutes is made anew before the KEK is wrapped.",
        rules.wait_minutes, rules.max_proof_age_minutes
    );
    match rules.policy {
        Requirement::Required => format!(
            "That the leaf and every intermediate are not revoked has to be proven, {services}. \
             {times}"
        ),
        Requirement::WhenAvailable => format!(
            "That the leaf and every intermediate are not revoked has to be proven, {services}, but \
             a certificate that names no service passes without. {times}"
        ),
        Requirement::Off => {
            "Nobody is asked whether certificates are revoked: a revoked one gets a KEK.".to_owned()
        }
    }
}
