//! An execution as it goes: each state as it starts and ends.

use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result};
use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEvent};
use aws_smithy_types::DateTime;

use crate::actors::watcher::{Execution, Watcher};

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
    },
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entered { state, at } => {
                write!(formatter, "  {:>7.2} s  ▶ {state}", at.as_secs_f64())
            }
            Self::Exited { state, at, took } => {
                let (at, took) = (at.as_secs_f64(), took.as_millis());
                write!(formatter, "  {at:>7.2} s  ■ {state} ({took} ms)")
            }
        }
    }
}

/// Follows an execution to its end, telling every moment as it comes.
pub(super) async fn follow(
    watcher: &Watcher<'_>,
    sfn: &Client,
    arn: &str,
    mut tell: impl FnMut(&Moment),
) -> Result<Execution> {
    let mut reader = Reader::default();
    loop {
        // In this order: the history that is read last is complete.
        let execution = watcher.describe(arn).await?;
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
                moments.push(Moment::Exited {
                    state: details.name.clone(),
                    at,
                    took,
                });
            }
        }
        self.read = events.len();
        moments
    }
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

    fn exited(name: &str, seconds: f64) -> HistoryEvent {
        let details = StateExitedEventDetails::builder()
            .name(name)
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
        history.push(exited("Validate", 0.75));
        let (at, took) = (Duration::from_millis(750), Duration::from_millis(250));
        let exit = Moment::Exited {
            state: "Validate".into(),
            at,
            took,
        };
        assert_eq!(reader.read(&history), [exit]);
    }
}
