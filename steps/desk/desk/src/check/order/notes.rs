//! What a document leaves to be seen in the account, and what the profile makes doubtful.

use ceremony::algorithms::KekAlgorithm;
use ceremony::fleet::AllowedBdk;
use ceremony::profile::KekExport;
use ceremony::working_keys::order::{Asked, EstablishedKek, Order, Source};
use ceremony::working_keys::rules::WorkingKeyPolicy;

pub(super) fn notes(
    order: &Order,
    policy: &WorkingKeyPolicy,
    kek_export: Option<&KekExport>,
) -> Vec<String> {
    let mut notes = vec![match order.kek {
        Some(kek) => format!(
            "Whether a KEK of the folder is established (`kek`: `{kek}`) is known in the account only."
        ),
        None => "Whether the partner's certificate, which lies beside the document, is good, \
             `ceremony check` tells of the certificates."
            .to_owned(),
    }];
    // The one that the partner has sent is in the account only; and by TR-34 there is none.
    let kek = kek_export.filter(|_| order.kek == Some(EstablishedKek::Current));
    let kek = kek.map(|section| section.kek.algorithm);
    match &order.asked {
        Asked::Keys(_) => notes.extend(of_keys(order, policy, kek)),
        Asked::InitialKeys(asked) => {
            let bdk = policy.may_ask.bdks.get(&asked.bdk);
            notes.extend(bdk.into_iter().flat_map(|bdk| of_bdk(bdk, kek)));
        }
    }
    notes
}

fn of_keys(order: &Order, policy: &WorkingKeyPolicy, kek: Option<KekAlgorithm>) -> Vec<String> {
    let keys = order.keys().iter().enumerate();
    let notes = keys.filter_map(|(index, key)| match &key.source {
        Source::Existing(identifier) if policy.keys.contains(identifier) => Some(format!(
            "`keys[{index}]`: whether {identifier} may be sent, `ceremony preflight` tells."
        )),
        Source::Existing(identifier) => Some(format!(
            "`keys[{index}]`: `workingKeyExport.keys` does not name {identifier}; it has to be a key of \
             this folder by its tags, or to have an ARN that is named there."
        )),
        Source::New { algorithm, .. } => {
            let kek = kek.filter(|kek| !kek.may_protect(*algorithm))?;
            Some(format!("`keys[{index}]`: {}", too_weak(algorithm.as_str(), kek)))
        }
    });
    notes.collect()
}

fn of_bdk(bdk: &AllowedBdk, kek: Option<KekAlgorithm>) -> Vec<String> {
    let mut notes = vec![format!(
        "Whether {} is the base derivation key that the profile describes, `ceremony preflight` tells.",
        bdk.key_arn
    )];
    if let Some(kek) = kek.filter(|kek| !bdk.algorithm.may_travel_under(*kek)) {
        notes.push(format!(
            "`initialKeys.bdk`: {}",
            too_weak(bdk.algorithm.as_str(), kek)
        ));
    }
    notes
}

fn too_weak(algorithm: &str, kek: KekAlgorithm) -> String {
    format!(
        "if the folder's KEK is the {kek} that the profile sends, it is too weak for {algorithm}, and the \
         ceremony is refused (`KekTooWeak`, `BdkUnsuitable`)."
    )
}
