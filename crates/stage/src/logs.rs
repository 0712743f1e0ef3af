//! What the functions logged, held against docs/logs.md.

use keywheel_runtime::telemetry::{LogField, Metric};
use serde_json::{Map, Value};

/// What every line has, and what `lambda_runtime` adds.
const OF_EVERY_LINE: [&str; 8] =
    ["timestamp", "level", "target", "message", "spans", "name", "requestId", "xrayTraceId"];
/// What a line of metrics has besides counts.
const OF_METRICS: [&str; 4] = ["_aws", "Function", "run_id", "account"];
/// Whose fields are documented.
const OURS: [&str; 4] = ["keywheel", "account_inventory", "key_rotation", "notification"];
/// What is said of mails that come back: such an invocation belongs to no run, and names the mail's message.
const OF_RETURNED_MAILS: [&str; 2] =
    ["a mail came back that is none of Keywheel's", "a mail did not arrive: the next run tells the account's owner"];
/// What ends before there is a run.
const BEFORE_ANY_RUN: [&str; 2] = ["Keywheel.EventInvalid", "Keywheel.ConfigurationInvalid"];

/// What is wrong with a line of a function's log: it is no JSON, has a field that is not documented, or names no run although it belongs to one.
#[must_use]
pub fn fault(line: &str) -> Option<String> {
    let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(line) else {
        return Some(format!("no JSON: {line}"));
    };
    let undocumented = if fields.contains_key("_aws") { of_metrics(&fields) } else { of_line(&fields) };
    if let Some(name) = undocumented {
        return Some(format!("{name} is not documented: {line}"));
    }
    (!names_its_run(&fields)).then(|| format!("names no run: {line}"))
}

fn of_metrics(fields: &Map<String, Value>) -> Option<&str> {
    let is_known = |name: &str| OF_METRICS.contains(&name) || Metric::ALL.iter().any(|metric| metric.name() == name);
    fields.keys().map(String::as_str).find(|name| !is_known(name))
}

fn of_line(fields: &Map<String, Value>) -> Option<&str> {
    let target = fields.get("target").and_then(Value::as_str).unwrap_or_default();
    let is_ours = OURS.iter().any(|ours| target.starts_with(ours));
    let spans = fields.get("spans").and_then(Value::as_array).into_iter().flatten();
    let of_spans = spans.filter_map(Value::as_object).flat_map(Map::keys);
    let own = fields.keys().filter(|_| is_ours);
    let is_known = |name: &str| OF_EVERY_LINE.contains(&name) || LogField::ALL.iter().any(|field| field.name == name);
    own.chain(of_spans).map(String::as_str).find(|name| !is_known(name))
}

fn names_its_run(fields: &Map<String, Value>) -> bool {
    let spans = fields.get("spans").and_then(Value::as_array).into_iter().flatten();
    let has_run = fields.contains_key("run_id") || spans.into_iter().any(|span| span.get("run_id").is_some());
    let error = fields.get("error_type").and_then(Value::as_str);
    has_run || error.is_some_and(|error| BEFORE_ANY_RUN.contains(&error)) || is_of_returned_mails(fields)
}

fn is_of_returned_mails(fields: &Map<String, Value>) -> bool {
    let says = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    if fields.contains_key("_aws") {
        // Digests, which belong to runs, count what was sent too.
        return says("Function") == "notification" && !fields.contains_key("NoticesSent");
    }
    fields.contains_key("message_id") && OF_RETURNED_MAILS.contains(&says("message"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = r#""target":"key_rotation::report","spans":[{"requestId":"1","name":"Lambda runtime invoke"},{"run_id":"r-1","name":"account"}]"#;

    #[test]
    fn a_line_of_a_run_and_one_of_metrics_pass() {
        assert_eq!(
            fault(&format!(r#"{{"timestamp":"t","level":"INFO","message":"step","user":"alice",{RUN}}}"#)),
            None
        );
        assert_eq!(fault(r#"{"_aws":{},"Function":"notification","NoticesSent":1,"run_id":"r-1"}"#), None);
        assert_eq!(
            fault(r#"{"level":"ERROR","error_type":"Keywheel.EventInvalid","target":"keywheel_runtime"}"#),
            None
        );
        assert_eq!(
            fault(&format!(r#"{{"level":"WARN","odd":1,{}}}"#, RUN.replace("key_rotation", "aws_config"))),
            None
        );
    }

    #[test]
    fn lines_of_mails_that_came_back_belong_to_no_run() {
        for message in OF_RETURNED_MAILS {
            let line = format!(
                r#"{{"level":"INFO","message":"{message}","message_id":"m","target":"notification","spans":[]}}"#
            );
            assert_eq!(fault(&line), None);
        }
        assert_eq!(fault(r#"{"_aws":{},"Function":"notification","NoticesFailed":1}"#), None);
    }

    #[test]
    fn other_fields_and_lines_without_a_run_do_not() {
        let why = |line: &str| fault(line).unwrap_or_default();
        assert!(why("plain").starts_with("no JSON"));
        assert!(
            why(&format!(r#"{{"level":"INFO","secret_access_key":"x",{RUN}}}"#))
                .starts_with("secret_access_key is not")
        );
        assert!(
            why(&format!(r#"{{"level":"INFO",{}}}"#, RUN.replace("\"run_id\"", "\"run\""))).starts_with("run is not")
        );
        assert!(why(r#"{"_aws":{},"Function":"notification","NoticesSent":1}"#).starts_with("names no run"));
        for function in ["account-inventory", "key-rotation"] {
            let counts = format!(r#"{{"_aws":{{}},"Function":"{function}","StepsDone":1}}"#);
            assert!(why(&counts).starts_with("names no run"), "{counts}");
        }
        let sent =
            r#"{"level":"INFO","message":"the digest was sent","message_id":"m","target":"notification","spans":[]}"#;
        assert!(why(sent).starts_with("names no run"));
        assert!(why(r#"{"_aws":{},"run_id":"r","Notices":1}"#).starts_with("Notices is not"));
        assert!(
            why(r#"{"level":"INFO","message":"x","target":"key_rotation","spans":[]}"#).starts_with("names no run")
        );
    }
}
