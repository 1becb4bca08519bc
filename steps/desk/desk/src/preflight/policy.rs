//! Whether two policies say the same.

use serde_json::{Map, Value};

/// The statements of one policy that the other does not have, in few words each.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Difference {
    /// In what is there, and not in what was deployed.
    pub(crate) added: Vec<String>,
    /// In what was deployed, and not in what is there.
    pub(crate) missing: Vec<String>,
}

impl Difference {
    pub(crate) fn between(deployed: &Value, there: &Value) -> Self {
        let (deployed, there) = (statements(deployed), statements(there));
        let only = |of: &[Value], other: &[Value]| {
            let only = of.iter().filter(|statement| !other.contains(statement));
            only.map(in_words).collect()
        };
        Self {
            added: only(&there, &deployed),
            missing: only(&deployed, &there),
        }
    }

    pub(crate) fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// One statement or many, each in the one form that all its spellings share.
fn statements(policy: &Value) -> Vec<Value> {
    match &policy["Statement"] {
        Value::Array(statements) => statements.iter().map(uniform).collect(),
        Value::Null => Vec::new(),
        one => vec![uniform(one)],
    }
}

/// A list in any order and with repetitions is the same list; one value is a list of one.
fn uniform(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter();
            let uniform = members.map(|(name, value)| (name.clone(), uniform(value)));
            Value::Object(uniform.collect::<Map<_, _>>())
        }
        Value::Array(values) => {
            let mut texts: Vec<String> = values.iter().map(text).collect();
            texts.sort();
            texts.dedup();
            texts.into()
        }
        // "Anybody" has two spellings, of which this is the longer.
        Value::String(anybody) if anybody == "*" => Value::from(vec!["*"]),
        one => Value::from(vec![text(one)]),
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn in_words(statement: &Value) -> String {
    let part = |name: &str| {
        let list = statement[name].as_array().into_iter().flatten();
        list.map(text).collect::<Vec<_>>().join(", ")
    };
    format!(
        "{} {} for {}",
        part("Effect"),
        part("Action"),
        statement["Principal"]
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy(statements: Value) -> Value {
        json!({ "Version": "2012-10-17", "Statement": statements })
    }

    fn allow(action: &Value) -> Value {
        json!({ "Effect": "Allow", "Action": action, "Principal": { "AWS": "a" }, "Resource": "*" })
    }

    #[test]
    fn the_same_in_another_order_or_spelling_is_the_same() {
        let one = policy(json!([
            allow(&json!(["kms:Sign", "kms:Verify"])),
            allow(&json!("kms:Get"))
        ]));
        let other = policy(json!([
            allow(&json!(["kms:Get"])),
            allow(&json!(["kms:Verify", "kms:Sign"]))
        ]));
        assert!(Difference::between(&one, &other).is_none());
        let single = policy(allow(&json!("kms:Get")));
        let listed = policy(json!([allow(&json!("kms:Get"))]));
        assert!(Difference::between(&single, &listed).is_none());
    }

    #[test]
    fn what_was_added_and_what_is_missing_is_named() {
        let deployed = policy(json!([allow(&json!("kms:Get")), allow(&json!("kms:List"))]));
        let there = policy(json!([allow(&json!("kms:Get")), allow(&json!("kms:Sign"))]));
        let difference = Difference::between(&deployed, &there);
        assert_eq!(difference.added, [r#"Allow kms:Sign for {"AWS":["a"]}"#]);
        assert_eq!(difference.missing, [r#"Allow kms:List for {"AWS":["a"]}"#]);
    }

    #[test]
    fn another_condition_or_another_principal_is_a_difference() {
        let deployed = policy(json!([allow(&json!("kms:Sign"))]));
        for (member, value) in [
            ("Condition", json!({ "StringEquals": { "aws:x": "y" } })),
            ("Principal", json!({ "AWS": "b" })),
            ("Effect", json!("Deny")),
        ] {
            let mut there = deployed.clone();
            there["Statement"][0][member] = value;
            let difference = Difference::between(&deployed, &there);
            assert_eq!((difference.added.len(), difference.missing.len()), (1, 1));
        }
    }
}
