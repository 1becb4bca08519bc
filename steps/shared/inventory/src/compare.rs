//! The inventory: every key of ours, and every disagreement between service and evidence.
//!
//! Nothing is a finding that a ceremony under way could explain: what no record names yet, and was
//! made within a day, or by a ceremony that waits for a partner, is listed as recent. Aliases have no
//! times; since when one has had no key is known from the inventories before.

use std::collections::{BTreeMap, BTreeSet};

use ceremony::digest::Sha256;
use ceremony::execution::Execution;
use ceremony::finding::{Finding, Kind};
use ceremony::utc::Utc;
use serde::{Deserialize, Serialize};

use crate::picture::Picture;
use crate::records::RecordedKey;
use crate::seen::{Asked, Before, ListedKey, Seen};
use crate::under_way::UnderWay;

const DAY: i64 = 24 * 60 * 60;

/// How long before its end a CA's certificate is a finding.
const EXPIRES_SOON: i64 = 30 * DAY;

/// For how long a key that is gone is a finding. A deletion is announced on each of the three days
/// or more that it takes; after this, the key stays in the inventory and is not announced for ever.
const GONE_IS_NEWS: i64 = 3 * DAY;

/// What is written down of one reconciliation.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inventory {
    pub schema_version: u32,
    pub execution: Execution,
    /// How many findings there are of each kind that there is.
    pub counts: BTreeMap<Kind, usize>,
    pub findings: Vec<Finding>,
    /// Every key that a record names, or that has an alias or tags of ours.
    pub keys: Vec<Key>,
    /// How many keys of the account are nobody's here.
    pub keys_of_others: usize,
    /// Made within a day, or by a ceremony that waits, and not in a record yet.
    pub recent: Vec<Recent>,
    /// Keys that records name and that are not there any more.
    pub gone: Vec<Gone>,
    /// Aliases without a key, and those of preflights.
    pub waiting: Vec<Waiting>,
}

/// A key of ours.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    pub key_arn: String,
    pub state: String,
    pub enabled: bool,
    pub kcv: String,
    pub aliases: Vec<String>,
    /// When it will be deleted, if it waits for that.
    pub delete_at: Option<Utc>,
    /// The first record that names it, and the digest of that record's bytes.
    pub record: Option<String>,
    pub record_sha256: Option<Sha256>,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recent {
    pub key_arn: String,
    pub created_at: Utc,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Gone {
    pub key_arn: String,
    /// Which inventory missed it first.
    pub since: Utc,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    pub alias: String,
    /// Which inventory saw it first.
    pub since: Utc,
}

/// Compares all that was seen and asked, as of the execution's start.
pub fn compare(execution: &Execution, seen: &Seen, asked: &[Asked], before: &Before) -> Inventory {
    let mut comparison = Comparison {
        seen,
        picture: Picture::of(seen),
        under_way: UnderWay::of(&seen.recorded, execution.started_at),
        asked: asked.iter().map(|it| (it.key_arn.as_str(), it)).collect(),
        before,
        now: execution.started_at,
        findings: Vec::new(),
        recent: BTreeMap::new(),
        gone: Vec::new(),
        waiting: Vec::new(),
    };
    comparison.recorded_keys();
    comparison.aliases();
    comparison.keys_without_a_record();
    comparison.certificates();
    comparison.unreadable_records();
    comparison.inventory(execution)
}

struct Comparison<'a> {
    seen: &'a Seen,
    picture: Picture<'a>,
    under_way: UnderWay<'a>,
    asked: BTreeMap<&'a str, &'a Asked>,
    before: &'a Before,
    now: Utc,
    findings: Vec<Finding>,
    recent: BTreeMap<&'a str, Utc>,
    gone: Vec<Gone>,
    waiting: Vec<Waiting>,
}

impl<'a> Comparison<'a> {
    fn recorded_keys(&mut self) {
        for (key_arn, records) in self.picture.named.clone() {
            match self.picture.keys.get(key_arn).copied() {
                None => self.missing(key_arn, &records),
                Some(key) => {
                    self.usable(key, records[0]);
                    self.same_kcv(key, &records);
                    if !key.waits_for_deletion() {
                        self.found_by_alias(key_arn, &records);
                    }
                }
            }
        }
    }

    fn missing(&mut self, key_arn: &str, records: &[&RecordedKey]) {
        let since = self.before.gone.get(key_arn).copied().unwrap_or(self.now);
        self.gone.push(Gone {
            key_arn: key_arn.to_owned(),
            since,
        });
        if self.age(since) < GONE_IS_NEWS && !self.is_retired(key_arn) {
            let what = format!("the key {key_arn} is not in Payment Cryptography any more.");
            self.findings
                .push(about(Kind::KeyMissing, what, records[0]));
        }
    }

    fn usable(&mut self, key: &ListedKey, record: &RecordedKey) {
        let key_arn = &key.key_arn;
        let finding = match key.state.as_str() {
            "DELETE_PENDING" if self.is_retired(key_arn) => None,
            "DELETE_PENDING" => Some((Kind::DeletionPending, self.deletion(key_arn))),
            "CREATE_COMPLETE" if key.enabled => None,
            "CREATE_COMPLETE" => {
                Some((Kind::KeyDisabled, format!("the key {key_arn} is disabled.")))
            }
            other => {
                let what = format!("the key {key_arn} is in the state {other}.");
                Some((Kind::KeyUnfinished, what))
            }
        };
        if let Some((kind, what)) = finding {
            self.findings.push(about(kind, what, record));
        }
    }

    fn deletion(&self, key_arn: &str) -> String {
        let date = self.asked.get(key_arn).and_then(|asked| asked.delete_at);
        match date {
            Some(date) => format!("the key {key_arn} will be deleted at {date}."),
            None => format!("the key {key_arn} will be deleted."),
        }
    }

    fn same_kcv(&mut self, key: &ListedKey, records: &[&RecordedKey]) {
        let differs = |record: &&&RecordedKey| {
            let kcv = record.kcv.as_ref();
            kcv.is_some_and(|kcv| !kcv.eq_ignore_ascii_case(&key.kcv))
        };
        if let Some(record) = records.iter().find(differs) {
            let what = format!(
                "the key {} has the KCV {}, and {} was recorded.",
                key.key_arn,
                key.kcv,
                record.kcv.as_deref().unwrap_or_default()
            );
            self.findings.push(about(Kind::KcvChanged, what, record));
        }
    }

    fn found_by_alias(&mut self, key_arn: &str, records: &[&RecordedKey]) {
        let mut looked_at = BTreeSet::new();
        for record in records {
            let Some(alias) = record.alias.as_deref() else {
                continue;
            };
            if !looked_at.insert(alias) {
                continue;
            }
            let (kind, what) = match self.picture.aliases.get(alias).map(|it| &it.key_arn) {
                Some(Some(same)) if same == key_arn => continue,
                // A ceremony that came after the records were read has given it a new key.
                Some(Some(other))
                    if !self.picture.is_named(other)
                        && self.made_under_way(other, alias).is_some() =>
                {
                    continue;
                }
                Some(Some(other)) => {
                    let what = format!("{alias} has the key {other}, not {key_arn}.");
                    (Kind::AliasMoved, what)
                }
                Some(None) => {
                    let what = format!("{alias} has no key, and {key_arn} is there.");
                    (Kind::AliasMoved, what)
                }
                None => {
                    let what = format!("{alias} is not there, and its key {key_arn} is.");
                    (Kind::AliasMissing, what)
                }
            };
            let finding = about(kind, what, record).about_alias(Some(alias));
            self.findings.push(finding);
        }
    }

    fn aliases(&mut self) {
        for alias in self.seen.aliases.iter().filter(|alias| alias.is_ours()) {
            let name = alias.name.as_str();
            match alias.key_arn.as_deref() {
                _ if alias.is_of_a_preflight() => {
                    let what = format!("{name} has been there for more than a day.");
                    self.wait_for(name, Kind::AliasLeftover, what);
                }
                None => {
                    let what = format!("{name} has had no key for more than a day.");
                    self.wait_for(name, Kind::AliasReserved, what);
                }
                Some(key_arn) => self.explain(name, key_arn),
            }
        }
    }

    /// What may stay for a day, and not for longer, unless it was left there on purpose.
    fn wait_for(&mut self, alias: &str, kind: Kind, what: String) {
        let since = self.before.waiting.get(alias).copied().unwrap_or(self.now);
        self.waiting.push(Waiting {
            alias: alias.to_owned(),
            since,
        });
        if self.age(since) >= DAY && !self.is_left_empty(alias) {
            let finding = Finding::new(kind, what).about_alias(Some(alias));
            self.findings.push(finding);
        }
    }

    fn explain(&mut self, alias: &'a str, key_arn: &'a str) {
        if self.picture.explains(key_arn, alias) {
            return;
        }
        if !self.picture.is_named(key_arn)
            && let Some(created_at) = self.made_under_way(key_arn, alias)
        {
            self.recent.insert(key_arn, created_at);
            return;
        }
        let what = format!("{alias} has the key {key_arn}, and no record says so.");
        let finding = Finding::new(Kind::AliasUnexplained, what);
        let finding = finding.about_key(key_arn).about_alias(Some(alias));
        self.findings.push(finding);
    }

    /// Those that have our tags, and no alias either.
    fn keys_without_a_record(&mut self) {
        let asked: Vec<&Asked> = self.asked.values().copied().collect();
        for asked in asked.into_iter().filter(|asked| asked.has_our_tags()) {
            let key_arn = asked.key_arn.as_str();
            if !self.picture.is_bare(key_arn) {
                continue;
            }
            let Some(key) = self.picture.keys.get(key_arn).copied() else {
                continue;
            };
            let finding = if key.waits_for_deletion() {
                // As the remedy for an orphan says; or the key came in a block, and was another.
                let is_refused = self.under_way.have_refused(asked);
                if asked.is_surplus() || is_refused || self.is_retired(key_arn) {
                    continue;
                }
                Finding::new(Kind::DeletionPending, self.deletion(key_arn))
            } else if let Some(created_at) = asked.created_at
                && self.age(created_at) < DAY
            {
                self.recent.insert(key_arn, created_at);
                continue;
            } else {
                let what = format!("the key {key_arn} has our tags, and neither record nor alias.");
                Finding::new(Kind::Orphan, what)
            };
            let finding = finding.about_key(key_arn).about_alias(asked.made_for());
            self.findings.push(finding);
        }
    }

    /// Of CAs whose keys are there. What has expired already opens no ceremony any more, and is no
    /// news.
    fn certificates(&mut self) {
        for ca in &self.seen.recorded.cas {
            let left = -self.age(ca.not_after);
            let holds = |key: &&RecordedKey| {
                key.certificate_sha256.as_ref() == Some(&ca.sha256)
                    && self.picture.keys.contains_key(key.key_arn.as_str())
            };
            if (0..=EXPIRES_SOON).contains(&left)
                && let Some(key) = self.seen.recorded.keys.iter().find(holds)
            {
                let what = format!(
                    "the certificate {} of `{}` ends at {}.",
                    ca.sha256, ca.subject, ca.not_after
                );
                let finding = about(Kind::CertificateExpiring, what, key);
                self.findings.push(finding);
            }
        }
    }

    fn unreadable_records(&mut self) {
        for unreadable in &self.seen.recorded.unreadable {
            let what = format!(
                "the record {} cannot be read: {}.",
                unreadable.record, unreadable.why
            );
            let finding = Finding::new(Kind::RecordUnreadable, what);
            self.findings.push(finding.by_record(&unreadable.record));
        }
    }

    fn inventory(mut self, execution: &Execution) -> Inventory {
        self.findings.sort_by(|one, other| {
            let order = |it: &Finding| (it.finding, it.key_arn.clone(), it.alias.clone());
            order(one).cmp(&order(other))
        });
        let mut counts = BTreeMap::new();
        for finding in &self.findings {
            *counts.entry(finding.finding).or_default() += 1;
        }
        let keys: Vec<Key> = self
            .picture
            .keys
            .values()
            .filter_map(|key| self.key(key))
            .collect();
        let recent = self.recent.iter().map(|(key_arn, created_at)| Recent {
            key_arn: (*key_arn).to_owned(),
            created_at: *created_at,
        });
        Inventory {
            schema_version: 1,
            execution: execution.clone(),
            counts,
            keys_of_others: self.picture.keys.len() - keys.len(),
            keys,
            recent: recent.collect(),
            findings: self.findings,
            gone: self.gone,
            waiting: self.waiting,
        }
    }

    /// A line of the inventory, if the key is ours.
    fn key(&self, key: &ListedKey) -> Option<Key> {
        let key_arn = key.key_arn.as_str();
        let asked = self.asked.get(key_arn);
        let named = self.picture.named.get(key_arn);
        let record = named.and_then(|records| records.first());
        let has_our_alias = self.picture.our_aliases_of(key_arn).next().is_some();
        let has_our_tags = asked.is_some_and(|asked| asked.has_our_tags());
        if record.is_none() && !has_our_alias && !has_our_tags {
            return None;
        }
        let aliases = self.picture.aliases_of.get(key_arn).into_iter().flatten();
        Some(Key {
            key_arn: key_arn.to_owned(),
            state: key.state.clone(),
            enabled: key.enabled,
            kcv: key.kcv.clone(),
            aliases: aliases.map(|alias| alias.name.clone()).collect(),
            delete_at: asked.and_then(|asked| asked.delete_at),
            record: record.map(|record| record.record.clone()),
            record_sha256: record.map(|record| record.record_sha256.clone()),
        })
    }

    /// When a key was made for which there is no record yet, if a ceremony under way explains that the
    /// alias names it.
    fn made_under_way(&self, key_arn: &str, alias: &str) -> Option<Utc> {
        let asked = self.asked.get(key_arn)?;
        let created_at = asked.created_at?;
        let is_explained = self.age(created_at) < DAY || self.under_way.explains(asked, alias);
        is_explained.then_some(created_at)
    }

    /// Whether a record says that the key is to be deleted.
    fn is_retired(&self, key_arn: &str) -> bool {
        self.seen.recorded.retired.contains(key_arn)
    }

    /// Whether it is an alias of a key that is to be deleted: the same block or leaf, sent again, is known
    /// by it.
    fn is_left_empty(&self, alias: &str) -> bool {
        let mut recorded = self.seen.recorded.keys.iter();
        let is_of_retired = recorded
            .any(|key| key.alias.as_deref() == Some(alias) && self.is_retired(&key.key_arn));
        is_of_retired || self.under_way.may_be_empty(alias)
    }

    /// Seconds since then.
    fn age(&self, then: Utc) -> i64 {
        self.now.unix_seconds() - then.unix_seconds()
    }
}

/// A finding about a key that a record names.
fn about(kind: Kind, what: String, record: &RecordedKey) -> Finding {
    Finding::new(kind, what)
        .about_key(&record.key_arn)
        .about_alias(record.alias.as_deref())
        .by_record(&record.record)
}
