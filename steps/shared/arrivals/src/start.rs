//! One execution per drop of a set: which run it is, and whether that is under way.
//!
//! The table `runs` holds, for each set, the number of its last run and that run's input. A number
//! is taken by one conditional write, which counts it for the day as well; the execution is started
//! after that, under the ceremony id that follows from the number, with the input that was written.
//!
//! Why no drop starts two executions, however often its events come and however they overlap:
//!
//! - Step Functions has one execution of a name. Two calls that mean the same run use one name and
//!   one input, and it does not matter which of them is first.
//! - A further number is taken only for a drop that is newer than the last run: newer than the drop
//!   that the run was begun with, later than the second in which it started, and not before the
//!   second in which it ended (S3 tells no fractions). A drop that any run was begun with, or that
//!   lay there when one started, is none of that, whenever its event comes.
//! - Of two calls that see the same drop after the same end, one takes the number: the condition is
//!   that the last number is still the one that was looked up. The other looks again, and finds it.
//!
//! And why no drop is passed over:
//!
//! - A call that dies before the number is taken has changed nothing, and its event comes again.
//! - One that dies after that leaves a run without an execution. The next event, at the latest this
//!   one again, finds it and starts it.
//! - A drop that comes while a run of its set is under way belongs to that run, which is for the same
//!   certificates. After the end it gets a run of its own. What comes in the very second of the end
//!   counts as after it.
//! - Where the table or Step Functions cannot be asked, nothing is started; the event comes again,
//!   and lies in the dead-letter queue after that.
//!
//! A nonce of the partner's belongs to what identifies the set, and is answered once: a second answer is
//! what the nonce is there to notice. After one, a new nonce is asked for. What counts is not how a run
//! ended, but whether a file of its package may be in the outbox:
//!
//! - A run that succeeded has answered.
//! - One that failed has answered if its record lies in the evidence bucket. `Publish` writes that
//!   before the first file of the package, and goes no further where it could not within its state's
//!   time. A run that has failed without a record will get none: the leaf dropped again asks for the
//!   next run with the same nonce, which nobody has an answer to.
//! - One that was aborted, or ended for having lasted too long, counts as one that has answered:
//!   `Publish` may have been at work, and Lambda does not stop with the execution. So does one whose end
//!   nobody knows any more.
//!
//! The bucket is asked by its list, which is certain of what is not there; where it does not answer,
//! nothing is started, and the event comes again. The same nonce with another leaf is another set, and
//! has an answer of its own: a block names the leaf that it is for.
//!
//! Two things are taken on trust. S3 dates an object that was uploaded in parts by the beginning of
//! its upload. And DescribeExecution may answer what was true a moment ago: for that moment a run that
//! has ended is still under way, and a drop belongs to it.
//!
//! Step Functions forgets an execution 90 days after its end. A run of about that age or more whose
//! execution is unknown has ended so long ago, however long it lasted, or was never started: what was
//! dropped within the last two weeks came after it. No event is older that is still dealt with, since a
//! dead-letter queue keeps it for 14 days.

use aws_sdk_sfn::types::{ExecutionStatus, IncludedData};
use ceremony::digest::Sha256;
use ceremony::execution::{DroppedObject, Start as Input};
use ceremony::id::{CeremonyId, InputSet};
use ceremony::publication::RECORD;
use ceremony::utc::Utc;
use runs::{Run, Taken};
use step::ServiceError;
use storage::is_listed;

use crate::{Arrivals, Error};

/// What became of a set.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Start {
    Started,
    AlreadyStarted,
    /// The set's nonce has had its answer from this ceremony, or may have had it.
    NonceAnswered {
        by: CeremonyId,
    },
    NoneLeftToday,
}

/// What asks for an execution.
pub(crate) struct Asking<'a, S> {
    /// The ARN of the machine that runs it.
    pub(crate) machine: &'a str,
    pub(crate) set: &'a S,
    pub(crate) objects: &'a [DroppedObject],
    /// Of a certificate set.
    pub(crate) leaf: Option<Sha256>,
    /// When it was dropped, seconds since 1970.
    pub(crate) dropped: i64,
    /// How many ceremonies the folder may begin on one day.
    pub(crate) per_day: u32,
}

pub(crate) async fn start<S: InputSet>(
    arrivals: &Arrivals,
    asking: &Asking<'_, S>,
    now: Utc,
) -> Result<Start, Error> {
    for _ in 0..ATTEMPTS {
        let number = match arrivals.runs.last_run(asking.set).await? {
            None => 1,
            Some(last) => {
                let found = execution(arrivals, asking, last.number).await?;
                match verdict(&last, &found, asking.dropped, now) {
                    Verdict::SameRun => return Ok(Start::AlreadyStarted),
                    Verdict::NotStarted => return execute(arrivals, asking, &last).await,
                    Verdict::NextRun => {
                        if let Some(by) =
                            answered(arrivals, asking.set, last.number, &found).await?
                        {
                            return Ok(Start::NonceAnswered { by });
                        }
                        last.number + 1
                    }
                }
            }
        };
        let run = Run {
            number,
            input: input(asking, number)?,
            taken_at: now,
            dropped: asking.dropped,
        };
        let taken = arrivals.runs.take(asking.set, &run, asking.per_day).await?;
        match taken {
            Taken::Yes => return execute(arrivals, asking, &run).await,
            Taken::BySomebodyElse => {}
            Taken::NoneLeftToday => return Ok(Start::NoneLeftToday),
        }
    }
    Err(Error::Service(ServiceError::ServiceThrottled {
        operation: "dynamodb:TransactWriteItems",
        detail: "others took the number each time".to_owned(),
    }))
}

/// How often a number is looked up when others are faster: each time, a run has begun and ended.
const ATTEMPTS: usize = 4;

/// What Step Functions knows of a run's execution.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Execution {
    Unknown,
    Running,
    /// Seconds since 1970.
    Ended {
        started: i64,
        stopped: i64,
        /// By its own state `Failed`, behind which no step is at work.
        failed: bool,
    },
}

/// The run by which the nonce of the set, if it has one, is answered or may be.
async fn answered(
    arrivals: &Arrivals,
    set: &impl InputSet,
    number: u32,
    execution: &Execution,
) -> Result<Option<CeremonyId>, Error> {
    if !set.is_answered_once() {
        return Ok(None);
    }
    let run = CeremonyId::new(set, number);
    let may_be_out = match execution {
        Execution::Ended { failed: true, .. } => {
            let record = run.evidence_key(RECORD);
            is_listed(&arrivals.s3, &arrivals.evidence_bucket, &record).await?
        }
        _ => true,
    };
    Ok(may_be_out.then_some(run))
}

/// What a drop is to the last run of its set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    SameRun,
    /// The number was taken, and whoever took it got no further.
    NotStarted,
    NextRun,
}

fn verdict(last: &Run, execution: &Execution, dropped: i64, now: Utc) -> Verdict {
    let taken = last.taken_at.unix_seconds();
    let is_newer = match *execution {
        Execution::Running => false,
        Execution::Unknown if now.unix_seconds() - taken < KNOWN => return Verdict::NotStarted,
        Execution::Unknown => dropped > now.unix_seconds() - OLDEST_EVENT,
        Execution::Ended {
            started, stopped, ..
        } => dropped > last.dropped && dropped > started && dropped >= stopped,
    };
    if is_newer {
        Verdict::NextRun
    } else {
        Verdict::SameRun
    }
}

const DAY: i64 = 24 * 60 * 60;

/// Well below the 90 days for which an execution is known after its end.
const KNOWN: i64 = 80 * DAY;

/// For so long SQS keeps a message, at most.
const OLDEST_EVENT: i64 = 14 * DAY;

async fn execution<S: InputSet>(
    arrivals: &Arrivals,
    asking: &Asking<'_, S>,
    number: u32,
) -> Result<Execution, Error> {
    let name = CeremonyId::new(asking.set, number);
    let executions = asking.machine.replacen(":stateMachine:", ":execution:", 1);
    let answer = arrivals
        .sfn
        .describe_execution()
        .execution_arn(format!("{executions}:{name}"))
        // Input and output are encrypted, and of no interest here.
        .included_data(IncludedData::MetadataOnly)
        .send()
        .await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|error| error.is_execution_does_not_exist()) =>
        {
            return Ok(Execution::Unknown);
        }
        Err(error) => return Err(ServiceError::new("states:DescribeExecution", &error).into()),
    };
    Ok(match (&answer.status, answer.stop_date) {
        (ExecutionStatus::Running, _) | (_, None) => Execution::Running,
        (status, Some(stopped)) => Execution::Ended {
            started: answer.start_date.secs(),
            stopped: stopped.secs(),
            failed: *status == ExecutionStatus::Failed,
        },
    })
}

/// Starts the execution of a run whose number has been taken.
async fn execute<S: InputSet>(
    arrivals: &Arrivals,
    asking: &Asking<'_, S>,
    run: &Run,
) -> Result<Start, Error> {
    let answer = arrivals
        .sfn
        .start_execution()
        .state_machine_arn(asking.machine)
        .name(CeremonyId::new(asking.set, run.number).as_str())
        .input(&run.input)
        .send()
        .await;
    match answer {
        Ok(_) => Ok(Start::Started),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|error| error.is_execution_already_exists()) =>
        {
            Ok(Start::AlreadyStarted)
        }
        Err(error) => Err(ServiceError::new("states:StartExecution", &error).into()),
    }
}

fn input<S: InputSet>(asking: &Asking<'_, S>, number: u32) -> Result<String, Error> {
    let ceremony = asking.set.ceremony(number);
    let input = Input::new(ceremony, asking.objects.to_vec(), asking.leaf.clone());
    serde_json::to_string(&input).map_err(|error| Error::Unwritable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAKEN: i64 = 1_795_000_000;

    fn last() -> Run {
        Run {
            number: 1,
            input: String::new(),
            taken_at: Utc::of_unix_seconds(TAKEN).unwrap(),
            dropped: TAKEN - 5,
        }
    }

    fn ended(started: i64, stopped: i64) -> Execution {
        Execution::Ended {
            started,
            stopped,
            failed: false,
        }
    }

    fn judged(execution: Execution, dropped: i64, now: i64) -> Verdict {
        verdict(
            &last(),
            &execution,
            dropped,
            Utc::of_unix_seconds(now).unwrap(),
        )
    }

    #[test]
    fn a_drop_belongs_to_the_run_that_is_under_way() {
        let now = TAKEN + 10;
        assert_eq!(judged(Execution::Running, now, now), Verdict::SameRun);
    }

    #[test]
    fn a_drop_after_the_end_asks_for_the_next_run() {
        let (started, stopped) = (TAKEN, TAKEN + 9);
        let ended = ended(started, stopped);
        for (dropped, expected) in [
            (TAKEN - 5, Verdict::SameRun),
            (started, Verdict::SameRun),
            (stopped - 1, Verdict::SameRun),
            (stopped, Verdict::NextRun),
            (stopped + 1, Verdict::NextRun),
        ] {
            assert_eq!(judged(ended, dropped, TAKEN + 60), expected, "{dropped}");
        }
    }

    /// The leaf twice within a second, and a run that fails at once.
    #[test]
    fn a_run_of_less_than_a_second_is_for_all_drops_of_that_second() {
        let (started, stopped) = (TAKEN, TAKEN);
        let ended = ended(started, stopped);
        assert_eq!(judged(ended, TAKEN, TAKEN + 1), Verdict::SameRun);
        assert_eq!(judged(ended, TAKEN + 1, TAKEN + 1), Verdict::NextRun);
    }

    /// S3's clock need not be that of Step Functions.
    #[test]
    fn the_drop_that_a_run_was_begun_with_is_never_newer_than_the_run() {
        let last = Run {
            dropped: TAKEN + 2,
            ..last()
        };
        let (started, stopped) = (TAKEN, TAKEN + 1);
        let ended = ended(started, stopped);
        let now = Utc::of_unix_seconds(TAKEN + 60).unwrap();
        assert_eq!(verdict(&last, &ended, TAKEN + 2, now), Verdict::SameRun);
        assert_eq!(verdict(&last, &ended, TAKEN + 3, now), Verdict::NextRun);
    }

    #[test]
    fn an_unknown_execution_was_never_started_or_is_forgotten() {
        let unknown = Execution::Unknown;
        for (dropped, now, expected) in [
            (TAKEN - 5, TAKEN + 1, Verdict::NotStarted),
            (TAKEN - 5, TAKEN + 80 * DAY - 1, Verdict::NotStarted),
            (TAKEN - 5, TAKEN + 80 * DAY, Verdict::SameRun),
            (TAKEN + DAY, TAKEN + 80 * DAY, Verdict::SameRun),
            (TAKEN + 4 * DAY, TAKEN + 80 * DAY, Verdict::SameRun),
            (TAKEN + 80 * DAY, TAKEN + 80 * DAY, Verdict::NextRun),
            // It may have lasted for the better part of a year.
            (TAKEN + 200 * DAY, TAKEN + 300 * DAY, Verdict::SameRun),
            (TAKEN + 299 * DAY, TAKEN + 300 * DAY, Verdict::NextRun),
        ] {
            assert_eq!(judged(unknown, dropped, now), expected, "{dropped} {now}");
        }
    }
}
