//! Numbers and short texts with limits.

use serde::{Deserialize, Serialize};

/// How many items a page has: 1 to 100, and 50 when nothing is asked for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "i64")]
pub struct MaxResults(usize);

impl MaxResults {
    pub fn get(self) -> usize {
        self.0
    }
}

impl Default for MaxResults {
    fn default() -> Self {
        Self(50)
    }
}

impl TryFrom<i64> for MaxResults {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        in_range(number, 1, 100).map(|number| Self(number as usize))
    }
}

/// After how many days a deletion becomes final: 3 to 180, and 7 when nothing is asked for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "i64")]
pub struct DeleteKeyInDays(i64);

impl DeleteKeyInDays {
    pub fn get(self) -> i64 {
        self.0
    }
}

impl Default for DeleteKeyInDays {
    fn default() -> Self {
        Self(7)
    }
}

impl TryFrom<i64> for DeleteKeyInDays {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        in_range(number, 3, 180).map(Self)
    }
}

/// A page token: 1 to 8192 characters.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "String")]
pub struct NextToken(String);

impl NextToken {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for NextToken {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text_of_length(text, 1, 8192).map(Self)
    }
}

/// A comment for the approvers of a multi-party operation: at most 200 characters.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String")]
pub struct RequesterComment(String);

impl RequesterComment {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RequesterComment {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text_of_length(text, 0, 200).map(Self)
    }
}

/// The length in characters, as the model counts it.
pub fn text_of_length(text: String, minimum: usize, maximum: usize) -> Result<String, String> {
    if (minimum..=maximum).contains(&text.chars().count()) {
        Ok(text)
    } else {
        Err(format!("value must have {minimum} to {maximum} characters"))
    }
}

fn in_range(number: i64, minimum: i64, maximum: i64) -> Result<i64, String> {
    if (minimum..=maximum).contains(&number) {
        Ok(number)
    } else {
        Err(format!("value must be between {minimum} and {maximum}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_sizes_and_waiting_periods_have_limits() {
        assert!(MaxResults::try_from(0).is_err());
        assert!(MaxResults::try_from(1).is_ok());
        assert!(MaxResults::try_from(100).is_ok());
        assert!(MaxResults::try_from(101).is_err());
        assert!(DeleteKeyInDays::try_from(2).is_err());
        assert!(DeleteKeyInDays::try_from(3).is_ok());
        assert!(DeleteKeyInDays::try_from(180).is_ok());
        assert!(DeleteKeyInDays::try_from(181).is_err());
    }
}
