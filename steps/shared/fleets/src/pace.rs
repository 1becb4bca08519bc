//! The pace of one batch.

use std::time::{Duration, SystemTime};

use ceremony::fleet::{BATCH, Outcome, SerialNumber};
use futures::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::Mutex;

use crate::Error;

/// How many calls of a batch may be without an answer: so that a slow answer does not slow the rest.
const IN_FLIGHT: usize = 8;

/// For how long turns are taken at once. Other batches come in between, and of a batch that is stopped no
/// more turns than these are lost.
const AT_ONCE: Duration = Duration::from_millis(2500);

/// Since 1970.
pub type Clock = fn() -> Duration;

pub fn system_clock() -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.unwrap_or_default()
}

/// Whose turn it is: every call of a batch waits for its own.
pub struct Turns<'a> {
    account: &'a runs::Turns,
    clock: Clock,
    ours: Mutex<Ours>,
}

/// Turns that are taken and not used.
struct Ours {
    next: Duration,
    left: u32,
    /// Calls of the batch that have no turn yet.
    lacking: u32,
}

impl<'a> Turns<'a> {
    pub(crate) fn of(account: &'a runs::Turns, clock: Clock, terminals: usize) -> Self {
        let ours = Ours {
            next: Duration::ZERO,
            left: 0,
            lacking: u32::try_from(terminals).unwrap_or(u32::MAX),
        };
        Self {
            account,
            clock,
            ours: Mutex::new(ours),
        }
    }

    pub async fn next(&self) -> Result<(), Error> {
        let turn = {
            let mut ours = self.ours.lock().await;
            if ours.left == 0 {
                let count = self.at_once().min(ours.lacking).max(1);
                ours.next = self.account.take(count, (self.clock)()).await?;
                ours.left = count;
                ours.lacking = ours.lacking.saturating_sub(count);
            }
            let turn = ours.next;
            ours.next += self.account.every();
            ours.left -= 1;
            turn
        };
        tokio::time::sleep(turn.saturating_sub((self.clock)())).await;
        Ok(())
    }

    fn at_once(&self) -> u32 {
        let turns = AT_ONCE.as_micros() / self.account.every().as_micros().max(1);
        u32::try_from(turns.min(BATCH as u128)).unwrap_or(1)
    }

    /// Each terminal in its turn; what became of them, in their order.
    pub async fn each<E: From<Error>>(
        &self,
        terminals: &[SerialNumber],
        export: impl AsyncFn(&SerialNumber) -> Result<Outcome, E>,
    ) -> Result<Vec<Outcome>, E> {
        let export = &export;
        let exports = stream::iter(terminals).map(async |number| {
            self.next().await?;
            export(number).await
        });
        exports.buffered(IN_FLIGHT).try_collect().await
    }
}
