//! The calls after the first: in the loop that waits, and right before the KEK leaves.

use std::time::Duration;

use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::revocation::Status;
use ceremony::utc::Utc;

use super::{
    Proven, Services, Steps, earlier, good, is_leaf, issuing, leaf, not_revoked, unavailable,
};

fn about<F>(services: &Services<F>) -> Vec<Sha256> {
    let asked = services.asked.iter();
    asked.map(|(subject, _)| subject.clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_was_proven_is_not_asked_again_while_another_service_is_waited_for() {
    let steps = Steps::new();
    let mut services = Services::that(|it: &Certificate| match is_leaf(it) {
        true => good(it),
        false => unavailable(it),
    });
    let awaited = steps.waits(&mut services, steps.input()).await;
    let (asked_at, since) = (awaited.asked_at, awaited.since);
    let mut input = steps.input();
    input.awaited = Some(awaited);

    let mut services = Services::that(unavailable);
    let still = steps.waits(&mut services, input.clone()).await;
    assert_eq!(about(&services), [issuing()]);
    assert_eq!(still.since, since, "what is waited for did not begin anew");
    input.awaited = Some(still);

    let mut services = Services::that(good);
    let proven = steps.proven(&mut services, input).await.proven;
    assert_eq!(about(&services), [issuing()]);
    assert_eq!(proven.asked_at, asked_at, "it is as old as its oldest part");
    assert_eq!(proven.summary.not_proven, []);
}

#[tokio::test(start_paused = true)]
async fn what_has_had_its_time_is_asked_again() {
    for current_for in [Some(-1), None] {
        let steps = Steps::new();
        let mut services = Services::that(|it: &Certificate| {
            if !is_leaf(it) {
                return unavailable(it);
            }
            let mut found = not_revoked(b"answer", current_for.unwrap_or_default());
            if let (Status::NotRevoked { proof }, None) = (&mut found.status, current_for) {
                proof.next_update = None;
            }
            found
        });
        let mut input = steps.input();
        input.awaited = Some(steps.waits(&mut services, steps.input()).await);
        let mut services = Services::that(good);
        steps.proven(&mut services, input).await;
        assert_eq!(about(&services), [leaf(), issuing()], "{current_for:?}");
    }
}

/// Otherwise it would be refused right after it was proven.
#[tokio::test(start_paused = true)]
async fn what_is_older_than_a_proof_may_be_is_asked_again() {
    let steps = Steps::new();
    let mut services = Services::that(|it: &Certificate| match is_leaf(it) {
        true => good(it),
        false => unavailable(it),
    });
    let mut awaited = steps.waits(&mut services, steps.input()).await;
    awaited.asked_at = Utc::now().plus_seconds(-60 * 60);
    let mut input = steps.input();
    input.awaited = Some(awaited);
    let mut services = Services::that(good);
    let proven = steps.proven(&mut services, input).await.proven;
    assert_eq!(about(&services), [leaf(), issuing()]);
    let rules = &steps.policy.revocation;
    assert_eq!(proven.is_recent(rules, Utc::now(), 0), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn slow_services_take_their_time_from_all_and_what_is_not_reached_is_asked_the_next_time() {
    let steps = Steps::new();
    let mut services = Services::that(good);
    services.takes = Duration::from_secs(50);
    let start = tokio::time::Instant::now();
    let awaited = steps.waits(&mut services, steps.input()).await;
    assert_eq!(
        start.elapsed().as_secs(),
        check_revocation::BUDGET.as_secs()
    );
    assert_eq!(about(&services), [leaf(), issuing()]);
    let Status::Unavailable { reasons } = &awaited.findings[1].status else {
        panic!("{awaited:?}");
    };
    assert!(reasons[0].contains("80 s"), "{reasons:?}");
    assert!(matches!(
        awaited.findings[0].status,
        Status::NotRevoked { .. }
    ));

    let mut input = steps.input();
    input.awaited = Some(awaited);
    let mut services = Services::that(good);
    services.takes = Duration::from_secs(50);
    steps.proven(&mut services, input).await;
    assert_eq!(about(&services), [issuing()]);
}

#[tokio::test(start_paused = true)]
async fn a_young_proof_is_good_for_the_kek_and_an_old_one_is_made_anew() {
    let steps = Steps::new();
    let previous = earlier(&steps).await;
    let calls = steps.aws.calls().len();
    for (minutes, again) in [(0, false), (59, false), (60, true), (-5, true)] {
        let mut previous = previous.clone();
        previous.asked_at = Utc::now().plus_seconds(-minutes * 60);
        let mut input = steps.input();
        input.previous = Some(previous.clone());
        let mut services = Services::that(good);
        let Proven { proven, asked } = steps.proven(&mut services, input).await;
        assert_eq!(asked, again, "{minutes}");
        assert_eq!(services.asked.is_empty(), !again, "{minutes}");
        assert_eq!(proven == previous, !again, "{minutes}");
        if !again {
            assert_eq!(steps.aws.calls().len(), calls, "nothing is written anew");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn with_no_age_allowed_every_kek_has_a_proof_of_its_own() {
    let mut steps = Steps::new();
    steps.policy.revocation.max_proof_age_minutes = 0;
    let mut input = steps.input();
    input.previous = Some(earlier(&steps).await);
    let mut services = Services::that(good);
    assert!(steps.proven(&mut services, input).await.asked);
}

#[tokio::test(start_paused = true)]
async fn a_proof_of_something_else_or_by_an_outdated_answer_is_none() {
    let steps = Steps::new();
    let previous = earlier(&steps).await;
    let mut of_another_leaf = previous.clone();
    of_another_leaf.findings[0].certificate_sha256 = Sha256::of(b"another leaf");
    let mut of_the_leaf_alone = previous.clone();
    of_the_leaf_alone.findings.pop();
    let mut outdated = previous.clone();
    if let Status::NotRevoked { proof } = &mut outdated.findings[1].status {
        proof.next_update = Some(Utc::now().plus_seconds(-1));
    }
    let mut of_nothing = previous;
    of_nothing.findings.clear();
    for previous in [of_another_leaf, of_the_leaf_alone, outdated, of_nothing] {
        let mut input = steps.input();
        input.previous = Some(previous.clone());
        let mut services = Services::that(good);
        assert!(
            steps.proven(&mut services, input).await.asked,
            "{previous:?}"
        );
        assert_eq!(services.asked.len(), 2);
    }
}

/// The service is away when the KEK is to leave: that is waited for like the first time.
#[tokio::test(start_paused = true)]
async fn an_old_proof_does_not_stand_in_for_one_that_cannot_be_had() {
    let steps = Steps::new();
    let mut previous = earlier(&steps).await;
    previous.asked_at = Utc::now().plus_seconds(-24 * 60 * 60);
    let mut input = steps.input();
    input.previous = Some(previous);
    let mut services = Services::that(unavailable);
    input.awaited = Some(steps.waits(&mut services, input.clone()).await);
    let mut services = Services::that(good);
    let Proven { proven, asked } = steps.proven(&mut services, input).await;
    assert!(asked);
    let rules = &steps.policy.revocation;
    assert_eq!(proven.is_recent(rules, Utc::now(), 0), Ok(()));
}
