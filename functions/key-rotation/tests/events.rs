//! The sample events are what the function says they are.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use keywheel_core::contract::job::AccountJob;
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
    assert_eq!(events.len(), 5);
    for (name, event) in events {
        assert!(AccountJob::parse(event).is_ok(), "{name}");
    }
}

#[test]
fn the_refused_samples_are_refused_with_one_line_that_shows_what_is_accepted() {
    let events = events("refused");
    assert_eq!(events.len(), 6);
    for (name, event) in events {
        let message = AccountJob::parse(event).unwrap_err().to_string();
        assert!(message.starts_with("the event is not an account job: "), "{name}: {message}");
        assert!(message.contains(r#"Send {"account":"111122223333""#) && !message.contains('\n'), "{name}: {message}");
    }
}
