//! Files that somebody names on the command line.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The whole file, or `None` if it has more bytes than that, of which no more are read.
pub(crate) fn read_at_most(file: &Path, bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let mut contents = Vec::new();
    File::open(file)?
        .take(bytes + 1)
        .read_to_end(&mut contents)?;
    let fits = u64::try_from(contents.len()).is_ok_and(|length| length <= bytes);
    Ok(fits.then_some(contents))
}

/// It could not be read at all.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be read: {error}", file.display())]
pub struct Unreadable {
    pub(crate) file: std::path::PathBuf,
    pub(crate) error: io::Error,
}

impl Unreadable {
    pub(crate) fn new(file: &Path, error: io::Error) -> Self {
        Self {
            file: file.to_owned(),
            error,
        }
    }
}
