//! What a profile says of a KEK that the partner sends.

use super::{CeremonyNotAllowed, Profile, ProfileVersion, Trust};
use crate::id::Kind;
use crate::key_import::rules::ImportPolicy;
use crate::working_keys::place::AskedBy;

impl Profile {
    /// What a `kek-import` that this side asks for takes from the profile, as it stood in this version of
    /// its parameter.
    pub fn import_policy(
        self,
        version: i64,
        asked_by: AskedBy,
    ) -> Result<ImportPolicy, CeremonyNotAllowed> {
        let parameter = self.folder().profile_parameter();
        let not_allowed = |section| CeremonyNotAllowed {
            parameter: parameter.clone(),
            ceremony: Kind::KekImport.as_str(),
            section,
        };
        let section = self.kek_import.ok_or_else(|| not_allowed("kekImport"))?;
        let may_import = section.may_import(asked_by).cloned();
        let may_import = may_import.ok_or_else(|| {
            not_allowed(match asked_by {
                AskedBy::Partner => "kekImport.requests",
                AskedBy::Requester => "kekImport.orders",
            })
        })?;
        Ok(ImportPolicy {
            trust: Trust {
                trust_anchors: self.trust_anchors,
                identity: self.identity,
                minimum_remaining_days: self.minimum_remaining_days,
            },
            revocation: self.revocation,
            ca_key_arns: self.ca_key_arns,
            may_import,
            agreement: section.agreement,
            passes: section.passes,
            hash: section.hash,
            kcv: section.kcv,
            deadline_hours: section.deadline_hours,
            fresh_offers: section.fresh_offers,
            keep_previous_days: section.keep_previous_days,
            signature: section.signature,
            profile: ProfileVersion { parameter, version },
        })
    }
}
