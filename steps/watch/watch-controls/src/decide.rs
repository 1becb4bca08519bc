//! What an event means: pure, but for the tags of a key that it does not tell.

use ceremony::announcement::{Announcement, ControlEvent, VERSION, Who};
use ceremony::identifiers::Folder;
use ceremony::utc::Utc;

use crate::event::{Call, Change, Detail, Event, Identity, Malformed};
use crate::policy::{
    DECIDED, ENROLMENT_RULES, OUR_ALIASES, OUR_TAGS, PARAMETERS, PROFILES, Subject, TRIAL_ALIASES,
    watched,
};

/// What is to be done about an event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Decision {
    Announce(Finding),
    /// Announced if the key is ours, or if nobody can say whose it is.
    Ask {
        finding: Finding,
        key: KeyName,
    },
    /// Ours, and as it should be.
    Expected,
    NotOurs,
}

/// A key as a request names it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeyName {
    Alias(String),
    Arn(String),
}

/// What happened, as far as it is told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    subject: Subject,
    event: ControlEvent,
}

pub fn decide(event: &Event) -> Result<Decision, Malformed> {
    match event.read()? {
        Detail::Call(call) => {
            let event_id = checked(&call.event_id)?;
            decide_call(event, &call, event_id)
        }
        Detail::Change(change) => {
            let event_id = checked(&event.id)?;
            Ok(decide_change(event, &change, event_id))
        }
    }
}

/// The id names the record: letters, digits and hyphens, and nothing that would lead elsewhere.
fn checked(event_id: &str) -> Result<String, Malformed> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if event_id.is_empty() || event_id.len() > 64 || !event_id.bytes().all(allowed) {
        return Err(Malformed("an event without a usable id".to_owned()));
    }
    Ok(event_id.to_owned())
}

/// Parameter Store tells at once, and whether or not there is a trail, but not who.
fn decide_change(event: &Event, change: &Change, event_id: String) -> Decision {
    if !begins_with(&change.name, &DECIDED) {
        return Decision::NotOurs;
    }
    let whose = if change.name.starts_with(ENROLMENT_RULES) {
        "the enrolment rules of a key of ours"
    } else {
        "a partner's profile"
    };
    let operation = clipped(&change.operation);
    let mut told = empty(Subject::Parameter);
    told.what = format!(
        "Parameter Store says `{operation}` of {whose}. Who did it is told as soon as CloudTrail \
         delivers."
    );
    told.operation = format!("parameter-store:{operation}");
    told.resource = clipped(&change.name);
    told.at = event.time;
    told.region = clipped(&event.region);
    told.event_id = event_id;
    Decision::Announce(Finding::new(Subject::Parameter, told).in_folder_of(&change.name))
}

fn decide_call(event: &Event, call: &Call, event_id: String) -> Result<Decision, Malformed> {
    let watched = watched(&event.source, call.operation()).ok_or_else(|| {
        Malformed(format!(
            "the call `{}` of {}",
            call.event_name, event.source
        ))
    })?;
    let subject = watched.subject;
    let service = event.source.trim_start_matches("aws.");
    let operation = format!("{service}:{}", call.operation());
    let mut told = empty(subject);
    told.what = match &call.error_code {
        None => format!("{operation} was called {}.", watched.aim),
        Some(code) => format!(
            "{operation} was called {}, and refused with {}.",
            watched.aim,
            clipped(code)
        ),
    };
    told.operation = operation;
    told.refused_with = call.error_code.as_deref().map(clipped);
    told.who = Some(who(call));
    told.at = call.event_time;
    told.region = clipped(&call.aws_region);
    told.event_id = event_id;
    let finding = |resource: Option<&str>| {
        let mut told = told.clone();
        told.resource = resource.map_or_else(|| "not named".to_owned(), clipped);
        Finding::new(subject, told)
    };
    Ok(match subject {
        Subject::Parameter => parameter(call, finding),
        Subject::KmsKey => {
            let key = call.resource(":key/").or_else(|| call.text("keyId"));
            Decision::Announce(finding(key))
        }
        Subject::Function => Decision::Announce(finding(call.text("functionName"))),
        Subject::Machine => Decision::Announce(finding(call.text("stateMachineArn"))),
        Subject::Account => {
            let team = call.text("mpaTeamArn").or_else(|| call.text("action"));
            Decision::Announce(finding(team))
        }
        Subject::Alias => alias(call, finding),
        Subject::NewKey => match ours(call.tags()) {
            tags if tags.is_empty() => Decision::NotOurs,
            tags => Decision::Announce(finding(call.key_of_answer()).about_key_with(&tags)),
        },
        Subject::Key(member) => key(call, member, finding),
        Subject::Tags => {
            let removed = call.texts("tagKeys");
            let set = ours(call.tags());
            if set.is_empty() && !removed.iter().any(|tag| tag.starts_with(OUR_TAGS)) {
                return Ok(Decision::NotOurs);
            }
            Decision::Announce(finding(call.text("resourceArn")).about_key_with(&set))
        }
    })
}

fn begins_with(name: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| name.starts_with(prefix))
}

fn parameter(call: &Call, finding: impl Fn(Option<&str>) -> Finding) -> Decision {
    let mut names = call.texts("names");
    names.extend(call.text("name"));
    names.retain(|name| begins_with(name, &PARAMETERS));
    match names[..] {
        [] => Decision::NotOurs,
        [name] => Decision::Announce(finding(Some(name)).in_folder_of(name)),
        _ => Decision::Announce(finding(Some(&names.join(", ")))),
    }
}

fn alias(call: &Call, finding: impl Fn(Option<&str>) -> Finding) -> Decision {
    let name = call.text("aliasName");
    let key = call.text("keyArn");
    match (name, key) {
        (Some(name), None) if name.starts_with(TRIAL_ALIASES) => Decision::Expected,
        (Some(name), _) if name.starts_with(OUR_ALIASES) => {
            Decision::Announce(finding(Some(name)).in_folder_of(name))
        }
        (Some(_), Some(arn)) => Decision::Ask {
            finding: finding(name),
            key: KeyName::Arn(arn.to_owned()),
        },
        (Some(_), None) => Decision::NotOurs,
        (None, _) => {
            let reason = "the event names no alias".to_owned();
            Decision::Announce(finding(None).not_looked_up(reason))
        }
    }
}

fn key(call: &Call, member: &str, finding: impl Fn(Option<&str>) -> Finding) -> Decision {
    let named = call.text(member);
    let arn = call
        .key_of_answer()
        .or_else(|| named.filter(|name| name.starts_with("arn:")))
        .or_else(|| call.resource(":key/"));
    if let Some(name) = named.filter(|name| name.starts_with(OUR_ALIASES)) {
        return Decision::Announce(finding(Some(name)).in_folder_of(name));
    }
    let key = match (arn, named) {
        (Some(arn), _) => KeyName::Arn(arn.to_owned()),
        (None, Some(alias)) => KeyName::Alias(alias.to_owned()),
        (None, None) => {
            let reason = "the event names no key".to_owned();
            return Decision::Announce(finding(None).not_looked_up(reason));
        }
    };
    Decision::Ask {
        finding: finding(arn.or(named)),
        key,
    }
}

fn ours(mut tags: Vec<(String, String)>) -> Vec<(String, String)> {
    tags.retain(|(key, _)| key.starts_with(OUR_TAGS));
    tags
}

fn who(call: &Call) -> Who {
    let Identity {
        kind,
        arn,
        invoked_by,
        session_context,
    } = &call.user_identity;
    let issuer = session_context
        .as_ref()
        .and_then(|session| session.session_issuer.as_ref()?.arn.as_deref());
    let principal = arn.as_deref().or(invoked_by.as_deref()).unwrap_or(kind);
    // arn:aws:sts::<account>:assumed-role/<role>/<session>
    let session = principal
        .split_once(":assumed-role/")
        .and_then(|(_, path)| path.split_once('/'))
        .map(|(_, session)| session);
    Who {
        principal: clipped(principal),
        session_issuer: issuer.map(clipped),
        session_name: session.map(clipped),
        source_ip: call.source_ip_address.as_deref().map(clipped),
        user_agent: call.user_agent.as_deref().map(clipped),
    }
}

/// Whoever calls chooses some of these texts.
fn clipped(text: &str) -> String {
    const MOST: usize = 512;
    text.chars()
        .filter(|c| !c.is_control())
        .take(MOST)
        .collect()
}

fn empty(subject: Subject) -> ControlEvent {
    ControlEvent {
        version: VERSION,
        ceremony: None,
        ceremony_id: None,
        partner: None,
        environment: None,
        data_type: None,
        what: String::new(),
        operation: String::new(),
        resource: String::new(),
        refused_with: None,
        not_looked_up: None,
        who: None,
        at: Utc::now(),
        region: String::new(),
        event_id: String::new(),
        remedy: subject.remedy().to_owned(),
    }
}

impl Finding {
    fn new(subject: Subject, event: ControlEvent) -> Self {
        Self { subject, event }
    }

    /// Whose profile or alias it is, where its name says so.
    fn in_folder_of(self, name: &str) -> Self {
        let path = name
            .strip_prefix(PROFILES)
            .or_else(|| name.strip_prefix("alias/key-ceremony/kek/"))
            .or_else(|| name.strip_prefix("alias/key-ceremony/keys/"))
            .unwrap_or_default();
        let folder: Vec<&str> = path.split('/').take(3).collect();
        self.in_folder(&folder.join("/"))
    }

    fn in_folder(mut self, path: &str) -> Self {
        if let Ok(folder) = Folder::of_inbox_key(&format!("{path}/file")) {
            self.event.partner = Some(folder.partner);
            self.event.environment = Some(folder.environment);
            self.event.data_type = Some(folder.data_type);
        }
        self
    }

    /// Whose key it is, by its tags.
    #[must_use]
    pub fn about_key_with(self, tags: &[(String, String)]) -> Self {
        let value = |name: &str| {
            let found = tags
                .iter()
                .find(|(key, _)| key.strip_prefix(OUR_TAGS) == Some(name));
            found.map_or("", |(_, value)| value.as_str())
        };
        let path = ["partner", "environment", "data-type"].map(value).join("/");
        self.in_folder(&path)
    }

    /// Nobody knows whose key it is.
    #[must_use]
    pub fn not_looked_up(mut self, reason: String) -> Self {
        self.event.not_looked_up = Some(clipped(&reason));
        self
    }

    /// One record for one event.
    pub(crate) fn record_key(&self) -> String {
        let at = String::from(self.event.at);
        let date = at.split('T').next().unwrap_or_default();
        format!("controls/{date}/{}.json", self.event.event_id)
    }

    pub fn announcement(self) -> Announcement {
        if self.subject.is_foreign_hand() {
            return Announcement::ForeignHandOnKey(self.event);
        }
        Announcement::ControlChanged(self.event)
    }
}
