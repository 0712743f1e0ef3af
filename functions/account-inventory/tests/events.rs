//! The sample events are what the function says they are.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use keywheel_engine::inventory::InventoryEvent;

fn events(folder: &str) -> Vec<(String, serde_json::Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("events").join(folder);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    files
        .map(|path| (path.display().to_string(), serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap()))
        .collect()
}

#[test]
fn the_samples_are_accepted() {
    let events = events("");
    assert_eq!(events.len(), 6);
    for (name, event) in events {
        InventoryEvent::parse(&event).expect(&name);
    }
}

#[test]
fn the_refused_samples_are_refused_with_one_line() {
    let events = events("refused");
    assert_eq!(events.len(), 7);
    for (name, event) in events {
        let message = InventoryEvent::parse(&event).expect_err(&name).to_string();
        assert!(
            message.starts_with("the event cannot be carried out: ") && !message.contains('\n'),
            "{name}: {message}"
        );
    }
}
