//! The sample events are what the function says they are.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use keywheel_core::contract::event::RotationEvent;
use serde_json::Value;

fn events(folder: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("events").join(folder);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let read = |path: std::path::PathBuf| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    files.map(|path| (path.display().to_string(), read(path))).collect()
}

#[test]
fn the_samples_are_accepted() {
    let events = events("");
    assert_eq!(events.len(), 9);
    for (name, event) in events {
        assert!(RotationEvent::parse(event).is_ok(), "{name}");
    }
}

#[test]
fn the_refused_samples_are_refused_with_one_line_that_shows_what_is_accepted() {
    let events = events("refused");
    assert_eq!(events.len(), 9);
    for (name, event) in events {
        let message = RotationEvent::parse(event).unwrap_err().to_string();
        let (what, shown) = if name.contains("action-") {
            (
                "an explicit action",
                r#"Send {"action":"create|deactivate|delete|rollback|emergency","username":"alice"}"#,
            )
        } else {
            ("an account job", r#"Send {"account":"111122223333""#)
        };
        assert!(message.starts_with(&format!("the event is not {what}: ")), "{name}: {message}");
        assert!(message.contains(shown) && !message.contains('\n'), "{name}: {message}");
    }
}
