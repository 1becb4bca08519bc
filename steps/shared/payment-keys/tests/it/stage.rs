//! Where schedules are played.

use aws_sdk_paymentcryptography::Client;
use tokio::runtime::{Builder, Runtime};

use crate::line::Line;
use crate::log::Log;
use crate::schedule::{Budget, Schedule};
use crate::service::Service;

/// What is the same for many schedules: clients, a log, and a clock that only moves when told to.
pub(crate) struct Stage {
    pub(crate) lines: Vec<(Line, Client)>,
    pub(crate) log: Log,
    runtime: Runtime,
}

impl Stage {
    /// For so many callers in all.
    pub(crate) fn for_callers(callers: usize) -> Self {
        let lines = (0..callers).map(|_| Line::default());
        Self {
            lines: lines.map(|line| (line.clone(), line.client())).collect(),
            log: Log::of_this_thread(),
            runtime: Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .expect("a runtime"),
        }
    }

    pub(crate) fn plays<'a>(
        &'a self,
        service: Service,
        callers: usize,
        budget: Budget,
        play: impl AsyncFnOnce(Schedule<'a>),
    ) {
        self.runtime.block_on(async {
            play(Schedule::begin(self, service, callers, budget)).await;
        });
    }
}
