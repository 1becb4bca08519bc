//! Payment Cryptography in this process, and what it must never be made to do.

use std::sync::{Mutex, MutexGuard, PoisonError};

use apc_emulator::{AccountId, Approval, Decision, Front, Region};
use serde_json::{Map, Value, json};

use crate::caller::Errand;

/// The alias that everybody claims.
pub(crate) const ALIAS: &str = "alias/key-ceremony/kek/acme/production/pin/0123456789abcdef";

/// One call, as it is on the wire.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Request {
    pub(crate) operation: String,
    pub(crate) body: Value,
}

impl Request {
    pub(crate) fn changes_something(&self) -> bool {
        !self.operation.starts_with("Get") && !self.operation.starts_with("List")
    }
}

/// What a caller hears.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Answer {
    Served(u16, Value),
    /// The connection ended without an answer.
    Lost,
}

impl Answer {
    pub(crate) fn throttled() -> Self {
        let body = json!({ "__type": "ThrottlingException", "Message": "Rate exceeded" });
        Self::Served(400, body)
    }

    pub(crate) fn refused() -> Self {
        let body = json!({ "__type": "ServiceQuotaExceededException", "Message": "Too many keys" });
        Self::Served(400, body)
    }
}

/// What the alias is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Alias {
    Absent,
    Reserved,
    Assigned(String),
}

/// How things are when the callers come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Start {
    Absent,
    /// Reserved by somebody who died, with so many keys made for it.
    Reserved(usize),
    Assigned,
    /// Absent, and an approval team guards the import of roots.
    Guarded,
}

pub(crate) struct Service {
    /// What its callers come for.
    pub(crate) errand: Errand,
    front: Front,
    /// The ARNs of all keys, oldest first.
    keys: Mutex<Vec<String>>,
}

impl Service {
    pub(crate) fn new() -> Self {
        Self {
            errand: Errand::Kek,
            front: Front::new(AccountId::default(), Region::default()),
            keys: Mutex::default(),
        }
    }

    pub(crate) fn starting(start: Start) -> Self {
        let mut service = Self::new();
        let keys = match start {
            Start::Absent => return service,
            Start::Guarded => {
                service.errand = Errand::Root;
                let team = "arn:aws:mpa:us-east-1:111122223333:approval-team/custodians";
                let action = "IMPORT_ROOT_PUBLIC_KEY_CERTIFICATE";
                let associate = json!({ "Action": action, "MpaTeamArn": team });
                service.does("AssociateMpaTeam", associate);
                return service;
            }
            Start::Reserved(keys) => keys,
            Start::Assigned => 1,
        };
        service.does("CreateAlias", json!({ "AliasName": ALIAS }));
        for _ in 0..keys {
            service.does("CreateKey", key_for(ALIAS));
        }
        if start == Start::Assigned {
            let key_arn = service.keys()[0].clone();
            service.does(
                "UpdateAlias",
                json!({ "AliasName": ALIAS, "KeyArn": key_arn }),
            );
        }
        service
    }

    /// What an operator does, or somebody long ago.
    pub(crate) fn does(&self, operation: &str, body: Value) {
        let operation = operation.to_owned();
        let answer = self.carry_out(&Request { operation, body });
        assert!(matches!(answer, Answer::Served(200, _)), "{answer:?}");
    }

    /// Does what the request asks for.
    ///
    /// No two keys are made at the same time. An alias that has a key keeps it, whatever happens:
    /// that is the promise of `claim`, so it is checked at every call that changes something.
    pub(crate) fn carry_out(&self, request: &Request) -> Answer {
        let Request { operation, body } = request;
        if !request.changes_something() {
            let (status, body) = self.ask(operation, body);
            return Answer::Served(status, body);
        }
        let before = self.alias();
        let mut keys = self.keys();
        self.front.set_clock_offset(keys.len() as i64);
        let (status, body) = self.ask(operation, body);
        if is_made_by(operation) && status == 200 {
            keys.push(text(&body["Key"]["KeyArn"]));
        }
        if let Alias::Assigned(_) = before {
            assert_eq!(
                self.alias(),
                before,
                "the alias lost its key by {operation}"
            );
        }
        Answer::Served(status, body)
    }

    /// What the team says of a key, by its age.
    pub(crate) fn decide(&self, age: usize, decision: Decision) {
        let key_arn = self.keys()[age].parse().expect("a key's ARN");
        let decided = self.front.decide(&Approval::Key(key_arn), decision);
        decided.expect("a key that waits");
    }

    /// The state of every key, oldest first.
    pub(crate) fn states(&self) -> Vec<String> {
        let keys = self.keys().clone();
        let state = |key_arn: &String| {
            let (_, body) = self.ask("GetKey", &json!({ "KeyIdentifier": key_arn }));
            text(&body["Key"]["KeyState"])
        };
        keys.iter().map(state).collect()
    }

    pub(crate) fn alias(&self) -> Alias {
        let (status, body) = self.ask("GetAlias", &json!({ "AliasName": ALIAS }));
        match (status, &body["Alias"]["KeyArn"]) {
            (200, Value::String(key_arn)) => Alias::Assigned(key_arn.clone()),
            (200, _) => Alias::Reserved,
            _ => Alias::Absent,
        }
    }

    pub(crate) fn keys(&self) -> MutexGuard<'_, Vec<String>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn plain_request(&self, request: &Request) -> String {
        format!("{} {}", request.operation, self.plain(&request.body))
    }

    pub(crate) fn plain_answer(&self, answer: &Answer) -> String {
        match answer {
            Answer::Served(status, body) => format!("{status} {}", self.plain(body)),
            Answer::Lost => "nothing".to_owned(),
        }
    }

    /// The same text for the same thing in another schedule: keys by their age, and nothing of what
    /// is random or depends on the time of day.
    fn plain(&self, value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.plain(item)).collect(),
            Value::Object(members) => {
                let told = members
                    .iter()
                    .filter(|(name, _)| !VOLATILE.contains(&name.as_str()));
                let told = told.map(|(name, member)| (name.clone(), self.plain(member)));
                Value::Object(told.collect::<Map<_, _>>())
            }
            Value::String(text) => match self.keys().iter().position(|key| key == text) {
                Some(age) => Value::from(age),
                None => value.clone(),
            },
            other => other.clone(),
        }
    }

    fn ask(&self, operation: &str, body: &Value) -> (u16, Value) {
        let target = format!("PaymentCryptographyControlPlane.{operation}");
        self.front
            .answer(Some(&target), None, body.to_string().as_bytes())
    }
}

const VOLATILE: [&str; 5] = [
    "CreateTimestamp",
    "InitiationDate",
    "KeyCheckValue",
    "MpaSessionArn",
    "UsageStartTimestamp",
];

/// Whether the operation makes a key.
pub(crate) fn is_made_by(operation: &str) -> bool {
    ["CreateKey", "ImportKey"].contains(&operation)
}

pub(crate) const WAITS: &str = "CREATE_IN_PROGRESS";
pub(crate) const FAILED: &str = "CREATE_FAILED";

/// A key as a ceremony makes it for an alias.
pub(crate) fn key_for(alias: &str) -> Value {
    json!({
        "Exportable": true,
        "KeyAttributes": {
            "KeyAlgorithm": "AES_128",
            "KeyClass": "SYMMETRIC_KEY",
            "KeyModesOfUse": { "Encrypt": true, "Decrypt": true, "Wrap": true, "Unwrap": true },
            "KeyUsage": "TR31_K0_KEY_ENCRYPTION_KEY",
        },
        "Tags": [{ "Key": "key-ceremony:alias", "Value": alias }],
    })
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
