//! The files of a package, before anything in them is believed.

use std::collections::BTreeMap;
use std::path::Path;

use crate::OpenError;

/// A package as it came: names and bytes.
#[derive(Clone, Debug, Default)]
pub struct Package {
    files: BTreeMap<String, Vec<u8>>,
}

impl Package {
    pub fn from_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self {
            files: files.into_iter().collect(),
        }
    }

    /// Every file that lies in a directory.
    pub fn from_directory(directory: &Path) -> Result<Self, OpenError> {
        let unreadable = |error: std::io::Error| OpenError::Unreadable {
            path: directory.into(),
            reason: error.to_string(),
        };
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(directory).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if let Some(name) = path.file_name().filter(|_| path.is_file()) {
                let bytes = std::fs::read(&path).map_err(unreadable)?;
                files.insert(name.to_string_lossy().into_owned(), bytes);
            }
        }
        Ok(Self { files })
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// A file by its name; for a test also the way to spoil one.
    pub fn files_mut(&mut self) -> &mut BTreeMap<String, Vec<u8>> {
        &mut self.files
    }

    pub fn file(&self, name: &str) -> Result<&[u8], OpenError> {
        let file = self.files.get(name).map(Vec::as_slice);
        file.ok_or_else(|| OpenError::FileMissing { file: name.into() })
    }
}
