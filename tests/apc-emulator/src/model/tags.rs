//! Tags on keys.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::limits::text_of_length;

/// One tag as it travels.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    pub key: TagKey,
    pub value: TagValue,
}

/// 1 to 128 characters.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String")]
pub struct TagKey(String);

impl TagKey {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TagKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text_of_length(text, 1, 128).map(Self)
    }
}

/// 1 to 256 characters: the model's minimum, although a documentation text lets it be empty.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String")]
pub struct TagValue(String);

impl TryFrom<String> for TagValue {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text_of_length(text, 1, 256).map(Self)
    }
}

/// The tags of one request: at most 200, each key once.
///
/// INFERRED: that a key given twice, or one under AWS's own `aws:` prefix, is refused. It is the
/// usual rule of AWS services.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "Vec<Tag>")]
pub struct Tags(BTreeMap<TagKey, TagValue>);

impl Tags {
    pub fn into_map(self) -> BTreeMap<TagKey, TagValue> {
        self.0
    }
}

impl TryFrom<Vec<Tag>> for Tags {
    type Error = String;

    fn try_from(list: Vec<Tag>) -> Result<Self, Self::Error> {
        if list.len() > MAXIMUM {
            return Err(format!("a list of tags has at most {MAXIMUM} members"));
        }
        let mut tags = BTreeMap::new();
        for Tag { key, value } in list {
            if key.as_str().to_ascii_lowercase().starts_with("aws:") {
                return Err("tag keys that start with aws: are reserved".to_owned());
            }
            if tags.insert(key, value).is_some() {
                return Err("a list of tags has each key only once".to_owned());
            }
        }
        Ok(Self(tags))
    }
}

/// At most 200 tag keys.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Vec<TagKey>")]
pub struct TagKeys(Vec<TagKey>);

impl TagKeys {
    pub fn iter(&self) -> impl Iterator<Item = &TagKey> {
        self.0.iter()
    }
}

impl TryFrom<Vec<TagKey>> for TagKeys {
    type Error = String;

    fn try_from(keys: Vec<TagKey>) -> Result<Self, Self::Error> {
        if keys.len() <= MAXIMUM {
            Ok(Self(keys))
        } else {
            Err(format!("a list of tag keys has at most {MAXIMUM} members"))
        }
    }
}

/// How many tags a key can have.
pub const MAXIMUM: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_limits() {
        let parse = |json: &str| serde_json::from_str::<Tags>(json);
        assert!(parse(r#"[]"#).is_ok());
        assert!(parse(r#"[{"Key":"a","Value":"b"}]"#).is_ok());
        assert!(parse(r#"[{"Key":"a","Value":""}]"#).is_err());
        assert!(parse(r#"[{"Key":"","Value":"b"}]"#).is_err());
        assert!(parse(r#"[{"Key":"a"}]"#).is_err());
        assert!(parse(r#"[{"Key":"a","Value":"b"},{"Key":"a","Value":"c"}]"#).is_err());
        assert!(parse(r#"[{"Key":"aws:a","Value":"b"}]"#).is_err());
        let long = "v".repeat(257);
        assert!(parse(&format!(r#"[{{"Key":"a","Value":"{long}"}}]"#)).is_err());
    }
}
