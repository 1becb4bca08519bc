//! DynamoDB: one table with the key `id`; GetItem, PutItem, UpdateItem, TransactWriteItems and Scan.
//!
//! Every other operation panics, and every form of expression that [`super::expression`] does not
//! know.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use super::call::{Answer, Call, Service};
use super::expression::{Values, holds, is_true, update};

/// Attributes by name.
pub(super) type Item = Map<String, Value>;

#[derive(Debug, Default)]
pub(super) struct Table {
    items: BTreeMap<String, Item>,
    /// How many items a page of a scan reads. DynamoDB reads 1 MB, which is more than tests have.
    pub(super) page: Option<usize>,
    /// Transactions that were carried out, by their tokens.
    transactions: HashMap<String, Value>,
}

impl Table {
    pub(super) fn item(&self, id: &str) -> Option<Value> {
        self.items.get(id).cloned().map(Value::Object)
    }

    pub(super) fn ids(&self) -> Vec<String> {
        self.items.keys().cloned().collect()
    }

    pub(super) fn change(&mut self, id: &str, attribute: &str, value: Value) {
        let item = self.items.get_mut(id).expect("an item");
        item.insert(attribute.to_owned(), value);
    }

    pub(super) fn answer(&mut self, call: &Call) -> Answer {
        let request = call.json();
        match call.operation.as_str() {
            "GetItem" => {
                assert_eq!(request["ConsistentRead"], true, "not emulated");
                match self.item(key(&request["Key"])) {
                    Some(item) => Answer::json(&json!({ "Item": item })),
                    None => Answer::json(&json!({})),
                }
            }
            "PutItem" => self.put(&request),
            "Scan" => self.scan(&request),
            "UpdateItem" => self.update(&request),
            "TransactWriteItems" => self.transact(&request),
            other => panic!("{other} is not emulated"),
        }
    }

    fn put(&mut self, request: &Value) -> Answer {
        let emulated = ["ConditionExpression", "ExpressionAttributeValues", "Item"];
        only(request, &emulated);
        match self.after_put(request) {
            Some(item) => {
                self.write(item);
                Answer::json(&json!({}))
            }
            None => no("ConditionalCheckFailedException"),
        }
    }

    /// A page is what was read, and the filter is applied after that: a page may be empty, and not
    /// the last.
    fn scan(&self, request: &Value) -> Answer {
        let emulated = [
            "ConsistentRead",
            "ExclusiveStartKey",
            "ExpressionAttributeValues",
            "FilterExpression",
        ];
        only(request, &emulated);
        assert_eq!(request["ConsistentRead"], true, "not emulated");
        let filter = request["FilterExpression"].as_str().expect("a filter");
        let after = request["ExclusiveStartKey"]["id"]["S"].as_str();
        let mut rest = self
            .items
            .iter()
            .filter(|(id, _)| after.is_none_or(|after| id.as_str() > after));
        let read: Vec<_> = rest.by_ref().take(self.page.unwrap_or(1_000)).collect();
        let found = read.iter().filter(|(_, item)| {
            let mut values = Values::of(request);
            let found = is_true(filter, item, &mut values);
            values.all_used();
            found
        });
        let found: Vec<_> = found.map(|(_, item)| (*item).clone()).collect();
        let mut answer = json!({
            "Count": found.len(),
            "Items": found,
            "ScannedCount": read.len(),
        });
        if let Some((last, _)) = read.last()
            && rest.next().is_some()
        {
            answer["LastEvaluatedKey"] = json!({ "id": { "S": last } });
        }
        Answer::json(&answer)
    }

    fn update(&mut self, request: &Value) -> Answer {
        assert_eq!(request["ReturnValues"], "ALL_NEW", "not emulated");
        match self.after_update(request) {
            Some(item) => {
                let answer = Answer::json(&json!({ "Attributes": item }));
                self.write(item);
                answer
            }
            None => no("ConditionalCheckFailedException"),
        }
    }

    /// "If the original request was successful, all subsequent calls with the same token return
    /// success without any further changes" within ten minutes.
    fn transact(&mut self, request: &Value) -> Answer {
        let token = request["ClientRequestToken"].as_str().expect("a token");
        if let Some(before) = self.transactions.get(token) {
            assert_eq!(before, request, "IdempotentParameterMismatchException");
            return Answer::json(&json!({}));
        }
        let writes = request["TransactItems"].as_array().expect("writes");
        let after: Vec<Option<Item>> = writes.iter().map(|write| self.after(write)).collect();
        if after.iter().any(Option::is_none) {
            let reasons = after.iter().map(|item| match item {
                Some(_) => json!({ "Code": "None" }),
                None => json!({ "Code": "ConditionalCheckFailed", "Message": "no" }),
            });
            return canceled(reasons.collect());
        }
        self.transactions.insert(token.to_owned(), request.clone());
        for item in after.into_iter().flatten() {
            self.write(item);
        }
        Answer::json(&json!({}))
    }

    /// The item as it is after one write of a transaction; `None` if its condition is not met.
    fn after(&self, write: &Value) -> Option<Item> {
        let members = write.as_object().expect("one write");
        assert_eq!(members.len(), 1, "one write");
        if let Some(request) = members.get("Update") {
            return self.after_update(request);
        }
        let put = members
            .get("Put")
            .expect("Put or Update, no other is emulated");
        self.after_put(put)
    }

    fn after_put(&self, put: &Value) -> Option<Item> {
        let item = put["Item"].as_object().expect("an item").clone();
        let before = self.items.get(key(&put["Item"])).cloned();
        let mut values = Values::of(put);
        let met = holds(put, &before.unwrap_or_default(), &mut values);
        values.all_used();
        met.then_some(item)
    }

    fn after_update(&self, request: &Value) -> Option<Item> {
        let id = key(&request["Key"]);
        let before = self.items.get(id).cloned().unwrap_or_default();
        let mut values = Values::of(request);
        let met = holds(request, &before, &mut values);
        let text = request["UpdateExpression"].as_str().expect("an expression");
        // A condition that is not met is found first: what the update names may not be there.
        met.then(|| {
            let mut after = update(text, &before, &mut values);
            after.insert("id".to_owned(), json!({ "S": id }));
            values.all_used();
            after
        })
    }

    fn write(&mut self, item: Item) {
        let bytes = size(&Value::Object(item.clone()));
        assert!(bytes < 400 * 1024, "an item has at most 400 KB");
        let id = key(&Value::Object(item.clone())).to_owned();
        self.items.insert(id, item);
    }
}

/// Requires that a request has no members but the table's name and these.
fn only(request: &Value, emulated: &[&str]) {
    for member in request.as_object().expect("a request").keys() {
        let known = member == "TableName" || emulated.contains(&member.as_str());
        assert!(known, "{member} is not emulated");
    }
}

fn key(of: &Value) -> &str {
    of["id"]["S"].as_str().expect("the key is `id`, a text")
}

/// Names and contents; DynamoDB counts a little more.
fn size(value: &Value) -> usize {
    match value {
        Value::Array(values) => values.iter().map(size).sum(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| name.len() + size(value))
            .sum(),
        Value::String(text) => text.len(),
        _ => 1,
    }
}

/// All writes of the transaction were in the way of another one's.
pub(super) fn conflict(call: &Call) -> Answer {
    let request = call.json();
    let writes = request["TransactItems"].as_array().expect("a transaction");
    let reasons = writes
        .iter()
        .map(|_| json!({ "Code": "TransactionConflict", "Message": "no" }));
    canceled(reasons.collect())
}

fn canceled(reasons: Vec<Value>) -> Answer {
    Answer::refusal(&json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled",
        "CancellationReasons": reasons,
    }))
}

fn no(code: &str) -> Answer {
    Answer::error(Service::DynamoDb, 400, code, "DynamoDB says no")
}
