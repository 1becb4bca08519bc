//! What a story can see afterwards: in Payment Cryptography, in the outbox, in the evidence.

use std::collections::BTreeMap;

use partner::{Certified, Opened, Receiver};
use rehearsal::actors::Partner;
use serde_json::Value;

use crate::Story;

/// What exists in Payment Cryptography for one partner.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Created {
    pub keks: usize,
    pub cas: usize,
}

/// An alias of Payment Cryptography.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Alias {
    pub key_arn: Option<String>,
}

impl Story {
    /// What was made in Payment Cryptography for this partner.
    pub async fn created(&self) -> Created {
        let count = |keys: &[Value], purpose: &str| {
            keys.iter()
                .filter(|key| key["tags"]["key-ceremony:purpose"] == purpose)
                .count()
        };
        let keys = self.keys().await;
        Created {
            keks: count(&keys, "kek"),
            cas: count(&keys, "ca"),
        }
    }

    /// Every key of this partner in Payment Cryptography, as the emulator has it.
    pub async fn keys(&self) -> Vec<Value> {
        let management = self.stack().management().expect("a management port");
        let keys = management.keys_of(&self.partner).await;
        keys.expect("an inventory")
    }

    /// The ARNs of this partner's KEKs.
    pub async fn keks(&self) -> Vec<String> {
        let keys = self.keys().await;
        let keks = keys
            .iter()
            .filter(|key| key["tags"]["key-ceremony:purpose"] == "kek");
        keks.filter_map(|key| key["keyArn"].as_str().map(str::to_owned))
            .collect()
    }

    /// An alias, whether it has a key or not.
    pub async fn alias(&self, alias: &str) -> Option<Alias> {
        let management = self.stack().management().expect("a management port");
        let inventory = management.inventory().await.expect("an inventory");
        let aliases = inventory["aliases"].as_array().cloned().unwrap_or_default();
        let found = aliases
            .into_iter()
            .find(|entry| entry["aliasName"] == alias)?;
        Some(Alias {
            key_arn: found["keyArn"].as_str().map(str::to_owned),
        })
    }

    /// The alias of the KEK for a leaf (design: names that others rely on).
    pub fn kek_alias(&self, leaf: &Certified) -> String {
        format!(
            "alias/key-ceremony/kek/{}/{}",
            self.folder,
            &leaf.sha256()[..16]
        )
    }

    /// The alias of a CA (design: names that others rely on).
    pub fn ca_alias(&self, ca: &Certified) -> String {
        format!("alias/key-ceremony/ca/{}", ca.sha256())
    }

    /// A client of Payment Cryptography with the operator's credentials.
    pub fn payment_cryptography(&self) -> aws_sdk_paymentcryptography::Client {
        let client = self.stack().payment_cryptography_client();
        client.expect("a configuration")
    }

    /// The package of a ceremony, fetched from the outbox.
    pub async fn partner_fetches(&self, ceremony: &str) -> BTreeMap<String, Vec<u8>> {
        let partner = Partner::new(self.stack(), &self.folder);
        partner.fetches(ceremony).await.expect("a package")
    }

    /// Fetches and opens the package, and holds the KEK in it to the one in Payment Cryptography.
    pub async fn partner_opens(&self, ceremony: &str, leaf: &Certified) -> Opened {
        self.partner_opens_as(ceremony, &Receiver::new(leaf)).await
    }

    /// The same with what the partner knows besides: the nonce that it sent, say.
    pub async fn partner_opens_as(&self, ceremony: &str, receiver: &Receiver<'_>) -> Opened {
        let files = self.partner_fetches(ceremony).await;
        let partner = Partner::new(self.stack(), &self.folder);
        let opened = partner.opens_as(files, receiver).await;
        opened.expect("a package that opens")
    }

    /// A document of the evidence bucket by its location in an event.
    pub async fn evidence_at(&self, location: &Value) -> Value {
        let bucket = location["bucket"].as_str().expect("a bucket");
        let key = location["key"].as_str().expect("a key");
        let files = self.stack().download(bucket, key).await.expect("evidence");
        serde_json::from_slice(&files[key_name(&files)]).expect("JSON")
    }

    /// The evidence of a ceremony, by file name.
    pub async fn evidence(&self, ceremony: &str) -> BTreeMap<String, Vec<u8>> {
        let evidence = self.watcher().evidence(ceremony).await;
        evidence.expect("evidence")
    }
}

fn key_name(files: &BTreeMap<String, Vec<u8>>) -> &str {
    // The prefix was the whole key, so that nothing is left of the name.
    files.keys().next().expect("the document").as_str()
}
