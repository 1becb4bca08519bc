//! The two kinds of events, as far as they are read.
//!
//! A request's parameters may hold a profile's text or key material, wrapped or not. They are held
//! only while a decision is made, and never copied: [`Call::text`] takes one member by its name.

use ceremony::utc::Utc;
use serde::Deserialize;
use serde_json::Value;

/// What EventBridge delivers.
#[derive(Clone, Deserialize)]
pub struct Event {
    pub(crate) id: String,
    #[serde(rename = "detail-type")]
    pub(crate) detail_type: String,
    pub(crate) source: String,
    pub(crate) region: String,
    pub(crate) time: Utc,
    pub(crate) detail: Value,
}

impl Event {
    pub(crate) fn read(&self) -> Result<Detail, Malformed> {
        let read = match self.detail_type.as_str() {
            "AWS API Call via CloudTrail" => Call::deserialize(&self.detail)
                .map(|call| Detail::Call(Box::new(call)))
                .ok(),
            "Parameter Store Change" => Change::deserialize(&self.detail).map(Detail::Change).ok(),
            _ => None,
        };
        // Why it could not be read would quote the event.
        read.ok_or_else(|| Malformed(format!("an event `{}` of this form", self.detail_type)))
    }
}

/// An event of a form, or about a call, that is not known here: a rule lets through more than this
/// step was made for.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("this step does not know {0}")]
pub struct Malformed(pub(crate) String);

pub(crate) enum Detail {
    Call(Box<Call>),
    Change(Change),
}

/// Parameter Store's own event. It does not say who.
#[derive(Deserialize)]
pub(crate) struct Change {
    pub(crate) operation: String,
    pub(crate) name: String,
}

/// A call as CloudTrail records it ("CloudTrail record contents", CloudTrail User Guide).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Call {
    #[serde(rename = "eventID")]
    pub(crate) event_id: String,
    pub(crate) event_name: String,
    pub(crate) event_time: Utc,
    pub(crate) aws_region: String,
    pub(crate) error_code: Option<String>,
    #[serde(rename = "sourceIPAddress")]
    pub(crate) source_ip_address: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) user_identity: Identity,
    request_parameters: Option<Value>,
    response_elements: Option<Value>,
    resources: Option<Vec<Resource>>,
}

impl Call {
    /// The operation, without the date of its API that Lambda appends.
    pub(crate) fn operation(&self) -> &str {
        let digit = self.event_name.find(|c: char| c.is_ascii_digit());
        &self.event_name[..digit.unwrap_or(self.event_name.len())]
    }

    /// A text of the request.
    pub(crate) fn text(&self, member: &str) -> Option<&str> {
        self.request_parameters.as_ref()?.get(member)?.as_str()
    }

    /// All texts of a list in the request.
    pub(crate) fn texts(&self, member: &str) -> Vec<&str> {
        let list = self
            .request_parameters
            .as_ref()
            .and_then(|request| request.get(member)?.as_array());
        list.into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    /// The tags that a request sets.
    pub(crate) fn tags(&self) -> Vec<(String, String)> {
        let tags = self
            .request_parameters
            .as_ref()
            .and_then(|request| request.get("tags")?.as_array());
        let member = |tag: &Value, name: &str| Some(tag.get(name)?.as_str()?.to_owned());
        tags.into_iter()
            .flatten()
            .filter_map(|tag| {
                Some((
                    member(tag, "key")?,
                    member(tag, "value").unwrap_or_default(),
                ))
            })
            .collect()
    }

    /// The key that the service answered with.
    pub(crate) fn key_of_answer(&self) -> Option<&str> {
        let key = self.response_elements.as_ref()?.get("key")?;
        key.get("keyArn")?.as_str()
    }

    /// The first resource of a kind that the event names: `:key/`, say.
    pub(crate) fn resource(&self, kind: &str) -> Option<&str> {
        let arns = self.resources.iter().flatten();
        arns.filter_map(|resource| resource.arn.as_deref())
            .find(|arn| arn.contains(kind))
    }
}

#[derive(Deserialize)]
struct Resource {
    #[serde(rename = "ARN")]
    arn: Option<String>,
}

/// `userIdentity` of CloudTrail. A service that acts by itself has no ARN.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Identity {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) arn: Option<String>,
    pub(crate) invoked_by: Option<String>,
    pub(crate) session_context: Option<SessionContext>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionContext {
    pub(crate) session_issuer: Option<SessionIssuer>,
}

#[derive(Deserialize)]
pub(crate) struct SessionIssuer {
    pub(crate) arn: Option<String>,
}
