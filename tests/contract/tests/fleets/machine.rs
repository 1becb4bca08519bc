//! `statemachine/initial-keys.asl.json` and what is before and after it, in the test's process.

use std::time::Duration;

use aws_sdk_paymentcryptography::Client;
use ceremony::algorithms::SignatureAlgorithm;
use ceremony::fleet::{BatchResult, Plan, Receiver, Run};
use emulated::aws::Aws;
use emulated::{ceremony, execution};
use futures::stream::{self, StreamExt};
use runs::Turns;
use step::{Journal, StepError};

/// As `MaxConcurrency` of the machine.
pub(crate) const AT_ONCE: usize = 4;

/// What a Lambda takes from one batch to the next.
const BETWEEN: Duration = Duration::from_millis(400);

pub(crate) struct Machine {
    pub(crate) aws: Aws,
    pub(crate) client: Client,
    pub(crate) run: Run,
    /// By TR-34.
    pub(crate) receiver: Option<Receiver>,
    /// Of all fleets together.
    pub(crate) turns: Turns,
    pub(crate) clock: fleets::Clock,
}

impl Machine {
    pub(crate) async fn splits(&self) -> Plan {
        let context = split_inventory::Context {
            s3: self.s3(),
            inbox_bucket: "inbox".to_owned(),
            work_bucket: "fleets".to_owned(),
        };
        let input = split_inventory::Input {
            ceremony: ceremony(),
            execution: execution(),
            run: self.run.clone(),
        };
        let output = split_inventory::handle(&context, input, &Journal::default()).await;
        output.unwrap().0
    }

    /// The map: every batch, each again when it was stopped by what is transient.
    pub(crate) async fn exports(&self, plan: &Plan) {
        let batches = stream::iter(1..=plan.batches).map(async |batch| {
            tokio::time::sleep(BETWEEN).await;
            self.exports_one(plan, batch).await;
        });
        batches.buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
    }

    async fn exports_one(&self, plan: &Plan, batch: u32) {
        let fleet = fleets::Context {
            payment_cryptography: self.client.clone(),
            s3: self.s3(),
            work_bucket: "fleets".to_owned(),
            turns: self.turns.clone(),
            clock: self.clock,
        };
        let input = fleets::Input {
            ceremony: ceremony(),
            derivation: self.run.derivation.clone(),
            plan: plan.clone(),
            batch,
            receiver: self.receiver.clone(),
        };
        loop {
            let failed = match &self.receiver {
                None => {
                    let journal = Journal::default();
                    let done = export_initial_keys::handle(&fleet, input.clone(), &journal).await;
                    done.err().map(|error| (error.name(), error.to_string()))
                }
                Some(_) => self.exports_tr34(&fleet, input.clone()).await,
            };
            match failed {
                None => return,
                Some(("ServiceThrottled", _)) => tokio::time::sleep(Duration::from_secs(2)).await,
                Some((name, words)) => panic!("{name}: {words}"),
            }
        }
    }

    async fn exports_tr34(
        &self,
        fleet: &fleets::Context,
        input: fleets::Input,
    ) -> Option<(&'static str, String)> {
        let context = export_initial_keys_tr34::Context {
            fleet: fleet.clone(),
            evidence_bucket: "evidence".to_owned(),
        };
        let done = export_initial_keys_tr34::handle(&context, input, &Journal::default()).await;
        done.err().map(|error| (error.name(), error.to_string()))
    }

    pub(crate) async fn gathers(&self, plan: &Plan) -> gather_initial_keys::Output {
        let context = gather_initial_keys::Context {
            s3: self.s3(),
            inbox_bucket: "inbox".to_owned(),
            work_bucket: "fleets".to_owned(),
        };
        let input = gather_initial_keys::Input {
            ceremony: ceremony(),
            execution: execution(),
            run: self.run.clone(),
            plan: plan.clone(),
            receiver: self.receiver.clone(),
            signature: SignatureAlgorithm::default(),
        };
        let output = gather_initial_keys::handle(&context, input, &Journal::default()).await;
        output.unwrap()
    }

    /// What has been gathered.
    pub(crate) fn json_lines(&self, plan: &Plan) -> String {
        let key = Plan::output_key(&plan.folder, "initial-keys.jsonl");
        let newest = self.aws.versions("fleets", &key).pop().unwrap();
        String::from_utf8(newest.bytes).unwrap()
    }

    /// The results that are there.
    pub(crate) fn results(&self, plan: &Plan) -> Vec<BatchResult> {
        let read = |batch| {
            let stored = self
                .aws
                .versions("fleets", &Plan::result_key(&plan.folder, batch));
            assert!(stored.len() <= 1, "batch {batch} was written again");
            let bytes = stored.into_iter().next()?.bytes;
            Some(serde_json::from_slice(&bytes).unwrap())
        };
        (1..=plan.batches).filter_map(read).collect()
    }

    fn s3(&self) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::new(&self.aws.config())
    }
}
