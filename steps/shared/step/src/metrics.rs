//! What the alarms of `infra-cdk/lib/steps/step-alarms.ts` count, since no service counts it for them.
//!
//! A line on standard output in CloudWatch's embedded metric format: CloudWatch Logs reads the metric out of
//! it. That takes no call, no permission, and no filter for each log. The line is a log entry too, so that it
//! has what Lambda looks for in one: `level`, by which it decides what is kept, and `timestamp`.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use ceremony::utc::Utc;
use serde_json::json;
use strum::IntoStaticStr;

/// What is counted. The names are the metrics', and the alarms'.
#[derive(Clone, Copy, Debug, Eq, IntoStaticStr, PartialEq)]
pub enum Metric {
    /// A role lacks a permission, or a policy denies.
    AccessDenied,
    /// Payment Cryptography refused a call as one too many.
    PaymentCryptographyThrottled,
    /// A key was made that no alias will have.
    SurplusKey,
}

const NAMESPACE: &str = "KeyCeremony";

/// The step that counts.
static STEP: OnceLock<&str> = OnceLock::new();

/// Says which step this is, for whoever reads the lines. The metrics themselves are for all steps together.
pub(crate) fn counted_in(step: &'static str) {
    STEP.get_or_init(|| step);
}

/// Counts one.
pub fn count(metric: Metric) {
    println!("{}", line(metric, unix_millis(), STEP.get().copied()));
}

/// Counts an error by its name, if it is one that is counted. [`crate::serve`] does so for every error by
/// which a step fails; a step that goes on after one counts it itself.
pub fn count_error(name: &str, message: &str) {
    if let Some(metric) = of_error(name, message) {
        count(metric);
    }
}

fn of_error(name: &str, message: &str) -> Option<Metric> {
    match name {
        "AccessDenied" => Some(Metric::AccessDenied),
        "ServiceThrottled" if names_operation(message, "payment-cryptography:") => {
            Some(Metric::PaymentCryptographyThrottled)
        }
        _ => None,
    }
}

/// Whether it names an operation of the service, and not only a key, whose ARN goes on with a region.
fn names_operation(message: &str, service: &str) -> bool {
    let mut after = message.split(service).skip(1);
    after.any(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()))
}

/// Without a dimension: the alarms are on what all steps count together.
fn line(metric: Metric, unix_millis: i64, step: Option<&str>) -> String {
    let name: &str = metric.into();
    json!({
        "_aws": {
            "Timestamp": unix_millis,
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [[]],
                "Metrics": [{ "Name": name, "Unit": "Count" }],
            }],
        },
        name: 1,
        "level": "ERROR",
        "timestamp": Utc::of_unix_millis(unix_millis),
        "step": step,
    })
    .to_string()
}

fn unix_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.unwrap_or_default().as_millis();
    i64::try_from(millis).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_line_is_an_embedded_metric_and_a_log_entry() {
        let line = line(Metric::SurplusKey, 1_700_000_000_250, Some("create-kek"));
        assert!(!line.contains('\n'), "{line}");
        let parsed: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            parsed,
            json!({
                "_aws": {
                    "Timestamp": 1_700_000_000_250_i64,
                    "CloudWatchMetrics": [{
                        "Namespace": "KeyCeremony",
                        "Dimensions": [[]],
                        "Metrics": [{ "Name": "SurplusKey", "Unit": "Count" }],
                    }],
                },
                "SurplusKey": 1,
                "level": "ERROR",
                "timestamp": "2023-11-14T22:13:20.25Z",
                "step": "create-kek",
            })
        );
    }

    /// CloudWatch takes what is at most two weeks old.
    #[test]
    fn what_is_counted_is_counted_now() {
        let before = Utc::now().unix_seconds();
        let counted = unix_millis() / 1000;
        assert!((before..=before + 60).contains(&counted), "{counted}");
    }

    #[test]
    fn a_denial_counts_whatever_was_denied() {
        for message in ["s3:GetObject was denied: no", ""] {
            assert_eq!(
                of_error("AccessDenied", message),
                Some(Metric::AccessDenied)
            );
        }
        assert_eq!(of_error("ServiceRefused", "AccessDenied"), None);
    }

    #[test]
    fn throttling_counts_if_it_is_payment_cryptographys() {
        let throttled = |message| of_error("ServiceThrottled", message);
        let counts = Some(Metric::PaymentCryptographyThrottled);
        let of_step = r#"{"what":"payment-cryptography:GetKey was throttled: x.","done":[]}"#;
        assert_eq!(throttled(of_step), counts);
        let wrapped = "the CA `CN=x`: payment-cryptography:CreateAlias was throttled: x";
        assert_eq!(throttled(wrapped), counts);
        assert_eq!(throttled("kms:Sign was throttled: x"), None);
        // What the step had done before is in the message too.
        let of_another = r#"{"what":"s3:PutObject was throttled: x.","done":[{"keyArn":
            "arn:aws:payment-cryptography:eu-west-1:111122223333:key/x"}]}"#;
        assert_eq!(throttled(of_another), None);
        let lasting = "payment-cryptography:GetKey had no usable answer: x";
        assert_eq!(of_error("ServiceUnavailable", lasting), None);
    }

    #[cfg(feature = "aws")]
    #[test]
    fn the_names_are_those_of_a_services_errors() {
        use crate::aws::ServiceError;
        use crate::error::StepError;

        let detail = || "x".to_owned();
        let operation = "payment-cryptography:GetKey";
        let counted = [
            ServiceError::AccessDenied {
                operation,
                detail: detail(),
            },
            ServiceError::ServiceThrottled {
                operation,
                detail: detail(),
            },
        ]
        .map(|error| of_error(error.name(), &error.to_string()));
        let expected = [Metric::AccessDenied, Metric::PaymentCryptographyThrottled];
        assert_eq!(counted, expected.map(Some));
    }
}
