//! Somebody who opens, answers or ends the wait, one call at a time.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use ceremony::utc::Utc;
use step::ServiceError;
use tokio::task::coop::unconstrained;
use tokio::time::Instant;
use waiting::{Attempt, Delivery, Due, Ending, Opened, Refusal, Take, Telling, Waiting};

use crate::line::{Answer, Line, Request};
use crate::world::{EVERY, SUBJECT, answer_of, at, id, subject, taker, token, wait_for};

/// What an actor wants.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Errand {
    /// To answer, under this name.
    Answer(&'static str),
    /// To have this token waited with.
    Open(Attempt, &'static str),
    Sweep,
}

/// What an actor heard in the end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Said {
    Delivery(Delivery),
    Opened(Opened),
    Refused(Refusal),
    Swept(Vec<Telling>),
}

pub(crate) type Outcome = Result<Said, ServiceError>;

/// The time of a schedule: it passes as the runtime's does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    began: Instant,
    at: i64,
}

impl Clock {
    /// It is so many seconds after the wait began.
    pub(crate) fn starting(at: i64) -> Self {
        let began = Instant::now();
        Self { began, at }
    }

    pub(crate) fn seconds(&self) -> i64 {
        let passed = self.began.elapsed().as_secs();
        self.at + i64::try_from(passed).expect("a short time")
    }

    fn now(&self) -> Utc {
        at(self.seconds())
    }
}

impl Errand {
    async fn run(self, waiting: Waiting, clock: Clock) -> Outcome {
        match self {
            Self::Open(attempt, text) => {
                let wait = wait_for(id(), SUBJECT);
                let opened = waiting.open(&wait, attempt, &token(text)).await?;
                Ok(Said::Opened(opened))
            }
            Self::Answer(name) => {
                let (about, by) = (subject(SUBJECT), taker(name));
                match waiting.take(&id(), &about, &by, clock.now()).await? {
                    Take::Refused(refusal) => Ok(Said::Refused(refusal)),
                    Take::Held(held) => {
                        let answer = answer_of(name);
                        let delivered = waiting.deliver(held, &answer, clock.now()).await?;
                        Ok(Said::Delivery(delivered))
                    }
                }
            }
            Self::Sweep => {
                let now = clock.now();
                let by = now.plus_seconds(EVERY);
                let mut tellings = Vec::new();
                for due in waiting.due(now, by).await? {
                    if let Due::End(id) = due {
                        let ended = waiting.end(&id, Ending::Deadline { by }, clock.now());
                        tellings.push(ended.await?);
                    }
                }
                Ok(Said::Swept(tellings))
            }
        }
    }
}

pub(crate) struct Actor {
    pub(crate) errand: Errand,
    line: Line,
    work: Pin<Box<dyn Future<Output = Outcome>>>,
    pub(crate) state: State,
    /// Everything that it was told, and when: what it does next follows from that.
    pub(crate) heard: Vec<(i64, String)>,
    /// Whether another has come in its place.
    pub(crate) followed: bool,
}

#[derive(Debug)]
pub(crate) enum State {
    /// Its call is on the way.
    Asking(Box<Request>),
    /// It is about to hear an answer.
    Listening,
    Returned(Outcome),
    Died,
}

impl Actor {
    pub(crate) fn new(errand: Errand, line: &Line, waiting: &Waiting, clock: Clock) -> Self {
        line.clear();
        let work = errand.run(waiting.clone(), clock);
        let mut actor = Self {
            errand,
            line: line.clone(),
            work: Box::pin(unconstrained(work)),
            state: State::Listening,
            heard: vec![(clock.seconds(), "that it is time".to_owned())],
            followed: false,
        };
        actor.go_on();
        actor
    }

    /// Lets it run until it asks for something or returns.
    fn go_on(&mut self) {
        let polled = self.poll();
        if let Poll::Ready(outcome) = polled {
            self.stop(State::Returned(outcome));
        } else if let Some(request) = self.line.take_request() {
            self.state = State::Asking(Box::new(request));
        }
    }

    /// The SDK's paginators wake themselves.
    fn poll(&mut self) -> Poll<Outcome> {
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        loop {
            let polled = self.work.as_mut().poll(&mut Context::from_waker(&waker));
            if polled.is_ready() || !woken.0.swap(false, Ordering::Relaxed) {
                return polled;
            }
        }
    }

    /// Gives the call that it has made; it waits for the answer.
    pub(crate) fn take_request(&mut self) -> Request {
        match std::mem::replace(&mut self.state, State::Listening) {
            State::Asking(request) => *request,
            other => panic!("it asks for nothing: {other:?}"),
        }
    }

    pub(crate) fn hear(&mut self, answer: Answer, when: i64) {
        self.heard.push((when, answer.plain()));
        self.line.answer(answer);
        self.go_on();
    }

    pub(crate) fn die(&mut self) {
        self.stop(State::Died);
    }

    pub(crate) fn is_gone(&self) -> bool {
        matches!(self.state, State::Returned(_) | State::Died)
    }

    pub(crate) fn has_failed(&self) -> bool {
        matches!(self.state, State::Returned(Err(_)) | State::Died)
    }

    pub(crate) fn said(&self) -> Option<&Said> {
        match &self.state {
            State::Returned(Ok(said)) => Some(said),
            _ => None,
        }
    }

    fn stop(&mut self, state: State) {
        self.state = state;
        self.work = Box::pin(std::future::pending());
        self.heard.clear();
        self.line.clear();
    }
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}
