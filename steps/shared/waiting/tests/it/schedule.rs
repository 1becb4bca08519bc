//! One schedule: who gets on when, who dies, what is lost, and how the time passes.

use std::time::Duration;

use emulated::aws::{Aws, Task};
use tokio::runtime::{Builder, Runtime};
use waiting::{LEASE, Waiting};

use crate::actor::{Actor, Clock, Errand, State};
use crate::line::{Answer, Line, Request};
use crate::world::{DEADLINE, KEY, SECOND, TOKEN, attempt, id};

/// What happens next. Actors go by their number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Move {
    /// The call is carried out, and the actor told.
    Answer(usize),
    /// The actor is told that there is no answer; the call is on its way still.
    Lose(usize),
    /// The actor's process ends; the call is on its way still.
    Die(usize),
    /// A call that nobody waits for any more is carried out.
    Arrive(usize),
    /// It never will be.
    Vanish(usize),
    /// Somebody comes in place of one that has failed, with the same errand.
    Again(usize),
    /// Another sweep begins.
    Sweep,
    /// It is past the deadline, and whoever has taken the wait has been left alone long enough.
    Wait,
}

/// How much may happen in one schedule, beside what everybody wants.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Budget {
    /// Answers lost, and actors dying.
    pub(crate) faults: usize,
    /// Actors who come in place of others.
    pub(crate) again: usize,
    pub(crate) sweeps: usize,
    pub(crate) waits: usize,
}

/// What there is in the beginning.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Start {
    /// The wait is open, and it is so late.
    Open { at: i64 },
    /// The task was retried: the first attempt is over, and neither has put its token there.
    Retried,
}

/// Past the deadline, whoever has taken the wait in time has been left alone for long enough.
pub(crate) async fn long_passes() {
    let long = (DEADLINE + LEASE).unsigned_abs();
    tokio::time::advance(Duration::from_secs(long)).await;
}

/// Where schedules are played: clients, and a clock that moves only when told to.
pub(crate) struct Stage {
    lines: Vec<(Line, Waiting)>,
    runtime: Runtime,
}

impl Stage {
    pub(crate) fn for_actors(actors: usize) -> Self {
        let lines = (0..actors).map(|_| Line::default());
        Self {
            lines: lines.map(|line| (line.clone(), line.waiting())).collect(),
            runtime: Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .expect("a runtime"),
        }
    }

    pub(crate) fn plays<'a>(
        &'a self,
        start: Start,
        errands: &[Errand],
        budget: Budget,
        play: impl AsyncFnOnce(Schedule<'a>),
    ) {
        self.runtime.block_on(async {
            play(Schedule::begin(&self.lines, start, errands, budget)).await;
        });
    }
}

pub(crate) struct Schedule<'a> {
    pub(crate) aws: Aws,
    /// The token of the task that waits.
    pub(crate) live: &'static str,
    pub(crate) actors: Vec<Actor>,
    /// Calls that nobody waits for any more, and whose they were.
    pub(crate) on_the_way: Vec<(Errand, Request)>,
    pub(crate) clock: Clock,
    pub(crate) left: Budget,
    lines: &'a [(Line, Waiting)],
}

impl<'a> Schedule<'a> {
    fn begin(
        lines: &'a [(Line, Waiting)],
        start: Start,
        errands: &[Errand],
        budget: Budget,
    ) -> Self {
        let aws = Aws::default();
        aws.put_cipher(KEY);
        let (live, at) = match start {
            Start::Open { at } => (TOKEN, at),
            Start::Retried => (SECOND, 0),
        };
        aws.set_task(TOKEN, Task::Closed);
        aws.set_task(live, Task::Waits);
        let mut schedule = Self {
            aws,
            live,
            actors: Vec::new(),
            on_the_way: Vec::new(),
            clock: Clock::starting(at),
            left: budget,
            lines,
        };
        if start != Start::Retried {
            let opens = schedule.one_comes(Errand::Open(attempt(0, 0), TOKEN));
            schedule.runs_to_its_end(opens);
            schedule.actors.clear();
        }
        for errand in errands {
            schedule.one_comes(*errand);
        }
        schedule
    }

    pub(crate) fn one_comes(&mut self, errand: Errand) -> usize {
        let number = self.actors.len();
        let (line, waiting) = &self.lines[number];
        let actor = Actor::new(errand, line, waiting, self.clock);
        self.actors.push(actor);
        number
    }

    /// Nothing goes wrong any more.
    pub(crate) fn runs_to_its_end(&mut self, number: usize) {
        while !self.actors[number].is_gone() {
            self.answer(number);
        }
    }

    /// Everything that may happen next; nothing when all is over.
    pub(crate) fn moves(&self) -> Vec<Move> {
        let mut moves = Vec::new();
        for (number, actor) in self.actors.iter().enumerate() {
            if let State::Asking(request) = &actor.state {
                moves.push(Move::Answer(number));
                // Whoever dies after a call that changes nothing might have died before it.
                if self.left.faults > 0 && request.changes_something() {
                    moves.extend([Move::Lose(number), Move::Die(number)]);
                }
            }
            if self.left.again > 0 && actor.has_failed() && !actor.followed {
                moves.push(Move::Again(number));
            }
        }
        for position in 0..self.on_the_way.len() {
            moves.extend([Move::Arrive(position), Move::Vanish(position)]);
        }
        if self.left.sweeps > 0 {
            moves.push(Move::Sweep);
        }
        if self.left.waits > 0 && !self.actors.iter().all(Actor::is_gone) {
            moves.push(Move::Wait);
        }
        moves
    }

    pub(crate) async fn play(&mut self, chosen: Move) {
        match chosen {
            Move::Answer(number) => self.answer(number),
            Move::Lose(number) => {
                self.leave_on_the_way(number);
                self.actors[number].hear(Answer::lost(), self.clock.seconds());
            }
            Move::Die(number) => {
                self.leave_on_the_way(number);
                self.actors[number].die();
            }
            Move::Arrive(position) => {
                let (errand, request) = self.on_the_way.remove(position);
                self.carry_out(errand, request);
            }
            Move::Vanish(position) => {
                self.on_the_way.remove(position);
            }
            Move::Again(number) => {
                self.left.again -= 1;
                self.follows(number);
            }
            Move::Sweep => {
                self.left.sweeps -= 1;
                self.one_comes(Errand::Sweep);
            }
            Move::Wait => {
                self.left.waits -= 1;
                long_passes().await;
            }
        }
    }

    /// Somebody comes in place of one that has failed.
    pub(crate) fn follows(&mut self, number: usize) -> usize {
        self.actors[number].followed = true;
        self.one_comes(self.actors[number].errand)
    }

    fn answer(&mut self, number: usize) {
        let actor = &mut self.actors[number];
        let (errand, request) = (actor.errand, actor.take_request());
        let answer = self.carry_out(errand, request);
        self.actors[number].hear(answer, self.clock.seconds());
    }

    fn leave_on_the_way(&mut self, number: usize) {
        self.left.faults = self.left.faults.saturating_sub(1);
        let actor = &mut self.actors[number];
        let request = actor.take_request();
        self.on_the_way.push((actor.errand, request));
    }

    fn carry_out(&mut self, errand: Errand, request: Request) -> Answer {
        self.holds_what_it_uses(errand, &request.operation);
        request.carry_out(&self.aws)
    }

    /// Nobody gets at a token, or says anything with it, but who the table says.
    fn holds_what_it_uses(&self, errand: Errand, operation: &str) {
        if !["Decrypt", "SendTaskSuccess", "SendTaskFailure"].contains(&operation) {
            return;
        }
        let item = self.aws.item(&id().to_string()).expect("an item");
        match errand {
            // The token of an attempt that is over is of no use to whoever had taken it.
            Errand::Answer(_) if self.live != TOKEN => {}
            Errand::Answer(name) => {
                assert_eq!(item["taker"]["S"], name, "{operation} by {name}");
            }
            Errand::Sweep => assert_eq!(item["state"]["S"], "ended", "{operation} by a sweep"),
            Errand::Open(..) => panic!("{operation} by a step that opens"),
        }
    }
}
