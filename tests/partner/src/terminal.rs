//! What the partner does at a terminal: the commands of the package's own README, run by `sh`.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::Command;

/// Puts the package into a folder and the leaf's private key beside it, and runs every command of
/// the package's README there, in order. Returns what they printed, or what the first one that
/// failed had to say.
///
/// # Panics
///
/// Where there is no `sh`, or no room for the files.
pub fn follow_the_readme(
    files: &BTreeMap<String, Vec<u8>>,
    leaf_key_pem: &str,
) -> Result<Vec<String>, String> {
    follow_the_readme_with(files, &[("leaf.key", leaf_key_pem.to_owned())])
}

/// The same with more of the partner's own files beside the package: `ca.pem`, say.
///
/// # Panics
///
/// As [`follow_the_readme`] does.
pub fn follow_the_readme_with(
    files: &BTreeMap<String, Vec<u8>>,
    own: &[(&str, String)],
) -> Result<Vec<String>, String> {
    let own: Vec<_> = own
        .iter()
        .map(|(name, text)| (*name, text.as_bytes()))
        .collect();
    let place = tempfile::tempdir().expect("a folder");
    follow(files, &own, place.path(), Ok)
}

/// The same for what is left beside the package in the end: the file of that name. One command is
/// replaced, as the partner has something else to do in its place.
///
/// # Panics
///
/// As [`follow_the_readme`] does.
pub fn follow_the_readme_for(
    files: &BTreeMap<String, Vec<u8>>,
    own: &[(&str, &[u8])],
    (replaced, by): (&str, &str),
    wanted: &str,
) -> Result<(Vec<String>, Vec<u8>), String> {
    let place = tempfile::tempdir().expect("a folder");
    let instead = |mut commands: Vec<String>| {
        let found = commands.iter_mut().find(|it| it.trim() == replaced);
        let found = found.ok_or_else(|| format!("it has no command `{replaced}`"))?;
        by.clone_into(found);
        Ok(commands)
    };
    let printed = follow(files, own, place.path(), instead)?;
    let made = std::fs::read(place.path().join(wanted));
    let made = made.map_err(|error| format!("its commands make no {wanted}: {error}"))?;
    Ok((printed, made))
}

fn follow(
    files: &BTreeMap<String, Vec<u8>>,
    own: &[(&str, &[u8])],
    place: &Path,
    change: impl FnOnce(Vec<String>) -> Result<Vec<String>, String>,
) -> Result<Vec<String>, String> {
    let folder = place.join("package");
    unpack(files, &folder).expect("the files of the package");
    for (name, bytes) in own {
        std::fs::write(place.join(name), bytes).expect("a file of the partner's own");
    }
    let readme = files.get("README.md").ok_or("there is no README.md")?;
    change(commands(&String::from_utf8_lossy(readme)))?
        .iter()
        .map(|command| run(&folder, command))
        .collect()
}

fn unpack(files: &BTreeMap<String, Vec<u8>>, folder: &Path) -> io::Result<()> {
    std::fs::create_dir(folder)?;
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}

/// The indented blocks that start with a program's name; the others show data.
fn commands(readme: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut block = String::new();
    for line in readme.lines().chain([""]) {
        match line.strip_prefix("    ") {
            Some(code) => block = block + code + "\n",
            None if block.is_empty() => {}
            None => commands.push(std::mem::take(&mut block)),
        }
    }
    let programs = [
        "! ls ",
        "cat ",
        "cmp ",
        "cut ",
        "for ",
        "head ",
        "od ",
        "openssl ",
        "sha256sum ",
        "shred ",
        "tail ",
        "{ ",
    ];
    commands.retain(|block| programs.iter().any(|program| block.starts_with(program)));
    commands
}

fn run(folder: &Path, command: &str) -> Result<String, String> {
    let output = Command::new("sh")
        .args(["-euc", command])
        .current_dir(folder)
        .output()
        .expect("sh is needed to follow the README");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let (printed, said) = (text(&output.stdout), text(&output.stderr));
    if !output.status.success() {
        return Err(format!("`{}` failed: {printed} {said}", command.trim()));
    }
    Ok(printed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(readme: &str) -> BTreeMap<String, Vec<u8>> {
        [("README.md".to_owned(), readme.as_bytes().to_vec())].into()
    }

    fn follow(readme: &str) -> Result<Vec<String>, String> {
        follow_the_readme(&package(readme), "the key")
    }

    #[test]
    fn commands_are_run_and_data_is_not() {
        let readme = "# Title\n\n    subject  CN=x\n\n    cat \\\n        ../leaf.key\n\ntext\n";
        assert_eq!(follow(readme), Ok(vec!["the key".to_owned()]));
    }

    #[test]
    fn what_the_commands_make_is_told() {
        let readme = "    cat none >../made\n\n    cat ../made\n";
        let own = [("own", &b"key"[..])];
        let followed = |replaced, wanted| {
            let instead = (replaced, "cat ../own ../own >../made");
            follow_the_readme_for(&package(readme), &own, instead, wanted)
        };
        let (printed, made) = followed("cat none >../made", "made").unwrap();
        assert_eq!(printed, ["", "keykey"]);
        assert_eq!(made, b"keykey");
        let failed = followed("cat none >../made", "other").unwrap_err();
        assert!(failed.contains("make no other"), "{failed}");
        let failed = followed("cat none", "made").unwrap_err();
        assert!(failed.contains("no command `cat none`"), "{failed}");
    }

    #[test]
    fn the_first_command_that_fails_is_told() {
        let failed = follow("    cat README.md\n\n    cat missing\n").unwrap_err();
        assert!(failed.starts_with("`cat missing` failed: "), "{failed}");
    }
}
