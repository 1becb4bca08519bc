//! Does CloudTrail record who changes something here?
//!
//! A trail has to be on that holds the management events of this region that write: without one,
//! EventBridge sees none of them either, and no control that listens there notices anything.

use aws_sdk_cloudtrail::types::{AdvancedEventSelector, EventSelector, ReadWriteType, Trail};
use step::ServiceError;

use super::super::aws::refused;
use super::super::{Detail, Finding, Run, Status};

pub(super) async fn check(run: &Run) -> Result<Finding, ServiceError> {
    // With those of other regions and of the organization, where they reach into this one.
    let request = run
        .aws
        .cloudtrail
        .describe_trails()
        .include_shadow_trails(true);
    let answer = request.send().await;
    let answer = answer.map_err(refused("cloudtrail:DescribeTrails"))?;
    let mut details = Vec::new();
    for trail in answer.trail_list() {
        details.push(look_at(run, trail).await);
    }
    Ok(judge(details))
}

async fn look_at(run: &Run, trail: &Trail) -> Detail {
    let arn = trail.trail_arn().or(trail.name()).unwrap_or_default();
    let status = run.aws.cloudtrail.get_trail_status().name(arn).send().await;
    let logging = match status.map_err(refused("cloudtrail:GetTrailStatus")) {
        Ok(status) => status.is_logging().unwrap_or_default(),
        Err(error) => return Detail::unanswered(arn, &error),
    };
    if !logging {
        return Detail::new(arn, Status::Warning, "It is off.");
    }
    let request = run.aws.cloudtrail.get_event_selectors().trail_name(arn);
    let answer = request.send().await;
    match answer.map_err(refused("cloudtrail:GetEventSelectors")) {
        Ok(answer) => {
            let plain = answer.event_selectors().iter().any(holds_writes);
            let advanced = answer.advanced_event_selectors().iter().any(selects_writes);
            recording(arn, plain || advanced)
        }
        Err(error) => Detail::unanswered(arn, &error),
    }
}

fn recording(arn: &str, writes: bool) -> Detail {
    if writes {
        Detail::new(
            arn,
            Status::Ok,
            "It is on, and records management events that write.",
        )
    } else {
        Detail::new(
            arn,
            Status::Warning,
            "It is on, but leaves management events out.",
        )
    }
}

fn holds_writes(selector: &EventSelector) -> bool {
    let writes = selector.read_write_type() != Some(&ReadWriteType::ReadOnly);
    // What is excluded is KMS's or RDS's data API, by the reference; keys are what we want to know of.
    let kms = "kms.amazonaws.com".to_owned();
    let keys = !selector.exclude_management_event_sources().contains(&kms);
    selector.include_management_events().unwrap_or(true) && writes && keys
}

/// All of `Management`, or of it what is not read-only; whatever narrows it further leaves gaps.
fn selects_writes(selector: &AdvancedEventSelector) -> bool {
    let fields = selector.field_selectors();
    let equals = |name: &str, value: &str| {
        let mut named = fields.iter().filter(|field| field.field() == name);
        named.any(|field| field.equals() == [value])
    };
    let narrowed = fields
        .iter()
        .any(|field| !["eventCategory", "readOnly"].contains(&field.field()));
    equals("eventCategory", "Management") && !equals("readOnly", "true") && !narrowed
}

/// One that is on is enough.
fn judge(details: Vec<Detail>) -> Finding {
    const TURN_ON: &str = "Turn a trail on that records the management events of this region, read-only ones or not, KMS's included.";
    let has = |status| details.iter().any(|detail| detail.status == status);
    let mut finding = if has(Status::Ok) {
        Finding::ok("A trail records who changes something in this region.")
    } else if has(Status::NotKnown) {
        Finding::not_known(
            "There are trails, and of none it is known that it is on.",
            "Run it as the operator role, or ask whoever runs the organization's trail.",
        )
    } else {
        Finding::failed(
            "No trail records who changes something in this region.",
            TURN_ON,
        )
    };
    finding.details = details;
    finding
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudtrail::types::AdvancedFieldSelector;

    use super::*;

    #[test]
    fn one_trail_that_is_on_is_enough() {
        let on = recording("arn:on", true);
        let partial = recording("arn:partial", false);
        let unknown = Detail::new("arn:unknown", Status::NotKnown, "Denied.");
        assert_eq!(judge(vec![partial.clone(), on]).status, Status::Ok);
        assert_eq!(
            judge(vec![partial.clone(), unknown]).status,
            Status::NotKnown
        );
        assert_eq!(judge(vec![partial]).status, Status::Failed);
        assert_eq!(judge(Vec::new()).status, Status::Failed);
    }

    #[test]
    fn a_trail_without_writes_or_without_kms_does_not_count() {
        let selector = EventSelector::builder;
        assert!(holds_writes(&selector().build()));
        assert!(holds_writes(
            &selector().read_write_type(ReadWriteType::WriteOnly).build()
        ));
        assert!(!holds_writes(
            &selector().read_write_type(ReadWriteType::ReadOnly).build()
        ));
        assert!(!holds_writes(
            &selector().include_management_events(false).build()
        ));
        let without_kms = selector().exclude_management_event_sources("kms.amazonaws.com");
        assert!(!holds_writes(&without_kms.build()));
    }

    #[test]
    fn an_advanced_selector_has_to_take_all_that_writes() {
        let selects = |fields: &[(&str, &str)]| {
            let fields = fields.iter().map(|(field, value)| {
                let selector = AdvancedFieldSelector::builder().field(*field);
                selector.equals(*value).build().unwrap()
            });
            let selector = AdvancedEventSelector::builder();
            let selector = selector.set_field_selectors(Some(fields.collect()));
            selects_writes(&selector.build().unwrap())
        };
        let management = ("eventCategory", "Management");
        assert!(selects(&[management]));
        assert!(selects(&[management, ("readOnly", "false")]));
        assert!(!selects(&[management, ("readOnly", "true")]));
        assert!(!selects(&[("eventCategory", "Data")]));
        assert!(!selects(&[management, ("eventSource", "s3.amazonaws.com")]));
    }
}
