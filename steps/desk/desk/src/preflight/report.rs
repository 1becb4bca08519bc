//! All findings of a run: a table for people, a document for programs.

use serde::Serialize;

use super::Run;
use crate::finding::{Checked, any_failed, rows};

/// Changes whenever a member of the document changes its meaning or goes; new ones may come.
const VERSION: u32 = 1;

/// What a run has found.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub version: u32,
    /// The release of this program.
    pub program: String,
    pub at: String,
    pub account: String,
    pub region: String,
    /// ARN of whoever asked.
    pub caller: String,
    pub stack: String,
    pub findings: Vec<Checked>,
}

impl Report {
    pub(super) fn new(run: &Run, findings: Vec<Checked>) -> Self {
        Self {
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            at: run.now.to_string(),
            account: run.caller.account.clone(),
            region: run.region.clone(),
            caller: run.caller.arn.clone(),
            stack: run.deployment.stack.clone(),
            findings,
        }
    }

    pub fn failed(&self) -> bool {
        any_failed(&self.findings)
    }

    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts are JSON")
    }

    pub fn table(&self) -> String {
        let mut text = format!(
            "Key Ceremony, stack {} in {} {}, seen by {} at {}\n\n",
            self.stack, self.account, self.region, self.caller, self.at
        );
        text.push_str(&rows(&self.findings));
        text
    }

    /// The same without account ids, and without the name of whoever asked.
    pub fn redacted(mut self) -> Self {
        if let Some((role, _session)) = self.caller.rsplit_once('/') {
            self.caller = format!("{role}/SESSION");
        }
        let texts = [&mut self.account, &mut self.caller];
        for text in texts {
            *text = without_account_ids(text);
        }
        for Checked { finding, .. } in &mut self.findings {
            finding.seen = without_account_ids(&finding.seen);
            finding.to_do = finding.to_do.as_deref().map(without_account_ids);
            for detail in &mut finding.details {
                detail.about = without_account_ids(&detail.about);
                detail.seen = without_account_ids(&detail.seen);
                detail.to_do = detail.to_do.as_deref().map(without_account_ids);
            }
        }
        self
    }
}

const ACCOUNT_ID_DIGITS: usize = 12;

/// Every run of exactly twelve digits is one, be it ours or another's.
fn without_account_ids(text: &str) -> String {
    let mut clean = String::new();
    let mut digits = String::new();
    // The end of the text ends a run as well.
    for letter in text.chars().map(Some).chain([None]) {
        match letter {
            Some(digit) if digit.is_ascii_digit() => digits.push(digit),
            other => {
                if digits.len() == ACCOUNT_ID_DIGITS {
                    clean.push_str("ACCOUNT");
                } else {
                    clean.push_str(&digits);
                }
                digits.clear();
                clean.extend(other);
            }
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Detail, Finding, Status};

    fn report(findings: Vec<Finding>) -> Report {
        let findings = findings.into_iter().map(|finding| Checked {
            check: "trail",
            finding,
        });
        Report {
            version: VERSION,
            program: "0.1.0".to_owned(),
            at: "2026-11-27T02:00:00.000Z".to_owned(),
            account: "111122223333".to_owned(),
            region: "eu-west-1".to_owned(),
            caller: "arn:aws:sts::111122223333:assumed-role/Operator/jane@example.com".to_owned(),
            stack: "KeyCeremony".to_owned(),
            findings: findings.collect(),
        }
    }

    #[test]
    fn only_a_failed_check_fails_the_run() {
        assert!(
            !report(vec![
                Finding::ok("Yes."),
                Finding::warning("Hm.", "Look."),
                Finding::not_known("Who knows.", "Ask."),
            ])
            .failed()
        );
        assert!(
            report(vec![
                Finding::ok("Yes."),
                Finding::failed("No.", "Mend it.")
            ])
            .failed()
        );
    }

    #[test]
    fn the_document_has_a_version_and_one_entry_for_each_check() {
        let json: serde_json::Value =
            serde_json::from_str(&report(vec![Finding::failed("No.", "Mend it.")]).json()).unwrap();
        assert_eq!(json["version"], 1);
        let expected = serde_json::json!([{
            "check": "trail", "status": "failed", "seen": "No.", "toDo": "Mend it.", "details": [],
        }]);
        assert_eq!(json["findings"], expected);
    }

    #[test]
    fn the_table_says_what_was_seen_and_what_to_do() {
        let table = report(vec![Finding::failed("No.", "Mend it.")]).table();
        assert!(table.contains("failed     trail         No.\n"), "{table}");
        assert!(table.contains("What to do: Mend it.\n"), "{table}");
        assert!(
            table.ends_with("0 ok, 0 warnings, 1 failed, 0 not known\n"),
            "{table}"
        );
    }

    #[test]
    fn a_redacted_report_names_no_account_and_no_person() {
        let mut finding =
            Finding::failed("arn:aws:kms:eu-west-1:111122223333:key/1 is.", "Mend it.");
        finding.details = vec![
            Detail::new("444455556666", Status::Ok, "1764208800 is a time.")
                .with_to_do("Tag arn:aws:kms:eu-west-1:444455556666:key/2."),
        ];
        let redacted = report(vec![finding]).redacted();
        let (json, table) = (redacted.json(), redacted.table());
        for text in [&json, &table] {
            for secret in ["111122223333", "444455556666", "jane"] {
                assert!(!text.contains(secret), "{text}");
            }
        }
        assert!(
            json.contains("arn:aws:kms:eu-west-1:ACCOUNT:key/1 is."),
            "{json}"
        );
        assert!(json.contains("1764208800 is a time."), "{json}");
        assert!(
            table.contains("Tag arn:aws:kms:eu-west-1:ACCOUNT:key/2."),
            "{table}"
        );
    }
}
