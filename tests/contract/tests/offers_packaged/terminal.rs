//! What the partner does at a terminal. Other than `partner::terminal`, it keeps what the commands leave
//! behind until somebody has looked at it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) struct Terminal {
    place: TempDir,
    readme: String,
}

impl Terminal {
    /// The package in a folder, and the partner's own files beside it.
    pub(crate) fn with(files: &Files, own: &[(&str, String)]) -> Self {
        let place = tempfile::tempdir().unwrap();
        let package = place.path().join("package");
        std::fs::create_dir(&package).unwrap();
        for (name, bytes) in files {
            std::fs::write(package.join(name), bytes).unwrap();
        }
        for (name, text) in own {
            std::fs::write(place.path().join(name), text).unwrap();
        }
        let readme = files.get("README.md").cloned().unwrap_or_default();
        let readme = String::from_utf8_lossy(&readme).into_owned();
        Self { place, readme }
    }

    /// Every command of the README but those that clean up, in order: what they printed, or what the first
    /// one that failed had to say.
    pub(crate) fn follow(&self) -> Result<Vec<String>, String> {
        let commands = self.commands();
        let commands = commands.iter().filter(|it| !it.starts_with("shred "));
        let printed: Result<Vec<String>, String> = commands.map(|it| self.types(it)).collect();
        match printed {
            Ok(printed) if printed.is_empty() => {
                Err("there is no README, or none with commands".into())
            }
            printed => printed,
        }
    }

    /// Those that clean up.
    pub(crate) fn clean_up(&self) {
        for command in self.commands() {
            if command.starts_with("shred ") {
                self.types(&command).unwrap();
            }
        }
    }

    pub(crate) fn types(&self, command: &str) -> Result<String, String> {
        let output = Command::new("sh")
            .args(["-euc", command])
            .current_dir(self.place.path().join("package"))
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        let (printed, said) = (text(&output.stdout), text(&output.stderr));
        if output.status.success() {
            Ok(printed)
        } else {
            Err(format!("`{}` failed: {printed} {said}", command.trim()))
        }
    }

    /// A file beside the package.
    pub(crate) fn beside(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn left(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.place.path()).unwrap();
        let names = names.map(|it| it.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    fn path(&self, name: &str) -> impl AsRef<Path> {
        self.place.path().join(name)
    }

    /// The indented blocks that start with a program's name; the others show data.
    fn commands(&self) -> Vec<String> {
        let mut commands = Vec::new();
        let mut block = String::new();
        for line in self.readme.lines().chain([""]) {
            match line.strip_prefix("    ") {
                Some(code) => block = block + code + "\n",
                None if block.is_empty() => {}
                None => commands.push(std::mem::take(&mut block)),
            }
        }
        const PROGRAMS: [&str; 8] = [
            "! ls ",
            "cat ",
            "for ",
            "head ",
            "openssl ",
            "sha256sum ",
            "shred ",
            "{ ",
        ];
        commands.retain(|block| PROGRAMS.iter().any(|it| block.starts_with(it)));
        commands
    }
}
