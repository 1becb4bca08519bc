//! JSON values read as strictly as the protocol demands: a structure is an object, a union is an
//! object with one member. Derived implementations of `Deserialize` would take a list for a
//! structure, member after member.

use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error as JsonError, Value};

/// A value to be read strictly, with everything in it.
pub struct Strict(pub Value);

impl<'de> Deserializer<'de> for Strict {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.0 {
            Value::Array(items) => {
                visitor.visit_seq(SeqDeserializer::new(items.into_iter().map(Strict)))
            }
            Value::Object(members) => visitor.visit_map(MapDeserializer::new(
                members
                    .into_iter()
                    .map(|(name, value)| (name, Strict(value))),
            )),
            scalar => scalar.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _members: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        match self.0 {
            Value::Object(_) => self.deserialize_any(visitor),
            _ => Err(JsonError::custom("value must be an object")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        match self.0 {
            Value::Object(members) if members.len() == 1 => {
                let members = members
                    .into_iter()
                    .map(|(name, value)| (name, Strict(value)));
                visitor.visit_enum(MapAccessDeserializer::new(MapDeserializer::new(members)))
            }
            Value::Object(_) => Err(JsonError::custom("value must have exactly one member")),
            scalar => scalar.deserialize_enum(name, variants, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, JsonError> for Strict {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize, Eq, PartialEq)]
    struct Structure {
        number: i64,
        list: Option<Vec<Union>>,
    }

    #[derive(Debug, Deserialize, Eq, PartialEq)]
    enum Union {
        Word,
        Structure(Box<Structure>),
    }

    fn read(value: Value) -> Result<Structure, JsonError> {
        Structure::deserialize(Strict(value))
    }

    #[test]
    fn structures_are_objects_at_every_depth() {
        let inner = Structure {
            number: 2,
            list: None,
        };
        let whole = json!({ "number": 1, "list": ["Word", { "Structure": { "number": 2 } }] });
        let list = Some(vec![Union::Word, Union::Structure(Box::new(inner))]);
        assert_eq!(read(whole).unwrap(), Structure { number: 1, list });
        for wrong in [
            json!([1, null]),
            json!("x"),
            json!({ "number": 1, "list": [{ "Structure": [2, null] }] }),
            json!({ "number": 1, "list": [{}] }),
            json!({ "number": 1, "list": [{ "Structure": { "number": 2 }, "Word": null }] }),
            json!({ "number": 1, "list": {} }),
        ] {
            assert!(read(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
