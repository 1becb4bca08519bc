//! `ceremony profile check`: is the profile valid, does it fit, and what does it allow?

use std::path::Path;

use ceremony::algorithms::{KekAlgorithm, KeyAlgorithm};
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::exchange::{Load, Method};
use ceremony::identifiers::Folder;
use ceremony::path::{CertificatePath, Role};
use ceremony::profile::{Profile, Trust};
use ceremony::proof::{Check, CheckName, prove};
use ceremony::revocation::Requirement;
use ceremony::text::shown;
use ceremony::utc::Utc;
use serde_path_to_error::Segment;

use super::{ADVANCED_TIER, STANDARD_TIER, how_to_put, read, with_colons, words, working_keys};
use crate::files::Unreadable;
use crate::finding::{Checked, Detail, Finding, Status, any_failed, rows};
use crate::lifetime::lifetime;
use crate::terminal::plain;

/// What was seen of a profile.
#[derive(Clone, Debug)]
pub struct Looked {
    pub findings: Vec<Checked>,
    folder: Option<Folder>,
    bytes: usize,
}

/// Looks at the profile in a file.
pub fn look_at(file: &Path, now: Utc) -> Result<Looked, Unreadable> {
    Ok(look(&read(file)?, None, now))
}

impl Looked {
    pub fn failed(&self) -> bool {
        any_failed(&self.findings)
    }

    pub fn table(&self, file: &Path) -> String {
        let mut text = rows(&self.findings);
        if let (Some(folder), false) = (&self.folder, self.failed()) {
            let put = how_to_put(folder, &file.display().to_string(), self.bytes);
            text.push_str(&format!("\n{put}\n"));
        }
        plain(&text)
    }
}

/// Looks at a profile. `roots` are those that its author has at hand, though they are not in it.
pub(super) fn look(json: &str, roots: Option<&[Certificate]>, now: Utc) -> Looked {
    let mut looked = Looked {
        findings: Vec::new(),
        folder: None,
        bytes: json.len(),
    };
    let profile = match Profile::read(json) {
        Ok(profile) => profile,
        Err(error) => {
            let place = field(json).map_or(String::new(), |field| format!("`{field}`: "));
            looked.push(
                "document",
                Finding::failed(
                    format!("{place}{error}."),
                    "Correct it; every field is described in steps/shared/ceremony/profile.schema.json.",
                ),
            );
            looked.push("size", size(json.len()));
            return looked;
        }
    };
    let folder = profile.folder();
    let seen = format!(
        "It is valid, for the folder {} of the inbox.",
        folder.prefix()
    );
    looked.push("document", Finding::ok(seen));
    looked.push("size", size(json.len()));
    looked.push("trust", trust(&profile));
    let supplied = roots.unwrap_or(&profile.root_certificates);
    if !supplied.is_empty() {
        looked.push("roots", roots_live(supplied, &profile, now));
    }
    looked.push("kek-export", kek_export(&profile));
    looked.push("working-keys", working_keys::check(&profile));
    looked.push("revocation", revocation(&profile));
    looked.push("limits", limits(&profile));
    looked.folder = Some(folder);
    looked
}

impl Looked {
    fn push(&mut self, check: &'static str, finding: Finding) {
        self.findings.push(Checked { check, finding });
    }
}

/// The path of the field at which the JSON is not what is expected there, if it is one.
fn field(json: &str) -> Option<String> {
    let json = &mut serde_json::Deserializer::from_str(json);
    let error = serde_path_to_error::deserialize::<_, Profile>(json).err()?;
    let mut path = String::new();
    for segment in error.path() {
        match segment {
            Segment::Seq { index } => path.push_str(&format!("[{index}]")),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                let dot = if path.is_empty() { "" } else { "." };
                path.push_str(&format!("{dot}{}", shown(key)));
            }
            Segment::Unknown => {}
        }
    }
    (!path.is_empty()).then_some(path)
}

fn size(bytes: usize) -> Finding {
    let seen = format!("{bytes} of the {STANDARD_TIER} bytes of a standard parameter.");
    if bytes <= STANDARD_TIER {
        return Finding::ok(seen);
    }
    if bytes <= ADVANCED_TIER {
        return Finding::warning(
            seen,
            "Make it smaller, by leaving out `rootCertificates` if the partner sends the root, or put \
             it with `--tier Advanced`, which is billed.",
        );
    }
    Finding::failed(
        format!("{bytes} bytes; no parameter holds more than {ADVANCED_TIER}."),
        "Make it smaller, by leaving out `rootCertificates` if the partner sends the root.",
    )
}

fn trust(profile: &Profile) -> Finding {
    let details = profile.trust_anchors.iter().map(|anchor| {
        if is_the_examples(anchor) {
            let seen = "It is the example's, and no certificate has it.";
            return Detail::new(anchor.to_string(), Status::Failed, seen);
        }
        let seen = if profile.has_root(anchor) {
            "Its root is in the profile."
        } else {
            "Its root has to come with the files, or from an earlier ceremony."
        };
        Detail::new(with_colons(anchor), Status::Ok, seen)
    });
    Finding::of_many(
        "roots that chains may end in are pinned by their fingerprints",
        details.collect(),
        "Pin the partner's own root: `openssl x509 -in root.pem -noout -fingerprint -sha256`, \
         compared over another channel.",
    )
}

/// Nothing but zeros, as in the example of this repository.
fn is_the_examples(anchor: &Sha256) -> bool {
    anchor.to_string().bytes().all(|digit| digit == b'0')
}

fn roots_live(roots: &[Certificate], profile: &Profile, now: Utc) -> Finding {
    let details = roots.iter().flat_map(|root| {
        let about = format!("{} ({})", root.subject(), root.sha256().short());
        let (status, seen) = lifetime(root.not_before(), root.not_after(), now);
        let life = Detail::new(about.clone(), status, seen);
        let checks = not_passed(root, profile, now).into_iter();
        let checks = checks.map(move |check| {
            let status = if check.refuses() {
                Status::Failed
            } else {
                Status::Warning
            };
            let seen = format!("{:?}: {} [{}].", check.check, check.detail, check.clause);
            Detail::new(about.clone(), status, seen)
        });
        [life].into_iter().chain(checks)
    });
    Finding::of_many(
        "things looked at on root certificates are right",
        details.collect(),
        "Ask the partner for another root, and compare its fingerprint over another channel.",
    )
}

/// What a proof would say of the root wherever a path ends in it; how long it lives is told already.
fn not_passed(root: &Certificate, profile: &Profile, now: Utc) -> Vec<Check> {
    let trust = Trust {
        trust_anchors: profile.trust_anchors.clone(),
        identity: profile.identity.clone(),
        minimum_remaining_days: profile.minimum_remaining_days,
    };
    // The shortest path there is. Of its leaf nothing is asked.
    let path = CertificatePath {
        leaf: root.clone(),
        intermediates: Vec::new(),
        root: root.clone(),
    };
    let told = [
        CheckName::AlreadyValid,
        CheckName::NotExpired,
        CheckName::NotExpiringSoon,
        CheckName::RemainingLife,
    ];
    // Of the root nothing depends on it.
    let load = Load {
        kek: KekAlgorithm::default(),
        method: Method::RsaOaep,
    };
    let mut checks = prove(path, &trust, load, now).checks;
    checks.retain(|check| {
        check.role == Some(Role::Root) && !check.passed && !told.contains(&check.check)
    });
    checks
}

fn kek_export(profile: &Profile) -> Finding {
    let Some(section) = &profile.kek_export else {
        return Finding::warning(
            "kek-export is not allowed: there is no section `kekExport`.",
            "Add the section, if a KEK is to be sent to this partner.",
        );
    };
    let words = words::kek_export(section, &profile.identity);
    let load = Load {
        kek: section.kek.algorithm,
        method: section.exchange.method(),
    };
    if KeyAlgorithm::KNOWN
        .iter()
        .any(|key| load.may_travel_under(key))
    {
        Finding::ok(words)
    } else {
        let needed = load.required_wrapping_key();
        Finding::failed(
            format!(
                "{words} But the leaf key that may carry {} is {needed}.",
                load.kek
            ),
            "Choose AES_128, TDES_2KEY or TDES_3KEY as `kekExport.kek.algorithm`, or `ecdh` as \
             `kekExport.exchange.method`.",
        )
    }
}

fn revocation(profile: &Profile) -> Finding {
    let words = words::revocation(&profile.revocation);
    match profile.revocation.policy {
        Requirement::Required => Finding::ok(words),
        Requirement::WhenAvailable | Requirement::Off => Finding::warning(
            words,
            "Choose `required` as `revocation.policy` as soon as the partner's certificates name a \
             service.",
        ),
    }
}

fn limits(profile: &Profile) -> Finding {
    Finding::ok(format!(
        "At most {} ceremonies may begin on one day; the leaf and its issuing CA must be valid for \
         {} more days.",
        profile.max_ceremonies_per_day, profile.minimum_remaining_days
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_held_to_what_parameters_hold() {
        for (bytes, status) in [
            (4096, Status::Ok),
            (4097, Status::Warning),
            (8192, Status::Warning),
            (8193, Status::Failed),
        ] {
            assert_eq!(size(bytes).status, status, "{bytes}");
        }
    }

    #[test]
    fn the_place_of_what_is_wrong_is_told() {
        let example = include_str!("../../../../shared/ceremony/profile.example.json");
        let wrong = example.replace("\"AES_128\"", "\"AES_127\"");
        assert_eq!(field(&wrong).as_deref(), Some("kekExport.kek.algorithm"));
        assert_eq!(field(example), None);
        assert_eq!(field("{"), None);
    }
}
