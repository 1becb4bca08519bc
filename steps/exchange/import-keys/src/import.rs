//! One key for one block, and what becomes of it.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{
    ImportKeyMaterial, ImportTr31KeyBlock, KeyAttributes, KeyCheckValueAlgorithm, KeyUsage, Tag,
};
use ceremony::algorithms::KcvAlgorithm;
use ceremony::evidence::Deed;
use ceremony::execution::Execution;
use ceremony::id::Ceremony;
use ceremony::keys::Origin;
use ceremony::text::shown;
use ceremony::tr31::KeyBlock;
use ceremony::working_key_import::refused::Refused;
use ceremony::working_key_import::rules::{KeyImportPolicy, Says};
use ceremony::working_key_import::run::{
    Became, HeldBlock, HeldLine, ImportedKey, KeyResult, sha256_of,
};
use ceremony::working_keys::order::KeyName;
use ceremony::working_keys::plan::EstablishedKekFacts;
use exports::once_tags_are_seen;
use payment_keys::{
    Alias, Claim, Current, KeyFacts, Pace, Working, claim_one_of, deleted_key_of, inspect, look_up,
    make_current, schedule_deletion, tags, tags_of, why_out_of_use,
};
use step::{Journal, ServiceError};

use crate::Error;
use crate::verdict::Expected;

const IMPORT: &str = "payment-cryptography:ImportKey";

/// What the service says of a block that it does not open. A KEK that is not there, or cannot be used, has
/// another code: that is no fault of the block's.
const INVALID: &str = "ValidationException";

/// How long a wrong key can be restored: the service's own default.
const DAYS: u32 = 7;

/// By its tags one of the keys that may be used, and sent, as working keys.
const PURPOSE: &str = "working";

/// No word is as long, but a key block is.
const LONGEST_WORD: usize = 40;

/// What every import of a file works with.
pub(crate) struct Import<'a> {
    pub(crate) client: &'a Client,
    pub(crate) ceremony: &'a Ceremony,
    pub(crate) execution: &'a Execution,
    pub(crate) policy: &'a KeyImportPolicy,
    pub(crate) kek: &'a EstablishedKekFacts,
    pub(crate) journal: &'a Journal,
}

impl Import<'_> {
    /// What becomes of a line, and whether that took calls.
    pub(crate) async fn result(&self, line: &HeldLine) -> Result<(KeyResult, bool), Error> {
        let (name, held) = match (&line.name, &line.block, &line.refused) {
            (Some(name), Some(held), None) => (name, held),
            (_, None, Some(refusal)) => {
                return Ok((KeyResult::of_refused(line, refusal.clone()), false));
            }
            _ => {
                let detail = format!("line {} is neither refused nor a block", line.line);
                return Err(Error::InputMalformed { detail });
            }
        };
        match self.block(name, held)? {
            Err(refused) => {
                let refusal = refused.into_refusal();
                Ok((KeyResult::of_refused(line, refusal), false))
            }
            Ok(block) => {
                let became = block.became().await?;
                Ok((KeyResult::of(line, block.own_alias, became), true))
            }
        }
    }

    fn block(&self, name: &KeyName, held: &HeldBlock) -> Result<Result<Block<'_>, Refused>, Error> {
        let sent = held.read().map_err(|error| Error::InputMalformed {
            detail: format!("the block of `{name}` cannot be read: {error}"),
        })?;
        let expected = match Expected::of(&sent, self.policy, self.kek) {
            Ok(expected) => expected,
            Err(refused) => return Ok(Err(refused)),
        };
        let folder = self.ceremony.folder();
        Ok(Ok(Block {
            import: self,
            own_alias: folder.received_block_alias(name, &sha256_of(&sent.block)),
            alias: folder.received_key_alias(name),
            block: sent.block,
            expected,
            pace: Pace::patient(),
        }))
    }
}

/// A block on its way into the service.
struct Block<'a> {
    import: &'a Import<'a>,
    /// By its digest.
    own_alias: String,
    /// By its name.
    alias: String,
    block: KeyBlock,
    expected: Expected<'a>,
    pace: Pace,
}

impl Block<'_> {
    /// The key of the block, or why there is none.
    ///
    /// A deleted key leaves its alias there without a key, which is how an alias looks that somebody is at
    /// work on, too: so a key that was made of the block and deleted is looked for first, and nothing is
    /// imported again.
    async fn became(&self) -> Result<Became, ServiceError> {
        let client = self.import.client;
        let seen = match look_up(client, &self.own_alias, &self.pace).await? {
            Alias::Reserved => {
                if let Some(refused) = self.deleted_before().await? {
                    return Ok(refused);
                }
                // That may have taken a while.
                None
            }
            seen => Some(seen),
        };
        let (facts, origin) = match self.claimed(seen).await {
            Ok(Claim::Made(facts)) => (facts, Origin::Created),
            Ok(Claim::Found(key_arn)) => {
                self.note(&key_arn, Origin::Found);
                (inspect(client, &key_arn, &self.pace).await?, Origin::Found)
            }
            Err(ServiceError::ServiceRefused {
                operation: IMPORT,
                code,
                detail,
            }) if code == INVALID => {
                let words = words(&detail);
                return Ok(Refused::BlockNotTaken { words }.into());
            }
            Err(error) => return Err(error),
        };
        match self.expected.judge(&facts) {
            Err(refused) => self.given_up(facts.key_arn, origin, refused).await,
            Ok(algorithm) => match why_out_of_use(&facts) {
                Some(reason) => {
                    let key_arn = facts.key_arn;
                    Ok(Refused::KeyOutOfUse { key_arn, reason }.into())
                }
                None => {
                    let (replaces, kept) = self.named(&facts.key_arn, origin).await?;
                    Ok(Became::Imported(ImportedKey {
                        key_arn: facts.key_arn,
                        algorithm,
                        kcv: facts.kcv.to_ascii_uppercase(),
                        kcv_algorithm: algorithm.kcv_algorithm(),
                        origin,
                        alias: self.alias.clone(),
                        replaces_key_arn: replaces,
                        kept_key_arn: kept,
                    }))
                }
            },
        }
    }

    /// `ImportKey` itself: never repeated, and noted as soon as it is certain.
    async fn claimed(&self, seen: Option<Alias>) -> Result<Claim, ServiceError> {
        let client = self.import.client;
        let make = async || {
            let imported = client
                .import_key()
                .key_material(self.material())
                .key_check_value_algorithm(kcv_algorithm(&self.expected.says))
                .set_tags(Some(self.tags()))
                .send()
                .await;
            let answer = imported.map_err(|error| ServiceError::new(IMPORT, &error))?;
            let facts = KeyFacts::of_answer(IMPORT, answer.key)?;
            self.note(&facts.key_arn, Origin::Created);
            Ok(facts)
        };
        let possible = attributes(&self.expected.says);
        let (alias, pace) = (&self.own_alias, &self.pace);
        let claim = claim_one_of(client, alias, &possible, seen, pace, make).await;
        Ok(claim?)
    }

    fn material(&self) -> ImportKeyMaterial {
        let block = ImportTr31KeyBlock::builder()
            .wrapping_key_identifier(&self.import.kek.key_arn)
            .wrapped_key_block(self.block.as_str());
        ImportKeyMaterial::Tr31KeyBlock(block.build().expect("every member is set"))
    }

    /// What was made of the block before, by whichever ceremony, and has been deleted.
    async fn deleted_before(&self) -> Result<Option<Became>, ServiceError> {
        let (client, pace) = (self.import.client, &self.pace);
        let usage = KeyUsage::from(self.expected.says.usage.service_name());
        let deleted = deleted_key_of(client, &self.own_alias, &usage, pace).await?;
        let Some(key_arn) = deleted else {
            return Ok(None);
        };
        let facts = inspect(client, &key_arn, pace).await?;
        let deleted = Some(key_arn.clone());
        Ok(Some(match self.expected.judge(&facts) {
            Err(refused) => Became::Refused { refused, deleted },
            Ok(_) => Refused::KeyDeleted { key_arn }.into(),
        }))
    }

    /// A wrong key does not stay, if this ceremony has made it and nothing names it by now. One that is here
    /// by another ceremony may be in use: then it is this file that is wrong about it.
    async fn given_up(
        &self,
        key_arn: String,
        origin: Origin,
        refused: Refused,
    ) -> Result<Became, ServiceError> {
        let (client, pace) = (self.import.client, &self.pace);
        let is_ours = origin == Origin::Created || self.is_ours(&key_arn).await?;
        if !is_ours || look_up(client, &self.alias, pace).await? == Alias::Assigned(key_arn.clone())
        {
            return Ok(refused.into());
        }
        once_tags_are_seen(origin, pace, async || {
            schedule_deletion(client, &key_arn, DAYS, pace).await
        })
        .await?;
        self.import.journal.note(Deed::ScheduledDeletion {
            key_arn: key_arn.clone(),
            days: DAYS,
        });
        let deleted = Some(key_arn);
        Ok(Became::Refused { refused, deleted })
    }

    /// Points the alias of the name at the key: which it had before, and which it keeps.
    async fn named(
        &self,
        key_arn: &str,
        origin: Origin,
    ) -> Result<(Option<String>, Option<String>), ServiceError> {
        let (client, pace) = (self.import.client, &self.pace);
        let began = self.import.execution.started_at;
        let current = once_tags_are_seen(origin, pace, async || {
            make_current(client, &self.alias, key_arn, began, None, pace).await
        });
        Ok(match current.await? {
            Current::Established { replaced } => (replaced, None),
            Current::Kept(kept) => (None, Some(kept)),
        })
    }

    /// Whether this ceremony has imported it, by all that it is tagged with when it is made.
    async fn is_ours(&self, key_arn: &str) -> Result<bool, ServiceError> {
        let there = tags_of(self.import.client, key_arn, &self.pace).await?;
        Ok(self.tags().iter().all(|tag| there.contains(tag)))
    }

    fn tags(&self) -> Vec<Tag> {
        tags(self.import.ceremony, PURPOSE, &self.own_alias)
    }

    fn note(&self, key_arn: &str, origin: Origin) {
        self.import.journal.note(Deed::HadKey {
            key_arn: key_arn.to_owned(),
            alias: Some(self.own_alias.clone()),
            origin,
        });
    }
}

/// What a key with such a header may be: how long it is, the header does not say.
fn attributes(says: &Says) -> Vec<KeyAttributes> {
    let working = says.algorithms().map(|algorithm| Working {
        usage: says.usage,
        algorithm,
        modes: says.modes,
    });
    working.map(Working::attributes).collect()
}

/// It is the same of all algorithms that it can be.
fn kcv_algorithm(says: &Says) -> KeyCheckValueAlgorithm {
    let first = says.algorithms().next();
    match first.map(|algorithm| algorithm.kcv_algorithm()) {
        Some(KcvAlgorithm::ANSI_X9_24) => KeyCheckValueAlgorithm::AnsiX924,
        Some(KcvAlgorithm::CMAC) | None => KeyCheckValueAlgorithm::Cmac,
    }
}

/// The service's own words, unless they may repeat the block.
fn words(detail: &str) -> String {
    let mut words = detail.split(|c: char| !c.is_ascii_alphanumeric());
    if words.any(|word| word.len() >= LONGEST_WORD) {
        return "its words are left out, since they repeat what was sent".to_owned();
    }
    shown(detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_not_repeated() {
        let block = format!("D0112P0AB00N0000{}", "5A".repeat(48));
        let told = words(&format!("Value '{block}' at 'keyMaterial' is wrong"));
        assert!(!told.contains("5A5A"), "{told}");
        assert_eq!(words("The MAC is wrong."), "The MAC is wrong.");
    }
}
