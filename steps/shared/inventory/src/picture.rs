//! What was seen, by key and by alias.

use std::collections::{BTreeMap, BTreeSet};

use crate::records::RecordedKey;
use crate::seen::{ListedAlias, ListedKey, Seen};

pub(crate) struct Picture<'a> {
    /// Every key that is there, by ARN.
    pub(crate) keys: BTreeMap<&'a str, &'a ListedKey>,
    /// What records say of a key, by ARN.
    pub(crate) named: BTreeMap<&'a str, Vec<&'a RecordedKey>>,
    /// Every alias, by name.
    pub(crate) aliases: BTreeMap<&'a str, &'a ListedAlias>,
    /// Every alias of a key.
    pub(crate) aliases_of: BTreeMap<&'a str, Vec<&'a ListedAlias>>,
    /// Every key and alias that a record puts together.
    explained: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Picture<'a> {
    pub(crate) fn of(seen: &'a Seen) -> Self {
        let there = seen.keys.iter().filter(|key| key.is_there());
        let mut named: BTreeMap<&str, Vec<&RecordedKey>> = BTreeMap::new();
        let mut explained = BTreeSet::new();
        for recorded in &seen.recorded.keys {
            named.entry(&recorded.key_arn).or_default().push(recorded);
            if let Some(alias) = &recorded.alias {
                explained.insert((recorded.key_arn.as_str(), alias.as_str()));
            }
        }
        for established in &seen.recorded.established {
            explained.insert((established.key_arn.as_str(), established.alias.as_str()));
        }
        let mut aliases_of: BTreeMap<&str, Vec<&ListedAlias>> = BTreeMap::new();
        for alias in &seen.aliases {
            if let Some(key_arn) = &alias.key_arn {
                aliases_of.entry(key_arn).or_default().push(alias);
            }
        }
        Self {
            keys: there.map(|key| (key.key_arn.as_str(), key)).collect(),
            named,
            aliases: seen
                .aliases
                .iter()
                .map(|it| (it.name.as_str(), it))
                .collect(),
            aliases_of,
            explained,
        }
    }

    pub(crate) fn is_named(&self, key_arn: &str) -> bool {
        self.named.contains_key(key_arn)
    }

    /// Whether neither a record nor an alias names it.
    pub(crate) fn is_bare(&self, key_arn: &str) -> bool {
        !self.is_named(key_arn) && !self.aliases_of.contains_key(key_arn)
    }

    /// Whether a record says that the key has this alias, or may have.
    pub(crate) fn explains(&self, key_arn: &str, alias: &str) -> bool {
        self.explained.contains(&(key_arn, alias))
            || self.is_established(key_arn, alias)
            || self.is_newest(key_arn, alias)
    }

    /// Whether it is a working key of the partner's that has a second alias, that of its name: any key of a
    /// block of that name.
    fn is_newest(&self, key_arn: &str, alias: &str) -> bool {
        let named = self.named.get(key_arn).into_iter().flatten();
        let mut own = named.filter_map(|recorded| recorded.alias.as_deref());
        alias.starts_with("alias/key-ceremony/keys/")
            && own.any(|own| own.rsplit_once('/').is_some_and(|(name, _)| name == alias))
    }

    /// Whether it is the KEK that was sent last, which has a second alias: any KEK that a ceremony of
    /// the alias's folder names.
    fn is_established(&self, key_arn: &str, alias: &str) -> bool {
        let path = alias.strip_prefix("alias/key-ceremony/kek/");
        let Some(folder) = path.and_then(|path| path.strip_suffix("/current")) else {
            return false;
        };
        // Records lie below the id of their ceremony.
        let ceremonies = format!("{}-", folder.replace('/', "-"));
        let mut named = self.named.get(key_arn).into_iter().flatten();
        named.any(|recorded| recorded.record.starts_with(&ceremonies))
    }

    /// The aliases of a key by which a ceremony would find it.
    pub(crate) fn our_aliases_of(&self, key_arn: &str) -> impl Iterator<Item = &'a ListedAlias> {
        let all = self.aliases_of.get(key_arn).into_iter().flatten().copied();
        all.filter(|alias| alias.is_ours() && !alias.is_of_a_preflight())
    }
}
