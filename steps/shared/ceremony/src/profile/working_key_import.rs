//! What a profile says of working keys that the partner sends.

use super::{CeremonyNotAllowed, Profile, ProfileVersion};
use crate::id::Kind;
use crate::working_key_import::rules::KeyImportPolicy;

impl Profile {
    /// What a `working-key-import` takes from the profile, as it stood in this version of its parameter.
    pub fn key_import_policy(self, version: i64) -> Result<KeyImportPolicy, CeremonyNotAllowed> {
        let parameter = self.folder().profile_parameter();
        let Some(section) = self.working_key_import else {
            return Err(CeremonyNotAllowed {
                parameter,
                ceremony: Kind::WorkingKeyImport.as_str(),
                section: "workingKeyImport",
            });
        };
        let profile = ProfileVersion { parameter, version };
        Ok(KeyImportPolicy::new(section, profile))
    }
}
