//! One schedule: who gets on when, who dies, what is lost, and how the time passes.

use std::collections::BTreeSet;
use std::time::Duration;

use apc_emulator::Decision;
use aws_sdk_paymentcryptography::Client;

use crate::caller::{Caller, Errand, State};
use crate::line::Line;
use crate::log::Log;
use crate::service::{Alias, Answer, FAILED, Request, Service, WAITS, is_made_by};
use crate::stage::Stage;

/// Until a sleeper looks again.
pub(crate) const SHORT: u64 = 2;
/// Longer than anyone may hold a reservation, shorter than anyone waits for it.
pub(crate) const PAST_HOLDING: u64 = 21;
/// Longer than anyone waits for a reservation.
pub(crate) const PAST_PATIENCE: u64 = 26;

/// What happens next. Callers go by their number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Move {
    /// The call is carried out, and the caller told.
    Answer(usize),
    /// The call is throttled: nothing is done, and the caller told.
    Throttle(usize),
    /// The call is refused for good: nothing is done, and the caller told.
    Refuse(usize),
    /// The caller is told that there is no answer; the call is on its way still.
    Lose(usize),
    /// The caller's process ends; the call is on its way still.
    Die(usize),
    /// The call is carried out, and the caller stands still before it hears.
    Stall(usize),
    /// The caller hears at last.
    Resume(usize),
    /// A call that nobody waits for any more is carried out.
    Arrive(usize),
    /// The approval team agrees to the key of this age.
    Approve(usize),
    /// It does not, or its time is over.
    Deny(usize),
    /// So many seconds pass. Whoever has a call on the way sees that too; who stands still does not.
    Wait(u64),
}

/// How much may go wrong in one schedule.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Budget {
    /// Calls throttled or lost, and callers dying.
    pub(crate) faults: usize,
    /// Callers standing still.
    pub(crate) stalls: usize,
    /// Times that a sleeper wakes before the others are done.
    pub(crate) short_waits: usize,
    /// Times that everything is slower than a limit allows.
    pub(crate) long_waits: usize,
    /// Callers who come as soon as another has failed.
    pub(crate) retries: usize,
    /// Keys that the approval team does not agree to.
    pub(crate) denials: usize,
}

pub(crate) struct Schedule<'a> {
    pub(crate) service: Service,
    pub(crate) callers: Vec<Caller>,
    /// Whether one of the callers may be the one who reserves the alias.
    held: bool,
    pub(crate) keys_before: usize,
    /// Which caller made which key, by the key's age.
    pub(crate) makers: Vec<Option<usize>>,
    /// Calls that nobody waits for any more.
    pub(crate) on_the_way: Vec<Request>,
    pub(crate) seconds: u64,
    /// Callers who saw a reservation that was given back since, which they have not seen.
    behind: BTreeSet<usize>,
    /// Whether the alias was reserved anew while somebody took the reservation for the old one.
    pub(crate) reserved_anew_unseen: bool,
    /// Times that a key was asked for while an earlier one could still be approved, or was.
    pub(crate) asked_again: usize,
    pub(crate) left: Budget,
    pub(crate) log: &'a Log,
    lines: &'a [(Line, Client)],
}

impl<'a> Schedule<'a> {
    pub(crate) fn begin(
        stage: &'a Stage,
        service: Service,
        callers: usize,
        budget: Budget,
    ) -> Self {
        stage.log.clear();
        let keys_before = service.keys().len();
        let mut schedule = Self {
            held: service.alias() == Alias::Absent,
            service,
            callers: Vec::new(),
            keys_before,
            makers: vec![None; keys_before],
            on_the_way: Vec::new(),
            seconds: 0,
            asked_again: 0,
            behind: BTreeSet::new(),
            reserved_anew_unseen: false,
            left: budget,
            log: &stage.log,
            lines: &stage.lines,
        };
        for _ in 0..callers {
            schedule.one_comes();
        }
        schedule
    }

    pub(crate) fn one_comes(&mut self) -> usize {
        let number = self.callers.len();
        let (line, client) = &self.lines[number];
        self.callers
            .push(Caller::new(self.service.errand, line, client));
        number
    }

    /// Everything that may happen next; nothing when all is over.
    pub(crate) fn moves(&self) -> Vec<Move> {
        let unchanging = Caller::asks_for_what_never_changes;
        if let Some(number) = self.callers.iter().position(unchanging) {
            return self.moves_of(number);
        }
        let callers = 0..self.callers.len();
        let mut moves: Vec<Move> = callers.flat_map(|number| self.moves_of(number)).collect();
        moves.extend((0..self.on_the_way.len()).map(Move::Arrive));
        if self.callers.iter().all(Caller::is_gone) {
            return moves;
        }
        moves.extend(self.decisions());
        // A call that comes again while others ask might as well have come when they are done.
        let asking = |caller: &Caller| matches!(caller.state, State::Asking(_));
        if self.callers.iter().any(Caller::is_backing_off) && !self.callers.iter().any(asking) {
            moves.push(Move::Wait(SHORT));
        }
        if moves.is_empty() {
            return vec![Move::Wait(PAST_PATIENCE)];
        }
        let backs_off = moves.contains(&Move::Wait(SHORT));
        if self.left.short_waits > 0 && !backs_off && self.callers.iter().any(Caller::is_asleep) {
            moves.push(Move::Wait(SHORT));
        }
        if self.left.long_waits > 0 {
            moves.push(Move::Wait(PAST_PATIENCE));
        }
        // Where the alias was reserved by somebody who died, nobody holds it ever after.
        if self.left.long_waits > 0 && self.held {
            moves.push(Move::Wait(PAST_HOLDING));
        }
        moves
    }

    pub(crate) async fn plays(&mut self, moves: &[Move]) {
        for chosen in moves {
            self.play(*chosen).await;
        }
    }

    /// Everybody in turn, one call each, until all are gone.
    pub(crate) async fn goes_round(&mut self) {
        while !self.callers.iter().all(Caller::is_gone) {
            let asking = |number: &usize| matches!(self.callers[*number].state, State::Asking(_));
            let asking: Vec<usize> = (0..self.callers.len()).filter(asking).collect();
            if asking.is_empty() {
                self.play(Move::Wait(SHORT)).await;
            }
            for number in asking {
                self.play(Move::Answer(number)).await;
            }
        }
    }

    /// What the approval team may say.
    fn decisions(&self) -> Vec<Move> {
        let mut decisions = Vec::new();
        for age in self.waiting() {
            decisions.push(Move::Approve(age));
            if self.left.denials > 0 {
                decisions.push(Move::Deny(age));
            }
        }
        decisions
    }

    /// The keys that wait for the approval team, by their age.
    pub(crate) fn waiting(&self) -> Vec<usize> {
        if self.service.errand == Errand::Kek {
            return Vec::new();
        }
        let states = self.service.states().into_iter().enumerate();
        let waiting = states.filter(|(_, state)| state == WAITS);
        waiting.map(|(age, _)| age).collect()
    }

    fn moves_of(&self, number: usize) -> Vec<Move> {
        let mut moves = Vec::new();
        match &self.callers[number].state {
            State::Asking(request) => {
                moves.push(Move::Answer(number));
                // Whoever dies after a call that changes nothing might have died before it, and
                // who is throttled might have asked later.
                if self.left.faults > 0 && request.changes_something() {
                    moves.extend([Move::Lose(number), Move::Die(number)]);
                }
                if self.left.faults > 0 && is_made_by(&request.operation) {
                    moves.push(Move::Refuse(number));
                }
                if self.left.stalls > 0 {
                    moves.push(Move::Stall(number));
                }
            }
            // Before, it is only a matter of whose call comes first.
            State::Stalled { since, .. } if since + PAST_HOLDING <= self.seconds => {
                moves.push(Move::Resume(number));
            }
            _ => {}
        }
        moves
    }

    pub(crate) async fn play(&mut self, chosen: Move) {
        match chosen {
            Move::Answer(number) => {
                let answer = self.carry_out(number);
                self.tell(number, answer);
            }
            Move::Throttle(number) => {
                self.left.faults = self.left.faults.saturating_sub(1);
                self.tell(number, Answer::throttled());
            }
            Move::Refuse(number) => {
                self.left.faults = self.left.faults.saturating_sub(1);
                self.tell(number, Answer::refused());
            }
            Move::Lose(number) => {
                self.left.faults = self.left.faults.saturating_sub(1);
                self.leave_on_the_way(number);
                self.tell(number, Answer::Lost);
            }
            Move::Die(number) => {
                self.left.faults = self.left.faults.saturating_sub(1);
                self.leave_on_the_way(number);
                self.callers[number].die();
            }
            Move::Stall(number) => {
                self.left.stalls = self.left.stalls.saturating_sub(1);
                let answer = self.carry_out(number);
                let since = self.seconds;
                self.callers[number].state = State::Stalled { answer, since };
            }
            Move::Resume(number) => {
                if let State::Stalled { answer, .. } = self.callers[number].state.clone() {
                    self.tell(number, answer);
                }
            }
            Move::Arrive(position) => {
                let request = self.on_the_way.remove(position);
                self.carry_out_for(None, &request);
            }
            Move::Approve(age) => self.service.decide(age, Decision::Approve),
            Move::Deny(age) => {
                self.left.denials = self.left.denials.saturating_sub(1);
                self.service.decide(age, Decision::Reject);
            }
            Move::Wait(seconds) => self.wait(seconds).await,
        }
        if self.left.retries > 0 && self.callers.iter().any(Caller::has_failed) {
            self.left.retries -= 1;
            self.one_comes();
        }
    }

    async fn wait(&mut self, seconds: u64) {
        if seconds == SHORT {
            if !self.callers.iter().any(Caller::is_backing_off) {
                self.left.short_waits = self.left.short_waits.saturating_sub(1);
            }
        } else {
            self.left.long_waits = self.left.long_waits.saturating_sub(1);
            // A call takes effect within seconds, or never.
            self.on_the_way.clear();
        }
        tokio::time::advance(Duration::from_secs(seconds)).await;
        self.seconds += seconds;
        for caller in &mut self.callers {
            let given_up = caller.notice_the_time(self.seconds);
            if seconds < PAST_PATIENCE {
                let given_up = given_up.filter(Request::changes_something);
                self.on_the_way.extend(given_up);
            }
        }
    }

    fn tell(&mut self, number: usize, answer: Answer) {
        let told = self.service.plain_answer(&answer);
        let given_up = self.callers[number].hear(answer, told, self.seconds);
        self.on_the_way
            .extend(given_up.filter(Request::changes_something));
    }

    fn carry_out(&mut self, number: usize) -> Answer {
        let request = self.request(number);
        self.carry_out_for(Some(number), &request)
    }

    fn carry_out_for(&mut self, number: Option<usize>, request: &Request) -> Answer {
        let answer = self.service.carry_out(request);
        self.watch_the_reservation(number, request, &answer);
        let keys = self.service.keys().len();
        if keys > self.makers.len() && self.service.errand == Errand::Root {
            let mut earlier = self.service.states().into_iter().take(self.makers.len());
            self.asked_again += usize::from(earlier.any(|state| state != FAILED));
        }
        self.makers.resize(keys, number);
        answer
    }

    /// `claim` cannot tell a reservation from the next one, and says so.
    fn watch_the_reservation(&mut self, number: Option<usize>, request: &Request, answer: &Answer) {
        let served = matches!(answer, Answer::Served(200, _));
        match (request.operation.as_str(), number) {
            ("DeleteAlias", _) if served => {
                let others = self.callers.iter().enumerate();
                let others = others.filter(|(other, caller)| {
                    Some(*other) != number && !caller.is_gone() && !caller.heard.is_empty()
                });
                self.behind.extend(others.map(|(other, _)| other));
            }
            ("CreateAlias", _) if served => {
                let others = self.behind.iter().filter(|other| Some(**other) != number);
                self.reserved_anew_unseen |= others.count() > 0;
            }
            ("GetAlias", Some(number)) if self.service.alias() == Alias::Absent => {
                self.behind.remove(&number);
            }
            _ => {}
        }
    }

    fn leave_on_the_way(&mut self, number: usize) {
        let request = self.request(number);
        if request.changes_something() {
            self.on_the_way.push(request);
        }
    }

    fn request(&self, number: usize) -> Request {
        match &self.callers[number].state {
            State::Asking(request) => request.clone(),
            other => panic!("caller {number} asks for nothing, it is {other:?}"),
        }
    }
}
