//! Moves the world into the past, so that a night finds it as many days older. No clock is touched.

use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::stage::Stage;

const AT_A_TIME: usize = 16;
const SECONDS_PER_DAY: i64 = 86_400;

/// Moves everything back: IAM, Secrets Manager and Organizations in the emulator, and every object in the state bucket.
///
/// # Errors
/// When the emulator refuses a call.
pub(super) async fn age(stage: &Stage, days: u32) -> anyhow::Result<()> {
    stage.admin.age(days).await?;
    let objects = stage.state.values("").await?;
    let moved = objects.into_iter().filter_map(|(key, mut value)| moved_back(&mut value, days).then_some((key, value)));
    let written = moved.map(|(key, value)| async move { stage.state.put(&key, &value).await });
    stream::iter(written.collect::<Vec<_>>()).buffer_unordered(AT_A_TIME).try_collect::<()>().await
}

/// Moves every date at any depth so many days back; the names of fields stay. Whether there was any.
fn moved_back(value: &mut Value, days: u32) -> bool {
    match value {
        Value::String(text) => {
            let date = date(text).and_then(|date| date.checked_sub(SignedDuration::from_secs(i64::from(days) * SECONDS_PER_DAY)).ok());
            if let Some(date) = date {
                *text = date.to_string();
            }
            date.is_some()
        }
        Value::Array(items) => items.iter_mut().fold(false, |any, item| moved_back(item, days) || any),
        Value::Object(fields) => fields.values_mut().fold(false, |any, field| moved_back(field, days) || any),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The date that a text is as a whole: RFC 3339 in UTC, as Keywheel writes it.
fn date(text: &str) -> Option<Timestamp> {
    let looks_like_one = text.len() >= "2026-11-20T02:00:07Z".len() && text.as_bytes()[10] == b'T' && text.ends_with('Z');
    looks_like_one.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_date_at_any_depth_moves_and_nothing_else() {
        let mut value = json!({
            "2026-11-20T02:00:07Z": "2026-11-20T02:00:07Z",
            "users": { "alice": { "keys": [{ "created": "2026-03-01T00:00:00.123456789Z", "told": null, "held": true }] } },
            "run_id": "20261120T020007Z-abc", "day": "2026-11-20", "text": "made 2026-11-20T02:00:07Z", "sequence": 20261120
        });
        assert!(moved_back(&mut value, 3));
        assert_eq!(
            value,
            json!({
                "2026-11-20T02:00:07Z": "2026-11-17T02:00:07Z",
                "users": { "alice": { "keys": [{ "created": "2026-02-26T00:00:00.123456789Z", "told": null, "held": true }] } },
                "run_id": "20261120T020007Z-abc", "day": "2026-11-20", "text": "made 2026-11-20T02:00:07Z", "sequence": 20261120
            })
        );
        assert!(!moved_back(&mut json!({ "day": "2026-11-20", "n": [1, null] }), 3));
    }

    #[test]
    fn days_moved_one_by_one_are_days_moved_at_once() {
        let (mut slowly, mut at_once) = (json!("2026-03-30T01:30:00.5Z"), json!("2026-03-30T01:30:00.5Z"));
        (0..45).for_each(|_| assert!(moved_back(&mut slowly, 1)));
        moved_back(&mut at_once, 45);
        assert_eq!(slowly, at_once);
    }
}
