//! What a bus takes, and what becomes of the rest.

use serde_json::{Value, json};

use super::*;
use crate::wire::{Answer, Sent, Wire, json as answer, json_error};

fn events(count: usize) -> Vec<StepCompleted> {
    (0..count).map(|number| event(number, "create")).collect()
}

fn event(number: usize, step: &str) -> StepCompleted {
    let event = json!({ "schema_version": 1, "run_id": "r-1", "account": "111122223333", "at": "2026-11-20T02:00:00Z",
            "user": format!("user-{number}"), "access_key_id": null, "step": step, "reason": "rotation-due", "due": null });
    serde_json::from_value(event).unwrap()
}

fn entries(sent: &Sent) -> Vec<Value> {
    serde_json::from_str::<Value>(&sent.body).unwrap()["Entries"].as_array().unwrap().clone()
}

/// Takes events whose user `takes` likes.
fn bus(takes: impl Fn(usize, &str) -> bool + Send + Sync + 'static) -> Wire {
    Wire::new(move |number, sent| {
        let said: Vec<_> = entries(sent)
            .iter()
            .map(|entry| {
                if takes(number, entry["Detail"].as_str().unwrap()) {
                    json!({ "EventId": "e" })
                } else {
                    json!({ "ErrorCode": "InternalFailure", "ErrorMessage": "later" })
                }
            })
            .collect();
        answer(200, &json!({ "FailedEntryCount": 0, "Entries": said }).to_string())
    })
}

#[tokio::test]
async fn events_go_ten_at_a_time() {
    let wire = bus(|_, _| true);
    EventBus::new(&wire.config(), "keywheel", Duration::from_secs(5)).put(&events(23)).await.unwrap();
    let mut sizes: Vec<_> = wire.sent().iter().map(|sent| entries(sent).len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [3, 10, 10]);
    let first = entries(&wire.sent()[0]).remove(0);
    assert_eq!((first["Source"].as_str(), first["EventBusName"].as_str()), (Some("keywheel"), Some("keywheel")));
}

#[tokio::test]
async fn only_what_was_not_taken_is_put_again() {
    let wire = bus(|number, detail| number > 0 || !detail.contains("user-1"));
    EventBus::new(&wire.config(), "keywheel", Duration::from_secs(5)).put(&events(3)).await.unwrap();
    let [first, second] = wire.sent().try_into().unwrap();
    assert_eq!((entries(&first).len(), entries(&second).len()), (3, 1));
    assert!(entries(&second)[0]["Detail"].as_str().unwrap().contains("user-1"));
}

#[tokio::test]
async fn what_is_never_taken_is_counted_and_the_rest_goes() {
    let wire = bus(|_, detail| !detail.contains("user-1"));
    let put = EventBus::new(&wire.config(), "keywheel", Duration::ZERO).put(&events(12)).await;
    let failed = put.unwrap_err();
    // user-1, user-10 and user-11.
    assert_eq!((failed.failed, failed.all), (3, 12));
    assert!(failed.first.contains("InternalFailure"), "{failed}");
}

#[tokio::test]
async fn a_refusal_is_told() {
    let refusal: fn() -> Answer = || json_error(400, "AccessDeniedException", "not yours");
    let wire = Wire::new(move |_, _| refusal());
    let failed = EventBus::new(&wire.config(), "keywheel", Duration::from_secs(5)).put(&events(2)).await;
    let text = failed.unwrap_err().to_string();
    assert!(text.contains("2 of 2") && text.contains("events:PutEvents"), "{text}");
}

#[tokio::test]
async fn what_was_done_goes_before_what_is_ahead() {
    let wire = bus(|_, _| true);
    let warnings = (0..25).map(|number| event(number, "warn"));
    let events: Vec<_> = warnings.chain((25..35).map(|number| event(number, "deactivate"))).collect();
    EventBus::new(&wire.config(), "keywheel", Duration::from_secs(5)).put(&events).await.unwrap();
    let of = |sent: &Sent| {
        entries(sent).iter().filter(|entry| entry["Detail"].as_str().unwrap().contains("deactivate")).count()
    };
    let counts: Vec<_> = wire.sent().iter().map(of).collect();
    assert_eq!(counts.iter().sum::<usize>(), 10);
    assert!(counts.contains(&10), "the deeds are not in one batch: {counts:?}");
}

#[tokio::test]
async fn eight_batches_are_on_their_way_at_once() {
    let wire = Wire::new(|_, _| Answer::Silence);
    let (bus, events) = (EventBus::new(&wire.config(), "keywheel", Duration::ZERO), events(200));
    let mut put = std::pin::pin!(bus.put(&events));
    assert!(futures::poll!(put.as_mut()).is_pending());
    assert_eq!(wire.sent().len(), 8);
}

#[tokio::test]
async fn what_never_will_be_taken_is_not_put_again() {
    let wire = Wire::new(|number, sent| {
        let said = entries(sent).into_iter().map(|entry| {
            let is_first = entry["Detail"].as_str().unwrap().contains("user-0");
            match (is_first, number) {
                (true, _) => json!({ "ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": "no" }),
                (false, 0) => json!({ "ErrorCode": "ThrottlingException", "ErrorMessage": "later" }),
                (false, _) => json!({ "EventId": "e" }),
            }
        });
        answer(200, &json!({ "FailedEntryCount": 1, "Entries": said.collect::<Vec<_>>() }).to_string())
    });
    let put = EventBus::new(&wire.config(), "keywheel", Duration::from_secs(5)).put(&events(3)).await;
    let failed = put.unwrap_err();
    assert_eq!((failed.failed, failed.all), (1, 3));
    assert!(failed.first.contains("NotAuthorizedForSource"), "{failed}");
    let sizes: Vec<_> = wire.sent().iter().map(|sent| entries(sent).len()).collect();
    assert_eq!(sizes, [3, 2]);
}
