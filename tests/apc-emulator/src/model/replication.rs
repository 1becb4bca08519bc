//! Multi-Region keys: the words for them, and lists of regions.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::attributes::wire_enum;
use super::identifiers::Region;

wire_enum! {
    /// How far a replica is. FAILED never happens here.
    KeyReplicationState {
        DeleteInProgress = "DELETE_IN_PROGRESS",
        Failed = "FAILED",
        InProgress = "IN_PROGRESS",
        Synchronized = "SYNCHRONIZED",
    }
}

wire_enum! {
    /// Whether a key is the one that is managed, or a copy of it.
    MultiRegionKeyType {
        Primary = "PRIMARY",
        Replica = "REPLICA",
    }
}

/// How far the replica in one region is. The service can add a `StatusMessage`, with which it would
/// explain a failure.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReplicationStatus {
    pub status: KeyReplicationState,
}

/// Regions to replicate to: each once, and all in the partition `aws`, as keys can be replicated
/// within a partition only.
///
/// INFERRED: that a region given twice is refused. Whether the service is in a region is not known
/// here; a region is in the partition when the AWS SDKs' pattern for it says so.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "Vec<Region>")]
pub struct ReplicationRegions(BTreeSet<Region>);

impl ReplicationRegions {
    pub fn contains(&self, region: &Region) -> bool {
        self.0.contains(region)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Region> {
        self.0.iter()
    }

    /// In alphabetical order.
    pub fn to_list(&self) -> Vec<Region> {
        self.0.iter().cloned().collect()
    }

    pub fn add(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    pub fn remove(&mut self, less: &Self) {
        self.0.retain(|region| !less.contains(region));
    }
}

impl TryFrom<Vec<Region>> for ReplicationRegions {
    type Error = String;

    fn try_from(list: Vec<Region>) -> Result<Self, Self::Error> {
        let mut regions = BTreeSet::new();
        for region in list {
            let name = region.to_string();
            if !AREAS.contains(&&name[..2]) {
                return Err(format!("{name} is not a region of the partition aws"));
            }
            if !regions.insert(region) {
                return Err(format!("{name} is in the list twice"));
            }
        }
        Ok(Self(regions))
    }
}

/// `^(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+$`, the pattern of the partition in the AWS SDKs.
const AREAS: &[&str] = &["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_regions_has_each_once_and_all_in_one_partition() {
        let parse = |json: &str| serde_json::from_str::<ReplicationRegions>(json);
        assert!(parse(r#"[]"#).unwrap().is_empty());
        let two = parse(r#"["us-west-2","eu-central-1"]"#).unwrap();
        let names: Vec<_> = two.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["eu-central-1", "us-west-2"]);
        for wrong in [
            r#"["us-west-2","us-west-2"]"#,
            r#"["cn-north-1"]"#,
            r#"["xx-nowhere-1"]"#,
            r#"["nowhere"]"#,
            r#""us-west-2""#,
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
