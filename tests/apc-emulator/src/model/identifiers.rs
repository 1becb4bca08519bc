//! Regions, accounts, key ARNs and aliases, each with the pattern of the service's model.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `[a-z]{2}-[a-z]{1,16}-[0-9]+`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(String);

impl Default for Region {
    fn default() -> Self {
        Self("us-east-1".to_owned())
    }
}

impl TryFrom<String> for Region {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut parts = text.splitn(3, '-');
        let matches = matches!(
            (parts.next(), parts.next(), parts.next()),
            (Some(area), Some(place), Some(number))
                if area.len() == 2 && is_all(area, |c| c.is_ascii_lowercase())
                    && (1..=16).contains(&place.len()) && is_all(place, |c| c.is_ascii_lowercase())
                    && is_all(number, |c| c.is_ascii_digit())
        );
        if matches {
            Ok(Self(text))
        } else {
            Err("value must match [a-z]{2}-[a-z]{1,16}-[0-9]+".to_owned())
        }
    }
}

/// An account id: twelve digits.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

impl Default for AccountId {
    /// An account that nobody has.
    fn default() -> Self {
        Self("000000000000".to_owned())
    }
}

impl TryFrom<String> for AccountId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.len() == 12 && is_all(&text, |c| c.is_ascii_digit()) {
            Ok(Self(text))
        } else {
            Err("value must be 12 digits".to_owned())
        }
    }
}

/// Whose keys, and where: every key, alias and certificate lives in exactly one scope.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Scope {
    pub account: AccountId,
    pub region: Region,
}

impl Scope {
    /// The same account in another region.
    pub fn in_region(&self, region: &Region) -> Self {
        Self {
            account: self.account.clone(),
            region: region.clone(),
        }
    }
}

/// `arn:aws:payment-cryptography:REGION:ACCOUNT:key/[0-9a-zA-Z]{16,64}`; 70 to 150 characters.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyArn(String);

impl KeyArn {
    /// The ARN of the key with this id. Ids that the service makes have 16 characters of `[a-z2-7]`.
    pub fn of(scope: &Scope, id: &str) -> Self {
        Self(format!(
            "{ARN_START}{}:{}:key/{id}",
            scope.region, scope.account
        ))
    }

    /// The scope the ARN names.
    pub fn scope(&self) -> Option<Scope> {
        parse_arn(&self.0).map(|(scope, _)| scope)
    }

    /// The ARN of the key with the same id in another region.
    pub fn in_region(&self, region: &Region) -> Self {
        match parse_arn(&self.0) {
            Some((Scope { account, .. }, resource)) => {
                Self(format!("{ARN_START}{region}:{account}:{resource}"))
            }
            None => self.clone(),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for KeyArn {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let id = parse_arn(&text).and_then(|(_, resource)| resource.strip_prefix("key/"));
        match id {
            Some(id) if is_key_id(id) && (70..=150).contains(&text.len()) => Ok(Self(text)),
            _ => Err(format!("value must match {KEY_ARN_PATTERN}")),
        }
    }
}

/// `alias/[a-zA-Z0-9/_-]+`, 7 to 256 characters, case-sensitive.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct AliasName(String);

impl AliasName {
    /// Whether the name lies under the prefix that AWS services keep for themselves.
    ///
    /// INFERRED: the usual rule of AWS services; this one does not document it.
    pub fn is_reserved(&self) -> bool {
        self.0.starts_with("alias/aws/")
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AliasName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if is_alias_name(&text) && (7..=256).contains(&text.len()) {
            Ok(Self(text))
        } else {
            Err("value must match alias/[a-zA-Z0-9/_-]+ and have 7 to 256 characters".into())
        }
    }
}

/// What most operations call `KeyIdentifier`: a key ARN, an alias ARN or an alias name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "String")]
pub enum KeyIdentifier {
    Alias(AliasName),
    AliasArn { scope: Scope, alias: AliasName },
    Key(KeyArn),
}

impl TryFrom<String> for KeyIdentifier {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mismatch = || "value must be a key ARN, an alias ARN or an alias name".to_owned();
        if !(7..=322).contains(&text.len()) {
            return Err(mismatch());
        }
        if text.starts_with("alias/") {
            return AliasName::try_from(text).map(Self::Alias);
        }
        match parse_arn(&text) {
            Some((scope, resource)) if is_alias_name(resource) => {
                let alias = AliasName(resource.to_owned());
                Ok(Self::AliasArn { scope, alias })
            }
            Some((_, resource)) if resource.strip_prefix("key/").is_some_and(is_key_id) => {
                Ok(Self::Key(KeyArn(text)))
            }
            _ => Err(mismatch()),
        }
    }
}

impl fmt::Display for KeyIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alias(alias) => f.write_str(alias.as_str()),
            Self::AliasArn { scope, alias } => {
                write!(
                    f,
                    "{ARN_START}{}:{}:{}",
                    scope.region,
                    scope.account,
                    alias.as_str()
                )
            }
            Self::Key(arn) => f.write_str(arn.as_str()),
        }
    }
}

/// Newtypes of texts print as what they were parsed from.
macro_rules! text_newtype {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::try_from(text.to_owned())
            }
        }
    )*};
}

pub(super) use text_newtype;

text_newtype!(AccountId, AliasName, KeyArn, Region);

/// Splits `arn:aws:payment-cryptography:REGION:ACCOUNT:RESOURCE`.
fn parse_arn(text: &str) -> Option<(Scope, &str)> {
    let mut parts = text.strip_prefix(ARN_START)?.splitn(3, ':');
    let region = Region::try_from(parts.next()?.to_owned()).ok()?;
    let account = AccountId::try_from(parts.next()?.to_owned()).ok()?;
    Some((Scope { account, region }, parts.next()?))
}

fn is_key_id(text: &str) -> bool {
    (16..=64).contains(&text.len()) && is_all(text, |c| c.is_ascii_alphanumeric())
}

fn is_alias_name(text: &str) -> bool {
    text.strip_prefix("alias/").is_some_and(|name| {
        is_all(name, |c| {
            c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-')
        })
    })
}

pub(super) fn is_all(text: &str, allowed: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(allowed)
}

const ARN_START: &str = "arn:aws:payment-cryptography:";
const KEY_ARN_PATTERN: &str = "arn:aws:payment-cryptography:[a-z]{2}-[a-z]{1,16}-[0-9]+:\
    [0-9]{12}:key/[0-9a-zA-Z]{16,64}";

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:payment-cryptography:eu-west-1:000000000000:key/kwapwa6qaifllw2h";

    #[test]
    fn a_key_arn_is_taken_apart() {
        let arn: KeyArn = KEY.parse().unwrap();
        let scope = arn.scope().unwrap();
        assert_eq!(scope.region.to_string(), "eu-west-1");
        assert_eq!(scope.account.to_string(), "000000000000");
        assert_eq!(KeyArn::of(&scope, "kwapwa6qaifllw2h"), arn);
        let elsewhere = arn.in_region(&"us-east-1".parse().unwrap());
        assert_eq!(elsewhere.as_str(), KEY.replace("eu-west-1", "us-east-1"));
    }

    #[test]
    fn malformed_key_arns_are_refused() {
        for wrong in [
            "",
            "key/kwapwa6qaifllw2h",
            "arn:aws:kms:eu-west-1:000000000000:key/kwapwa6qaifllw2h",
            "arn:aws:payment-cryptography:eu-west-1:000000000000:key/short",
            "arn:aws:payment-cryptography:eu-west-1:000000000000:key/kwapwa6qaifllw2h/x",
            "arn:aws:payment-cryptography:eu-west-1:00000000000:key/kwapwa6qaifllw2h0",
            "arn:aws:payment-cryptography:eu-WEST-1:000000000000:key/kwapwa6qaifllw2h",
            "arn:aws:payment-cryptography:eu-west-1:000000000000:alias/kwapwa6qaifllw2h",
            "arn:aws:payment-cryptography:eu-west-1:000000000000:key/kwapwa6qaifllw2h\n",
        ] {
            assert!(wrong.parse::<KeyArn>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn alias_names_follow_their_pattern() {
        for right in ["alias/a", "alias/key-ceremony/ca/00ff", "alias/A_b-C/9"] {
            assert!(right.parse::<AliasName>().is_ok(), "{right:?}");
        }
        let long = format!("alias/{}", "a".repeat(251));
        for wrong in [
            "alias/",
            "Alias/a",
            "alias/a b",
            "alias/ä",
            "a",
            long.as_str(),
        ] {
            assert!(wrong.parse::<AliasName>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_key_identifier_is_any_of_three_forms() {
        let parse = |text: &str| KeyIdentifier::try_from(text.to_owned());
        assert!(matches!(parse(KEY), Ok(KeyIdentifier::Key(_))));
        assert!(matches!(parse("alias/x"), Ok(KeyIdentifier::Alias(_))));
        let alias_arn = "arn:aws:payment-cryptography:eu-west-1:000000000000:alias/x/y";
        assert!(matches!(
            parse(alias_arn),
            Ok(KeyIdentifier::AliasArn { .. })
        ));
        assert_eq!(parse(alias_arn).unwrap().to_string(), alias_arn);
        for wrong in [
            "kwapwa6qaifllw2h",
            "alias/x!",
            "arn:aws:payment-cryptography:e:0:key/x",
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn regions_follow_their_pattern() {
        for right in ["us-east-1", "eu-central-1", "ap-southeast-12"] {
            assert!(right.parse::<Region>().is_ok(), "{right:?}");
        }
        for wrong in [
            "",
            "us-east",
            "us-east-",
            "usa-east-1",
            "us-East-1",
            "us-gov-west-1",
        ] {
            assert!(wrong.parse::<Region>().is_err(), "{wrong:?}");
        }
    }
}
