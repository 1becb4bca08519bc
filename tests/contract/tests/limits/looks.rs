//! What `CheckRevocation` makes of services that say as much as they like.

use ceremony::certificate::Certificate;
use ceremony::clearance::Clearance;
use ceremony::digest::Sha256;
use ceremony::id::AnyCeremony;
use ceremony::path::CertificatePath;
use ceremony::proof::PartnerPolicy;
use ceremony::revocation::{Proof, Source, Status};
use ceremony::utc::Utc;
use check_revocation::{Ask, Awaited, Context, Input, Output, Policy, handle};
use emulated::aws::Aws;
use revocation::{Found, Response};
use serde::Serialize;
use step::Journal;

use super::{States, fails, recorded};

/// More than anything is cut to, of a letter that becomes two in JSON and four in JSON within JSON.
fn long() -> String {
    "\"".repeat(10_000)
}

/// Everything the step can answer about a path, each as long as it becomes.
pub(crate) struct Looks {
    /// As the machine asks it first.
    input: Input,
    pending: Output,
    pub proven: Clearance,
    proof: Output,
    refused: Vec<Output>,
}

impl Looks {
    /// At a path that the policy lets pass but for revocation.
    pub(crate) async fn at(
        ceremony: impl Into<AnyCeremony>,
        path: &CertificatePath,
        policy: impl Into<Policy>,
    ) -> Self {
        let input = Input {
            ceremony: ceremony.into(),
            path: path.clone(),
            policy: policy.into(),
            awaited: None,
            previous: None,
        };
        let said = |status: fn(Proof) -> Status| says(&input, status);
        let unavailable = |_| Status::Unavailable {
            reasons: vec![long(); 100],
        };
        let proof = said(|proof| Status::NotRevoked { proof }).await;
        let Output::Proven(proven) = &proof else {
            panic!("not proven: {proof:?}");
        };
        let pending = said(unavailable).await;
        assert!(matches!(pending, Output::Pending(_)), "{pending:?}");
        let mut refused = vec![
            said(|proof| Status::Revoked {
                proof,
                revoked_at: Utc::now(),
                reason: Some(long()),
            })
            .await,
            said(|proof| Status::Unknown { proof }).await,
            said(|_| Status::Unusable {
                reasons: vec![long(); 100],
            })
            .await,
        ];
        let mut impatient = input.clone();
        match &mut impatient.policy {
            Policy::Enrolment(policy) => policy.revocation.wait_minutes = 0,
            Policy::Partner(PartnerPolicy::Receiver(policy)) => policy.revocation.wait_minutes = 0,
            Policy::Partner(PartnerPolicy::Sender(policy)) => policy.revocation.wait_minutes = 0,
        }
        refused.push(says(&impatient, unavailable).await);
        for refused in &refused {
            assert!(matches!(refused, Output::Refused(_)), "{refused:?}");
        }
        Self {
            proven: proven.proven.clone(),
            pending,
            proof,
            refused,
            input,
        }
    }

    /// Asks, waits and asks again, until it is proven.
    pub(crate) fn look(&self, states: &mut States, previous: Option<&Clearance>) {
        let mut input = self.input.clone();
        input.previous = previous.cloned();
        states.payload("the input of CheckRevocation", &input);
        // That it waits is in the evidence once.
        let pending = recorded(self.pending.clone());
        states.answer("CheckRevocation, which waits", &pending);
        input.awaited = Some(awaited(&self.pending));
        states.variables += states.payload("what is awaited", &input.awaited);
        states.payload("the input of CheckRevocation, again", &input);
        states.answer("CheckRevocation", &recorded(self.proof.clone()));
    }

    /// Ends a ceremony that has come this far in each way, and leaves it where it was.
    pub(crate) fn refuse(&self, states: &States, start: &impl Serialize) {
        for refused in &self.refused {
            let mut states = states.clone();
            let refused = recorded(refused.clone());
            states.answer("CheckRevocation, which refuses", &refused);
            fails(&mut states, start, "CheckRevocation", &refused);
        }
    }
}

fn awaited(pending: &Output) -> Awaited {
    match pending {
        Output::Pending(pending) => pending.pending.clone(),
        other => panic!("nothing to wait for: {other:?}"),
    }
}

/// The step's own answer if this is said of every certificate.
async fn says(input: &Input, status: impl Fn(Proof) -> Status) -> Output {
    let context = Context {
        s3: aws_sdk_s3::Client::new(&Aws::default().config()),
        evidence_bucket: "evidence".to_owned(),
    };
    let mut services = Services { status };
    handle(&context, &mut services, input.clone(), &Journal::default())
        .await
        .unwrap()
}

struct Services<F> {
    status: F,
}

impl<F: Fn(Proof) -> Status> Ask for Services<F> {
    async fn ask(&mut self, subject: &Certificate, _: &Certificate, now: Utc) -> Found {
        // One of its own for each certificate.
        let response = |source| Response {
            source,
            bytes: subject.sha256().to_string().into_bytes(),
        };
        let (ocsp, crl) = (response(Source::Ocsp), response(Source::Crl));
        let proof = Proof {
            source: Source::Ocsp,
            url: long(),
            signer: long(),
            produced_at: Some(now),
            this_update: now,
            next_update: Some(now.plus_seconds(24 * 60 * 60)),
            response_sha256: Sha256::of(&ocsp.bytes),
            response_bytes: 64 * 1024,
            responder_crl_sha256: Some(Sha256::of(&crl.bytes)),
        };
        Found {
            status: (self.status)(proof),
            response: Some(ocsp),
            responder_crl: Some(crl),
        }
    }
}
