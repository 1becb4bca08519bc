//! From events as they are delivered to what is announced and recorded.
//!
//! The events are written by hand after "CloudTrail record contents" (CloudTrail User Guide), the
//! examples of each service's guide, and the members of its API; they hold no secrets.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::{Arc, Mutex};

use aws_sdk_eventbridge::Client as EventBridge;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use bus::Bus;
use emulated::Emulated;
use emulated::aws::{Aws, Fault};
use serde_json::{Value, json};
use step::StepError;
use watch_controls::{Context, Error, Input, Output, handle};

const EVIDENCE: &str = "evidence";

/// What somebody may have sent, and nobody is to find again.
const SECRET: &str = "what-must-not-be-copied";

/// The bus: every event that was put on it.
#[derive(Clone, Debug, Default)]
struct Announced(Arc<Mutex<Vec<Value>>>);

impl HttpConnector for Announced {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let entry = &body["Entries"][0];
        assert_eq!(entry["Source"], "key-ceremony");
        assert_eq!(entry["EventBusName"], "bus");
        let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
        let event = json!({ "detail-type": entry["DetailType"], "detail": detail });
        self.0.lock().unwrap().push(event);
        let answer = json!({ "FailedEntryCount": 0, "Entries": [{ "EventId": "1" }] });
        let body = SdkBody::from(answer.to_string());
        HttpConnectorFuture::ready(Ok(HttpResponse::new(200.try_into().unwrap(), body)))
    }
}

struct World {
    announced: Announced,
    aws: Aws,
    context: Context,
    keys: Emulated,
}

impl World {
    async fn new() -> Self {
        let (announced, aws, keys) = (
            Announced::default(),
            Aws::default(),
            Emulated::start().await,
        );
        // As the role sees it, which may not list the bucket.
        aws.forbid_listing();
        let connector = SharedHttpConnector::new(announced.clone());
        let bridge = aws.config().into_builder();
        let bridge = bridge.http_client(http_client_fn(move |_, _| connector.clone()));
        Self {
            context: Context {
                bus: Bus::new(EventBridge::new(&bridge.build()), "bus".to_owned()),
                payment_cryptography: keys.client.clone(),
                s3: aws_sdk_s3::Client::new(&aws.config()),
                evidence_bucket: EVIDENCE.to_owned(),
            },
            announced,
            aws,
            keys,
        }
    }

    async fn hears(&self, event: &Value) -> Result<Output, Error> {
        let input: Input = serde_json::from_value(event.clone()).unwrap();
        handle(&self.context, input).await
    }

    /// The one announcement of an event, which is its record too, and holds nothing that it should not.
    async fn announces(&self, event: &Value) -> Value {
        assert_eq!(self.hears(event).await.unwrap(), Output::Announced);
        let announced = self.announced.0.lock().unwrap().clone();
        let [announced] = &announced[..] else {
            panic!("one announcement was expected: {announced:?}");
        };
        let id = event["detail"]["eventID"].as_str();
        let id = id.unwrap_or_else(|| event["id"].as_str().unwrap());
        let record = self
            .aws
            .only(EVIDENCE, &format!("controls/2026-11-24/{id}.json"));
        let recorded: Value = serde_json::from_slice(&record.bytes).unwrap();
        assert_eq!(&recorded, announced);
        assert!(!announced.to_string().contains(SECRET), "{announced}");
        announced.clone()
    }

    async fn says_nothing_of(&self, event: &Value, output: Output) {
        assert_eq!(self.hears(event).await.unwrap(), output);
        assert_eq!(self.announced.0.lock().unwrap().len(), 0);
        assert_eq!(self.aws.keys(EVIDENCE), [""; 0]);
    }

    /// A key of the account, with a ceremony's tags or without.
    async fn key(&self, tags: &[(&str, &str)]) -> String {
        use aws_sdk_paymentcryptography::types::{KeyAlgorithm, KeyUsage};
        let usage = KeyUsage::Tr31K0KeyEncryptionKey;
        let key = self
            .keys
            .operator_creates(usage, KeyAlgorithm::Aes128, true);
        let key = key.await;
        if !tags.is_empty() {
            self.keys.operator_tags(&key, tags).await;
        }
        key
    }
}

const OURS: [(&str, &str); 4] = [
    ("key-ceremony:purpose", "kek"),
    ("key-ceremony:partner", "acme"),
    ("key-ceremony:environment", "production"),
    ("key-ceremony:data-type", "pin"),
];

/// A recorded event, whose request also holds what must not be copied.
fn event(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/events");
    let text = std::fs::read_to_string(format!("{folder}/{name}.json")).unwrap();
    let mut event: Value = serde_json::from_str(&text).unwrap();
    if event["detail"]["requestParameters"].is_object() {
        event["detail"]["requestParameters"]["value"] = SECRET.into();
        event["detail"]["requestParameters"]["keyMaterial"] = json!({ "tr31KeyBlock": SECRET });
        event["detail"]["requestParameters"]["policy"] = SECRET.into();
        event["detail"]["requestParameters"]["definition"] = SECRET.into();
        event["detail"]["errorMessage"] = SECRET.into();
    }
    event
}

/// The event, about this key instead.
fn about(name: &str, member: &str, key: &str) -> Value {
    let mut event = event(name);
    event["detail"]["requestParameters"][member] = key.into();
    event["detail"]["responseElements"] = Value::Null;
    event["detail"]["resources"] = Value::Null;
    event
}

const PROFILE: &str = "/key-ceremony/partners/acme/production/cardholder";
const ALIAS: &str = "alias/key-ceremony/kek/acme/production/cardholder/0123456789abcdef";

#[tokio::test]
async fn a_changed_profile_is_announced_with_who_changed_it() {
    let world = World::new().await;
    let announced = world.announces(&event("put-parameter")).await;
    let detail = &announced["detail"];
    assert_eq!(announced["detail-type"], "Control Changed");
    assert_eq!(
        detail["what"],
        "ssm:PutParameter was called to write a profile, enrolment rules, or what is installed."
    );
    assert_eq!(detail["resource"], PROFILE);
    assert_eq!(detail["partner"], "acme");
    assert_eq!(detail["environment"], "production");
    assert_eq!(detail["dataType"], "cardholder");
    assert_eq!(detail["refusedWith"], Value::Null);
    assert_eq!(
        detail["who"],
        json!({
            "principal": "arn:aws:sts::111122223333:assumed-role/KeyOperators/alice",
            "sessionIssuer": "arn:aws:iam::111122223333:role/KeyOperators",
            "sessionName": "alice",
            "sourceIp": "192.0.2.10",
            "userAgent": "aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux",
        })
    );
    assert_eq!(detail["region"], "eu-west-1");
    assert_eq!(detail["at"], "2026-11-24T12:00:07Z");
}

#[tokio::test]
async fn parameter_store_tells_of_a_profile_without_who() {
    let world = World::new().await;
    let announced = world.announces(&event("parameter-store-change")).await;
    assert_eq!(announced["detail-type"], "Control Changed");
    assert_eq!(announced["detail"]["who"], Value::Null);
    assert_eq!(announced["detail"]["operation"], "parameter-store:Update");
    assert_eq!(announced["detail"]["partner"], "acme");
}

#[tokio::test]
async fn of_several_parameters_only_profiles_are_named() {
    let world = World::new().await;
    let announced = world.announces(&event("delete-parameters")).await;
    let both = format!("{PROFILE}, /key-ceremony/partners/acme/production/pin");
    assert_eq!(announced["detail"]["resource"], both);
    assert_eq!(announced["detail"]["partner"], Value::Null);
}

#[tokio::test]
async fn every_other_control_is_announced_with_what_it_is() {
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let function = "KeyCeremony-StepswrapFunction0A1B2C3D-AbCdEfGhIjKl";
    let machine = "arn:aws:states:eu-west-1:111122223333:stateMachine:kek-export";
    let team = "arn:aws:mpa:eu-west-1:111122223333:approval-team/roots/example";
    for (name, operation, resource) in [
        ("delete-parameter", "ssm:DeleteParameter", PROFILE),
        ("put-key-policy", "kms:PutKeyPolicy", key),
        ("disable-key", "kms:DisableKey", key),
        (
            "update-function-code",
            "lambda:UpdateFunctionCode",
            function,
        ),
        (
            "update-function-configuration",
            "lambda:UpdateFunctionConfiguration",
            &format!("arn:aws:lambda:eu-west-1:111122223333:function:{function}"),
        ),
        ("update-state-machine", "states:UpdateStateMachine", machine),
        (
            "associate-mpa-team",
            "payment-cryptography:AssociateMpaTeam",
            team,
        ),
        (
            "disassociate-mpa-team",
            "payment-cryptography:DisassociateMpaTeam",
            "IMPORT_ROOT_PUBLIC_KEY_CERTIFICATE",
        ),
        (
            "enable-default-key-replication-regions",
            "payment-cryptography:EnableDefaultKeyReplicationRegions",
            "not named",
        ),
        (
            "disable-default-key-replication-regions",
            "payment-cryptography:DisableDefaultKeyReplicationRegions",
            "not named",
        ),
    ] {
        let world = World::new().await;
        let announced = world.announces(&event(name)).await;
        assert_eq!(announced["detail-type"], "Control Changed", "{name}");
        assert_eq!(announced["detail"]["operation"], operation, "{name}");
        assert_eq!(announced["detail"]["resource"], resource, "{name}");
        assert_eq!(world.keys.calls(), [""; 0], "{name}");
    }
}

#[tokio::test]
async fn an_attempt_that_was_refused_is_announced_as_that() {
    let world = World::new().await;
    let announced = world
        .announces(&event("schedule-key-deletion-denied"))
        .await;
    let detail = &announced["detail"];
    assert_eq!(detail["refusedWith"], "AccessDenied");
    assert_eq!(
        detail["what"],
        "kms:ScheduleKeyDeletion was called to have a KMS key deleted, and refused with AccessDenied."
    );
    let user = "arn:aws:iam::111122223333:user/Mallory";
    assert_eq!(detail["who"]["principal"], user);
    assert_eq!(detail["who"]["sessionIssuer"], Value::Null);
    assert_eq!(detail["who"]["sessionName"], Value::Null);
}

#[tokio::test]
async fn what_the_event_says_is_not_asked_again() {
    let key = "arn:aws:payment-cryptography:eu-west-1:111122223333:key/kwapwa6qaifllw2h";
    for (name, resource, partner) in [
        ("create-key", key, json!("acme")),
        // Refused: there is no key.
        ("import-key", "not named", Value::Null),
        ("update-alias", ALIAS, json!("acme")),
        ("delete-alias", ALIAS, json!("acme")),
        // By an alias of ours.
        ("delete-key", ALIAS, json!("acme")),
        ("tag-resource", key, json!("acme")),
        ("untag-resource", key, Value::Null),
    ] {
        let world = World::new().await;
        let announced = world.announces(&event(name)).await;
        assert_eq!(announced["detail-type"], "Foreign Hand On Key", "{name}");
        assert_eq!(announced["detail"]["resource"], resource, "{name}");
        assert_eq!(announced["detail"]["partner"], partner, "{name}");
        assert_eq!(announced["detail"]["notLookedUp"], Value::Null, "{name}");
        assert_eq!(world.keys.calls(), [""; 0], "{name}");
    }
}

/// The member of the request that names the key.
const ABOUT_A_KEY: [(&str, &str); 10] = [
    ("export-key", "exportKeyIdentifier"),
    ("delete-key", "keyIdentifier"),
    ("restore-key", "keyIdentifier"),
    ("start-key-usage", "keyIdentifier"),
    ("stop-key-usage", "keyIdentifier"),
    ("add-key-replication-regions", "keyIdentifier"),
    ("remove-key-replication-regions", "keyIdentifier"),
    ("put-resource-policy", "resourceArn"),
    ("delete-resource-policy", "resourceArn"),
    // Another alias for it.
    ("create-alias", "keyArn"),
];

#[tokio::test]
async fn a_key_with_our_tags_is_ours_whatever_is_done_to_it() {
    for (name, member) in ABOUT_A_KEY {
        let world = World::new().await;
        let key = world.key(&OURS).await;
        let announced = world.announces(&about(name, member, &key)).await;
        assert_eq!(announced["detail-type"], "Foreign Hand On Key", "{name}");
        assert_eq!(announced["detail"]["partner"], "acme", "{name}");
        assert_eq!(announced["detail"]["dataType"], "pin", "{name}");
        assert_eq!(announced["detail"]["notLookedUp"], Value::Null, "{name}");
    }
}

#[tokio::test]
async fn what_others_do_with_their_keys_is_not_announced() {
    for (name, member) in ABOUT_A_KEY {
        let world = World::new().await;
        let key = world.key(&[("owner", "somebody")]).await;
        let event = about(name, member, &key);
        world.says_nothing_of(&event, Output::NotOurs).await;
    }
    for name in ["create-key", "tag-resource", "untag-resource"] {
        let mut event = event(name);
        event["detail"]["requestParameters"]["tags"] = json!([{ "key": "owner", "value": "x" }]);
        event["detail"]["requestParameters"]["tagKeys"] = json!(["owner"]);
        let world = World::new().await;
        world.says_nothing_of(&event, Output::NotOurs).await;
    }
    let mut event = event("delete-alias");
    event["detail"]["requestParameters"]["aliasName"] = "alias/theirs".into();
    World::new()
        .await
        .says_nothing_of(&event, Output::NotOurs)
        .await;
}

#[tokio::test]
async fn a_key_is_found_by_another_alias_too() {
    let world = World::new().await;
    let key = world.key(&OURS).await;
    let request = world.keys.client.create_alias().alias_name("alias/shadow");
    request.key_arn(&key).send().await.unwrap();
    let event = about("stop-key-usage", "keyIdentifier", "alias/shadow");
    let announced = world.announces(&event).await;
    assert_eq!(announced["detail"]["partner"], "acme");
    assert_eq!(announced["detail"]["resource"], "alias/shadow");
}

#[tokio::test]
async fn a_lookup_that_fails_is_announced() {
    let gone = "arn:aws:payment-cryptography:eu-west-1:111122223333:key/aaaaaaaaaaaaaaaa";
    for key in [gone, "alias/gone"] {
        let world = World::new().await;
        let event = about("stop-key-usage", "keyIdentifier", key);
        let announced = world.announces(&event).await;
        assert_eq!(announced["detail-type"], "Foreign Hand On Key", "{key}");
        assert_eq!(announced["detail"]["resource"], key);
        let reason = announced["detail"]["notLookedUp"].as_str();
        assert!(reason.is_some_and(|reason| !reason.is_empty()), "{key}");
    }
    let world = World::new().await;
    let mut nameless = about("stop-key-usage", "other", "x");
    nameless["detail"]["requestParameters"] = Value::Null;
    let announced = world.announces(&nameless).await;
    assert_eq!(announced["detail"]["notLookedUp"], "the event names no key");
}

#[tokio::test(start_paused = true)]
async fn a_throttled_lookup_is_made_again() {
    let world = World::new().await;
    let key = world.key(&OURS).await;
    world.keys.throttle("ListTagsForResource");
    let event = about("export-key", "exportKeyIdentifier", &key);
    let announced = world.announces(&event).await;
    assert_eq!(announced["detail"]["notLookedUp"], Value::Null);
}

/// The preflight tries whether an alias can be reserved without a key, and removes it.
#[tokio::test]
async fn an_alias_that_is_tried_without_a_key_is_as_it_should_be() {
    for name in ["create-alias", "delete-alias"] {
        let mut event = event(name);
        let trial = "alias/key-ceremony/preflight/0123";
        event["detail"]["requestParameters"] = json!({ "aliasName": trial });
        World::new()
            .await
            .says_nothing_of(&event, Output::Expected)
            .await;
        event["detail"]["requestParameters"]["keyArn"] = "arn:aws:any".into();
        let announced = World::new().await.announces(&event).await;
        assert_eq!(announced["detail"]["resource"], trial, "{name}");
    }
}

#[tokio::test]
async fn an_event_that_comes_twice_is_announced_once() {
    let world = World::new().await;
    world.announces(&event("disable-key")).await;
    let again = world.hears(&event("disable-key")).await.unwrap();
    assert_eq!(again, Output::AlreadyAnnounced);
    assert_eq!(world.announced.0.lock().unwrap().len(), 1);
    assert_eq!(world.aws.keys(EVIDENCE).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_record_the_event_is_tried_again() {
    let world = World::new().await;
    world.aws.fault_for_good("PutObject", Fault::Denied);
    let error = world.hears(&event("disable-key")).await.unwrap_err();
    assert_eq!(error.name(), "AccessDenied");
    world.aws.mend();
    let again = world.hears(&event("disable-key")).await.unwrap();
    assert_eq!(again, Output::Announced);
}

#[tokio::test]
async fn an_event_that_is_not_known_is_an_error() {
    let mut unknown = event("disable-key");
    unknown["detail"]["eventName"] = "EnableKey".into();
    let mut elsewhere = event("disable-key");
    elsewhere["detail"]["eventID"] = "../../acme/record".into();
    let mut other = event("disable-key");
    other["detail-type"] = "Object Created".into();
    let mut incomplete = event("disable-key");
    incomplete["detail"]["userIdentity"] = Value::Null;
    for event in [unknown, elsewhere, other, incomplete] {
        let world = World::new().await;
        let error = world.hears(&event).await.unwrap_err();
        assert_eq!(error.name(), "EventNotKnown");
        assert!(!error.to_string().contains(SECRET), "{error}");
        assert_eq!(world.aws.keys(EVIDENCE), [""; 0]);
    }
}

#[tokio::test]
async fn what_a_caller_chooses_is_cut() {
    let mut event = event("disable-key");
    event["detail"]["userAgent"] = format!("x\n{}", "y".repeat(10_000)).into();
    let announced = World::new().await.announces(&event).await;
    let agent = announced["detail"]["who"]["userAgent"].as_str().unwrap();
    assert_eq!(agent.len(), 512);
    assert!(!agent.contains('\n'));
}

#[tokio::test]
async fn a_service_that_acts_by_itself_is_named() {
    let mut event = event("disable-key");
    event["detail"]["userIdentity"] =
        json!({ "type": "AWSService", "invokedBy": "cloudformation.amazonaws.com" });
    let announced = World::new().await.announces(&event).await;
    let who = &announced["detail"]["who"];
    assert_eq!(who["principal"], "cloudformation.amazonaws.com");
}

/// As `request-certificate` tags them: they are for no partner.
const SIGNING: [(&str, &str); 3] = [
    ("key-ceremony:purpose", "signing"),
    ("key-ceremony:ceremony-id", "enrolment-tr34"),
    ("key-ceremony:alias", "alias/key-ceremony/signing/tr34/1"),
];

#[tokio::test]
async fn a_signing_key_that_is_disabled_or_deleted_is_told_and_is_no_partners() {
    for name in ["stop-key-usage", "delete-key"] {
        let world = World::new().await;
        let key = world.key(&SIGNING).await;
        let announced = world.announces(&about(name, "keyIdentifier", &key)).await;
        assert_eq!(announced["detail-type"], "Foreign Hand On Key", "{name}");
        let detail = &announced["detail"];
        assert_eq!(detail["resource"], json!(key));
        assert_eq!(detail["partner"], Value::Null);
        assert_eq!(detail["notLookedUp"], Value::Null);
    }
}

#[tokio::test]
async fn an_alias_of_a_signing_key_in_other_hands_is_told() {
    let world = World::new().await;
    let mut event = event("update-alias");
    let alias = "alias/key-ceremony/signing/tr34/1";
    event["detail"]["requestParameters"]["aliasName"] = alias.into();
    let announced = world.announces(&event).await;
    assert_eq!(announced["detail-type"], "Foreign Hand On Key");
    assert_eq!(announced["detail"]["resource"], alias);
    assert_eq!(announced["detail"]["partner"], Value::Null);
}
