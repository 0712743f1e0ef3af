//! Run ids: the moment a run began and a part that tells two runs of the same second apart.

use jiff::Timestamp;
use keywheel_core::id::RunId;

/// The event's run id where it has one, else one such as `20261120T020007Z-1a2b3c4d`, of the present and the invocation's request id.
#[must_use]
pub fn run_id(asked: Option<RunId>, now: Timestamp, request_id: &str) -> RunId {
    asked.unwrap_or_else(|| made(now, request_id))
}

fn made(now: Timestamp, request_id: &str) -> RunId {
    let told_apart: String = request_id.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    let moment = now.strftime("%Y%m%dT%H%M%SZ");
    let text = format!("{moment}-{:0>8}", told_apart.to_ascii_lowercase());
    #[allow(
        clippy::expect_used,
        reason = "digits, letters and '-' only, well below 64 of them, whatever the request id is"
    )]
    text.parse().expect("a run id")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_795_140_007, 0);

    #[test]
    fn a_run_is_named_by_its_second_and_its_request() {
        let id = run_id(None, NOW, "1A2b3c4d-0000-4000-8000-000000000000");
        assert_eq!(id.as_str(), "20261120T020007Z-1a2b3c4d");
        assert_eq!(run_id(None, NOW, "a\r\n/b").as_str(), "20261120T020007Z-000000ab");
        assert_eq!(run_id(None, NOW, "").as_str(), "20261120T020007Z-00000000");
        assert!(run_id(None, Timestamp::MAX, "1").as_str().starts_with("9999"));
        assert!(run_id(None, Timestamp::MIN, "1").as_str().len() < 40);
    }

    #[test]
    fn the_event_may_name_the_run() {
        assert_eq!(run_id(Some("by-hand".parse().unwrap()), NOW, "1").as_str(), "by-hand");
    }
}
