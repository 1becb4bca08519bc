//! From a body to an operation's input. The types of `model` do the checking.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::protocol::error::ServiceError;
use crate::protocol::strict::Strict;

/// The body as a JSON object; an empty body counts as one without members.
pub fn parse_body(body: &[u8]) -> Result<Value, ServiceError> {
    if body.is_empty() {
        return Ok(Value::Object(Default::default()));
    }
    match serde_json::from_slice(body) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(ServiceError::Serialization(
            "the body is not a JSON object".to_owned(),
        )),
        Err(error) => Err(ServiceError::Serialization(error.to_string())),
    }
}

/// The input of an operation, or a ValidationException that names the member at fault. Members
/// that the operation does not have are ignored, as the service does; one that is null is absent.
pub fn parse_input<I: DeserializeOwned>(body: Value) -> Result<I, ServiceError> {
    serde_path_to_error::deserialize(Strict(without_nulls(body))).map_err(|error| {
        let path = error.path().to_string();
        match path.as_str() {
            "." => ServiceError::Validation(error.inner().to_string()),
            _ => ServiceError::Validation(format!("{path}: {}", error.inner())),
        }
    })
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, member)| !member.is_null())
            .map(|(name, member)| (name, without_nulls(member)))
            .collect(),
        Value::Array(list) => list.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::model::limits::MaxResults;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Input {
        max_results: Option<MaxResults>,
    }

    #[test]
    fn a_broken_rule_names_its_member() {
        let error = parse_input::<Input>(json!({ "MaxResults": 0 })).unwrap_err();
        let expected = "MaxResults: value must be between 1 and 100";
        assert_eq!(error, ServiceError::Validation(expected.to_owned()));
    }

    #[test]
    fn null_is_absent_and_unknown_members_are_ignored() {
        let input: Input = parse_input(json!({ "MaxResults": null, "Other": 1 })).unwrap();
        assert!(input.max_results.is_none());
    }

    #[test]
    fn a_body_is_a_json_object() {
        assert!(parse_body(b"").is_ok());
        assert!(parse_body(b"{}").is_ok());
        for wrong in [&b"[]"[..], b"1", b"{", b"\xff"] {
            assert_eq!(
                parse_body(wrong).unwrap_err().name(),
                "SerializationException"
            );
        }
    }
}
