//! Every relative link in a README leads to something: whoever moves a file is told which page still
//! points to the old place.

use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn every_relative_link_in_a_readme_leads_somewhere() {
    let root = root();
    let readmes = readmes(&root);
    assert!(readmes.contains(&"README.md".to_owned()), "{readmes:?}");
    let broken: Vec<String> = readmes
        .iter()
        .flat_map(|readme| {
            let path = root.join(readme);
            let text = std::fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            broken_links(&path, &text)
                .into_iter()
                .map(move |link| format!("{readme}:{link}"))
        })
        .collect();
    assert!(broken.is_empty(), "nothing there:\n{}", broken.join("\n"));
}

#[test]
fn a_broken_link_is_found_with_its_line() {
    let text = "\
See [a manifest](Cargo.toml), [`a page`](tests/README.md#what) and [nothing](no/such.md \"title\").
![picture](<no-such.png>) [web](https://example.com/no) [mail](mailto:a@example.com) [here](#part)

`[code](no-code.md)` and [a folder](steps/) and [another](steps/none/)

```sh
cat [fence](no-fence.md)
```

[reference]: no-reference.md
[^note]: no link, a note
";
    assert_eq!(
        broken_links(&root().join("README.md"), text),
        [
            "1: no/such.md",
            "2: no-such.png",
            "4: steps/none/",
            "10: no-reference.md"
        ]
    );
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The pages that git knows, so that none of a dependency or of a build is among them.
fn readmes(root: &Path) -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--", "README.md", "*/README.md"])
        .current_dir(root)
        .output()
        .expect("git runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout)
        .expect("paths are text")
        .split_terminator('\0')
        // A page that was just moved is still known under its old name.
        .filter(|readme| root.join(readme).exists())
        .map(str::to_owned)
        .collect()
}

/// The links of a page at which there is nothing, as `<line>: <target>`.
fn broken_links(page: &Path, text: &str) -> Vec<String> {
    let folder = page.parent().expect("a page is in a folder");
    links(text)
        .into_iter()
        .filter(|(_, target)| !leads_elsewhere(target))
        .filter(|(_, target)| {
            let file = target.split('#').next().unwrap_or_default();
            !folder.join(file).exists()
        })
        .map(|(line, target)| format!("{line}: {target}"))
        .collect()
}

/// Into the web, to a mailbox, or to another part of the same page.
fn leads_elsewhere(target: &str) -> bool {
    target.starts_with('#') || target.starts_with("mailto:") || target.contains("://")
}

/// Every target of a link or a picture, with the number of its line; none of those in code.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            let prose = without_code(line);
            found.extend(targets(&prose).map(|target| (number, target)));
        }
    }
    found
}

/// `[text](target)`, several to a line, and `[label]: target`, which has a line of its own.
fn targets(prose: &str) -> impl Iterator<Item = String> {
    let inline = prose
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(inside, _)| inside);
    let definition = prose
        .strip_prefix('[')
        .filter(|rest| !rest.starts_with('^'))
        .and_then(|rest| rest.split_once("]:"))
        .map(|(_, target)| target);
    inline
        .chain(definition)
        // Behind the target there may be a title.
        .filter_map(|target| target.split_whitespace().next())
        .map(|target| target.trim_matches(['<', '>']).to_owned())
}

/// The line without what stands between backquotes.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}
