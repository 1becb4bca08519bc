//! A document that asks for a KEK of the partner's.

use std::fmt::Write;

use ceremony::key_import::request::{ExpectedKek, ImportMethod, ImportRequest};
use ceremony::key_import::rules::{ImportPolicy, KcvProof};
use ceremony::profile::Profile;
use ceremony::working_keys::place::OrderPlace;

use super::report::REQUEST_REJECTED;
use super::{Problem, Report, place};

/// As `intake-request` judges it.
pub(super) fn judge(report: &mut Report, name: &str, request: ImportRequest, profile: Profile) {
    match allowed(report, name, &request, profile) {
        Ok((place, policy)) => {
            report.notes = notes(&place, &request, &policy);
            report.kek_import = Some(request);
        }
        Err(problem) => report.problems.push(problem),
    }
}

fn allowed(
    report: &mut Report,
    name: &str,
    request: &ImportRequest,
    profile: Profile,
) -> Result<(OrderPlace, ImportPolicy), Problem> {
    let asked_by = report.asked_by;
    let place = place(&profile.folder(), asked_by, name)
        .map_err(|reason| Problem::misplaced_order(reason, asked_by))?;
    report.inbox_key = Some(place.key());
    // Which version of the parameter it is makes no difference.
    let policy = profile
        .import_policy(0, asked_by)
        .map_err(|error| not_allowed(error.to_string()))?;
    if let Some(reason) = policy.why_not(request) {
        return Err(not_allowed(format!(
            "{asked_by} may not ask for this: {reason}"
        )));
    }
    if request.method == ImportMethod::Physical {
        return Err(Problem::not_taken(
            REQUEST_REJECTED,
            "`method` is physical, by which no ceremony is offered yet".to_owned(),
            "Ask by another method that `kekImport` of the profile allows.",
        ));
    }
    Ok((place, policy))
}

pub(super) fn rejected(reason: String) -> Problem {
    Problem::not_taken(
        REQUEST_REJECTED,
        reason,
        "Correct the document; its schema is steps/shared/ceremony/kek-import.schema.json.",
    )
}

fn not_allowed(reason: String) -> Problem {
    Problem::not_taken(
        REQUEST_REJECTED,
        reason,
        "Ask for what is allowed; or have an operator correct `kekImport` of the profile.",
    )
}

/// What is left to be seen, and to be done beside.
fn notes(place: &OrderPlace, request: &ImportRequest, policy: &ImportPolicy) -> Vec<String> {
    let beside = place.attachments();
    let certificates = if request.method.needs_a_certificate() {
        format!(
            "The partner's certificate and its CAs have to lie in `{beside}` before the document is dropped; \
             what they prove, the ceremony tells."
        )
    } else {
        format!(
            "By {} the partner needs no certificate, and none may lie in `{beside}`.",
            request.method
        )
    };
    let confirmed = (policy.kcv == KcvProof::Confirmed).then(|| {
        "Nothing uses the key before the partner has confirmed its check value (`kcv` of the profile)."
            .to_owned()
    });
    [certificates].into_iter().chain(confirmed).collect()
}

/// The KEK that is asked for, for people.
pub(super) fn rows(text: &mut String, request: &ImportRequest) {
    let ExpectedKek {
        algorithm,
        usage,
        modes,
        exportability,
        ..
    } = &request.expected;
    // Writing to a String does not fail.
    let _ = writeln!(
        text,
        "\nAsks, by {}, for\n  a KEK of the partner's: {algorithm} of usage {usage} and modes {modes}, \
         exportability {exportability}",
        request.method
    );
    for block in &request.expected.optional_blocks {
        let _ = writeln!(text, "  with the optional block {}", block.id);
    }
    if let Some(kcv) = &request.kcv {
        let _ = writeln!(text, "  with the check value {kcv}");
    }
    if let Some(alias) = &request.alias {
        let _ = writeln!(text, "  named by {} too", alias.as_str());
    }
}
