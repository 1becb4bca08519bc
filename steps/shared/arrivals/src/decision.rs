//! What a folder comes to, and what a complete set in it is made of.

use std::collections::BTreeMap;

use ceremony::certificate::Certificate;
use ceremony::execution::DroppedObject;
use ceremony::id::{CertificateSet, Kind, Place};
use ceremony::path::{CertificatePath, DroppedFile};
use ceremony::profile::CEREMONIES_PER_DAY;

use crate::folder::{File, Unread};
use crate::private_key::Found;

/// What lies in the folder.
#[derive(Clone, Debug)]
pub enum Decision<P> {
    Complete(Box<Complete<P>>),
    Incomplete {
        missing: String,
        remedy: &'static str,
    },
    PrivateKey(Found),
    Unusable {
        reason: String,
        file: Option<String>,
        remedy: &'static str,
    },
}

impl<P> Decision<P> {
    /// A file, or the folder, that cannot be used as it is.
    pub fn unusable(file: Option<&str>, reason: String) -> Self {
        Self::Unusable {
            reason,
            file: file.map(str::to_owned),
            remedy: "Correct the file and drop it again.",
        }
    }
}

/// A certificate set, and the drop that it came with.
#[derive(Clone, Debug)]
pub struct Complete<P> {
    pub set: CertificateSet<P>,
    /// The objects that carry its path.
    pub objects: Vec<DroppedObject>,
    /// The newest object that carries the leaf.
    pub leaf_key: String,
    /// When that was put there, seconds since 1970: when the set was dropped, as far as it asks for
    /// a ceremony.
    pub dropped: i64,
    /// How many ceremonies the folder may begin on one day.
    pub per_day: u32,
    /// That the file whose arrival is the occasion holds a newer certificate, and why that does not
    /// count.
    pub passed_over: Option<(String, String)>,
}

impl<P: Place> Complete<P> {
    /// Names the set and the objects that carry its path.
    ///
    /// Of several objects with the same certificate the one that lay there first is taken; when the
    /// set was dropped, the newest one with the leaf says.
    pub fn new(kind: Kind, place: &P, path: &CertificatePath, files: &[File]) -> Self {
        let newest = by_age(files)
            .into_iter()
            .rfind(|file| holds(file, &path.leaf));
        let cas = path.cas().map(Certificate::sha256);
        Self {
            set: CertificateSet::new(kind, place, path.leaf.sha256(), cas),
            objects: carriers(path, files),
            leaf_key: newest
                .map(|file| file.object.key.clone())
                .unwrap_or_default(),
            dropped: newest.map_or(0, |file| file.modified),
            per_day: CEREMONIES_PER_DAY,
            passed_over: None,
        }
    }
}

/// The objects that carry a path, each once, in the order of their keys.
pub fn carriers(path: &CertificatePath, files: &[File]) -> Vec<DroppedObject> {
    let by_age = by_age(files);
    let mut objects = BTreeMap::new();
    for (_, certificate) in path.certificates() {
        // A root that was supplied lies in no file.
        if let Some(file) = by_age.iter().find(|file| holds(file, certificate)) {
            objects.insert(file.object.key.clone(), file.object.clone());
        }
    }
    objects.into_values().collect()
}

fn by_age(files: &[File]) -> Vec<&File> {
    let mut by_age: Vec<&File> = files.iter().collect();
    by_age.sort_by_key(|file| (file.modified, &file.object.key));
    by_age
}

fn holds(file: &File, certificate: &Certificate) -> bool {
    usable(file).contains(certificate)
}

/// The certificates of a file; none where it cannot be used, or is to hold a nonce.
pub fn usable(file: &File) -> &[Certificate] {
    match (&file.nonce, &file.certificates) {
        (None, Ok(certificates)) => certificates,
        _ => &[],
    }
}

/// Why the file of this key cannot be used, if it cannot.
pub fn why_unusable(key: &str, files: &[File], unread: &[Unread]) -> Option<String> {
    if let Some(file) = unread.iter().find(|file| file.key == key) {
        return Some(file.reason.clone());
    }
    let file = files.iter().find(|file| file.object.key == key)?;
    match &file.nonce {
        Some(nonce) => nonce.as_ref().err().map(ToString::to_string),
        None => file.certificates.as_ref().err().map(ToString::to_string),
    }
}

/// The files, as paths are chosen from them.
pub fn dropped(files: &[File]) -> Vec<DroppedFile<'_>> {
    files
        .iter()
        .map(|file| DroppedFile {
            name: &file.object.key,
            certificates: usable(file),
        })
        .collect()
}
