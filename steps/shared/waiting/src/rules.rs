//! What may become of a wait: from what was read to what is written in its place, or to an answer.
//!
//! These are functions of the record and the time alone. That what was read is still there when the
//! change is written, [`Waiting::change`](crate::Waiting::change) sees to.

use ceremony::utc::Utc;

use crate::names::{Attempt, Subject, Taker, Wait};
use crate::record::{Record, State};
use crate::token::Sealed;
use crate::{End, Ending, LEASE, Opened, Refusal, Reminder};

/// What a rule says.
pub(crate) enum Change<T> {
    /// This is written in place of what was read.
    Write(Box<Record>),
    /// Nothing is.
    Keep(T),
}

impl<T> Change<T> {
    fn write(record: Record) -> Self {
        Self::Write(Box::new(record))
    }
}

/// So many earlier subjects and answers are remembered.
const REMEMBERED: usize = 100;

/// A newer token takes the place of whatever was there.
pub(crate) fn open(
    before: Option<&Record>,
    wait: &Wait,
    attempt: Attempt,
    token: &Sealed,
) -> Change<Opened> {
    let token = token.clone();
    let mut after = Record {
        id: wait.id.clone(),
        revision: 1,
        attempt,
        subject: wait.subject.clone(),
        deadline: wait.deadline,
        reminders: wait.reminders.clone(),
        reminded: None,
        reminding: None,
        state: State::Open { token },
        replaced: Vec::new(),
        spent: Vec::new(),
    };
    let Some(before) = before else {
        return Change::write(after);
    };
    if attempt < before.attempt {
        return Change::Keep(Opened::Superseded);
    }
    if attempt == before.attempt {
        return Change::Keep(Opened::Waits);
    }
    after.revision = before.revision + 1;
    after.replaced.clone_from(&before.replaced);
    after.spent.clone_from(&before.spent);
    if before.subject == wait.subject {
        (after.reminded, after.reminding) = (before.reminded, before.reminding);
    } else {
        after.replaced.retain(|subject| *subject != wait.subject);
        remember(&mut after.replaced, before.subject.clone());
    }
    // A further attempt within one entry of the state means that no answer has come through. After a
    // further entry one may have, and must not come through again.
    if attempt.entered_at > before.attempt.entered_at
        && let Some(taker) = before.taker()
    {
        remember(&mut after.spent, taker.clone());
    }
    Change::write(after)
}

fn remember<T>(list: &mut Vec<T>, value: T) {
    list.push(value);
    if list.len() > REMEMBERED {
        list.remove(0);
    }
}

/// One taker has it; who comes again under its name has it still.
pub(crate) fn take(
    before: Option<&Record>,
    subject: &Subject,
    taker: &Taker,
    now: Utc,
) -> Change<Result<Record, Refusal>> {
    let refused = |refusal| Change::Keep(Err(refusal));
    let Some(before) = before else {
        return refused(Refusal::Unknown);
    };
    if before.spent.contains(taker) {
        return refused(Refusal::Replayed);
    }
    if before.subject != *subject {
        return refused(if before.replaced.contains(subject) {
            Refusal::Replaced
        } else {
            Refusal::WrongSubject
        });
    }
    match &before.state {
        State::Open { .. } if now >= before.deadline => refused(Refusal::Late {
            deadline: before.deadline,
        }),
        State::Open { token } => Change::write(Record {
            revision: before.revision + 1,
            state: State::Taken {
                token: token.clone(),
                taker: taker.clone(),
                at: now,
            },
            ..before.clone()
        }),
        State::Taken { taker: by, .. } if by == taker => Change::Keep(Ok(before.clone())),
        State::Taken { taker: by, .. } => refused(Refusal::Duplicate { of: by.clone() }),
        State::Ended {
            end: End::Answered,
            taker: Some(by),
            ..
        } => refused(if by == taker {
            Refusal::Replayed
        } else {
            Refusal::Duplicate { of: by.clone() }
        }),
        State::Ended { end, .. } => refused(Refusal::Ended(*end)),
    }
}

/// Step Functions has accepted this taker's answer, whatever else the table says: it accepts one.
pub(crate) fn answered(
    before: Option<&Record>,
    attempt: Attempt,
    taker: &Taker,
    now: Utc,
) -> Change<()> {
    let Some(before) = before.filter(|before| before.attempt == attempt) else {
        return Change::Keep(());
    };
    if let State::Ended {
        end: End::Answered, ..
    } = before.state
    {
        return Change::Keep(());
    }
    Change::write(ended(before, End::Answered, now, Some(taker.clone()), None))
}

/// Step Functions does not know the token any more that this taker has. Says whether there is a newer
/// one.
pub(crate) fn closed(
    before: Option<&Record>,
    attempt: Attempt,
    taker: &Taker,
    now: Utc,
) -> Change<bool> {
    match before {
        Some(before) if before.attempt != attempt => Change::Keep(true),
        Some(before) => match &before.state {
            State::Taken { taker: by, .. } if by == taker => {
                Change::write(ended(before, End::Closed, now, Some(taker.clone()), None))
            }
            _ => Change::Keep(false),
        },
        None => Change::Keep(false),
    }
}

/// What has ended and was not told is told by whoever asks for its end next, for whatever reason.
pub(crate) fn end(before: Option<&Record>, ending: Ending, now: Utc) -> Change<Option<Record>> {
    let Some(before) = before else {
        return Change::Keep(None);
    };
    let asked_for = match ending {
        Ending::Deadline { by } => before.deadline <= by,
        Ending::Withdrawn => true,
    };
    let (token, taker) = match &before.state {
        State::Open { token } if asked_for => (token, None),
        State::Taken { token, taker, at } if asked_for && now >= at.plus_seconds(LEASE) => {
            (token, Some(taker.clone()))
        }
        State::Ended {
            untold: Some(_), ..
        } => return Change::Keep(Some(before.clone())),
        _ => return Change::Keep(None),
    };
    let end = match ending {
        Ending::Deadline { .. } => End::DeadlinePassed,
        Ending::Withdrawn => End::Withdrawn,
    };
    Change::write(ended(before, end, now, taker, Some(token.clone())))
}

/// Whether a sweep has to end it, or has to tell that it has ended.
pub(crate) fn is_to_be_ended(record: &Record, now: Utc, next: Utc) -> bool {
    !matches!(
        end(Some(record), Ending::Deadline { by: next }, now),
        Change::Keep(None)
    )
}

/// The execution was told, or nobody can tell it any more. Of two who tell it at once, the one whom Step
/// Functions has accepted says how it ended.
pub(crate) fn told(before: Option<&Record>, attempt: Attempt, by_us: End) -> Change<()> {
    match before {
        Some(before) if before.attempt == attempt => match &before.state {
            State::Ended {
                end,
                at,
                taker,
                untold,
            } if untold.is_some() || (*end == End::Closed && by_us != End::Closed) => {
                Change::write(ended(before, by_us, *at, taker.clone(), None))
            }
            _ => Change::Keep(()),
        },
        _ => Change::Keep(()),
    }
}

fn ended(
    before: &Record,
    end: End,
    at: Utc,
    taker: Option<Taker>,
    untold: Option<Sealed>,
) -> Record {
    let state = State::Ended {
        end,
        at,
        taker,
        untold,
    };
    Record {
        revision: before.revision + 1,
        state,
        ..before.clone()
    }
}

/// The latest reminder that is due, unless it was sent or somebody is sending one. Earlier ones that
/// were missed are left out: they would say the same.
pub(crate) fn remind(before: Option<&Record>, now: Utc) -> Change<()> {
    let Some(before) = before else {
        return Change::Keep(());
    };
    let sending = |(_, since): (Utc, Utc)| since.plus_seconds(LEASE) > now;
    match reminder_due(before, now) {
        Some(due) if !before.reminding.is_some_and(sending) => Change::write(Record {
            revision: before.revision + 1,
            reminding: Some((due, now)),
            ..before.clone()
        }),
        _ => Change::Keep(()),
    }
}

pub(crate) fn reminder_due(record: &Record, now: Utc) -> Option<Utc> {
    if !matches!(record.state, State::Open { .. }) || now >= record.deadline {
        return None;
    }
    let due = record.reminders.iter().copied().filter(|due| *due <= now);
    due.max().filter(|due| Some(*due) > record.reminded)
}

/// It was sent, by who says so.
pub(crate) fn reminded(before: Option<&Record>, reminder: &Reminder) -> Change<()> {
    let sent = (reminder.due, reminder.claimed);
    match before {
        Some(before) if before.subject == reminder.subject && before.reminding == Some(sent) => {
            Change::write(Record {
                revision: before.revision + 1,
                reminded: Some(reminder.due),
                reminding: None,
                ..before.clone()
            })
        }
        _ => Change::Keep(()),
    }
}
