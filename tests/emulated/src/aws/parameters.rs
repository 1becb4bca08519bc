//! Parameter Store: GetParameter and PutParameter.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::call::{Answer, Call, Service};

/// Values by name, one per version, of type SecureString but for the plain ones.
#[derive(Debug, Default)]
pub(super) struct Parameters(BTreeMap<String, Vec<(Kind, String)>>);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Secure,
    Plain,
}

impl Parameters {
    pub(super) fn put(&mut self, name: &str, value: &str) {
        self.add(name, Kind::Secure, value);
    }

    pub(super) fn put_plain(&mut self, name: &str, value: &str) {
        self.add(name, Kind::Plain, value);
    }

    fn add(&mut self, name: &str, kind: Kind, value: &str) {
        let versions = self.0.entry(name.to_owned()).or_default();
        versions.push((kind, value.to_owned()));
    }

    /// The newest value.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        let (_, value) = self.0.get(name)?.last()?;
        Some(value.clone())
    }

    pub(super) fn answer(&mut self, call: &Call) -> Answer {
        match call.operation.as_str() {
            "GetParameter" => self.get_parameter(call),
            "PutParameter" => self.put_parameter(call),
            other => panic!("{other} is not emulated"),
        }
    }

    fn put_parameter(&mut self, call: &Call) -> Answer {
        let request = call.json();
        let text = |member: &str| request[member].as_str().unwrap_or_default();
        let (name, value) = (text("Name"), text("Value"));
        if self.0.contains_key(name) && request["Overwrite"] != true {
            return Answer::error(Service::Ssm, 400, "ParameterAlreadyExists", "");
        }
        // The most that a standard parameter holds.
        if value.len() > 4096 {
            return Answer::error(Service::Ssm, 400, "ValidationException", "");
        }
        let kind = match text("Type") {
            "SecureString" => Kind::Secure,
            _ => Kind::Plain,
        };
        self.add(name, kind, value);
        Answer::json(&json!({ "Tier": "Standard", "Version": self.0[name].len() }))
    }

    fn get_parameter(&self, call: &Call) -> Answer {
        let request = call.json();
        let name = request["Name"].as_str().unwrap_or_default();
        let Some(versions) = self.0.get(name) else {
            return Answer::error(Service::Ssm, 400, "ParameterNotFound", "");
        };
        let decrypted = request["WithDecryption"] == Value::Bool(true);
        let (kind, value) = match versions.last() {
            Some((Kind::Plain, value)) => ("String", value.as_str()),
            Some((Kind::Secure, value)) if decrypted => ("SecureString", value.as_str()),
            // Without decryption the caller gets what is stored.
            _ => ("SecureString", "AQICAHgciphertext"),
        };
        Answer::json(&json!({ "Parameter": {
            "ARN": format!("arn:aws:ssm:eu-west-1:111122223333:parameter{name}"),
            "DataType": "text",
            "LastModifiedDate": 1_795_000_000.5,
            "Name": name,
            "Type": kind,
            "Value": value,
            "Version": versions.len(),
        }}))
    }
}
