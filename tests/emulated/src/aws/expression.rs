//! Expressions of DynamoDB, as far as steps write them: names of attributes and placeholders of
//! values; `attribute_exists`, `attribute_not_exists`, `size`, `=`, `<`, `<=`, `AND`, `OR` and
//! parentheses; `SET` with `+`, `if_not_exists` and `list_append`, and `REMOVE`. All else panics.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::table::Item;

/// `ExpressionAttributeValues`, and which of them were used: one that is not is an error.
pub(super) struct Values {
    values: Item,
    unused: BTreeSet<String>,
}

impl Values {
    pub(super) fn of(request: &Value) -> Self {
        assert!(
            request.get("ExpressionAttributeNames").is_none(),
            "placeholders of names are not emulated"
        );
        let values = request["ExpressionAttributeValues"].as_object();
        let values = values.cloned().unwrap_or_default();
        let unused = values.keys().cloned().collect();
        Self { values, unused }
    }

    pub(super) fn all_used(&self) {
        assert!(self.unused.is_empty(), "unused: {:?}", self.unused);
    }

    fn value(&mut self, name: &str) -> Value {
        self.unused.remove(name);
        let value = self.values.get(name);
        value
            .unwrap_or_else(|| panic!("{name} has no value"))
            .clone()
    }
}

/// Whether the condition of a write is met by the item that is there.
pub(super) fn holds(write: &Value, item: &Item, values: &mut Values) -> bool {
    match write["ConditionExpression"].as_str() {
        Some(text) => is_true(text, item, values),
        None => true,
    }
}

/// Whether an item is what an expression says.
pub(super) fn is_true(text: &str, item: &Item, values: &mut Values) -> bool {
    let mut reader = Reader::of(text, item, values);
    let holds = reader.either();
    reader.at_the_end();
    holds
}

/// The item after an update; what is read is the item before it.
pub(super) fn update(text: &str, item: &Item, values: &mut Values) -> Item {
    let mut after = item.clone();
    let mut reader = Reader::of(text, item, values);
    while let Some(clause) = reader.next() {
        loop {
            let name = reader.next().expect("the name of an attribute");
            match clause.as_str() {
                "SET" => {
                    reader.expect("=");
                    let value = reader.sum();
                    after.insert(name, value);
                }
                "REMOVE" => {
                    after.remove(&name);
                }
                other => panic!("{other} is not emulated"),
            }
            if !reader.skip(",") {
                break;
            }
        }
    }
    after
}

struct Reader<'a> {
    words: std::iter::Peekable<std::vec::IntoIter<String>>,
    item: &'a Item,
    values: &'a mut Values,
}

impl<'a> Reader<'a> {
    fn of(text: &str, item: &'a Item, values: &'a mut Values) -> Self {
        let mut spaced = text.to_owned();
        for sign in ["(", ")", ","] {
            spaced = spaced.replace(sign, &format!(" {sign} "));
        }
        let words: Vec<String> = spaced.split_whitespace().map(str::to_owned).collect();
        Self {
            words: words.into_iter().peekable(),
            item,
            values,
        }
    }

    fn next(&mut self) -> Option<String> {
        self.words.next()
    }

    fn skip(&mut self, word: &str) -> bool {
        self.words.next_if(|next| next == word).is_some()
    }

    fn expect(&mut self, word: &str) {
        let next = self.next();
        assert_eq!(next.as_deref(), Some(word), "not emulated");
    }

    fn at_the_end(&mut self) {
        assert_eq!(self.next(), None, "not emulated");
    }

    fn either(&mut self) -> bool {
        let mut holds = self.all();
        while self.skip("OR") {
            // Not short of anything: all values count as used.
            holds |= self.all();
        }
        holds
    }

    fn all(&mut self) -> bool {
        let mut holds = self.one();
        while self.skip("AND") {
            holds &= self.one();
        }
        holds
    }

    fn one(&mut self) -> bool {
        if self.skip("(") {
            let holds = self.either();
            self.expect(")");
            return holds;
        }
        for (function, wanted) in [("attribute_exists", true), ("attribute_not_exists", false)] {
            if self.skip(function) {
                let name = self.argument();
                return self.item.contains_key(&name) == wanted;
            }
        }
        let left = self.operand();
        let sign = self.next().expect("a comparison");
        let right = self.operand();
        // What is not there is neither equal nor less.
        let (Some(left), Some(right)) = (left, right) else {
            return false;
        };
        match sign.as_str() {
            "=" => left == right,
            "<" => number(&left) < number(&right),
            "<=" => number(&left) <= number(&right),
            other => panic!("{other} is not emulated"),
        }
    }

    fn sum(&mut self) -> Value {
        let value = self.operand().expect("an attribute that is there");
        if !self.skip("+") {
            return value;
        }
        let other = self.operand().expect("an attribute that is there");
        json!({ "N": (number(&value) + number(&other)).to_string() })
    }

    /// `None` for an attribute that is not there.
    fn operand(&mut self) -> Option<Value> {
        let word = self.next().expect("an operand");
        match word.as_str() {
            "if_not_exists" => {
                self.expect("(");
                let name = self.next().expect("a name");
                self.expect(",");
                let otherwise = self.operand();
                self.expect(")");
                self.item.get(&name).cloned().or(otherwise)
            }
            "list_append" => {
                self.expect("(");
                let mut list = list(&self.operand().expect("a list"));
                self.expect(",");
                list.extend(self::list(&self.operand().expect("a list")));
                self.expect(")");
                Some(json!({ "L": list }))
            }
            "size" => {
                let name = self.argument();
                let items = self.item.get(&name).map(|value| list(value).len());
                items.map(|items| json!({ "N": items.to_string() }))
            }
            name if name.starts_with(':') => Some(self.values.value(name)),
            name => {
                let letters = name.chars().all(|letter| letter.is_ascii_alphabetic());
                assert!(letters, "{name} is not emulated");
                self.item.get(name).cloned()
            }
        }
    }

    fn argument(&mut self) -> String {
        self.expect("(");
        let name = self.next().expect("a name");
        self.expect(")");
        name
    }
}

fn number(value: &Value) -> i64 {
    let digits = value["N"].as_str().expect("a number");
    digits.parse().expect("a whole number")
}

fn list(value: &Value) -> Vec<Value> {
    value["L"].as_array().expect("a list").clone()
}
