//! Two callers, in every order in which their calls can come, and everything that can befall them
//! between any two calls.
//!
//! What is looked at in the end is in `promise`. To go through all of it takes seconds because
//! schedules that meet in one state go on together (`picture`), and because of what makes no
//! difference:
//!
//! - attributes and tags of a key do not change, so nobody else comes in before they are told;
//! - whoever dies after a call that changes nothing might as well have died before it;
//! - a throttled call, which comes again, might as well have come late;
//! - a call that had no answer comes again when the others are done or asleep;
//! - a caller that stands still for less than a limit is one whose next call comes late.
//!
//! A call whose caller is gone takes effect at once, later, or never. One thing goes wrong in a
//! schedule, and once in it everything may be too slow.

use crate::explore::{Explored, every_schedule};
use crate::schedule::Budget;
use crate::service::Start;

const NOTHING: Budget = Budget {
    faults: 0,
    stalls: 0,
    short_waits: 0,
    long_waits: 0,
    retries: 0,
    denials: 0,
};

/// The numbers are there so that nobody makes the search smaller without noticing.
#[track_caller]
fn two(start: Start, budget: Budget, at_least: u128) -> Explored {
    let explored = every_schedule(start, 2, budget);
    let Explored {
        states,
        schedules,
        plays,
    } = explored;
    eprintln!("{start:?}, {budget:?}: {schedules} schedules, {states} states, {plays} plays");
    assert!(explored.schedules >= at_least, "{explored:?}");
    explored
}

/// Lost, refused or dead, at any call; the other one looks again meanwhile, or does not.
#[test]
fn one_fails_at_any_call_while_the_alias_is_first_claimed() {
    let budget = Budget {
        faults: 1,
        short_waits: 1,
        ..NOTHING
    };
    two(Start::Absent, budget, 2_000);
}

#[test]
fn one_fails_at_any_call_and_comes_again_at_once() {
    let budget = Budget {
        faults: 1,
        retries: 1,
        ..NOTHING
    };
    two(Start::Absent, budget, 200_000);
    two(Start::Reserved(1), budget, 1_000);
    two(Start::Reserved(2), budget, 1_000);
}

#[test]
fn one_fails_at_any_call_and_all_is_slow_at_any_time() {
    let budget = Budget {
        faults: 1,
        long_waits: 1,
        ..NOTHING
    };
    two(Start::Absent, budget, 10_000);
    two(Start::Reserved(1), budget, 1_000);
}

/// For longer than it may hold the reservation, and for longer than the other waits for it.
#[test]
fn one_stands_still_after_any_call_while_the_alias_is_first_claimed() {
    let budget = Budget {
        stalls: 1,
        long_waits: 1,
        ..NOTHING
    };
    two(Start::Absent, budget, 2_500);
    two(Start::Reserved(2), budget, 250);
}

#[test]
fn both_take_over_and_one_fails_at_any_call() {
    let budget = Budget {
        faults: 1,
        ..NOTHING
    };
    two(Start::Reserved(0), budget, 20_000);
}

#[test]
fn both_take_over_and_one_stands_still_after_any_call() {
    let budget = Budget {
        stalls: 1,
        long_waits: 1,
        ..NOTHING
    };
    two(Start::Reserved(0), budget, 10_000);
}

#[test]
fn an_alias_that_has_a_key_is_left_alone() {
    let budget = Budget {
        faults: 2,
        long_waits: 1,
        ..NOTHING
    };
    let explored = two(Start::Assigned, budget, 5);
    assert!(explored.states < 100, "{explored:?}");
}
