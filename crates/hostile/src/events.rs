//! The events of the three functions. Lambda hands over any JSON that somebody who may invoke them sends.

use keywheel_core::contract::event::RotationEvent;
use keywheel_engine::inventory::{InventoryEvent, WantedRun};
use keywheel_mail::{DigestContext, Sender, Templates, event, returned};
use serde_json::{Map, Value, json};

use crate::promise::{one_clear_line, without_half};
use crate::templates::{NoTemplates, block_on};

/// An event for key-rotation: an account job or an explicit action.
pub fn rotation_event(bytes: &[u8]) {
    let Ok(event) = serde_json::from_slice::<Value>(bytes) else { return };
    let read = match RotationEvent::parse(event) {
        Ok(read) => read,
        Err(error) => return one_clear_line(&error),
    };
    let written = match &read {
        RotationEvent::Job(job) => serde_json::to_value(job),
        RotationEvent::Action(action) => serde_json::to_value(action),
    };
    let again = RotationEvent::parse(written.expect("an event can be written"));
    assert_eq!(again.as_ref(), Ok(&read), "the event comes back as another one");
}

/// An event for account-inventory.
pub fn inventory_event(bytes: &[u8]) {
    let Ok(event) = serde_json::from_slice::<Value>(bytes) else { return };
    match InventoryEvent::parse(&event) {
        Ok(read) => {
            assert_eq!(InventoryEvent::parse(&written(&read)).as_ref(), Ok(&read), "it comes back as another one");
        }
        Err(error) => one_clear_line(&error),
    }
}

/// The event as somebody would write it who wants just this.
fn written(event: &InventoryEvent) -> Value {
    let mut fields = Map::new();
    match event {
        InventoryEvent::Run(run) => {
            fields.insert("mode".to_owned(), json!(run.mode));
            fields.insert("sweep".to_owned(), json!(run.sweep));
            fields.insert("accounts".to_owned(), json!(run.accounts));
            fields.insert("run_id".to_owned(), json!(run.run_id));
        }
        InventoryEvent::GoOn(event) => {
            fields.insert("mode".to_owned(), json!(event.mode));
            fields.insert("run_id".to_owned(), json!(event.run_id));
            fields.insert("hand_on".to_owned(), json!({ "hop": event.hop }));
        }
        InventoryEvent::Finish(WantedRun::Latest) => {
            fields.insert("finish".to_owned(), json!("latest"));
        }
        InventoryEvent::Finish(WantedRun::Named(run)) => {
            fields.insert("finish".to_owned(), json!(run));
        }
    }
    Value::Object(fields)
}

/// A digest for notification, down to the mail.
pub fn digest(bytes: &[u8]) {
    let Ok(event) = serde_json::from_slice::<Value>(bytes) else { return };
    let digest = match event::parse(event) {
        Ok(digest) => digest,
        Err(error) => return one_clear_line(&error),
    };
    let written = serde_json::to_value(&digest).expect("a digest can be written");
    assert_eq!(event::parse(written).as_ref(), Ok(&digest), "the digest comes back as another one");
    let entries: Vec<_> = digest.entries.iter().collect();
    let context = DigestContext::new(&digest, &entries, Sender { from: "keys@example.com", reply_to: None });
    let templates = Templates::<NoTemplates>::new(None).expect("the embedded templates compile");
    let (mail, _) = block_on(templates.render(&context)).expect("the embedded templates take every digest");
    one_clear_line(&mail.subject);
    // What age made is a part of its own, and not looked at here.
    without_half(&mail.text);
    without_half(&mail.html);
}

/// What SES tells notification by way of a topic.
pub fn returned_mail(bytes: &[u8]) {
    let Ok(event) = serde_json::from_slice::<Value>(bytes) else { return };
    for mail in returned::parse(&event).into_iter().flatten() {
        one_clear_line(&mail.why);
        // It becomes a part of the name of an object.
        assert!(!mail.message_id.contains('/') && !mail.message_id.is_empty(), "{:?}", mail.message_id);
    }
}
