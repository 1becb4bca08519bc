//! Parameter Store: GetParameter.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::call::{Answer, Call, Service};

/// Values by name, one per version, all of type SecureString.
#[derive(Debug, Default)]
pub(super) struct Parameters(BTreeMap<String, Vec<String>>);

impl Parameters {
    pub(super) fn put(&mut self, name: &str, value: &str) {
        let versions = self.0.entry(name.to_owned()).or_default();
        versions.push(value.to_owned());
    }

    pub(super) fn answer(&self, call: &Call) -> Answer {
        assert_eq!(call.operation, "GetParameter", "not emulated");
        let request = call.json();
        let name = request["Name"].as_str().unwrap_or_default();
        let Some(versions) = self.0.get(name) else {
            return Answer::error(Service::Ssm, 400, "ParameterNotFound", "");
        };
        let value = match (versions.last(), &request["WithDecryption"]) {
            (Some(value), Value::Bool(true)) => value.as_str(),
            // Without decryption the caller gets what is stored.
            _ => "AQICAHgciphertext",
        };
        Answer::json(&json!({ "Parameter": {
            "ARN": format!("arn:aws:ssm:eu-west-1:111122223333:parameter{name}"),
            "DataType": "text",
            "LastModifiedDate": 1_795_000_000.5,
            "Name": name,
            "Type": "SecureString",
            "Value": value,
            "Version": versions.len(),
        }}))
    }
}
