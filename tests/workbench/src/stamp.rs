//! "Is this still what that file asks for?": work that is only done again when its input changed.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use aws_lc_rs::digest::{SHA256, digest};

/// A file that holds the digest of the input that some work was last done for.
#[derive(Debug)]
pub struct Stamp {
    path: PathBuf,
    wanted: String,
}

impl Stamp {
    /// `path` should lie inside what the work makes, so that removing the one removes the other.
    pub fn new(path: PathBuf, input: &Path) -> Result<Self> {
        let bytes = std::fs::read(input).with_context(|| format!("reading {}", input.display()))?;
        Ok(Self {
            path,
            wanted: hex::encode(digest(&SHA256, &bytes)),
        })
    }

    pub fn is_current(&self) -> bool {
        std::fs::read_to_string(&self.path).is_ok_and(|found| found == self.wanted)
    }

    /// To be called when the work is done, and not before.
    pub fn set(&self) -> Result<()> {
        std::fs::write(&self.path, &self.wanted)
            .with_context(|| format!("writing {}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_current_until_its_input_changes() {
        let directory = std::env::temp_dir().join(format!("stamp-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let (stamp, input) = (directory.join("stamp"), directory.join("input"));
        std::fs::write(&input, "one").unwrap();
        let first = Stamp::new(stamp.clone(), &input).unwrap();
        assert!(!first.is_current());
        first.set().unwrap();
        assert!(first.is_current());
        std::fs::write(&input, "two").unwrap();
        assert!(!Stamp::new(stamp, &input).unwrap().is_current());
    }
}
