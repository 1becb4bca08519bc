//! The nonce of an exchange in two passes, among the files of the folder.

use arrivals::File;
use ceremony::exchange::Nonce;
use ceremony::profile::Profile;

use crate::decide::Decision;

/// What the profile and the folder make of nonces.
pub(crate) enum Wanted<'a> {
    /// The exchange has one pass, or no profile says.
    No,
    /// The newest one counts.
    Here(&'a Nonce, &'a File),
    Missing,
}

impl<'a> Wanted<'a> {
    pub(crate) fn new(profile: Option<&Profile>, files: &'a [File]) -> Self {
        if !profile.is_some_and(Profile::takes_a_nonce) {
            return Self::No;
        }
        let mut by_age: Vec<&File> = files.iter().collect();
        by_age.sort_by_key(|file| (file.modified, &file.object.key));
        let newest = by_age.into_iter().rev().find_map(|file| match &file.nonce {
            Some(Ok(nonce)) => Some(Self::Here(nonce, file)),
            _ => None,
        });
        newest.unwrap_or(Self::Missing)
    }

    pub(crate) fn nonce(&self) -> Option<Nonce> {
        match self {
            Self::Here(nonce, _) => Some((*nonce).clone()),
            Self::No | Self::Missing => None,
        }
    }
}

/// What is said of a nonce that nothing asks for, when it arrives. It stops nothing.
pub(crate) fn unwanted(profile: &Profile, key: &str) -> Decision {
    let reason = format!(
        "the exchange by `{}` that the profile of this folder names takes no nonce",
        profile.method()
    );
    let remedy = "Leave the file out, or have an operator set `passes` to `two` in the profile, which \
                  the exchange `tr34` allows.";
    Decision::Unusable {
        reason,
        file: Some(key.to_owned()),
        remedy,
    }
}

/// What is missing beside certificates that are complete, or not.
pub(crate) const MISSING: &str = "the exchange has two passes, and no file `<name>.nonce` with the partner's random nonce is there";

pub(crate) fn missing() -> Decision {
    let remedy = "Have the partner drop a new random nonce of 8 to 16 bytes, as hex digits in a file \
                  `<name>.nonce`, into the same folder.";
    Decision::Incomplete {
        missing: MISSING.to_owned(),
        remedy,
    }
}
