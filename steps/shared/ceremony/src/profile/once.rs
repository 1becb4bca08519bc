//! A JSON object that names nothing twice. Of two members of one name a parser takes the last, and
//! whoever reads the document may take the first.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, Error, MapAccess, Visitor};

use crate::digest::Sha256;

pub(super) fn each_once<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<Sha256, String>, D::Error> {
    deserializer.deserialize_map(EachOnce)
}

struct EachOnce;

impl<'de> Visitor<'de> for EachOnce {
    type Value = BTreeMap<Sha256, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of fingerprints and key ARNs")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some((fingerprint, arn)) = members.next_entry::<Sha256, String>()? {
            if map.contains_key(&fingerprint) {
                return Err(A::Error::custom(format!("`{fingerprint}` is named twice")));
            }
            map.insert(fingerprint, arn);
        }
        Ok(map)
    }
}
