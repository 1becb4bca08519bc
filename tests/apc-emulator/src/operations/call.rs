//! What an operation knows about the request it serves.

use serde::Serialize;

use crate::clock::Timestamp;
use crate::model::identifiers::{AliasName, KeyArn, KeyIdentifier, Scope};
use crate::protocol::error::ServiceError;
use crate::store::{KeyRecord, Partition, Store};

/// One request, and the trail it leaves for the request log.
pub struct Call<'a> {
    pub now: Timestamp,
    pub scope: Scope,
    pub store: &'a Store,
    pub touched_alias: Option<AliasName>,
    pub touched_keys: Vec<KeyArn>,
}

impl<'a> Call<'a> {
    pub fn new(store: &'a Store, scope: Scope, now: Timestamp) -> Self {
        Self {
            now,
            scope,
            store,
            touched_alias: None,
            touched_keys: Vec::new(),
        }
    }

    /// The key an identifier means, noted for the log.
    pub fn resolve<'p>(
        &mut self,
        partition: &'p mut Partition,
        identifier: &KeyIdentifier,
    ) -> Result<&'p mut KeyRecord, ServiceError> {
        if let KeyIdentifier::Alias(alias) | KeyIdentifier::AliasArn { alias, .. } = identifier {
            self.touch_alias(alias);
        }
        let key = partition.resolve(&self.scope, identifier)?;
        self.touch_key(&key.arn);
        Ok(key)
    }

    /// The key with this ARN, noted for the log whether or not it is there.
    pub fn key<'p>(
        &mut self,
        partition: &'p mut Partition,
        arn: &KeyArn,
    ) -> Result<&'p mut KeyRecord, ServiceError> {
        self.touch_key(arn);
        partition.key(arn)
    }

    pub fn touch_alias(&mut self, alias: &AliasName) {
        self.touched_alias.get_or_insert_with(|| alias.clone());
    }

    pub fn touch_key(&mut self, arn: &KeyArn) {
        if !self.touched_keys.contains(arn) {
            self.touched_keys.push(arn.clone());
        }
    }
}

/// The output of every operation that has nothing to say.
#[derive(Serialize)]
pub struct EmptyOutput {}
