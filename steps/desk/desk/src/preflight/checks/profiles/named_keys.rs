//! The keys that `workingKeyExport` of a profile names: would a ceremony find each as it needs it?
//!
//! What it needs is in [`may_leave`](super::may_leave).

use std::collections::BTreeMap;

use ceremony::text::shown;
use ceremony::working_keys::place::AskedBy;
use ceremony::working_keys::rules::WorkingKeyExport;
use payment_keys::{KeyFacts, PURPOSE_TAG};
use step::ServiceError;

use super::super::super::aws::Payment;
use super::super::super::{Detail, Status};
use super::is_missing;
use super::may_leave::{base_derivation_key, told, working_key};

/// The keys that were looked at in this run: several folders may name the same one.
pub(super) struct Keys<'a> {
    payment: &'a Payment,
    seen: BTreeMap<String, Result<Key, NoKey>>,
}

#[derive(Clone)]
pub(super) struct Key {
    pub(super) facts: KeyFacts,
    /// What its tag says that it is for, if it has one.
    pub(super) purpose: Option<String>,
}

/// Why nothing can be said of a key.
#[derive(Clone)]
enum NoKey {
    AliasMissing,
    AliasWithoutKey,
    Missing,
    Unanswered(ServiceError),
}

impl<'a> Keys<'a> {
    pub(super) fn new(payment: &'a Payment) -> Self {
        Self {
            payment,
            seen: BTreeMap::new(),
        }
    }

    /// Each key that the section of a folder's profile names.
    pub(super) async fn named_by(
        &mut self,
        folder: &str,
        section: &WorkingKeyExport,
    ) -> Vec<Detail> {
        let mut details = Vec::new();
        for identifier in &section.keys {
            let about = format!("{folder}: working key {}", shown(identifier));
            let place = "`workingKeyExport.keys`";
            details.extend(match self.look_at(identifier).await {
                Ok(key) => told(&about, working_key(&key, section)),
                Err(why) => vec![why.told(about, identifier, place)],
            });
        }
        for asked_by in AskedBy::ALL {
            let bdks = section.may_ask(asked_by).map(|rules| &rules.bdks);
            for (name, bdk) in bdks.into_iter().flatten() {
                let (side, name) = (asked_by.section(), shown(name));
                let arn = shown(&bdk.key_arn);
                let about = format!("{folder}: base derivation key {name} of {side}, {arn}");
                let place = format!("`workingKeyExport.{side}.bdks`");
                details.extend(match self.look_at(&bdk.key_arn).await {
                    Ok(key) => told(&about, base_derivation_key(&key, bdk)),
                    Err(why) => vec![why.told(about, &bdk.key_arn, &place)],
                });
            }
        }
        details
    }

    async fn look_at(&mut self, identifier: &str) -> Result<Key, NoKey> {
        if let Some(seen) = self.seen.get(identifier) {
            return seen.clone();
        }
        let key = self.ask_for(identifier).await;
        self.seen.insert(identifier.to_owned(), key.clone());
        key
    }

    /// Aliases are known already; what they name is asked for by its ARN.
    async fn ask_for(&self, identifier: &str) -> Result<Key, NoKey> {
        let mut key_arn = identifier;
        if identifier.starts_with("alias/") {
            let mut aliases = self.payment.aliases().await?.iter();
            let alias = aliases.find(|alias| alias.alias_name() == identifier);
            let alias = alias.ok_or(NoKey::AliasMissing)?;
            let named = alias.key_arn().filter(|arn| !arn.is_empty());
            key_arn = named.ok_or(NoKey::AliasWithoutKey)?;
        }
        let facts = self.payment.key(key_arn).await?;
        let tags = self.payment.tags(&facts.key_arn).await?;
        let purpose = tags.into_iter().find(|tag| tag.key() == PURPOSE_TAG);
        Ok(Key {
            facts,
            purpose: purpose.and_then(|tag| tag.value),
        })
    }
}

impl From<ServiceError> for NoKey {
    fn from(error: ServiceError) -> Self {
        if is_missing(&error) {
            Self::Missing
        } else {
            Self::Unanswered(error)
        }
    }
}

impl NoKey {
    fn told(self, about: String, identifier: &str, place: &str) -> Detail {
        let failed = |seen: &str, to_do: String| {
            Detail::new(about.clone(), Status::Failed, seen).with_to_do(to_do)
        };
        match self {
            Self::AliasMissing => failed(
                "There is no such alias.",
                format!(
                    "Correct the name in {place}, or make the alias for the key that is meant."
                ),
            ),
            Self::AliasWithoutKey => failed(
                "The alias names no key.",
                format!(
                    "Point it at the key that is meant: `aws payment-cryptography update-alias \
                     --alias-name {} --key-arn ARN`.",
                    shown(identifier)
                ),
            ),
            Self::Missing => failed(
                "There is no such key.",
                format!("Name a key in {place} that is there, or take it out."),
            ),
            Self::Unanswered(error) => Detail::unanswered(about, &error),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_paymentcryptography::types::{KeyAlgorithm, KeyUsage};
    use ceremony::fleet::BdkAlgorithm;
    use emulated::Emulated;
    use emulated::fleet::creates_bdk;
    use serde_json::{Value, json};

    use super::*;

    const NOWHERE: &str =
        "arn:aws:payment-cryptography:eu-west-1:111122223333:key/abcdefghijklmnop";

    async fn looks(emulated: &Emulated, section: Value) -> Vec<Detail> {
        let section: WorkingKeyExport = serde_json::from_value(section).unwrap();
        let payment = Payment::of(emulated.client.clone());
        let mut keys = Keys::new(&payment);
        keys.named_by("acme/production/pin", &section).await
    }

    fn naming(keys: &[&str]) -> Value {
        json!({
            "orders": { "usages": ["P0"], "algorithms": ["AES_128"] },
            "keys": keys,
        })
    }

    fn with_bdk(key_arn: &str, algorithm: &str) -> Value {
        let bdks = json!({ "pos": { "keyArn": key_arn, "algorithm": algorithm } });
        json!({ "requests": { "bdks": bdks } })
    }

    async fn pin_key(emulated: &Emulated, exportable: bool) -> String {
        let usage = KeyUsage::Tr31P0PinEncryptionKey;
        emulated
            .operator_creates(usage, KeyAlgorithm::Aes128, exportable)
            .await
    }

    async fn tags_as(emulated: &Emulated, key: &str, purpose: &str) {
        emulated.operator_tags(key, &[(PURPOSE_TAG, purpose)]).await;
    }

    /// One problem, with what is to be done.
    fn fails(details: &[Detail], seen: &str, to_do: &str) {
        let [detail] = details else {
            panic!("one problem was expected: {details:#?}");
        };
        assert_eq!(detail.status, Status::Failed, "{detail:?}");
        assert!(detail.seen.contains(seen), "{seen}: {detail:?}");
        let told = detail.to_do.as_deref().unwrap();
        assert!(told.contains(to_do), "{to_do}: {told}");
    }

    #[tokio::test]
    async fn keys_that_may_leave_are_ok_and_each_is_asked_for_once() {
        let emulated = Emulated::start().await;
        let key = pin_key(&emulated, true).await;
        tags_as(&emulated, &key, "working").await;
        let alias = emulated.client.create_alias().alias_name("alias/shared");
        alias.key_arn(&key).send().await.unwrap();
        let bdk = creates_bdk(&emulated.client, BdkAlgorithm::AES_128).await;
        tags_as(&emulated, &bdk.key_arn, "bdk").await;
        let mut section = naming(&["alias/shared"]);
        let bdks = json!({ "pos": { "keyArn": bdk.key_arn, "algorithm": "AES_128" } });
        section["orders"]["bdks"] = bdks.clone();
        section["requests"] = json!({ "bdks": bdks });
        let before = emulated.calls().len();
        let details = looks(&emulated, section).await;
        let calls = &emulated.calls()[before..];
        assert!(
            details.iter().all(|detail| detail.status == Status::Ok),
            "{details:#?}"
        );
        let about: Vec<&str> = details.iter().map(|it| it.about.as_str()).collect();
        assert_eq!(about.len(), 3, "{about:?}");
        assert!(about[0].contains("acme/production/pin: working key alias/shared"));
        assert!(about[1].contains("base derivation key pos of requests"));
        assert!(about[2].contains("base derivation key pos of orders"));
        let asked = ["ListAliases", "GetKey", "ListTagsForResource"];
        assert_eq!(calls, [&asked[..], &asked[1..]].concat());
    }

    #[tokio::test]
    async fn a_name_without_a_key_is_told() {
        let emulated = Emulated::start().await;
        let alias = emulated.client.create_alias().alias_name("alias/empty");
        alias.send().await.unwrap();
        for (identifier, seen, to_do) in [
            ("alias/gone", "no such alias", "`workingKeyExport.keys`"),
            (
                "alias/empty",
                "names no key",
                "update-alias --alias-name alias/empty",
            ),
            (NOWHERE, "no such key", "take it out"),
        ] {
            fails(&looks(&emulated, naming(&[identifier])).await, seen, to_do);
        }
        let details = looks(&emulated, with_bdk(NOWHERE, "AES_128")).await;
        fails(&details, "no such key", "`workingKeyExport.requests.bdks`");
    }

    #[tokio::test]
    async fn a_working_key_that_cannot_leave_is_told_with_the_reason() {
        let emulated = Emulated::start().await;
        let key = pin_key(&emulated, true).await;
        let section = || naming(&[key.as_str()]);
        let to_do = format!("--resource-arn {key} --tags Key=key-ceremony:purpose,Value=working");
        fails(&looks(&emulated, section()).await, "has no tag", &to_do);
        tags_as(&emulated, &key, "kek").await;
        let details = looks(&emulated, section()).await;
        fails(&details, "is `kek`; `working` is expected", "name another");
        tags_as(&emulated, &key, "working").await;

        let mut others = section();
        others["orders"]["usages"] = json!(["M6"]);
        let details = looks(&emulated, others).await;
        fails(&details, "AES_128 of usage P0, which nobody", "Allow both");

        let request = emulated.client.stop_key_usage().key_identifier(&key);
        request.send().await.unwrap();
        let details = looks(&emulated, section()).await;
        fails(&details, "not enabled", "start-key-usage --key-identifier");
        let request = emulated.client.delete_key().key_identifier(&key);
        request.send().await.unwrap();
        let details = looks(&emulated, section()).await;
        fails(&details, "DELETE_PENDING", "restore-key --key-identifier");
    }

    #[tokio::test]
    async fn every_problem_of_a_key_is_told() {
        let emulated = Emulated::start().await;
        let kek = KeyUsage::Tr31K0KeyEncryptionKey;
        let kek = emulated
            .operator_creates(kek, KeyAlgorithm::Aes128, false)
            .await;
        let details = looks(&emulated, naming(&[kek.as_str()])).await;
        let seen: Vec<&str> = details.iter().map(|it| it.seen.as_str()).collect();
        for (seen, part) in
            seen.iter()
                .zip(["which is no working key", "not exportable", "has no tag"])
        {
            assert!(seen.contains(part), "{part}: {seen}");
        }
        assert_eq!(seen.len(), 3, "{seen:?}");
    }

    #[tokio::test]
    async fn a_key_that_is_no_such_bdk_is_told_with_the_reason() {
        let emulated = Emulated::start().await;
        let bdk = creates_bdk(&emulated.client, BdkAlgorithm::AES_128)
            .await
            .key_arn;
        let details = looks(&emulated, with_bdk(&bdk, "AES_128")).await;
        fails(&details, "`bdk` is expected", "Value=bdk");
        tags_as(&emulated, &bdk, "bdk").await;
        let details = looks(&emulated, with_bdk(&bdk, "TDES_2KEY")).await;
        fails(
            &details,
            "is AES_128, the profile says TDES_2KEY",
            "`algorithm`",
        );

        let other = pin_key(&emulated, true).await;
        tags_as(&emulated, &other, "bdk").await;
        let details = looks(&emulated, with_bdk(&other, "AES_128")).await;
        fails(
            &details,
            "TR31_B0_BASE_DERIVATION_KEY is needed",
            "never changes",
        );

        let request = emulated.client.stop_key_usage().key_identifier(&bdk);
        request.send().await.unwrap();
        let details = looks(&emulated, with_bdk(&bdk, "AES_128")).await;
        fails(&details, "not enabled", "start-key-usage");
    }

    #[tokio::test]
    async fn a_bdk_that_must_not_leave_is_told() {
        let emulated = Emulated::start().await;
        let attributes = payment_keys::Working {
            usage: ceremony::working_keys::attributes::Usage::B0,
            algorithm: ceremony::algorithms::KekAlgorithm::AES_128,
            modes: ceremony::working_keys::attributes::Modes::X,
        };
        let request = emulated.client.create_key().exportable(false);
        let answer = request.key_attributes(attributes.attributes()).send().await;
        let bdk = answer.unwrap().key.unwrap().key_arn;
        tags_as(&emulated, &bdk, "bdk").await;
        let details = looks(&emulated, with_bdk(&bdk, "AES_128")).await;
        fails(&details, "it is not exportable", "made exportable");
    }
}
