//! Two takers, a taker and a sweep, a step and its retry: in every order in which their calls can
//! come, and with everything that can befall them between any two calls.
//!
//! What is looked at in the end is in `promise`. To go through all of it takes seconds because
//! schedules that meet in one state go on together (`picture`), and because of what makes no
//! difference:
//!
//! - whoever dies after a call that changes nothing might as well have died before it;
//! - a throttled call, which comes again, might as well have come late;
//! - a call that the SDK makes again is one that whoever comes again makes;
//! - an actor that stands still is one whose next call comes late, hours late if need be.
//!
//! A call whose caller is gone, or has given it up, takes effect at once, later, or never.

use crate::actor::Errand;
use crate::explore::{Explored, every_schedule};
use crate::schedule::{Budget, Start};
use crate::world::{DEADLINE, EVERY, SECOND, TOKEN, attempt};

const ANNA: Errand = Errand::Answer("anna");
const BEN: Errand = Errand::Answer("ben");

const IN_TIME: Start = Start::Open { at: 10 };
/// The last sweep that can end the wait begins now.
const JUST_IN_TIME: Start = Start::Open {
    at: DEADLINE - EVERY,
};

/// The number is there so that nobody makes the search smaller without noticing.
#[track_caller]
fn all(start: Start, errands: &[Errand], budget: Budget, at_least: u128) {
    let explored = every_schedule(start, errands, budget);
    let Explored {
        states,
        schedules,
        plays,
    } = explored;
    eprintln!("{start:?}, {budget:?}: {schedules} schedules, {states} states, {plays} plays");
    assert!(explored.schedules >= at_least, "{explored:?}");
}

#[test]
fn two_takers_and_one_fails_at_any_call_and_comes_again() {
    let budget = Budget {
        faults: 1,
        again: 1,
        ..Budget::default()
    };
    all(IN_TIME, &[ANNA, BEN], budget, 30_000);
}

/// An event that is delivered twice, to two processes.
#[test]
fn one_answer_is_brought_twice_at_once_and_one_of_them_fails_at_any_call() {
    let budget = Budget {
        faults: 1,
        ..Budget::default()
    };
    all(IN_TIME, &[ANNA, ANNA], budget, 20_000);
}

#[test]
fn a_taker_and_a_sweep_meet_before_the_deadline_and_one_fails_at_any_call() {
    let budget = Budget {
        faults: 1,
        again: 1,
        ..Budget::default()
    };
    all(JUST_IN_TIME, &[ANNA, Errand::Sweep], budget, 60_000);
}

/// The taker stands still or dies, and is not waited for for ever.
#[test]
fn a_sweep_ends_what_a_taker_has_taken_and_both_go_on() {
    let budget = Budget {
        faults: 1,
        sweeps: 1,
        waits: 1,
        ..Budget::default()
    };
    all(IN_TIME, &[ANNA], budget, 200_000);
}

#[test]
fn two_sweeps_meet_and_one_fails_at_any_call() {
    let budget = Budget {
        faults: 1,
        ..Budget::default()
    };
    all(
        JUST_IN_TIME,
        &[Errand::Sweep, Errand::Sweep],
        budget,
        70_000,
    );
}

/// The function that was given up writes late, and a taker comes meanwhile.
#[test]
fn a_task_that_is_retried_is_waited_for_with_its_own_token() {
    let first = Errand::Open(attempt(0, 0), TOKEN);
    let second = Errand::Open(attempt(0, 1), SECOND);
    let budget = Budget {
        faults: 1,
        ..Budget::default()
    };
    all(Start::Retried, &[first, second, ANNA], budget, 20_000);
}
