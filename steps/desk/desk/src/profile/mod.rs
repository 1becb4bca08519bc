//! `ceremony profile`: the profile of a partner's folder, before it is put into its parameter.

pub mod check;
pub mod new;
mod words;
mod working_keys;

use std::path::Path;

use ceremony::digest::Sha256;
use ceremony::identifiers::Folder;

use crate::files::{Unreadable, read_at_most};

/// What a parameter of SSM's standard tier may hold, and what one of its advanced tier, in bytes.
const STANDARD_TIER: usize = 4096;
const ADVANCED_TIER: usize = 8192;

/// Well beyond what any parameter holds; a larger file is no profile.
const FILE_BYTES: u64 = 64 * 1024;

/// The text of a profile's file.
pub(crate) fn read(file: &Path) -> Result<String, Unreadable> {
    let invalid = |words: &str| {
        let error = std::io::Error::new(std::io::ErrorKind::InvalidData, words);
        Unreadable::new(file, error)
    };
    let bytes = read_at_most(file, FILE_BYTES).map_err(|error| Unreadable::new(file, error))?;
    let bytes =
        bytes.ok_or_else(|| invalid("it is larger than 64 KiB, so that it is no profile"))?;
    String::from_utf8(bytes).map_err(|_| invalid("it is not text in UTF-8"))
}

/// A fingerprint as `openssl x509 -noout -fingerprint -sha256` prints it.
fn with_colons(fingerprint: &Sha256) -> String {
    let digits = fingerprint.to_string().to_uppercase();
    let bytes: Vec<&str> = (0..digits.len())
        .step_by(2)
        .map(|start| &digits[start..start + 2])
        .collect();
    bytes.join(":")
}

/// The command that puts a file into the parameter of its folder.
fn how_to_put(folder: &Folder, file: &str, bytes: usize) -> String {
    let tier = if bytes > STANDARD_TIER {
        " \\\n        --tier Advanced"
    } else {
        ""
    };
    format!(
        "    aws ssm put-parameter --name {} \\\n        --type String --value {}{tier}",
        folder.profile_parameter(),
        shell_word(&format!("file://{file}"))
    )
}

fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_word_to_a_shell() {
        assert_eq!(shell_word("file://a/b-1.json"), "file://a/b-1.json");
        assert_eq!(shell_word("file://it's $HOME"), r"'file://it'\''s $HOME'");
    }

    #[test]
    fn a_fingerprint_is_written_as_openssl_writes_it() {
        let text = with_colons(&Sha256::of(b""));
        assert!(text.starts_with("E3:B0:C4:42:98:FC:1C:14:"), "{text}");
        assert_eq!(text.len(), 32 * 3 - 1);
    }
}
