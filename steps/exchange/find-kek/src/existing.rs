//! Keys that are there: what they are, and whether they may be sent to this folder.

use ceremony::keys::Origin;
use ceremony::working_keys::order::AskedKey;
use ceremony::working_keys::plan::{ExistingKey, PlannedKey};

use payment_keys::{
    Alias, KeyFacts, Working, inspect, inspect_if_there, look_up, why_not_tagged_for,
    why_out_of_use,
};
use step::ServiceError;

use super::{Error, Finder};

/// What `export-keys` may export, by its role.
const WORKING: &str = "working";

impl Finder<'_> {
    /// A key that the order names.
    pub(super) async fn existing(
        &self,
        key: &AskedKey,
        identifier: &str,
    ) -> Result<PlannedKey, Error> {
        let facts = inspect_if_there(self.client, identifier, &self.pace).await?;
        let Some(facts) = facts else {
            return Err(Error::KeyMissing {
                name: key.name.to_string(),
                identifier: identifier.to_owned(),
            });
        };
        let working = self.usable(key, &facts)?;
        let not_allowed = |reason: String| Error::KeyNotAllowed {
            name: key.name.to_string(),
            key_arn: facts.key_arn.clone(),
            reason,
        };
        if let Some(reason) = self
            .policy
            .may_ask
            .why_not_kind(working.usage, working.algorithm)
        {
            return Err(not_allowed(reason));
        }
        let named = &self.policy.keys;
        let is_named = named
            .iter()
            .any(|it| *it == facts.key_arn || it == identifier);
        if !is_named && let Some(reason) = self.why_not_of_this_folder(&facts.key_arn).await? {
            return Err(not_allowed(format!(
                "{reason}, and `workingKeyExport.keys` of the profile does not name it"
            )));
        }
        Ok(planned(key, working, Some(existing(facts, Origin::Order))))
    }

    /// A key that is to be made for the folder, unless it has been made before.
    pub(super) async fn to_be_made(
        &self,
        key: &AskedKey,
        asked: Working,
    ) -> Result<PlannedKey, Error> {
        let alias = self.ceremony.folder().working_key_alias(&key.name);
        let Alias::Assigned(key_arn) = look_up(self.client, &alias, &self.pace).await? else {
            return Ok(planned(key, asked, None));
        };
        let facts = inspect(self.client, &key_arn, &self.pace).await?;
        let found = self.usable(key, &facts)?;
        if found != asked {
            let is = format!("{} {} {}", found.usage, found.algorithm, found.modes);
            return Err(Error::KeyUnsuitable {
                name: key.name.to_string(),
                key_arn,
                reason: format!(
                    "the key of that name is {is}, and {} {} {} is asked for",
                    asked.usage, asked.algorithm, asked.modes
                ),
            });
        }
        if let Some(reason) = self.why_not_of_this_folder(&key_arn).await? {
            return Err(Error::KeyNotAllowed {
                name: key.name.to_string(),
                key_arn,
                reason,
            });
        }
        Ok(planned(key, asked, Some(existing(facts, Origin::Found))))
    }

    async fn why_not_of_this_folder(&self, key_arn: &str) -> Result<Option<String>, ServiceError> {
        why_not_tagged_for(self.client, self.ceremony, key_arn, WORKING, &self.pace).await
    }

    fn usable(&self, key: &AskedKey, facts: &KeyFacts) -> Result<Working, Error> {
        let unsuitable = |reason: String| Error::KeyUnsuitable {
            name: key.name.to_string(),
            key_arn: facts.key_arn.clone(),
            reason,
        };
        let working = Working::of(facts).map_err(unsuitable)?;
        if let Some(reason) = why_out_of_use(facts) {
            return Err(unsuitable(reason));
        }
        if !facts.exportable {
            return Err(unsuitable("it is not exportable".to_owned()));
        }
        Ok(working)
    }
}

fn existing(facts: KeyFacts, origin: Origin) -> ExistingKey {
    ExistingKey {
        key_arn: facts.key_arn,
        kcv: facts.kcv,
        origin,
    }
}

fn planned(key: &AskedKey, working: Working, existing: Option<ExistingKey>) -> PlannedKey {
    PlannedKey {
        name: key.name.clone(),
        usage: working.usage,
        algorithm: working.algorithm,
        modes: working.modes,
        exportability: key.exportability,
        optional_blocks: key.optional_blocks.clone(),
        existing,
    }
}
