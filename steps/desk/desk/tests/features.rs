//! `cargo rehearse` builds everything but this crate, `cargo test --workspace` everything. Cargo
//! unites the features of what it builds together: were this crate to bring a feature of a shared
//! dependency, each would compile the AWS SDKs for itself.

use std::collections::BTreeSet;
use std::process::Command;

#[test]
fn no_dependency_has_other_features_without_this_crate() {
    let (with, without) = (features(&[]), features(&["--exclude", "desk"]));
    let changed: Vec<_> = without.difference(&with).collect();
    assert!(!without.is_empty());
    assert!(changed.is_empty(), "{changed:#?}");
}

/// Every package that is built, with its features.
fn features(selection: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--workspace", "--locked", "--offline"])
        .args(selection)
        .args(["--edges", "normal,build", "--prefix", "none"])
        .args(["--format", "{p} {f}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let text = String::from_utf8(output.stdout).expect("text");
    // The mark of what was shown before.
    text.lines()
        .map(|line| line.trim_end_matches(" (*)").to_owned())
        .collect()
}
