//! The template that was deployed, with what its references stand for.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A CloudFormation template in JSON, and what its resources are called in the account.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) document: Value,
    /// Logical id to physical id.
    pub(crate) physical: BTreeMap<String, String>,
}

/// What CloudFormation's pseudo parameters stand for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) partition: &'a str,
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
}

/// A resource of the template.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resource<'a> {
    pub(crate) logical: &'a str,
    pub(crate) physical: Option<&'a str>,
    pub(crate) properties: &'a Value,
    path: Option<&'a str>,
}

impl<'a> Resource<'a> {
    /// Its construct in the CDK app, without the stack's name: `SigningKey/RSA_2048`, say.
    pub(crate) fn construct(&self) -> &'a str {
        let path = self.path.and_then(|path| path.split_once('/'));
        let path = path.map_or(self.logical, |(_stack, path)| path);
        path.strip_suffix("/Resource").unwrap_or(path)
    }
}

impl Template {
    /// The resources of a type, by their logical ids.
    pub(crate) fn resources<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = Resource<'a>> {
        let resources = self.document["Resources"].as_object().into_iter().flatten();
        resources
            .filter(move |(_, resource)| resource["Type"] == kind)
            .map(|(logical, resource)| Resource {
                logical,
                physical: self.physical.get(logical).map(String::as_str),
                properties: &resource["Properties"],
                path: resource["Metadata"]["aws:cdk:path"].as_str(),
            })
    }

    /// A value with every intrinsic function replaced by what it stands for. What is not understood
    /// is an error: a guess would be compared as if it were known.
    pub(crate) fn resolve(&self, value: &Value, place: Place<'_>) -> Result<Value, String> {
        match value {
            Value::Array(values) => {
                let values = values.iter().map(|value| self.resolve(value, place));
                Ok(Value::Array(values.collect::<Result<_, _>>()?))
            }
            Value::Object(members) => self.resolve_object(members, place),
            other => Ok(other.clone()),
        }
    }

    fn resolve_object(
        &self,
        members: &Map<String, Value>,
        place: Place<'_>,
    ) -> Result<Value, String> {
        let mut entries = members.iter();
        if let (Some((function, argument)), None) = (entries.next(), entries.next()) {
            match (function.as_str(), argument) {
                ("Ref", Value::String(name)) => return Ok(self.referred(name, place)?.into()),
                ("Fn::Sub", Value::String(text)) => {
                    return Ok(self.substituted(text, place)?.into());
                }
                ("Fn::GetAtt", Value::Array(parts)) => {
                    return Ok(self.attribute(parts, place)?.into());
                }
                ("Fn::Join", Value::Array(parts)) => return Ok(self.joined(parts, place)?.into()),
                (unknown, _) if unknown.starts_with("Fn::") => {
                    return Err(format!("{unknown} is not understood"));
                }
                _ => {}
            }
        }
        let resolved = members
            .iter()
            .map(|(name, value)| Ok((name.clone(), self.resolve(value, place)?)));
        Ok(Value::Object(resolved.collect::<Result<_, String>>()?))
    }

    fn referred(&self, name: &str, place: Place<'_>) -> Result<String, String> {
        match name {
            "AWS::AccountId" => Ok(place.account.to_owned()),
            "AWS::Partition" => Ok(place.partition.to_owned()),
            "AWS::Region" => Ok(place.region.to_owned()),
            logical => {
                let physical = self.physical.get(logical);
                physical
                    .cloned()
                    .ok_or_else(|| format!("nothing is called {logical}"))
            }
        }
    }

    fn substituted(&self, text: &str, place: Place<'_>) -> Result<String, String> {
        let (mut resolved, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("${") {
            let unclosed = || format!("`{text}` has a bracket that does not close");
            let (name, after) = after.split_once('}').ok_or_else(unclosed)?;
            resolved.push_str(before);
            resolved.push_str(&self.referred(name, place)?);
            rest = after;
        }
        Ok(resolved + rest)
    }

    /// The ARN of a role or a key: nothing else is in a key policy.
    fn attribute(&self, parts: &[Value], place: Place<'_>) -> Result<String, String> {
        let [Value::String(logical), Value::String(attribute)] = parts else {
            return Err("Fn::GetAtt without a resource and an attribute".to_owned());
        };
        let physical = self.referred(logical, place)?;
        let kind = self.document["Resources"][logical]["Type"].as_str();
        let Place {
            partition,
            account,
            region,
        } = place;
        match (kind.unwrap_or_default(), attribute.as_str()) {
            ("AWS::IAM::Role", "Arn") => {
                Ok(format!("arn:{partition}:iam::{account}:role/{physical}"))
            }
            ("AWS::KMS::Key", "Arn") => Ok(format!(
                "arn:{partition}:kms:{region}:{account}:key/{physical}"
            )),
            (kind, attribute) => Err(format!(
                "{attribute} of {logical}, a {kind}, is not understood"
            )),
        }
    }

    fn joined(&self, parts: &[Value], place: Place<'_>) -> Result<String, String> {
        let [Value::String(separator), Value::Array(values)] = parts else {
            return Err("Fn::Join without a separator and a list".to_owned());
        };
        let texts = values
            .iter()
            .map(|value| match self.resolve(value, place)? {
                Value::String(text) => Ok(text),
                other => Err(format!("Fn::Join of {other}, which is no text")),
            });
        Ok(texts.collect::<Result<Vec<_>, String>>()?.join(separator))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PLACE: Place<'static> = Place {
        partition: "aws",
        account: "111122223333",
        region: "eu-west-1",
    };

    fn template() -> Template {
        Template {
            document: json!({ "Resources": {
                "Role1": { "Type": "AWS::IAM::Role" },
                "Key1": {
                    "Type": "AWS::KMS::Key",
                    "Properties": { "KeyPolicy": {} },
                    "Metadata": { "aws:cdk:path": "KeyCeremony/SigningKey/RSA_2048/Resource" },
                },
                "Bucket1": { "Type": "AWS::S3::Bucket" },
            } }),
            physical: [
                ("Role1", "sign-role"),
                ("Key1", "1234"),
                ("Bucket1", "inbox"),
            ]
            .map(|(logical, physical)| (logical.to_owned(), physical.to_owned()))
            .into(),
        }
    }

    #[test]
    fn references_become_what_they_stand_for() {
        let root = json!({ "Fn::Join": ["", ["arn:", { "Ref": "AWS::Partition" }, ":iam::", { "Ref": "AWS::AccountId" }, ":root"]] });
        let role = json!({ "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/cdk-${AWS::Region}" });
        for (value, expected) in [
            (root, "arn:aws:iam::111122223333:root"),
            (role, "arn:aws:iam::111122223333:role/cdk-eu-west-1"),
            (
                json!({ "Fn::GetAtt": ["Role1", "Arn"] }),
                "arn:aws:iam::111122223333:role/sign-role",
            ),
            (
                json!({ "Fn::GetAtt": ["Key1", "Arn"] }),
                "arn:aws:kms:eu-west-1:111122223333:key/1234",
            ),
            (json!({ "Ref": "Bucket1" }), "inbox"),
        ] {
            let statement = json!({ "Principal": { "AWS": value } });
            let resolved = template().resolve(&statement, PLACE).unwrap();
            assert_eq!(resolved, json!({ "Principal": { "AWS": expected } }));
        }
    }

    #[test]
    fn what_is_not_understood_is_not_guessed() {
        for value in [
            json!({ "Ref": "Nobody" }),
            json!({ "Fn::ImportValue": "x" }),
            json!({ "Fn::GetAtt": ["Bucket1", "Arn"] }),
            json!({ "Fn::Sub": "${AWS::Region" }),
        ] {
            assert!(template().resolve(&value, PLACE).is_err(), "{value}");
        }
    }

    #[test]
    fn resources_are_found_by_type_and_named_by_construct() {
        let template = template();
        let keys: Vec<_> = template.resources("AWS::KMS::Key").collect();
        let [key] = keys[..] else {
            panic!("{keys:?}");
        };
        assert_eq!(
            (key.construct(), key.physical),
            ("SigningKey/RSA_2048", Some("1234"))
        );
    }
}
