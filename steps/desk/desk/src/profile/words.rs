//! What a profile asks for and allows, in words.

use ceremony::exchange::{Passes, Tr34Signer};
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
    let (how, over) = match &section.exchange {
        Exchange::RsaOaep {
            hash,
            signed_prefix,
        } => (
            format!("RSA-OAEP ({})", hash.as_str()),
            format!(
                "`{}` and the wrapped key, and over the package",
                shown(&signed_prefix.ascii())
            ),
        ),
        Exchange::Tr34 { signer, passes } => {
            let signer = match signer {
                Tr34Signer::Service => "a key that the service's own CA certifies",
                Tr34Signer::Own => "the key enrolled as `tr34`",
            };
            let passes = match passes {
                Passes::One => "one pass",
                Passes::Two => "two passes: the partner drops a nonce",
            };
            let how = format!("TR-34 ({passes}), its block signed by {signer},");
            (how, "the package".to_owned())
        }
        Exchange::Ecdh {
            key_derivation_function,
            key_derivation_hash,
            derived_key,
        } => {
            let how = format!(
                "TR-31 under a key of {derived_key} from ECDH ({}, {})",
                key_derivation_function.as_str(),
                key_derivation_hash.as_str()
            );
            (how, "the package".to_owned())
        }
    };
    format!(
        "kek-export is allowed: {kek}, sent by {how} under leaves that carry `{}`; signed with {} \
         over {over}.",
        shown(identity),
        section.signature.algorithm.as_str(),
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
