//! The report for people.

use std::fmt::Write;

use ceremony::proof::{Check, Severity};
use ceremony::revocation::{Finding, Proof, Source, Status};

use super::{FileSeen, NotCounted, OnPath, Problem, Report};
use crate::terminal::plain;

impl Report {
    pub fn table(&self) -> String {
        let folder = self.folder.as_deref().unwrap_or("an unknown folder");
        let mut text = format!("kek-export for {folder} at {}\n", self.at);
        text.push_str("\nFiles\n");
        for file in &self.files {
            row(&mut text, &file_row(file));
        }
        if !self.path.is_empty() {
            text.push_str("\nPath\n");
        }
        for certificate in &self.path {
            path_rows(&mut text, certificate);
        }
        for NotCounted { subject, why, .. } in &self.passed_over {
            let _ = writeln!(text, "  {subject} is newer and does not count: {why}");
        }
        if !self.checks.is_empty() {
            text.push_str("\nChecks\n");
            self.check_rows(&mut text);
        }
        if let Some(revocation) = &self.revocation {
            // Writing to a String does not fail.
            let _ = writeln!(text, "\nRevocation, asked at {}", revocation.asked_at);
            if revocation.findings.is_empty() {
                text.push_str("  The profile wants nobody to be asked.\n");
            }
            for finding in &revocation.findings {
                row(&mut text, &finding_row(finding));
            }
        }
        self.verdict(&mut text);
        plain(&text)
    }

    /// Certificate by certificate, in the order in which they were first checked.
    fn check_rows(&self, text: &mut String) {
        let mut about: Vec<Option<(&str, &str)>> = Vec::new();
        for check in &self.checks {
            if !about.contains(&subject(check)) {
                about.push(subject(check));
            }
        }
        for about in about {
            let title = about.map_or("the path".to_owned(), |(role, subject)| {
                format!("{role} {subject}")
            });
            let _ = writeln!(text, "  {title}");
            for check in self.checks.iter().filter(|check| subject(check) == about) {
                let name = format!("{:?}", check.check);
                let _ = writeln!(
                    text,
                    "    {:<9}{name:<26}{} [{}]",
                    result(check),
                    check.detail,
                    check.clause
                );
            }
        }
        let count = |wanted| {
            self.checks
                .iter()
                .filter(|check| result(check) == wanted)
                .count()
        };
        let _ = writeln!(
            text,
            "  {} checks: {} ok, {} refused, {} notes",
            self.checks.len(),
            count("ok"),
            count("refused"),
            count("note")
        );
    }

    fn verdict(&self, text: &mut String) {
        if self.goes_on {
            text.push_str("\nThe ceremony would go on.\n");
            if self.revocation.is_none() {
                text.push_str(
                    "Whether a certificate is revoked was not asked; --revocation does.\n",
                );
            }
            if let (Some(travels), Some(leaf)) = (self.exchange, self.path.first()) {
                let (kek, method) = (travels.kek, travels.method);
                let _ = writeln!(
                    text,
                    "{kek} would travel by {method}, under the leaf's {}.",
                    leaf.key_algorithm
                );
            }
            return;
        }
        text.push_str("\nThe ceremony would not go on.\n");
        problem_rows(text, &self.problems);
    }
}

/// What would be announced, and what to do about it.
pub(super) fn problem_rows(text: &mut String, problems: &[Problem]) {
    for problem in problems {
        let Problem {
            event,
            error,
            file,
            what,
            to_do,
        } = problem;
        let error = error
            .as_deref()
            .map_or(String::new(), |error| format!(", {error}"));
        let file = file
            .as_deref()
            .map_or(String::new(), |file| format!(", {file}"));
        // Writing to a String does not fail.
        let _ = writeln!(
            text,
            "  {event}{error}{file}: {what}\n    What to do: {to_do}"
        );
    }
}

fn row(text: &mut String, row: &str) {
    let _ = writeln!(text, "  {row}");
}

fn file_row(file: &FileSeen) -> String {
    let name = &file.file;
    match (&file.unusable, file.certificates.len()) {
        (Some(reason), _) => format!("rejected  {name}: {reason}"),
        (None, _) if file.nonce => format!("taken     {name}: a nonce"),
        (None, 1) => format!("taken     {name}: 1 certificate"),
        (None, count) => format!("taken     {name}: {count} certificates"),
    }
}

fn path_rows(text: &mut String, on_path: &OnPath) {
    let facts = &on_path.facts;
    row(
        text,
        &format!("{:<14}{}", facts.role.as_str(), facts.subject),
    );
    let left = match on_path.remaining_days {
        days if days < 0 => "expired".to_owned(),
        1 => "1 more day".to_owned(),
        days => format!("{days} more days"),
    };
    row(
        text,
        &format!(
            "{:<14}{}, valid until {} ({left}), SHA-256 {}",
            "", on_path.key_algorithm, facts.not_after, facts.sha256
        ),
    );
}

/// Which certificate a check is about; `None` where it is about the path.
fn subject(check: &Check) -> Option<(&str, &str)> {
    Some((check.role?.as_str(), check.subject.as_deref()?))
}

fn result(check: &Check) -> &'static str {
    match (check.passed, check.severity) {
        (true, _) => "ok",
        (false, Severity::Note) => "note",
        (false, Severity::Refuse) => "refused",
    }
}

fn finding_row(finding: &Finding) -> String {
    let certificate = format!("{} {}", finding.role.as_str(), finding.subject);
    match &finding.status {
        Status::NotRevoked { proof } => format!("not revoked  {certificate}: {}", by(proof)),
        Status::NoService => format!("no service   {certificate}: it names none"),
        Status::Revoked {
            proof,
            revoked_at,
            reason,
        } => {
            let reason = reason.as_deref().unwrap_or("no reason given");
            format!(
                "revoked      {certificate}: on {revoked_at}, {reason}; {}",
                by(proof)
            )
        }
        Status::Unknown { proof } => format!("unknown      {certificate}: {}", by(proof)),
        Status::Unavailable { reasons } => {
            format!("no answer    {certificate}: {}", reasons.join("; "))
        }
        Status::Unusable { reasons } => {
            format!("no proof     {certificate}: {}", reasons.join("; "))
        }
    }
}

/// Who has signed it, and for how long it holds.
fn by(proof: &Proof) -> String {
    let source = match proof.source {
        Source::Ocsp => "OCSP",
        Source::Crl => "CRL",
    };
    let next = match proof.next_update {
        Some(next) => format!("next update {next}"),
        None => "no next update".to_owned(),
    };
    format!(
        "by {source} at {}, signed by {}, as of {}, {next}",
        proof.url, proof.signer, proof.this_update
    )
}
