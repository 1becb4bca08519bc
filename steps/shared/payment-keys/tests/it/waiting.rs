//! How long a reservation is held and waited for, and who gives it back.

use ceremony::keys::Origin;
use payment_keys::ClaimError;
use step::{ServiceError, StepError};

use crate::caller::State;
use crate::schedule::Move::{Answer, Lose, Refuse, Resume, Stall, Throttle, Wait};
use crate::schedule::{Budget, Schedule};
use crate::service::{Alias, Service, Start};
use crate::stage::Stage;

fn plays<'a>(stage: &'a Stage, start: Start, callers: usize, play: impl AsyncFnOnce(Schedule<'a>)) {
    stage.plays(Service::starting(start), callers, Budget::default(), play);
}

fn asks(schedule: &Schedule<'_>, number: usize) -> String {
    match &schedule.callers[number].state {
        State::Asking(request) => request.operation.clone(),
        other => format!("{other:?}"),
    }
}

fn error(schedule: &Schedule<'_>, number: usize) -> ClaimError {
    match &schedule.callers[number].state {
        State::Returned(Err(error)) => error.clone(),
        other => panic!("an error was expected, not {other:?}"),
    }
}

#[test]
fn many_at_once_get_one_key() {
    let stage = Stage::for_callers(12);
    plays(&stage, Start::Absent, 12, async |mut schedule| {
        schedule.goes_round().await;
        let claims: Vec<_> = schedule
            .callers
            .iter()
            .filter_map(|caller| caller.claim())
            .collect();
        assert_eq!(claims.len(), 12);
        assert!(
            claims
                .iter()
                .all(|claim| claim.key_arn() == claims[0].key_arn())
        );
        assert_eq!(
            claims
                .iter()
                .filter(|claim| claim.origin() == Origin::Created)
                .count(),
            1
        );
        assert_eq!(schedule.service.keys().len(), 1);
    });
}

#[test]
fn many_who_take_over_at_once_get_the_oldest_key_and_name_the_others() {
    let stage = Stage::for_callers(3);
    plays(&stage, Start::Reserved(0), 3, async |mut schedule| {
        schedule.goes_round().await;
        let keys = schedule.service.keys().clone();
        assert_eq!(keys.len(), 3);
        assert_eq!(schedule.service.alias(), Alias::Assigned(keys[0].clone()));
        for caller in &schedule.callers {
            assert_eq!(caller.claim().unwrap().key_arn(), keys[0]);
        }
        let named: Vec<bool> = keys
            .iter()
            .map(|key| schedule.log.names_as_surplus(key))
            .collect();
        assert_eq!(named, [false, true, true]);
    });
}

/// It looks for lost keys at the second look and at the last: that takes many calls.
#[test]
fn a_waiter_looks_every_two_seconds_and_takes_over_after_twenty_five() {
    let stage = Stage::for_callers(1);
    plays(&stage, Start::Reserved(0), 1, async |mut schedule| {
        let mut calls = Vec::new();
        while schedule.service.keys().is_empty() {
            match asks(&schedule, 0).as_str() {
                "Asleep" => schedule.play(Wait(2)).await,
                operation => {
                    calls.push(format!("{} {operation}", schedule.seconds));
                    schedule.play(Answer(0)).await;
                }
            }
        }
        let looks = (0..=26).step_by(2);
        let mut expected: Vec<String> = looks.map(|second| format!("{second} GetAlias")).collect();
        expected.extend(["ListKeys", "ListAliases", "CreateKey"].map(|it| format!("26 {it}")));
        expected.splice(2..2, ["2 ListKeys", "2 ListAliases"].map(str::to_owned));
        assert_eq!(calls, expected);
    });
}

#[test]
fn a_holder_may_take_nineteen_seconds() {
    let stage = Stage::for_callers(1);
    plays(&stage, Start::Absent, 1, async |mut schedule| {
        schedule.plays(&[Answer(0), Answer(0), Wait(19)]).await;
        schedule.goes_round().await;
        assert!(schedule.callers[0].claim().unwrap().origin() == Origin::Created);
    });
}

#[test]
fn a_holder_gives_up_after_twenty_seconds_and_keeps_the_reservation() {
    let stage = Stage::for_callers(1);
    plays(&stage, Start::Absent, 1, async |mut schedule| {
        schedule.plays(&[Answer(0), Answer(0)]).await;
        assert_eq!(asks(&schedule, 0), "CreateKey");
        schedule.play(Wait(21)).await;
        let error = error(&schedule, 0);
        assert!(matches!(error, ClaimError::TooSlow { .. }), "{error}");
        assert_eq!(schedule.service.alias(), Alias::Reserved);

        let error = ServiceError::from(error);
        assert_eq!(error.name(), "ServiceUnavailable");
        assert!(
            error.to_string().contains("not ready in 20 seconds"),
            "{error}"
        );
    });
}

/// A waiter sees the reservation before its holder hears of it.
#[test]
fn the_holders_time_begins_when_it_asks_for_the_reservation() {
    let stage = Stage::for_callers(1);
    plays(&stage, Start::Absent, 1, async |mut schedule| {
        schedule.play(Answer(0)).await;
        assert_eq!(asks(&schedule, 0), "CreateAlias");
        schedule.plays(&[Stall(0), Wait(21), Resume(0)]).await;
        assert!(matches!(error(&schedule, 0), ClaimError::TooSlow { .. }));
        assert!(schedule.service.keys().is_empty());
    });
}

/// Its last look may have been answered long ago.
#[test]
fn a_waiter_whose_patience_ends_looks_again_before_it_takes_over() {
    let stage = Stage::for_callers(1);
    plays(&stage, Start::Reserved(0), 1, async |mut schedule| {
        schedule.plays(&[Answer(0), Wait(2)]).await;
        schedule.plays(&[Answer(0); 3]).await;
        schedule.play(Wait(2)).await;
        assert_eq!(asks(&schedule, 0), "GetAlias");
        schedule.plays(&[Stall(0), Wait(26), Resume(0)]).await;
        assert_eq!(asks(&schedule, 0), "Asleep");
    });
}

/// Nothing was done, and it still has time.
#[test]
fn a_holder_that_is_throttled_goes_on_where_it_was() {
    let stage = Stage::for_callers(1);
    plays(&stage, Start::Absent, 1, async |mut schedule| {
        schedule.plays(&[Answer(0), Answer(0), Throttle(0)]).await;
        assert_eq!(asks(&schedule, 0), "BackingOff");
        schedule.play(Wait(2)).await;
        assert_eq!(asks(&schedule, 0), "CreateKey");
        schedule.plays(&[Answer(0), Throttle(0), Wait(2)]).await;
        assert_eq!(asks(&schedule, 0), "UpdateAlias");
        schedule.play(Answer(0)).await;
        let claim = schedule.callers[0].claim().unwrap();
        assert_eq!(claim.origin(), Origin::Created);
    });
}

#[test]
fn a_holder_whose_key_is_refused_gives_the_reservation_back() {
    let stage = Stage::for_callers(1);
    plays(&stage, Start::Absent, 1, async |mut schedule| {
        schedule.plays(&[Answer(0), Answer(0), Refuse(0)]).await;
        schedule.goes_round().await;
        assert_eq!(schedule.service.alias(), Alias::Absent);
        assert_eq!(
            ServiceError::from(error(&schedule, 0)).name(),
            "ServiceRefused"
        );
        assert_eq!(schedule.log.messages(), [""; 0]);
    });
}

#[test]
fn a_reservation_that_cannot_be_given_back_stays() {
    let stage = Stage::for_callers(1);
    plays(&stage, Start::Absent, 1, async |mut schedule| {
        schedule
            .plays(&[Answer(0), Answer(0), Refuse(0), Answer(0)])
            .await;
        assert_eq!(asks(&schedule, 0), "DeleteAlias");
        schedule.play(Lose(0)).await;
        assert_eq!(schedule.service.alias(), Alias::Reserved);
        assert!(
            error(&schedule, 0)
                .to_string()
                .contains("CreateKey was refused")
        );
        assert_eq!(schedule.log.messages(), ["the reservation stays"]);
    });
}

/// The key may have been made.
#[test]
fn a_holder_that_hears_nothing_of_its_key_keeps_the_reservation() {
    let stage = Stage::for_callers(1);
    plays(&stage, Start::Absent, 1, async |mut schedule| {
        schedule.plays(&[Answer(0), Answer(0), Lose(0)]).await;
        assert_eq!(
            ServiceError::from(error(&schedule, 0)).name(),
            "ServiceUnavailable"
        );
        assert_eq!(schedule.service.alias(), Alias::Reserved);
    });
}

/// Another one may have given the alias a key.
#[test]
fn who_took_over_gives_nothing_back() {
    let stage = Stage::for_callers(1);
    plays(&stage, Start::Reserved(0), 1, async |mut schedule| {
        schedule
            .plays(&[Answer(0), Wait(26), Answer(0), Answer(0), Answer(0)])
            .await;
        assert_eq!(asks(&schedule, 0), "CreateKey");
        schedule.play(Refuse(0)).await;
        assert_eq!(
            ServiceError::from(error(&schedule, 0)).name(),
            "ServiceRefused"
        );
        assert_eq!(schedule.service.alias(), Alias::Reserved);
    });
}

/// The first holder gave its reservation back, and the second one has all its time.
#[test]
fn a_waiter_that_saw_the_alias_absent_waits_anew() {
    let stage = Stage::for_callers(3);
    plays(&stage, Start::Absent, 3, async |mut schedule| {
        let second_is_late = [Answer(0), Answer(0), Answer(2), Wait(19)];
        schedule.plays(&second_is_late).await;
        schedule.plays(&[Refuse(0), Answer(0), Answer(0)]).await;
        schedule.plays(&[Answer(2), Answer(1), Answer(1)]).await;
        assert_eq!(asks(&schedule, 2), "CreateAlias");
        schedule.plays(&[Answer(2), Answer(2), Wait(8)]).await;
        assert_eq!(asks(&schedule, 2), "GetAlias");
        schedule.plays(&[Answer(2); 3]).await;
        assert_eq!(asks(&schedule, 2), "Asleep");
        schedule.goes_round().await;
        assert_eq!(schedule.service.keys().len(), 1);
        assert_eq!(schedule.log.takeovers(), 0);
    });
}
