//! The management port: [`Controls`] as HTTP and JSON.
//!
//! | request | body | answer |
//! | --- | --- | --- |
//! | `POST /faults` | `{"operation","kind","times","delayMs"}` | 204 |
//! | `GET /faults` | | `{"faults":[…]}` |
//! | `DELETE /faults` | | 204 |
//! | `GET /requests` | | `{"requests":[…]}` |
//! | `DELETE /requests` | | 204 |
//! | `GET /keys?region=R` | | `{"keys":[…],"aliases":[…]}` |
//! | `POST /keys/clear` | `{"keyArn"}` | `{"keyArn","clearKey"}`, tests only |
//! | `GET /approvals` | | `{"approvals":[…]}` |
//! | `POST /approvals` | `{"keyArn"}` or `{"mpaSessionArn"}`, with `"decision"` | the approval |
//! | `PUT /clock` | `{"offsetSeconds"}` | `{"offsetSeconds","now"}` |
//! | `GET /clock` | | the same |
//! | `POST /reset` | | 204 |
//!
//! Mistakes are answered with 400 or 404 and `{"error":"…"}`, a state file that cannot be written with
//! 500.

use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::approvals::Approval;
use crate::controls::{ControlError, Controls};
use crate::faults::Fault;
use crate::model::identifiers::{KeyArn, Region};
use crate::model::mpa::MpaSessionArn;
use crate::store::Decision;

/// Serves one request: status, and a body unless there is nothing to say.
pub(crate) fn serve(
    controls: &Controls,
    method: &Method,
    path: &str,
    query: Option<&str>,
    body: &[u8],
) -> (StatusCode, Option<Value>) {
    match route(controls, method, path, query, body) {
        Ok(None) => (StatusCode::NO_CONTENT, None),
        Ok(body) => (StatusCode::OK, body),
        Err((status, message)) => (status, Some(json!({ "error": message }))),
    }
}

fn route(
    controls: &Controls,
    method: &Method,
    path: &str,
    query: Option<&str>,
    body: &[u8],
) -> Result<Option<Value>, Failure> {
    match (method.as_str(), path) {
        ("POST", "/faults") => {
            controls.inject(parse::<Fault>(body)?).map_err(refused)?;
            Ok(None)
        }
        ("GET", "/faults") => Ok(Some(json!({ "faults": controls.faults() }))),
        ("DELETE", "/faults") => {
            controls.clear_faults();
            Ok(None)
        }
        ("GET", "/requests") => Ok(Some(json!({ "requests": controls.requests() }))),
        ("DELETE", "/requests") => {
            controls.clear_requests();
            Ok(None)
        }
        ("GET", "/keys") => {
            let inventory = controls.inventory(region(query)?.as_ref());
            Ok(Some(json!(inventory)))
        }
        ("POST", "/keys/clear") => {
            let ClearKeyRequest { key_arn } = parse(body)?;
            let clear_key = controls.clear_key(&key_arn).map_err(refused)?;
            Ok(Some(json!({ "keyArn": key_arn, "clearKey": clear_key })))
        }
        ("GET", "/approvals") => Ok(Some(json!({ "approvals": controls.approvals() }))),
        ("POST", "/approvals") => {
            let request: DecisionRequest = parse(body)?;
            let approval = controls.decide(&request.approval()?, request.decision);
            Ok(Some(json!(approval.map_err(refused)?)))
        }
        ("PUT", "/clock") => {
            let ClockRequest { offset_seconds } = parse(body)?;
            controls.set_clock_offset(offset_seconds);
            Ok(Some(json!(controls.clock())))
        }
        ("GET", "/clock") => Ok(Some(json!(controls.clock()))),
        ("POST", "/reset") => {
            controls.reset().map_err(refused)?;
            Ok(None)
        }
        _ => Err((
            StatusCode::NOT_FOUND,
            format!("there is no {method} {path} here"),
        )),
    }
}

type Failure = (StatusCode, String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ClearKeyRequest {
    key_arn: KeyArn,
}

/// `decision` is approve, reject or cancel.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct DecisionRequest {
    key_arn: Option<KeyArn>,
    mpa_session_arn: Option<MpaSessionArn>,
    decision: Decision,
}

impl DecisionRequest {
    fn approval(&self) -> Result<Approval, Failure> {
        match (&self.key_arn, &self.mpa_session_arn) {
            (Some(key), None) => Ok(Approval::Key(key.clone())),
            (None, Some(session)) => Ok(Approval::Session(session.clone())),
            _ => Err(bad_request("either keyArn or mpaSessionArn is required")),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ClockRequest {
    offset_seconds: i64,
}

/// The region in a query string, which has no other parameter.
fn region(query: Option<&str>) -> Result<Option<Region>, Failure> {
    match query {
        None | Some("") => Ok(None),
        Some(query) => match query.strip_prefix("region=") {
            Some(region) => region.parse().map(Some).map_err(bad_request),
            None => Err(bad_request("the only parameter is region")),
        },
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(bad_request)
}

/// A state file that cannot be written is the emulator's trouble, everything else the caller's.
fn refused(error: ControlError) -> Failure {
    match error {
        ControlError::State(_) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        _ => bad_request(error),
    }
}

fn bad_request(error: impl ToString) -> Failure {
    (StatusCode::BAD_REQUEST, error.to_string())
}
