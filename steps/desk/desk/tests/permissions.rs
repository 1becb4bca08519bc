//! The operator role may make the calls of `ceremony preflight`, and no others by its policy.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[test]
fn the_program_calls_what_its_policy_allows_and_nothing_else() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let called: BTreeSet<String> = sources(&here.join("src"))
        .iter()
        .flat_map(|file| {
            let text = std::fs::read_to_string(file).expect("a source file");
            let program = text.split("#[cfg(test)]").next().unwrap_or_default();
            actions(program, '"')
        })
        .collect();
    let policy = here.join("../../../infra-cdk/lib/platform/preflight.ts");
    let policy = std::fs::read_to_string(policy).expect("the policy");
    let allowed = actions(&policy, '\'');
    assert!(
        called.contains("payment-cryptography:CreateAlias"),
        "{called:?}"
    );
    assert_eq!(called, allowed);
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
