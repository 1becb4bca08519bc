//! Authorities in a directory, for people: one folder for each partner, in it certificates
//! (`NAME.pem`), the keys of those that are authorities (`NAME.key`), and a file `revoked`. A folder
//! whose name begins with a dot is not complete yet.
//!
//! A line of `revoked` names a certificate, by its file or its serial number in hex, and a reason:
//! one of RFC 5280 section 5.3.1, or `unknown`, which OCSP alone can say. A third word may be the
//! time (RFC 3339); without it, it is when the file was last written.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use der::Decode;
use rcgen::KeyPair;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use x509_cert::Certificate;

use super::authority::Authority;
use super::book::{Book, Revocation, Serial, Status};

/// Why a directory does not serve.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    #[error("cannot listen: {0}")]
    Listen(io::Error),
    #[error("{path}: {error}")]
    Unreadable { path: String, error: io::Error },
    #[error("{path} is no {what} in PEM")]
    Unusable { path: String, what: &'static str },
    #[error(
        "{path}:{line}: a certificate (its file or its serial number), a reason of RFC 5280 or \
         `unknown`, and perhaps a time are expected, not `{text}`"
    )]
    Line {
        path: String,
        line: usize,
        text: String,
    },
}

/// Everything that a directory says.
pub(crate) fn read(directory: &Path) -> Result<Book, DirectoryError> {
    let mut book = Book::default();
    for folder in entries(directory)? {
        if !is_complete(&folder) {
            continue;
        }
        for certificate in certificates(&folder)? {
            let key = certificate.with_extension("key");
            if key.is_file() {
                book.add(authority(&certificate, &key)?);
            }
        }
        read_revoked(&folder, &mut book)?;
    }
    Ok(book)
}

fn is_complete(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default();
    folder.is_dir() && !name.as_encoded_bytes().starts_with(b".")
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, DirectoryError> {
    let unreadable = |error| unreadable(directory, error);
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn certificates(folder: &Path) -> Result<Vec<PathBuf>, DirectoryError> {
    let mut paths = entries(folder)?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "pem"));
    Ok(paths)
}

fn authority(certificate: &Path, key: &Path) -> Result<Authority, DirectoryError> {
    let pem = text(key)?;
    let pair = KeyPair::from_pem(&pem).map_err(|_| unusable(key, "private key"))?;
    Authority::new(&certificate_der(certificate)?, Arc::new(pair))
        .map_err(|_| unusable(certificate, "certificate"))
}

fn certificate_der(path: &Path) -> Result<Vec<u8>, DirectoryError> {
    let pem = text(path)?;
    match der::pem::decode_vec(pem.as_bytes()) {
        Ok(("CERTIFICATE", der)) => Ok(der),
        _ => Err(unusable(path, "certificate")),
    }
}

fn read_revoked(folder: &Path, book: &mut Book) -> Result<(), DirectoryError> {
    let path = folder.join("revoked");
    if !path.exists() {
        return Ok(());
    }
    let written = std::fs::metadata(&path).and_then(|metadata| metadata.modified());
    let written = OffsetDateTime::from(written.map_err(|error| unreadable(&path, error))?);
    for (index, line) in text(&path)?.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.first().is_none_or(|word| word.starts_with('#')) {
            continue;
        }
        let wrong = || DirectoryError::Line {
            path: path.display().to_string(),
            line: index + 1,
            text: line.into(),
        };
        let (certificate, status) = revoked(&words, written).ok_or_else(wrong)?;
        let serial = serial(folder, certificate)?.ok_or_else(wrong)?;
        book.set_status(serial, status);
    }
    Ok(())
}

fn revoked<'a>(words: &[&'a str], written: OffsetDateTime) -> Option<(&'a str, Status)> {
    let (certificate, reason, at) = match *words {
        [certificate, reason] => (certificate, reason, written),
        [certificate, reason, at] => {
            let at = OffsetDateTime::parse(at, &Rfc3339).ok()?;
            (certificate, reason, at)
        }
        _ => return None,
    };
    if reason.eq_ignore_ascii_case("unknown") {
        return Some((certificate, Status::Unknown));
    }
    let reason = Some(reason.parse().ok()?);
    Some((certificate, Status::Revoked(Revocation { at, reason })))
}

/// By a file of the folder, or in hex.
fn serial(folder: &Path, certificate: &str) -> Result<Option<Serial>, DirectoryError> {
    let named = |path: &PathBuf| {
        let is = |name: Option<&std::ffi::OsStr>| name.is_some_and(|name| name == certificate);
        is(path.file_name()) || is(path.file_stem())
    };
    if let Some(path) = certificates(folder)?.iter().find(|path| named(path)) {
        let der = certificate_der(path)?;
        let parsed = Certificate::from_der(&der).map_err(|_| unusable(path, "certificate"))?;
        let number = parsed.tbs_certificate.serial_number;
        return Ok(Some(Serial::new(number.as_bytes())));
    }
    let digits = certificate.replace(':', "");
    let number = hex::decode(digits).ok();
    Ok(number
        .filter(|number| (1..=20).contains(&number.len()))
        .map(|number| Serial::new(&number)))
}

fn text(path: &Path) -> Result<String, DirectoryError> {
    std::fs::read_to_string(path).map_err(|error| unreadable(path, error))
}

fn unreadable(path: &Path, error: io::Error) -> DirectoryError {
    DirectoryError::Unreadable {
        path: path.display().to_string(),
        error,
    }
}

fn unusable(path: &Path, what: &'static str) -> DirectoryError {
    DirectoryError::Unusable {
        path: path.display().to_string(),
        what,
    }
}
