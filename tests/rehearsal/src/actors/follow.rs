//! An execution as it goes: each state as it starts and ends.

use std::time::Duration;

use anyhow::{Context, Result};
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEvent};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::Value;

use crate::actors::watcher::{Execution, describe};
use crate::stack::connection::Connection;

const POLL: Duration = Duration::from_millis(100);

/// Something that happened to a state, at a time since the execution began.
#[derive(Clone, Debug, PartialEq)]
pub enum Moment {
    Entered {
        state: String,
        at: Duration,
    },
    Exited {
        state: String,
        at: Duration,
        took: Duration,
        inside: Vec<Inside>,
    },
}

/// A step that ran inside a Parallel state. The local Step Functions keeps no history of those;
/// what they say about themselves comes with the result of the Parallel state.
#[derive(Clone, Debug, PartialEq)]
pub struct Inside {
    pub step: String,
    pub took: Duration,
}

/// Follows an execution to its end, telling every moment as it comes.
pub async fn follow(
    connection: &Connection,
    arn: &str,
    mut tell: impl FnMut(&Moment),
) -> Result<Execution> {
    let sfn = connection.sfn()?;
    let mut reader = Reader::default();
    loop {
        // In this order: the history that is read last is complete.
        let execution = describe(&sfn, arn).await?;
        let history = sfn
            .get_execution_history()
            .execution_arn(arn)
            .into_paginator()
            .items();
        let mut events = history.send();
        let mut all = Vec::new();
        while let Some(event) = events.next().await {
            all.push(event.context("reading the execution's history")?);
        }
        for moment in reader.read(&all) {
            tell(&moment);
        }
        if execution.status != ExecutionStatus::Running {
            return Ok(execution);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Turns events into moments, each once.
#[derive(Debug, Default)]
struct Reader {
    read: usize,
    began: Option<DateTime>,
    entered: Option<(String, DateTime)>,
}

impl Reader {
    /// `events` is the whole history so far, oldest first.
    fn read(&mut self, events: &[HistoryEvent]) -> Vec<Moment> {
        let mut moments = Vec::new();
        for event in events.iter().skip(self.read) {
            let began = *self.began.get_or_insert(event.timestamp);
            let at = between(began, event.timestamp);
            if let Some(details) = event.state_entered_event_details() {
                self.entered = Some((details.name.clone(), event.timestamp));
                moments.push(Moment::Entered {
                    state: details.name.clone(),
                    at,
                });
            }
            if let Some(details) = event.state_exited_event_details() {
                let took = match &self.entered {
                    Some((name, since)) if *name == details.name => {
                        between(*since, event.timestamp)
                    }
                    _ => Duration::ZERO,
                };
                let inside = details.output().map(inside).unwrap_or_default();
                moments.push(Moment::Exited {
                    state: details.name.clone(),
                    at,
                    took,
                    inside,
                });
            }
        }
        self.read = events.len();
        moments
    }
}

/// The branches of a Parallel state, by the evidence that each one's result carries.
fn inside(output: &str) -> Vec<Inside> {
    let Ok(Value::Array(branches)) = serde_json::from_str(output) else {
        return Vec::new();
    };
    branches
        .iter()
        .filter_map(|branch| {
            let evidence = &branch["evidence"];
            let time = |name: &str| {
                DateTime::from_str(evidence[name].as_str()?, Format::DateTimeWithOffset).ok()
            };
            let took = between(time("startedAt")?, time("finishedAt")?);
            Some(Inside {
                step: evidence["step"].as_str()?.to_owned(),
                took,
            })
        })
        .collect()
}

fn between(start: DateTime, end: DateTime) -> Duration {
    Duration::try_from_secs_f64(end.as_secs_f64() - start.as_secs_f64()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use aws_sdk_sfn::types::{HistoryEventType, StateEnteredEventDetails, StateExitedEventDetails};

    use super::*;

    fn event(seconds: f64, change: impl FnOnce(EventBuilder) -> EventBuilder) -> HistoryEvent {
        let time = DateTime::from_secs_f64(1000.0 + seconds);
        let builder = HistoryEvent::builder().timestamp(time).id(1);
        change(builder.r#type(HistoryEventType::ExecutionStarted))
            .build()
            .unwrap()
    }

    type EventBuilder = aws_sdk_sfn::types::builders::HistoryEventBuilder;

    fn entered(name: &str, seconds: f64) -> HistoryEvent {
        let details = StateEnteredEventDetails::builder()
            .name(name)
            .build()
            .unwrap();
        event(seconds, |event| event.state_entered_event_details(details))
    }

    fn exited(name: &str, seconds: f64, output: &str) -> HistoryEvent {
        let details = StateExitedEventDetails::builder()
            .name(name)
            .output(output)
            .build()
            .unwrap();
        event(seconds, |event| event.state_exited_event_details(details))
    }

    #[test]
    fn each_moment_is_told_once() {
        let mut reader = Reader::default();
        let mut history = vec![event(0.0, |event| event), entered("Validate", 0.5)];
        let at = Duration::from_millis(500);
        assert_eq!(
            reader.read(&history),
            [Moment::Entered {
                state: "Validate".into(),
                at
            }]
        );
        assert_eq!(reader.read(&history), []);
        history.push(exited("Validate", 0.75, "{}"));
        let (at, took) = (Duration::from_millis(750), Duration::from_millis(250));
        let exit = Moment::Exited {
            state: "Validate".into(),
            at,
            took,
            inside: Vec::new(),
        };
        assert_eq!(reader.read(&history), [exit]);
    }

    #[test]
    fn a_parallel_state_tells_of_its_branches() {
        let output = r#"[{"result":{},"evidence":{"step":"import-ca",
            "startedAt":"2026-11-22T02:00:00Z","finishedAt":"2026-11-22T02:00:00.120Z"}},
            {"no":"evidence"}]"#;
        let took = Duration::from_millis(120);
        let found = inside(output);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].step, "import-ca");
        assert!(found[0].took.abs_diff(took) < Duration::from_micros(10));
    }
}
