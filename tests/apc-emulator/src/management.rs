//! The management port: [`Controls`] as HTTP and JSON.
//!
//! | request | body | answer |
//! | --- | --- | --- |
//! | `POST /faults` | `{"operation","kind","times","delayMs"}` | 204 |
//! | `GET /faults` | | `{"faults":[…]}` |
//! | `DELETE /faults` | | 204 |
//! | `GET /requests?since=N` | | `{"requests":[…]}` |
//! | `GET /calls?since=N` | | `{"calls":{…},"total":{…},"position":M}` |
//! | `DELETE /requests` | | 204 |
//! | `GET /keys?region=R` | | `{"keys":[…],"aliases":[…]}` |
//! | `POST /keys/clear` | `{"keyArn"}` | `{"keyArn","clearKey"}`, tests only |
//! | `GET /approvals` | | `{"approvals":[…]}` |
//! | `POST /approvals` | `{"keyArn"}` or `{"mpaSessionArn"}`, with `"decision"` | the approval |
//! | `PUT /clock` | `{"offsetSeconds"}` | `{"offsetSeconds","now"}` |
//! | `GET /clock` | | the same |
//! | `PUT /quotas` | `{"rate","burst","keys","aliases"}` | `{"quotas":{…}}` |
//! | `GET /quotas` | | the same, or `{"quotas":null}` |
//! | `DELETE /quotas` | | 204 |
//! | `PUT /latencies` | `{"factor"}` | `{"latencies":{…}}` |
//! | `GET /latencies` | | the same, or `{"latencies":null}` |
//! | `DELETE /latencies` | | 204 |
//! | `POST /reset` | | 204 |
//!
//! Mistakes are answered with 400 or 404 and `{"error":"…"}`, a state file that cannot be written with
//! 500.

use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::approvals::Approval;
use crate::calls::Calls;
use crate::controls::{ControlError, Controls};
use crate::faults::Fault;
use crate::latencies::Latencies;
use crate::model::identifiers::{KeyArn, Region};
use crate::model::mpa::MpaSessionArn;
use crate::quotas::Quotas;
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
        ("GET", "/requests") => {
            let requests = controls.requests_since(since(query)?);
            Ok(Some(json!({ "requests": requests })))
        }
        ("GET", "/calls") => {
            let since = since(query)?;
            let requests = controls.requests_since(since);
            let position = requests.last().map_or(since, |last| last.position + 1);
            let calls = Calls::of(&requests);
            let total = calls.total();
            Ok(Some(
                json!({ "calls": calls, "total": total, "position": position }),
            ))
        }
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
        ("PUT", "/quotas") => {
            controls.set_quotas(Some(parse::<Quotas>(body)?));
            Ok(Some(json!({ "quotas": controls.quotas() })))
        }
        ("GET", "/quotas") => Ok(Some(json!({ "quotas": controls.quotas() }))),
        ("DELETE", "/quotas") => {
            controls.set_quotas(None);
            Ok(None)
        }
        ("PUT", "/latencies") => {
            controls.set_latencies(Some(parse::<Latencies>(body)?));
            Ok(Some(json!({ "latencies": controls.latencies() })))
        }
        ("GET", "/latencies") => Ok(Some(json!({ "latencies": controls.latencies() }))),
        ("DELETE", "/latencies") => {
            controls.set_latencies(None);
            Ok(None)
        }
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

/// The region in a query string.
fn region(query: Option<&str>) -> Result<Option<Region>, Failure> {
    let region = only_parameter("region", query)?;
    let region = region.map(str::parse).transpose();
    region.map_err(bad_request)
}

/// The position in the log in a query string; the beginning when there is none.
fn since(query: Option<&str>) -> Result<u64, Failure> {
    let position = only_parameter("since", query)?;
    let position = position.map(str::parse).transpose();
    Ok(position.map_err(bad_request)?.unwrap_or(0))
}

/// The value of the one parameter that there may be.
fn only_parameter<'q>(name: &str, query: Option<&'q str>) -> Result<Option<&'q str>, Failure> {
    let Some(query) = query.filter(|query| !query.is_empty()) else {
        return Ok(None);
    };
    let value = query
        .strip_prefix(name)
        .and_then(|rest| rest.strip_prefix('='));
    let value = value.ok_or_else(|| bad_request(format!("the only parameter is {name}")))?;
    Ok(Some(value))
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
