//! `SHA256SUMS`: one line per file, as `sha256sum` writes it.
//!
//! `sha256sum` writes a name with a newline or a backslash in a form of its own, reads `-` as its
//! standard input, and follows a path wherever it leads. Such names are refused.

use ceremony::execution::File;
use ceremony::publication::{Publication, SUMS, SUMS_SIGNATURE, StoredFile, is_plain_name};

use crate::Error;

/// The list of every file that the partner fetches, in the order of their names' bytes.
pub(crate) fn of(publication: &Publication) -> Result<String, Error> {
    let files = publication.files.iter().chain([&publication.manifest]);
    let objects = publication.objects.iter().map(StoredFile::digest);
    let mut digests: Vec<_> = files.map(File::digest).chain(objects).collect();
    digests.sort_by(|one, other| one.name.cmp(&other.name));
    for file in &digests {
        let ours = [SUMS, SUMS_SIGNATURE].contains(&file.name.as_str());
        if !is_plain_name(&file.name) || ours {
            return Err(Error::FileNameUnusable(file.name.clone()));
        }
    }
    for pair in digests.windows(2) {
        if pair[0].name == pair[1].name {
            return Err(Error::FileNameTwice(pair[0].name.clone()));
        }
    }
    let lines = digests.iter();
    Ok(lines
        .map(|file| format!("{}  {}\n", file.sha256, file.name))
        .collect())
}
