//! Somebody who claims the alias, one call at a time.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{
    KeyAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse, KeyUsage,
};
use ceremony::digest::Sha256;
use ceremony::id::{Ceremony, CertificateSet, Kind};
use ceremony::identifiers::Folder;
use payment_keys::{Claim, ClaimError, KeyFacts, Pace, claim, tags};
use step::ServiceError;
use tokio::task::coop::unconstrained;

use crate::line::Line;
use crate::root::ask_with;
use crate::service::{ALIAS, Answer, Request};

pub(crate) type Outcome = Result<Claim, ClaimError>;

pub(crate) fn attributes() -> KeyAttributes {
    let modes = KeyModesOfUse::builder()
        .encrypt(true)
        .decrypt(true)
        .wrap(true)
        .unwrap(true);
    KeyAttributes::builder()
        .key_algorithm(KeyAlgorithm::Aes128)
        .key_class(KeyClass::SymmetricKey)
        .key_modes_of_use(modes.build())
        .key_usage(KeyUsage::Tr31K0KeyEncryptionKey)
        .build()
        .expect("attributes")
}

pub(crate) fn ceremony() -> Ceremony {
    let folder = Folder::of_inbox_key("acme/production/pin/leaf.pem").expect("a key");
    let (leaf, ca) = (Sha256::of(b"leaf"), Sha256::of(b"ca"));
    CertificateSet::new(Kind::KekExport, &folder, leaf, [ca]).ceremony(1)
}

/// Makes a key for an alias, without setting the alias.
pub(crate) async fn make(client: &Client, alias: &str) -> Result<KeyFacts, ServiceError> {
    let answer = client
        .create_key()
        .key_attributes(attributes())
        .exportable(true)
        .set_tags(Some(tags(&ceremony(), "kek", alias)))
        .send()
        .await
        .map_err(|error| ServiceError::new("payment-cryptography:CreateKey", &error))?;
    KeyFacts::of_answer("payment-cryptography:CreateKey", answer.key)
}

pub(crate) async fn claim_with(client: &Client) -> Outcome {
    let make = async || make(client, ALIAS).await;
    claim(client, ALIAS, &attributes(), None, &Pace::patient(), make).await
}

/// What a caller wants.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Errand {
    /// A KEK, which nobody has to approve.
    Kek,
    /// A root, which an approval team guards.
    Root,
}

pub(crate) struct Caller {
    errand: Errand,
    line: Line,
    work: Pin<Box<dyn Future<Output = Outcome>>>,
    pub(crate) state: State,
    /// Everything that it was told, and when: what it does next follows from that.
    pub(crate) heard: Vec<(u64, String)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum State {
    /// Its call is on the way.
    Asking(Request),
    /// It waits for its clock.
    Asleep,
    /// It was throttled or not answered, and is about to make the call again.
    BackingOff,
    /// Its call was answered, but it does not get to run.
    Stalled {
        answer: Answer,
        since: u64,
    },
    Returned(Outcome),
    Died,
}

impl Caller {
    pub(crate) fn new(errand: Errand, line: &Line, client: &Client) -> Self {
        line.clear();
        let client = client.clone();
        let work = async move {
            match errand {
                Errand::Kek => claim_with(&client).await,
                Errand::Root => ask_with(&client).await,
            }
        };
        let mut caller = Self {
            errand,
            line: line.clone(),
            work: Box::pin(unconstrained(work)),
            state: State::Asleep,
            heard: Vec::new(),
        };
        caller.go_on();
        caller
    }

    /// Lets it run until it asks for something, sleeps or returns. Gives the call that it made, or
    /// was waiting for, and gave up.
    fn go_on(&mut self) -> Option<Request> {
        let polled = self.poll();
        let request = self.line.take_request();
        if let Poll::Ready(outcome) = polled {
            let state = std::mem::replace(&mut self.state, State::Returned(outcome));
            self.stop();
            return match state {
                State::Asking(request) => Some(request),
                _ => request,
            };
        }
        if let Some(request) = request {
            self.state = State::Asking(request);
        }
        None
    }

    /// The SDK's paginators wake themselves.
    fn poll(&mut self) -> Poll<Outcome> {
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        loop {
            let polled = self.work.as_mut().poll(&mut Context::from_waker(&waker));
            if polled.is_ready() || !woken.0.swap(false, Ordering::Relaxed) {
                return polled;
            }
        }
    }

    /// Gives the call that it gave up.
    pub(crate) fn hear(&mut self, answer: Answer, told: String, when: u64) -> Option<Request> {
        self.heard.push((when, told));
        self.state = State::Asleep;
        let again = answer == Answer::Lost || answer == Answer::throttled();
        self.line.answer(answer);
        let given_up = self.go_on();
        if again && self.state == State::Asleep {
            self.state = State::BackingOff;
        }
        given_up
    }

    /// Gives the call that it gave up.
    pub(crate) fn notice_the_time(&mut self, now: u64) -> Option<Request> {
        match self.state {
            State::Asleep | State::BackingOff => {
                self.heard.push((now, "that it is time".to_owned()));
                self.go_on()
            }
            State::Asking(_) => self.go_on(),
            State::Stalled { .. } | State::Returned(_) | State::Died => None,
        }
    }

    pub(crate) fn die(&mut self) {
        self.state = State::Died;
        self.stop();
    }

    pub(crate) fn is_gone(&self) -> bool {
        matches!(self.state, State::Returned(_) | State::Died)
    }

    /// The attributes and tags of a key are the same whenever they are asked for, so nobody else
    /// has to be let through before or after. Whether a root is approved is not.
    pub(crate) fn asks_for_what_never_changes(&self) -> bool {
        match &self.state {
            State::Asking(request) => match request.operation.as_str() {
                "ListTagsForResource" => true,
                "GetKey" => self.errand == Errand::Kek,
                _ => false,
            },
            _ => false,
        }
    }

    pub(crate) fn is_asleep(&self) -> bool {
        matches!(self.state, State::Asleep | State::BackingOff)
    }

    pub(crate) fn is_backing_off(&self) -> bool {
        self.state == State::BackingOff
    }

    pub(crate) fn has_failed(&self) -> bool {
        matches!(self.state, State::Returned(Err(_)) | State::Died)
    }

    pub(crate) fn claim(&self) -> Option<&Claim> {
        match &self.state {
            State::Returned(Ok(claim)) => Some(claim),
            _ => None,
        }
    }

    fn stop(&mut self) {
        self.work = Box::pin(std::future::pending());
        self.heard.clear();
        self.line.clear();
    }
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}
