//! The operator role may make the calls of `ceremony preflight` and of `ceremony enrol`, and no others
//! by the policies for them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[test]
fn preflight_calls_what_its_policy_allows_and_nothing_else() {
    let called = called(&["src/preflight", "src/outputs.rs"]);
    let allowed = allowed("preflight.ts");
    assert!(
        called.contains("payment-cryptography:CreateAlias"),
        "{called:?}"
    );
    assert_eq!(called, allowed);
}

#[test]
fn enrol_calls_what_its_policy_allows_and_nothing_else_but_reading_evidence() {
    let mut called = called(&["src/enrol", "src/outputs.rs"]);
    // By `storage`, which steps use in the same way.
    called.insert("ssm:GetParameter".to_owned());
    assert!(called.contains("lambda:InvokeFunction"), "{called:?}");
    assert_eq!(called, allowed("own-keys.ts"));
}

#[test]
fn no_other_part_of_the_program_calls_anything() {
    let own = ["src/preflight", "src/enrol", "src/outputs.rs"];
    let all = called(&["src"]);
    assert_eq!(all, called(&own));
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn called(places: &[&str]) -> BTreeSet<String> {
    let files = places.iter().flat_map(|place| sources(&here().join(place)));
    let actions = files.flat_map(|file| {
        let text = std::fs::read_to_string(file).expect("a source file");
        let program = text.split("#[cfg(test)]").next().unwrap_or_default();
        actions(program, '"')
    });
    actions.collect()
}

fn allowed(policy: &str) -> BTreeSet<String> {
    let policy = here().join("../../../infra-cdk/lib/platform").join(policy);
    let policy = std::fs::read_to_string(policy).expect("the policy");
    actions(&policy, '\'')
}

/// Quoted texts that name an action of IAM: `service:Action`.
fn actions(text: &str, quote: char) -> BTreeSet<String> {
    let texts = text.split(quote).filter(|text| is_action(text));
    texts.map(str::to_owned).collect()
}

fn is_action(text: &str) -> bool {
    let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let Some((service, action)) = text.split_once(':') else {
        return false;
    };
    !service.is_empty()
        && service.chars().all(lower)
        && action.starts_with(|c: char| c.is_ascii_uppercase())
        && action.chars().all(|c| c.is_ascii_alphanumeric())
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    if folder.is_file() {
        return vec![folder.to_owned()];
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else {
            files.push(path);
        }
    }
    files
}
