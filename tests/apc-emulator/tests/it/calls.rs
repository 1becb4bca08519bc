//! Calls counted from the request log, and quotas over the management port.

use apc_emulator::{CallCount, Calls};
use serde_json::{Value, json};

use crate::protocol::send;
use crate::support::{THROTTLED, create, create_kek_arn, exactly, exception, start, start_with};

#[tokio::test]
async fn calls_are_counted_between_two_points_of_the_log() {
    let (emulator, client) = start_with(exactly(3)).await;
    let controls = emulator.controls();
    create_kek_arn(&client).await;
    let position = controls.log_position();
    assert_eq!(position, 1);
    for name in ["alias/a", "alias/b", "alias/a"] {
        let _ = client.create_alias().alias_name(name).send().await;
    }
    let _ = client.list_keys().send().await;

    let calls = controls.calls_since(position);
    let count = |all, throttled| CallCount { all, throttled };
    assert_eq!(calls.operation("CreateAlias"), count(3, 1));
    assert_eq!(calls.operation("ListKeys"), count(1, 1));
    assert_eq!(calls.operation("CreateKey"), CallCount::default());
    assert_eq!(calls.total(), count(4, 2));
    assert_eq!(calls.total().admitted(), 2);
    let requests = controls.requests_since(position);
    let of_a = requests
        .iter()
        .filter(|one| one.alias_name.as_deref() == Some("alias/a"));
    // A refused request was never read, so that nobody knows what it was about.
    assert_eq!(Calls::of(of_a).total(), count(1, 0));

    controls.clear_requests();
    assert_eq!(controls.log_position(), 5);
    assert!(controls.calls_since(0).by_operation().is_empty());
}

#[tokio::test]
async fn quotas_are_set_and_calls_counted_over_the_management_port() {
    let (emulator, client) = start().await;
    let management = emulator.management_url().unwrap();
    let manage = async |method: &str, path: &str, body: Value| {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let answer = send(management, method, path, "", &body).await;
        (answer.status, answer.body)
    };
    let none = (200, json!({ "quotas": null }));
    assert_eq!(manage("GET", "/quotas", Value::Null).await, none);
    let quotas = json!({ "quotas": { "rate": 0, "burst": 1, "keys": 2000, "aliases": 2000 } });
    let set = manage("PUT", "/quotas", json!({ "rate": 0, "burst": 1 })).await;
    assert_eq!(set, (200, quotas.clone()));
    assert_eq!(manage("GET", "/quotas", Value::Null).await, (200, quotas));
    create(&client).await.unwrap();
    assert_eq!(exception(create(&client).await), THROTTLED);
    let calls = json!({
        "calls": { "CreateKey": { "all": 2, "throttled": 1 } },
        "total": { "all": 2, "throttled": 1 },
        "position": 2,
    });
    assert_eq!(manage("GET", "/calls", Value::Null).await, (200, calls));
    let nothing = json!({ "calls": {}, "total": { "all": 0, "throttled": 0 }, "position": 2 });
    assert_eq!(
        manage("GET", "/calls?since=2", Value::Null).await.1,
        nothing
    );
    let (_, log) = manage("GET", "/requests?since=1", Value::Null).await;
    assert_eq!(log["requests"][0]["outcome"], THROTTLED);
    assert_eq!(log["requests"][0]["position"], 1);
    assert_eq!(manage("DELETE", "/quotas", Value::Null).await.0, 204);
    create(&client).await.unwrap();

    let set = manage("PUT", "/latencies", json!({ "factor": 0.5 })).await;
    assert_eq!(set, (200, json!({ "latencies": { "factor": 0.5 } })));
    assert_eq!(manage("DELETE", "/latencies", Value::Null).await.0, 204);
    let none = json!({ "latencies": null });
    assert_eq!(manage("GET", "/latencies", Value::Null).await.1, none);

    for (method, path, body) in [
        ("PUT", "/quotas", json!({ "tags": 1 })),
        ("PUT", "/quotas", json!({ "rate": -1 })),
        ("PUT", "/latencies", json!({ "factor": 0 })),
        ("PUT", "/latencies", json!({})),
        ("GET", "/calls?since=x", Value::Null),
        ("GET", "/requests?until=1", Value::Null),
    ] {
        assert_eq!(
            manage(method, path, body.clone()).await.0,
            400,
            "{path} {body}"
        );
    }
}
