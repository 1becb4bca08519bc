//! Two intakes at once, in every order of their calls; and one that dies between any two calls.

use std::time::Duration;

use emulated::aws::Gate;
use intake::{Error, Output, handle};
use tokio::task::{JoinHandle, LocalSet};
use tokio::time::{sleep, timeout};

use crate::inbox::{FOLDER, Inbox, context, event};

/// A call of the step whose requests wait to be let pass.
struct Gated {
    gate: Gate,
    call: JoinHandle<Result<Output, Error>>,
}

impl Gated {
    fn hears(inbox: &Inbox, file: &str) -> Self {
        let gate = Gate::default();
        let context = context(&inbox.aws.config_behind(&gate));
        let (event, now) = (event(&format!("{FOLDER}{file}")), inbox.at());
        let call = tokio::task::spawn_local(async move { handle(&context, event, now).await });
        Self { gate, call }
    }

    /// Until it waits or has ended.
    async fn stands(&self) {
        while !self.call.is_finished() && !self.gate.is_waited_at() {
            sleep(Duration::from_millis(1)).await;
        }
    }

    async fn passes(&self) {
        self.gate.let_pass(1);
        // What was let pass is taken before it is asked who waits.
        sleep(Duration::from_millis(1)).await;
        self.stands().await;
    }

    async fn ends(self) -> Output {
        self.gate.let_pass(1000);
        self.call.await.expect("no panic").expect("an outcome")
    }
}

/// Requests before the first that the table or Step Functions sees: one listing, three files, the
/// profile. Their order among two calls that only read makes no difference.
const READS: usize = 5;

/// Turns that are chosen, one bit each; after them the first call goes to its end, then the second.
const TURNS: u32 = 8;

/// Every order of the requests of two calls, each on an inbox of its own.
async fn in_every_order(
    make: impl AsyncFn() -> Inbox,
    files: [&str; 2],
    holds: impl Fn(&Inbox, [Output; 2]),
) {
    for order in 0..1_u32 << TURNS {
        let inbox = make().await;
        let local = LocalSet::new();
        let outputs = local
            .run_until(async {
                let calls = files.map(|file| Gated::hears(&inbox, file));
                for call in &calls {
                    call.stands().await;
                    for _ in 0..READS {
                        call.passes().await;
                    }
                }
                for turn in 0..TURNS {
                    let call = &calls[usize::from(order & (1 << turn) != 0)];
                    if !call.call.is_finished() {
                        call.passes().await;
                    }
                }
                let [one, other] = calls;
                [one.ends().await, other.ends().await]
            })
            .await;
        holds(&inbox, outputs);
    }
}

#[tokio::test(start_paused = true)]
async fn two_events_of_a_new_set_start_one_execution() {
    let make = async || {
        let inbox = Inbox::with_chain();
        inbox.drops_certificate("same.pem", &inbox.pki.leaf);
        inbox.aws.delete("inbox", &format!("{FOLDER}leaf.pem"));
        inbox
    };
    in_every_order(make, ["same.pem", "ca.pem"], |inbox, outputs| {
        inbox.assert_runs(&[1]);
        assert_eq!(inbox.begun_today(), 1);
        assert!(outputs.contains(&Output::Started), "{outputs:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn two_events_of_a_drop_after_the_end_start_one_run() {
    let make = async || {
        let mut inbox = Inbox::with_chain();
        inbox.hears("leaf.pem").await.expect("a start");
        inbox.time_passes(3);
        inbox.run_ends(1);
        inbox.time_passes(3);
        inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
        inbox
    };
    in_every_order(make, ["leaf.pem", "leaf.pem"], |inbox, outputs| {
        inbox.assert_runs(&[1, 2]);
        assert_eq!(inbox.begun_today(), 2);
        assert!(outputs.contains(&Output::Started), "{outputs:?}");
    })
    .await;
}

/// The call has made so many requests, and is not heard of again.
async fn dies_after(inbox: &Inbox, file: &str, requests: usize) {
    let gate = Gate::default();
    gate.let_pass(requests);
    let context = context(&inbox.aws.config_behind(&gate));
    let call = handle(&context, event(&format!("{FOLDER}{file}")), inbox.at());
    // The clock stands still, so that this is over as soon as nothing moves.
    drop(timeout(Duration::from_secs(60), call).await);
}

/// So many requests does a call make that nobody disturbs: six files and tables at least.
async fn requests(make: impl AsyncFn() -> Inbox) -> usize {
    let inbox = make().await;
    let before = inbox.aws.calls().len();
    inbox.hears("leaf.pem").await.expect("an outcome");
    inbox.aws.calls().len() - before
}

async fn dies_anywhere(make: impl AsyncFn() -> Inbox, runs: &[u32]) {
    let requests = requests(&make).await;
    assert!(requests > READS + 2, "{requests}");
    for first in 0..=requests {
        for second in 0..=requests {
            let mut inbox = make().await;
            let before = inbox.begun_today();
            dies_after(&inbox, "leaf.pem", first).await;
            inbox.time_passes(60);
            dies_after(&inbox, "leaf.pem", second).await;
            inbox.time_passes(120);
            inbox.hears("leaf.pem").await.expect("an outcome");
            inbox.assert_runs(runs);
            assert_eq!(inbox.begun_today(), before + 1);
            inbox.time_passes(600);
            inbox.run_ends(*runs.last().expect("a run"));
            inbox.time_passes(600);
            assert_eq!(
                inbox.hears("leaf.pem").await.expect("an outcome"),
                Output::AlreadyStarted
            );
            inbox.assert_runs(runs);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_dies_anywhere_is_made_up_for() {
    dies_anywhere(async || Inbox::with_chain(), &[1]).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_that_dies_anywhere_in_a_later_run_is_made_up_for() {
    let make = async || {
        let mut inbox = Inbox::with_chain();
        inbox.hears("leaf.pem").await.expect("a start");
        inbox.time_passes(3);
        inbox.run_ends(1);
        inbox.time_passes(3);
        inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
        inbox
    };
    dies_anywhere(make, &[1, 2]).await;
}

/// The number was taken, no execution started, and the partner, who saw nothing, drops again.
#[tokio::test(start_paused = true)]
async fn a_drop_after_a_call_that_died_starts_the_run_that_was_taken() {
    let mut inbox = Inbox::with_chain();
    dies_after(&inbox, "leaf.pem", READS + 2).await;
    assert_eq!((inbox.begun_today(), inbox.aws.executions().len()), (1, 0));
    inbox.time_passes(300);
    let version = inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
    assert_eq!(
        inbox.hears("leaf.pem").await.expect("an outcome"),
        Output::Started
    );
    let input = &inbox.assert_runs(&[1])[0].input;
    // With the input that was written with the number, whoever starts it.
    assert!(!input.contains(&format!("\"{version}\"")), "{input}");
    inbox.time_passes(1);
    inbox.run_ends(1);
    inbox.time_passes(60);
    assert_eq!(
        inbox.hears("leaf.pem").await.expect("an outcome"),
        Output::AlreadyStarted
    );
    assert_eq!(inbox.begun_today(), 1);
}
