//! Whether a proven certificate takes the place of the one that is installed.

use serde::{Deserialize, Serialize};

use super::Installed;
use crate::digest::Sha256;
use crate::utc::Utc;

/// What was decided to be installed, and in place of what. The first decision of a ceremony is
/// `<ceremony-id>/installed.json` in the evidence bucket; what is installed the parameter alone says.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Installation {
    pub installed: Installed,
    /// What was installed when that was decided; null where nothing was.
    pub replaces: Option<Replaced>,
}

/// The certificate that was used until another took its place. It stays valid until its end, or
/// until its CA revokes it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Replaced {
    pub key_arn: String,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub certificate_sha256: Sha256,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub not_after: Utc,
    /// The ceremony that had installed it.
    pub ceremony_id: String,
}

/// The installed certificate is newer, and stays.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "the certificate {installed} is installed, which is newer (from {not_before}) and valid until \
     {not_after}"
)]
pub struct Kept {
    installed: Sha256,
    not_before: Utc,
    not_after: Utc,
}

impl Installation {
    /// Installs in place of what is there. A newer certificate (later notBefore) is not replaced by
    /// an older one as long as it is valid, whichever keys the two are for: otherwise last year's
    /// file, dropped again, would undo a renewal or a roll-over.
    pub fn decide(
        installed: Installed,
        current: Option<&Installed>,
        now: Utc,
    ) -> Result<Self, Kept> {
        let Some(current) = current else {
            return Ok(Self {
                installed,
                replaces: None,
            });
        };
        if current.not_before > installed.not_before && now <= current.not_after {
            return Err(Kept {
                installed: current.certificate_sha256.clone(),
                not_before: current.not_before,
                not_after: current.not_after,
            });
        }
        let replaces = Replaced {
            key_arn: current.key_arn.clone(),
            certificate_sha256: current.certificate_sha256.clone(),
            not_after: current.not_after,
            ceremony_id: current.ceremony_id.clone(),
        };
        // The same certificate, enrolled once more, takes nobody's place.
        let replaces = (replaces.certificate_sha256 != installed.certificate_sha256
            || replaces.key_arn != installed.key_arn)
            .then_some(replaces);
        Ok(Self {
            installed,
            replaces,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrolment::OwnKey;

    fn time(seconds: i64) -> Utc {
        Utc::of_unix_seconds(1_800_000_000 + seconds).unwrap()
    }

    fn installed(name: &str, from: i64, until: i64) -> Installed {
        Installed {
            version: Installed::VERSION,
            key: OwnKey::PackageSigning,
            key_arn: "arn".to_owned(),
            chain_key: format!("{name}/certificates.pem"),
            chain_version_id: "v1".to_owned(),
            chain_sha256: Sha256::of(b"chain"),
            certificate_sha256: Sha256::of(name.as_bytes()),
            not_before: time(from),
            not_after: time(until),
            ceremony_id: name.to_owned(),
            installed_at: time(0),
        }
    }

    fn replaced(new: &Installed, old: &Installed, now: i64) -> Option<String> {
        let decided = Installation::decide(new.clone(), Some(old), time(now)).unwrap();
        assert_eq!(decided.installed, *new);
        decided.replaces.map(|replaced| replaced.ceremony_id)
    }

    #[test]
    fn a_newer_certificate_replaces_an_older_one() {
        let (old, new) = (installed("old", 0, 100), installed("new", 10, 200));
        assert_eq!(replaced(&new, &old, 50).as_deref(), Some("old"));
        let first = Installation::decide(new.clone(), None, time(50)).unwrap();
        assert_eq!(first.replaces, None);
    }

    #[test]
    fn an_older_one_does_not_replace_a_newer_one_that_is_valid() {
        let (old, new) = (installed("old", 0, 300), installed("new", 10, 200));
        let kept = Installation::decide(old.clone(), Some(&new), time(200)).unwrap_err();
        assert!(kept.to_string().contains(&Sha256::of(b"new").to_string()));
        // The newer one has had its time.
        assert_eq!(replaced(&old, &new, 201).as_deref(), Some("new"));
    }

    #[test]
    fn the_same_certificate_takes_nobodys_place() {
        let one = installed("one", 0, 100);
        assert_eq!(replaced(&one, &one, 50), None);
    }
}
