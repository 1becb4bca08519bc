//! Resource-based policies: what has the form of one, and what would let everybody in.

mod grammar;

use serde::{Deserialize, Serialize};

use grammar::Document;

use super::identifiers::KeyArn;
use super::limits::text_of_length;

/// A policy document (IAM JSON policy grammar): 1 to 20480 characters of
/// `[\u0009\u000A\u000D\u0020-\u00FF]`. Kept as it came; nobody evaluates it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct PolicyDocument {
    is_public: bool,
    resources: Vec<String>,
    text: String,
}

impl PolicyDocument {
    /// The text of the request.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a statement allows something to everybody.
    ///
    /// INFERRED: everybody is a principal `*`, of whatever type, or `NotPrincipal`, and a condition
    /// of any kind makes it somebody. The user guide says only that access for anonymous and public
    /// principals is always refused.
    pub fn is_public(&self) -> bool {
        self.is_public
    }

    /// Whether every statement is about this key: the user guide allows its ARN and `*`, exactly.
    pub fn applies_to(&self, key: &KeyArn) -> bool {
        let mut resources = self.resources.iter();
        resources.all(|resource| resource == "*" || resource == key.as_str())
    }
}

impl From<PolicyDocument> for String {
    fn from(document: PolicyDocument) -> Self {
        document.text
    }
}

impl TryFrom<String> for PolicyDocument {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let text = text_of_length(text, 1, 20480)?;
        if !text.chars().all(is_allowed) {
            return Err("value must match [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+".to_owned());
        }
        let document: Document = serde_json::from_str(&text)
            .map_err(|error| format!("value is not a policy document: {error}"))?;
        let statements = document.statement.into_list();
        if statements.is_empty() {
            return Err("value is not a policy document: it has no statement".to_owned());
        }
        let mut resources = Vec::new();
        let mut is_public = false;
        for statement in statements {
            statement.check()?;
            is_public |= statement.is_public();
            resources.extend(statement.resource.into_list());
        }
        Ok(Self {
            is_public,
            resources,
            text,
        })
    }
}

fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}')
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_policy_document_has_its_form() {
        for right in [
            document(statement(json!({}))),
            json!({ "Version": "2012-10-17", "Statement": [statement(json!({}))] }),
            json!({ "Version": "2008-10-17", "Id": "x", "Statement": [statement(json!({}))] }),
            document(statement(json!({ "Effect": "Deny", "Principal": "*" }))),
            document(statement(json!({ "Action": "*", "Sid": "x" }))),
            document(statement(
                json!({ "Resource": ["*", KEY], "Condition": {} }),
            )),
        ] {
            assert!(parse(&right).is_ok(), "{right}");
        }
        for wrong in [
            json!([]),
            json!({}),
            json!({ "Statement": [] }),
            json!({ "Version": "2026-01-01", "Statement": [statement(json!({}))] }),
            json!({ "Statement": [statement(json!({}))], "Other": 1 }),
            document(statement(json!({ "Effect": "Perhaps" }))),
            document(statement(json!({ "Principal": null }))),
            document(statement(json!({ "Principal": "everybody" }))),
            document(statement(json!({ "Principal": {} }))),
            document(statement(json!({ "Principal": { "Aws": ROLE } }))),
            document(statement(json!({ "NotPrincipal": { "AWS": ROLE } }))),
            document(statement(json!({ "Action": [] }))),
            document(statement(json!({ "Action": "kms:Decrypt" }))),
            document(statement(json!({ "NotAction": "*" }))),
            document(statement(json!({ "Resource": [] }))),
            document(statement(json!({ "Condition": "always" }))),
        ] {
            assert!(parse(&wrong).is_err(), "{wrong}");
        }
        for text in ["", "{", "{\"Statement\":\"\u{100}\"}"] {
            assert!(PolicyDocument::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_policy_document_has_at_most_20480_characters() {
        let text = document(statement(json!({}))).to_string();
        let padded = |length| format!("{text:length$}");
        assert!(PolicyDocument::try_from(padded(20480)).is_ok());
        assert!(PolicyDocument::try_from(padded(20481)).is_err());
    }

    #[test]
    fn a_policy_that_lets_everybody_in_is_public() {
        let public = |members| parse(&document(statement(members))).unwrap().is_public();
        assert!(public(json!({ "Principal": "*" })));
        assert!(public(json!({ "Principal": { "AWS": "*" } })));
        assert!(public(json!({ "Principal": { "AWS": [ROLE, "*"] } })));
        assert!(public(json!({ "Principal": "*", "Condition": {} })));
        let excluded = json!({ "Principal": null, "NotPrincipal": { "AWS": ROLE } });
        assert!(public(excluded));
        assert!(!public(json!({ "Principal": { "AWS": ROLE } })));
        assert!(!public(json!({ "Principal": "*", "Effect": "Deny" })));
        let condition = json!({ "StringEquals": { "aws:PrincipalOrgID": "o-x" } });
        assert!(!public(json!({ "Principal": "*", "Condition": condition })));
    }

    #[test]
    fn a_policy_is_about_its_key() {
        let key: KeyArn = KEY.parse().unwrap();
        let about = |resource: Value| {
            parse(&document(statement(json!({ "Resource": resource }))))
                .unwrap()
                .applies_to(&key)
        };
        assert!(about(json!("*")));
        assert!(about(json!(KEY)));
        assert!(!about(json!([KEY, format!("{KEY}x")])));
        assert!(!about(json!("arn:*")));
    }

    fn parse(document: &Value) -> Result<PolicyDocument, String> {
        PolicyDocument::try_from(document.to_string())
    }

    fn document(statement: Value) -> Value {
        json!({ "Version": "2012-10-17", "Statement": statement })
    }

    /// A statement in order, with these members instead; null takes one away.
    fn statement(members: Value) -> Value {
        let mut statement = json!({
            "Effect": "Allow",
            "Principal": { "AWS": ROLE },
            "Action": ["payment-cryptography:EncryptData"],
            "Resource": "*",
        });
        for (name, value) in members.as_object().unwrap() {
            match value {
                Value::Null => drop(statement.as_object_mut().unwrap().remove(name)),
                value => statement[name] = value.clone(),
            }
        }
        statement
    }

    const KEY: &str = "arn:aws:payment-cryptography:eu-west-1:000000000000:key/kwapwa6qaifllw2h";
    const ROLE: &str = "arn:aws:iam::111122223333:role/Example";
}
