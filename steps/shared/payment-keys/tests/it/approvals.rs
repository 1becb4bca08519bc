//! Two callers of a root that an approval team guards, in every order in which their calls, and what
//! the team decides, can come.
//!
//! What the team says may come at any time while a key waits, and what befalls callers is the same as
//! for keys that nobody has to approve (`interleavings`).

use crate::explore::{Explored, every_schedule};
use crate::schedule::Budget;
use crate::schedule::Move::{Answer, Approve, Deny, Wait};
use crate::service::{Alias, Service, Start};
use crate::stage::Stage;

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
fn callers(callers: usize, budget: Budget, at_least: u128) {
    let explored = every_schedule(Start::Guarded, callers, budget);
    let Explored {
        states,
        schedules,
        plays,
    } = explored;
    eprintln!("{callers}, {budget:?}: {schedules} schedules, {states} states, {plays} plays");
    assert!(explored.schedules >= at_least, "{explored:?}");
}

#[test]
fn one_caller_fails_at_any_call_comes_again_and_the_team_decides_at_any_time() {
    let budget = Budget {
        faults: 1,
        short_waits: 1,
        retries: 1,
        denials: 1,
        ..NOTHING
    };
    callers(1, budget, 1_066);
}

#[test]
fn two_callers_and_a_team_that_approves_at_any_time() {
    callers(2, NOTHING, 44_352);
}

#[test]
#[ignore = "minutes: every schedule of two callers and a team"]
fn one_fails_at_any_call_and_the_team_approves_at_any_time() {
    let budget = Budget {
        faults: 1,
        short_waits: 1,
        ..NOTHING
    };
    callers(2, budget, 1_000);
}

#[test]
#[ignore = "minutes: every schedule of two callers and a team"]
fn one_fails_at_any_call_and_comes_again_while_the_team_thinks() {
    let budget = Budget {
        faults: 1,
        retries: 1,
        ..NOTHING
    };
    callers(2, budget, 1_000);
}

#[test]
#[ignore = "minutes: every schedule of two callers and a team"]
fn the_team_denies_at_any_time_and_is_asked_again() {
    let budget = Budget {
        short_waits: 1,
        retries: 1,
        denials: 1,
        ..NOTHING
    };
    callers(2, budget, 1_000);
}

#[test]
#[ignore = "minutes: every schedule of two callers and a team"]
fn the_team_denies_and_one_fails_at_any_call() {
    let budget = Budget {
        faults: 1,
        retries: 1,
        denials: 1,
        ..NOTHING
    };
    callers(2, budget, 1_000);
}

#[test]
#[ignore = "minutes: every schedule of two callers and a team"]
fn the_team_denies_and_all_is_slow_at_any_time() {
    let budget = Budget {
        long_waits: 1,
        retries: 1,
        denials: 1,
        ..NOTHING
    };
    callers(2, budget, 1_000);
}

#[test]
#[ignore = "minutes: every schedule of two callers and a team"]
fn one_stands_still_after_any_call_while_the_team_decides() {
    let budget = Budget {
        stalls: 1,
        long_waits: 1,
        denials: 1,
        ..NOTHING
    };
    callers(2, budget, 1_000);
}

/// The alias stays reserved while the key waits, is free when it was denied, and has it when it was
/// approved.
#[test]
fn an_alias_has_only_a_key_that_was_approved() {
    let stage = Stage::for_callers(2);
    let service = Service::starting(Start::Guarded);
    stage.plays(service, 1, Budget::default(), async |mut schedule| {
        schedule.plays(&[Answer(0); 4]).await;
        assert_eq!(schedule.service.states(), ["CREATE_IN_PROGRESS"]);
        assert_eq!(schedule.service.alias(), Alias::Reserved);
        schedule.plays(&[Deny(0), Wait(2)]).await;
        schedule.goes_round().await;
        assert_eq!(schedule.service.alias(), Alias::Absent);
        assert!(schedule.callers[0].has_failed());

        let next = schedule.one_comes();
        schedule.plays(&[Answer(next); 4]).await;
        schedule.plays(&[Approve(1), Wait(2)]).await;
        schedule.goes_round().await;
        let key = schedule.service.keys()[1].clone();
        assert_eq!(schedule.service.alias(), Alias::Assigned(key));
        assert_eq!(schedule.asked_again, 0);
    });
}
