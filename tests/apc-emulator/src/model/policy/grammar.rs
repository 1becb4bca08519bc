//! The grammar of policy documents: IAM's, for a policy that is attached to a resource.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

/// The document. INFERRED: members that IAM's grammar does not have are refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(super) struct Document {
    #[expect(dead_code, reason = "checked for its form, then ignored")]
    version: Option<Version>,
    #[expect(dead_code, reason = "checked for its form, then ignored")]
    id: Option<String>,
    pub(super) statement: OneOrMany<Statement>,
}

/// The two versions of the policy language.
#[derive(Deserialize)]
enum Version {
    #[serde(rename = "2008-10-17")]
    Old,
    #[serde(rename = "2012-10-17")]
    Current,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(super) struct Statement {
    #[expect(dead_code, reason = "checked for its form, then ignored")]
    sid: Option<String>,
    effect: Effect,
    principal: Option<Principal>,
    not_principal: Option<Principal>,
    action: Option<OneOrMany<String>>,
    not_action: Option<OneOrMany<String>>,
    pub(super) resource: OneOrMany<String>,
    condition: Option<BTreeMap<String, BTreeMap<String, IgnoredAny>>>,
}

impl Statement {
    pub(super) fn check(&self) -> Result<(), String> {
        let ((Some(principal), None) | (None, Some(principal))) =
            (&self.principal, &self.not_principal)
        else {
            return Err("a statement has either Principal or NotPrincipal".to_owned());
        };
        let ((Some(actions), None) | (None, Some(actions))) = (&self.action, &self.not_action)
        else {
            return Err("a statement has either Action or NotAction".to_owned());
        };
        if principal.is_nobody() || actions.is_empty() || self.resource.is_empty() {
            return Err("a statement names principals, actions and resources".to_owned());
        }
        // INFERRED: actions of other services are refused, as other services do.
        if actions.iter().all(|action| is_action(action)) {
            Ok(())
        } else {
            Err("actions are * or begin with payment-cryptography:".to_owned())
        }
    }

    pub(super) fn is_public(&self) -> bool {
        let everybody = match &self.principal {
            Some(principal) => principal.is_everybody(),
            None => true,
        };
        let unconditional = self.condition.as_ref().is_none_or(BTreeMap::is_empty);
        matches!(self.effect, Effect::Allow) && everybody && unconditional
    }
}

#[derive(Deserialize)]
enum Effect {
    Allow,
    Deny,
}

/// `"*"`, or principals by type.
#[derive(Deserialize)]
#[serde(untagged)]
enum Principal {
    ByType(PrincipalsByType),
    Text(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrincipalsByType {
    #[serde(default, rename = "AWS")]
    aws: OneOrMany<String>,
    #[serde(default, rename = "CanonicalUser")]
    canonical_user: OneOrMany<String>,
    #[serde(default, rename = "Federated")]
    federated: OneOrMany<String>,
    #[serde(default, rename = "Service")]
    service: OneOrMany<String>,
}

impl PrincipalsByType {
    fn iter(&self) -> impl Iterator<Item = &String> {
        [
            &self.aws,
            &self.canonical_user,
            &self.federated,
            &self.service,
        ]
        .into_iter()
        .flat_map(OneOrMany::iter)
    }
}

impl Principal {
    /// Without a principal, or with a text other than `*`, which stands for nobody.
    fn is_nobody(&self) -> bool {
        match self {
            Self::ByType(principals) => principals.iter().next().is_none(),
            Self::Text(text) => text != "*",
        }
    }

    fn is_everybody(&self) -> bool {
        match self {
            Self::ByType(principals) => principals.iter().any(|name| name == "*"),
            Self::Text(text) => text == "*",
        }
    }
}

fn is_action(text: &str) -> bool {
    let service = text.split_once(':').map(|(service, _)| service);
    text == "*" || service.is_some_and(|name| name.eq_ignore_ascii_case("payment-cryptography"))
}

/// The grammar lets a list of one be written without brackets.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

impl<T> OneOrMany<T> {
    fn iter(&self) -> std::slice::Iter<'_, T> {
        match self {
            Self::Many(list) => list.iter(),
            Self::One(item) => std::slice::from_ref(item).iter(),
        }
    }

    fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    pub(super) fn into_list(self) -> Vec<T> {
        match self {
            Self::Many(list) => list,
            Self::One(item) => vec![item],
        }
    }
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}
