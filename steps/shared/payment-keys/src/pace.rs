//! How calls are made again when the service has no room for them.
//!
//! Payment Cryptography admits five control-plane calls a second for the whole account
//! (AWS: "Quotas for AWS Payment Cryptography"). The SDK's own retries do not fit: they have one
//! pace for all calls of a client, and a budget that runs out after a hundred. But whoever holds a
//! reservation must get through before those who wait for it, or nobody ever gets through.

use std::time::Duration;

use step::ServiceError;
use tokio::time::Instant;

use crate::claim::HOLDING_LIMIT;

/// How long all patient calls of one step may take together. A function that makes them lives
/// longer than that, and the state machine tries again for longer still.
const STEP_LIMIT: Duration = Duration::from_secs(50);

/// How long a holder goes on after a throttle: a quarter less than it may hold its reservation, so
/// that it can still give it back.
const HOLDER_LIMIT: Duration = Duration::from_secs(HOLDING_LIMIT.as_secs() / 4 * 3);

/// How often a call that had no answer is made again.
const UNANSWERED: usize = 2;

/// When to make a call again, and until when.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    shortest: Duration,
    longest: Duration,
    until: Instant,
}

impl Pace {
    /// Of those who have nothing to lose yet: one second at first, and twice as long each time.
    pub fn patient() -> Self {
        Self {
            shortest: Duration::from_secs(1),
            longest: Duration::from_secs(8),
            until: Instant::now() + STEP_LIMIT,
        }
    }

    /// Of those for whom others wait.
    pub(crate) fn eager() -> Self {
        Self {
            shortest: Duration::from_millis(300),
            longest: Duration::from_millis(600),
            until: Instant::now() + HOLDER_LIMIT,
        }
    }

    /// Of those who must not get in anybody's way: whoever makes a key comes again sooner.
    pub fn unhurried() -> Self {
        Self {
            shortest: Duration::from_secs(4),
            longest: Duration::from_secs(16),
            until: Instant::now() + STEP_LIMIT,
        }
    }

    /// Makes a call that may be carried out twice: again after a throttle, and twice more if there
    /// is no answer.
    pub async fn repeat<T>(
        &self,
        call: impl AsyncFn() -> Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        self.go_on(UNANSWERED, call).await
    }

    /// Makes a call that must not be carried out twice: again only after a throttle, when nothing
    /// was done.
    pub async fn repeat_if_throttled<T>(
        &self,
        call: impl AsyncFn() -> Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        self.go_on(0, call).await
    }

    async fn go_on<T>(
        &self,
        mut unanswered: usize,
        call: impl AsyncFn() -> Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        let mut pause = self.shortest;
        loop {
            let error = match call().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match &error {
                ServiceError::ServiceThrottled { .. } => {}
                ServiceError::ServiceUnavailable { .. } if unanswered > 0 => unanswered -= 1,
                _ => return Err(error),
            }
            let this_time = jittered(pause);
            if Instant::now() + this_time > self.until {
                return Err(error);
            }
            tokio::time::sleep(this_time).await;
            pause = self.longest.min(pause * 2);
        }
    }
}

/// The shortest pause after each call of those who must not get in anybody's way: of the five calls
/// that the account has in that time, four or more are for others.
pub const REST: Duration = Duration::from_secs(1);

/// Waits for that long, and up to half of it longer.
pub async fn rest(shortest: Duration) {
    tokio::time::sleep(shortest.mul_f64(1.0 + fastrand::f64() / 2.0)).await;
}

/// Half of a pause, or up to the whole, so that those who come together do not come together again.
pub(crate) fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.5 + fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn throttled() -> ServiceError {
        ServiceError::ServiceThrottled {
            operation: "test:Call",
            detail: String::new(),
        }
    }

    fn unanswered() -> ServiceError {
        ServiceError::ServiceUnavailable {
            operation: "test:Call",
            detail: String::new(),
        }
    }

    fn refused() -> ServiceError {
        ServiceError::AccessDenied {
            operation: "test:Call",
            detail: String::new(),
        }
    }

    /// How often it is called, and how many seconds that takes.
    async fn calls(pace: Pace, once: bool, error: fn() -> ServiceError) -> (usize, u64) {
        let (calls, start) = (Cell::new(0), Instant::now());
        let call = async || {
            calls.set(calls.get() + 1);
            Err::<(), _>(error())
        };
        let outcome = if once {
            pace.repeat_if_throttled(call).await
        } else {
            pace.repeat(call).await
        };
        assert_eq!(outcome, Err(error()));
        (calls.get(), start.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttled_call_is_repeated_for_as_long_as_there_is_time() {
        let (patient, seconds) = calls(Pace::patient(), false, throttled).await;
        assert!((9..=16).contains(&patient), "{patient}");
        assert!((42..=50).contains(&seconds), "{seconds}");
        let (eager, seconds) = calls(Pace::eager(), true, throttled).await;
        assert!((25..=52).contains(&eager), "{eager}");
        assert!((14..=15).contains(&seconds), "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_unhurried_comes_again_later_than_anybody_else() {
        let (unhurried, seconds) = calls(Pace::unhurried(), false, throttled).await;
        assert!((4..=8).contains(&unhurried), "{unhurried}");
        assert!(seconds <= 50, "{seconds}");
        let start = Instant::now();
        rest(REST).await;
        assert!((1.0..=1.51).contains(&start.elapsed().as_secs_f64()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_have_been_carried_out_is_repeated_only_where_that_does_no_harm() {
        assert_eq!(calls(Pace::patient(), false, unanswered).await.0, 3);
        assert_eq!(calls(Pace::eager(), true, unanswered).await, (1, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_final() {
        assert_eq!(calls(Pace::patient(), false, refused).await, (1, 0));
        assert_eq!(calls(Pace::patient(), true, refused).await, (1, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_ends_it() {
        let left = Cell::new(3);
        let outcome = Pace::patient()
            .repeat(async || {
                left.set(left.get() - 1);
                if left.get() > 0 {
                    return Err(throttled());
                }
                Ok("answer")
            })
            .await;
        assert_eq!(outcome, Ok("answer"));
        assert_eq!(left.get(), 0);
    }
}
