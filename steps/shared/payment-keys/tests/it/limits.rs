//! What `claim` cannot rule out: each case under "When it is not" in its documentation, as it
//! happens. Should one of these tests fail, the documentation has become too modest.

use ceremony::keys::Origin;
use serde_json::json;

use crate::schedule::Move::{Answer, Die, Lose, Refuse, Wait};
use crate::schedule::{Budget, Schedule};
use crate::service::{ALIAS, Service, Start, key_for};
use crate::stage::Stage;

fn plays(service: Service, callers: usize, play: impl AsyncFnOnce(Schedule<'_>)) {
    let stage = Stage::for_callers(callers);
    stage.plays(service, callers, Budget::default(), play);
}

/// Its maker died, another took over, and only then the key came to be.
#[test]
fn a_key_that_comes_too_late_is_too_many_and_nobody_names_it() {
    plays(Service::starting(Start::Absent), 2, async |mut schedule| {
        schedule.plays(&[Answer(0), Answer(0), Die(0)]).await;
        let late = schedule.on_the_way[0].clone();
        schedule.plays(&[Answer(1), Wait(26)]).await;
        schedule.goes_round().await;
        schedule.service.carry_out(&late);
        assert_eq!(schedule.service.keys().len(), 2);
        assert!(!schedule.log.names_as_surplus(&schedule.service.keys()[1]));
    });
}

/// Its holder gave the reservation back and heard nothing, another took over, and only then the
/// alias went.
#[test]
#[should_panic(expected = "the alias lost its key by DeleteAlias")]
fn a_reservation_that_goes_too_late_takes_the_key_along() {
    plays(Service::starting(Start::Absent), 2, async |mut schedule| {
        schedule.plays(&[Answer(0), Answer(0), Answer(1)]).await;
        schedule.plays(&[Refuse(0), Answer(0), Lose(0)]).await;
        let late = schedule.on_the_way[0].clone();
        schedule.play(Wait(26)).await;
        schedule.goes_round().await;
        schedule.service.carry_out(&late);
    });
}

/// The third caller saw the first one's reservation, and takes the second one's for it.
#[test]
#[should_panic(expected = "the alias lost its key by UpdateAlias")]
fn a_reservation_made_anew_between_two_looks_is_not_waited_for_long_enough() {
    plays(Service::starting(Start::Absent), 3, async |mut schedule| {
        schedule
            .plays(&[Answer(0), Answer(0), Answer(2), Wait(19)])
            .await;
        schedule.plays(&[Answer(2); 3]).await;
        schedule.plays(&[Refuse(0), Answer(0), Answer(0)]).await;
        schedule.plays(&[Answer(1), Answer(1), Wait(7)]).await;
        // Both make a key, and the third caller looks before the other's is there or the alias's.
        schedule.plays(&[Answer(2); 7]).await;
        schedule.plays(&[Answer(1), Answer(2), Answer(2)]).await;
        assert_eq!(schedule.service.keys().len(), 2);
        schedule.play(Answer(1)).await;
    });
}

fn with_an_alias_deleted_by_hand() -> Service {
    let service = Service::new();
    service.does("CreateAlias", json!({ "AliasName": ALIAS }));
    service.does("CreateKey", key_for(ALIAS));
    service.does("DeleteAlias", json!({ "AliasName": ALIAS }));
    service
}

#[test]
fn one_caller_makes_another_key_for_an_alias_deleted_by_hand() {
    plays(with_an_alias_deleted_by_hand(), 1, async |mut schedule| {
        schedule.goes_round().await;
        assert_eq!(
            schedule.callers[0].claim().unwrap().origin(),
            Origin::Created
        );
    });
}

#[test]
#[should_panic(expected = "the alias lost its key by UpdateAlias")]
fn two_callers_can_disagree_on_an_alias_deleted_by_hand() {
    plays(with_an_alias_deleted_by_hand(), 2, async |mut schedule| {
        schedule
            .plays(&[Answer(0), Answer(0), Answer(1), Wait(2)])
            .await;
        // The other one finds the old key while this one makes a new one.
        schedule.plays(&[Answer(1); 4]).await;
        schedule.plays(&[Answer(0), Answer(1), Answer(0)]).await;
    });
}
