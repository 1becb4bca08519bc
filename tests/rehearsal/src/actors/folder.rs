//! The place of one exchange with a partner: who, in which environment, for which data.

use std::fmt;

/// `<partner>/<environment>/<data-type>`: the partner's folder in inbox and outbox, the name of its
/// profile, and, with hyphens, how the names of its ceremonies begin.
///
/// Nothing is checked here, because a story may be about a folder that should not be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Folder {
    pub partner: String,
    pub environment: String,
    pub data_type: String,
}

impl Folder {
    pub fn new(partner: &str, environment: &str, data_type: &str) -> Self {
        Self {
            partner: partner.into(),
            environment: environment.into(),
            data_type: data_type.into(),
        }
    }

    /// The key of a file in it.
    pub fn key(&self, file: &str) -> String {
        format!("{self}/{file}")
    }

    /// The parameter that holds the operator's profile of it.
    pub fn profile_parameter(&self) -> String {
        format!("/key-ceremony/partners/{self}")
    }

    /// What the names of its ceremonies begin with, hyphen included.
    pub fn ceremony_prefix(&self) -> String {
        let Self {
            partner,
            environment,
            data_type,
        } = self;
        format!("{partner}-{environment}-{data_type}-")
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            partner,
            environment,
            data_type,
        } = self;
        write!(formatter, "{partner}/{environment}/{data_type}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_its_names() {
        let folder = Folder::new("acme", "non-production", "pin");
        assert_eq!(folder.key("leaf.pem"), "acme/non-production/pin/leaf.pem");
        assert_eq!(
            folder.profile_parameter(),
            "/key-ceremony/partners/acme/non-production/pin"
        );
        assert_eq!(folder.ceremony_prefix(), "acme-non-production-pin-");
    }
}
