//! Where things lie in the checkout.

use std::path::{Path, PathBuf};

/// The checkout that this program was built from, and its target directory.
#[derive(Clone, Debug)]
pub struct Project {
    pub root: PathBuf,
    pub target: PathBuf,
}

impl Project {
    /// The paths are those of the build: the rehearsal is only ever run through Cargo, from the
    /// checkout that it belongs to.
    pub fn locate() -> Self {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = manifest.ancestors().nth(2).unwrap_or(manifest).to_owned();
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(directory) => root.join(directory),
            None => root.join("target"),
        };
        Self { root, target }
    }

    /// The virtual environment with ministack, the AWS CLI and what Python tests import.
    pub fn python(&self) -> PathBuf {
        self.target.join("python")
    }

    pub fn infra_cdk(&self) -> PathBuf {
        self.root.join("infra-cdk")
    }

    pub fn requirements(&self) -> PathBuf {
        self.root.join("tests/workbench/requirements.txt")
    }

    /// Everything that a rehearsal leaves behind.
    pub fn rehearsal(&self) -> PathBuf {
        self.target.join("rehearsal")
    }

    /// One directory per step, each with the step's `bootstrap`.
    pub fn lambdas(&self) -> PathBuf {
        self.rehearsal().join("lambda")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_the_workspace() {
        assert!(
            Project::locate()
                .root
                .join("tests/workbench/Cargo.toml")
                .is_file()
        );
    }
}
