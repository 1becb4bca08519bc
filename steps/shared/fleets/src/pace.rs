//! The pace of one batch.

use std::time::Duration;

use ceremony::fleet::{Outcome, SerialNumber};
use futures::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::Mutex;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How many calls of a batch may be without an answer: so that a slow answer does not slow the rest.
const IN_FLIGHT: usize = 8;

/// Whose turn it is: every call of a batch waits for its own.
pub struct Turns(Mutex<Interval>);

impl Turns {
    pub(crate) fn every(pause: Duration) -> Self {
        let mut ticks = interval(pause);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self(Mutex::new(ticks))
    }

    pub async fn next(&self) {
        self.0.lock().await.tick().await;
    }

    /// Each terminal in its turn; what became of them, in their order.
    pub async fn each<E>(
        &self,
        terminals: &[SerialNumber],
        export: impl AsyncFn(&SerialNumber) -> Result<Outcome, E>,
    ) -> Result<Vec<Outcome>, E> {
        let export = &export;
        let exports = stream::iter(terminals).map(async |number| {
            self.next().await;
            export(number).await
        });
        exports.buffered(IN_FLIGHT).try_collect().await
    }
}
