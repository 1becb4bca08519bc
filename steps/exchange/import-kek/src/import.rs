//! One key for one block, and what becomes of it.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{
    ImportKeyMaterial, Key, KeyAttributes, KeyState, KeyUsage, Tag,
};
use ceremony::evidence::Deed;
use ceremony::id::Ceremony;
use ceremony::key_import::block::CheckedBlock;
use ceremony::key_import::refused::Refused as OfferRefused;
use ceremony::key_import::request::ImportRequest;
use ceremony::key_import::run::{MadeOffer, Ours, ReceivedKek};
use ceremony::keys::Origin;
use ceremony::proof::Refusal;
use ceremony::text::shown;
use ceremony::utc::Utc;
use exports::once_tags_are_seen;
use payment_keys::{Alias, Claim, KeyFacts, Pace, claim, deleted_key_of, look_up, tags, tags_of};
use step::{Journal, ServiceError};

use crate::refused::Refused;
use crate::verdict::{fault, is_deleted, kcv_algorithm, why_out_of_use};
use crate::words::without_secrets;
use crate::{DeletedKek, Error};

const IMPORT: &str = "payment-cryptography:ImportKey";

/// What the service says of a request that cannot be carried out as it is. A key or a token that is not
/// there, or cannot be used, has another code: that is no fault of the block's.
const INVALID: &str = "ValidationException";

/// How long a wrong key can be restored: the service's own default.
const DAYS: u32 = 7;

/// By its tags one of the KEKs that may be used, whoever they come from.
const PURPOSE: &str = "kek";

/// What every part of an import works with.
pub(crate) struct Import<'a> {
    pub(crate) client: &'a Client,
    pub(crate) alias: String,
    /// Of the key that is expected.
    pub(crate) attributes: KeyAttributes,
    pub(crate) ceremony: &'a Ceremony,
    pub(crate) request: &'a ImportRequest,
    pub(crate) made: &'a MadeOffer,
    pub(crate) checked: &'a CheckedBlock,
    pub(crate) pace: Pace,
    pub(crate) journal: &'a Journal,
}

type Verdict = Result<ReceivedKek, Wrong>;

/// A block that is refused.
pub(crate) struct Wrong {
    pub(crate) refusal: Refusal,
    /// The key that came in it, and was not the one that was asked for.
    pub(crate) deleted: Option<DeletedKek>,
}

impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal,
            deleted: None,
        }
    }
}

impl Import<'_> {
    /// The KEK of the block, or why the block is a wrong one.
    ///
    /// A deleted key leaves its alias there without a key, which is how an alias looks that an attempt is at
    /// work on, too: so a key that was refused before is looked for first, and nothing is imported again.
    pub(crate) async fn verdict(
        &self,
        material: &ImportKeyMaterial,
        now: Utc,
    ) -> Result<Verdict, Error> {
        let seen = look_up(self.client, &self.alias, &self.pace).await?;
        let seen = match seen {
            Alias::Reserved => {
                if let Some(key_arn) = self.deleted_key().await? {
                    return self.judged(&key_arn, Origin::Found).await;
                }
                // That may have taken a while.
                None
            }
            seen => Some(seen),
        };
        let is_there = matches!(seen, Some(Alias::Assigned(_)));
        if let Ours::Parameters { valid_until, .. } = &self.made.ours
            && now > *valid_until
            && !is_there
        {
            let at = self.made.offer.expires_at;
            return Ok(Err(OfferRefused::OfferExpired { at }.into_refusal().into()));
        }
        match self.claimed(seen, material).await {
            Ok(claim) => self.judged(claim.key_arn(), claim.origin()).await,
            Err(ServiceError::ServiceRefused {
                operation: IMPORT,
                code,
                detail,
            }) if code == INVALID => {
                let words = shown(&detail);
                Ok(Err(Refused::BlockNotOpened { words }.into_refusal().into()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// `ImportKey` itself: never repeated, and noted as soon as it is certain.
    async fn claimed(
        &self,
        seen: Option<Alias>,
        material: &ImportKeyMaterial,
    ) -> Result<Claim, ServiceError> {
        let make = async || {
            let imported = self
                .client
                .import_key()
                .key_material(material.clone())
                .key_check_value_algorithm(kcv_algorithm(&self.request.expected))
                .set_tags(Some(self.tags()))
                .send()
                .await;
            let answer = imported.map_err(|error| {
                let error = ServiceError::new(IMPORT, &error);
                without_secrets(error, self.made, self.checked)
            })?;
            let facts = KeyFacts::of_answer(IMPORT, answer.key)?;
            self.note(&facts.key_arn, Origin::Created);
            Ok(facts)
        };
        let (client, alias, attributes) = (self.client, &self.alias, &self.attributes);
        let claim = claim(client, alias, attributes, seen, &self.pace, make).await?;
        if let Claim::Found(key_arn) = &claim {
            self.note(key_arn, Origin::Found);
        }
        Ok(claim)
    }

    /// What the service says of the key decides, whether it has just come or was found.
    async fn judged(&self, key_arn: &str, origin: Origin) -> Result<Verdict, Error> {
        if origin == Origin::Found && !self.is_ours(key_arn).await? {
            let key_arn = key_arn.to_owned();
            return Ok(Err(Refused::BlockUsedBefore { key_arn }
                .into_refusal()
                .into()));
        }
        let key = self.look(key_arn, origin).await?;
        if key.key_state == KeyState::CreateInProgress {
            let detail = format!("{key_arn} is still being created");
            return Err(unanswered(detail).into());
        }
        if let Some(fault) = fault(&key, self.request) {
            if !is_deleted(&key) {
                self.delete(key_arn, origin).await?;
            }
            return Ok(Err(Wrong {
                refusal: fault.into_refusal(),
                deleted: Some(DeletedKek {
                    key_arn: key_arn.to_owned(),
                    alias: self.alias.clone(),
                }),
            }));
        }
        let key_arn = key_arn.to_owned();
        if is_deleted(&key) {
            return Ok(Err(Refused::KekDeleted { key_arn }.into_refusal().into()));
        }
        if let Some(reason) = why_out_of_use(&key) {
            return Err(Error::KekOutOfUse { key_arn, reason });
        }
        let algorithm = self.request.expected.algorithm;
        Ok(Ok(ReceivedKek {
            key_arn,
            alias: self.alias.clone(),
            algorithm,
            kcv: key.key_check_value,
            kcv_algorithm: algorithm.kcv_algorithm(),
            origin,
        }))
    }

    /// The key that the block made before, if it was deleted. By its header it is of the usage that was
    /// asked for; by what the service says of it, it may have been refused for being of the other.
    async fn deleted_key(&self) -> Result<Option<String>, ServiceError> {
        for usage in [
            KeyUsage::Tr31K0KeyEncryptionKey,
            KeyUsage::Tr31K1KeyBlockProtectionKey,
        ] {
            let deleted = deleted_key_of(self.client, &self.alias, &usage, &self.pace).await?;
            if deleted.is_some() {
                return Ok(deleted);
            }
        }
        Ok(None)
    }

    fn tags(&self) -> Vec<Tag> {
        tags(self.ceremony, PURPOSE, &self.alias)
    }

    /// Whether this ceremony has imported it, by all that it is tagged with when it is made.
    async fn is_ours(&self, key_arn: &str) -> Result<bool, ServiceError> {
        let there = tags_of(self.client, key_arn, &self.pace).await?;
        Ok(self.tags().iter().all(|tag| there.contains(tag)))
    }

    async fn look(&self, key_arn: &str, origin: Origin) -> Result<Key, ServiceError> {
        once_tags_are_seen(origin, &self.pace, async || {
            let request = self.client.get_key().key_identifier(key_arn);
            let answer = request.send().await;
            let answer =
                answer.map_err(|error| ServiceError::new("payment-cryptography:GetKey", &error))?;
            // The SDK fills in what an answer lacks: an ARN without a character is none.
            let key = answer.key.filter(|key| !key.key_arn.is_empty());
            key.ok_or_else(|| unanswered("the answer does not describe a key".to_owned()))
        })
        .await
    }

    /// Schedules the deletion of a wrong key, unless an attempt whose answer was lost has done so.
    async fn delete(&self, key_arn: &str, origin: Origin) -> Result<(), ServiceError> {
        let days = i32::try_from(DAYS).expect("a few days");
        let deleted = once_tags_are_seen(origin, &self.pace, async || {
            let request = self.client.delete_key().key_identifier(key_arn);
            let answer = request.delete_key_in_days(days).send().await;
            answer.map_err(|error| ServiceError::new("payment-cryptography:DeleteKey", &error))
        });
        if let Err(error) = deleted.await {
            let refused = matches!(error, ServiceError::ServiceRefused { .. });
            if !refused || !is_deleted(&self.look(key_arn, origin).await?) {
                return Err(error);
            }
        }
        self.journal.note(Deed::ScheduledDeletion {
            key_arn: key_arn.to_owned(),
            days: DAYS,
        });
        Ok(())
    }

    fn note(&self, key_arn: &str, origin: Origin) {
        self.journal.note(Deed::HadKey {
            key_arn: key_arn.to_owned(),
            alias: Some(self.alias.clone()),
            origin,
        });
    }
}

fn unanswered(detail: String) -> ServiceError {
    ServiceError::ServiceUnavailable {
        operation: "payment-cryptography:GetKey",
        detail,
    }
}
