//! The log: lines of JSON, with the fields of the spans around them (`run_id`, `account`).

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

use super::LogLevel;

/// Crates whose every level may be shown. All others show warnings and errors only: at finer levels the SDK and the HTTP crates below
/// it show the bodies of requests and answers, and the answer to CreateAccessKey holds a secret half.
const OURS: &[&str] = &["keywheel", "account_inventory", "key_rotation", "notification"];

/// Logs to the standard output from now on, panics included. The first call in a process counts.
pub(crate) fn start_log(level: LogLevel) {
    if tracing::subscriber::set_global_default(subscriber(level, std::io::stdout)).is_ok() {
        std::panic::set_hook(Box::new(|panic| tracing::error!(target: "keywheel", "{panic}")));
    }
}

/// What writes the log, to a writer of the caller's choice.
pub fn subscriber<W>(level: LogLevel, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let lines =
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(false).with_writer(writer);
    tracing_subscriber::registry().with(filter(level)).with(lines)
}

fn filter(level: LogLevel) -> Targets {
    let asked = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let targets = Targets::new().with_default(asked.min(LevelFilter::WARN));
    // The span that carries the request id is lambda_runtime's; at finer levels it shows events.
    let targets = targets.with_target("lambda_runtime", asked.min(LevelFilter::INFO));
    // It logs every error of a handler once more, without the run's fields; panics have their line from the hook.
    let targets = targets.with_target("lambda_runtime::layers::panic", LevelFilter::OFF);
    OURS.iter().fold(targets, |targets, target| targets.with_target(*target, asked))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(level: LogLevel, work: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        tracing::subscriber::with_default(subscriber(level, move || writer.clone()), work);
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn bodies_that_the_sdk_and_http_crates_show_never_reach_the_log() {
        let log = logged(LogLevel::Trace, || {
            tracing::trace!(target: "aws_smithy_runtime::client::orchestrator", "response body: SECRETHALF");
            tracing::debug!(target: "aws_sdk_iam::operation", "SECRETHALF");
            tracing::info!(target: "aws_config", "SECRETHALF");
            tracing::trace!(target: "hyper_util::client", "SECRETHALF");
            tracing::debug!(target: "hyper::proto", "SECRETHALF");
            tracing::debug!(target: "h2::codec", "SECRETHALF");
            tracing::debug!(target: "rustls::conn", "SECRETHALF");
            tracing::debug!(target: "a_crate_that_nobody_thought_of", "SECRETHALF");
            tracing::trace!(target: "lambda_runtime::layers", "SECRETHALF");
            tracing::error!(target: "lambda_runtime::layers::panic", "SECRETHALF");
            tracing::warn!(target: "aws_smithy_runtime", "a warning");
            tracing::trace!(target: "keywheel_engine::execute", "ours");
            tracing::trace!(target: "key_rotation", "ours too");
        });
        assert!(!log.contains("SECRETHALF"), "{log}");
        assert_eq!(log.lines().count(), 3, "{log}");
    }

    #[test]
    fn the_level_asked_for_holds_for_keywheel() {
        let log = logged(LogLevel::Error, || {
            tracing::warn!(target: "keywheel_engine", "left out");
            tracing::warn!(target: "aws_config", "left out");
            tracing::error!(target: "keywheel_engine", "shown");
        });
        assert!(log.contains("shown") && !log.contains("left out"), "{log}");
    }

    #[test]
    fn a_line_is_one_json_object_with_the_fields_of_its_spans() {
        let log = logged(LogLevel::Info, || {
            let _run =
                tracing::info_span!(target: "keywheel", "run", run_id = "r-1", account = "111122223333").entered();
            tracing::info!(target: "keywheel", users = 3, "looked");
        });
        let line: serde_json::Value = serde_json::from_str(&log).unwrap();
        assert_eq!((&line["level"], &line["message"], &line["users"]), (&"INFO".into(), &"looked".into(), &3.into()));
        assert!(line["timestamp"].is_string());
        assert_eq!(line["spans"][0]["run_id"], "r-1");
        assert_eq!(line["spans"][0]["account"], "111122223333");
    }

    #[test]
    fn a_name_made_to_forge_lines_stays_in_its_own() {
        let name = "x\r\n{\"level\":\"INFO\"}\u{1b}[31m\u{2028}";
        let log = logged(LogLevel::Info, || {
            let _span = tracing::info_span!(target: "keywheel", "run", account = name).entered();
            tracing::warn!(target: "keywheel", user = name, "about {name}");
        });
        assert_eq!(log.trim_end().lines().count(), 1, "{log}");
        assert!(!log.contains('\u{1b}') && !log.contains('\r'));
        let line: serde_json::Value = serde_json::from_str(&log).unwrap();
        assert_eq!(line["user"], name);
    }

    #[test]
    fn the_level_comes_from_lambda_and_else_from_rust_log() {
        let level = |lambda: &str, rust: &str| {
            let text = |name: &str| Some(if name == "RUST_LOG" { rust } else { lambda }.to_owned());
            LogLevel::from_lookup(text)
        };
        assert_eq!(level("DEBUG", "error"), LogLevel::Debug);
        assert_eq!(level("", "error"), LogLevel::Error);
        assert_eq!(level("", ""), LogLevel::Info);
        assert_eq!(level("loud", "error"), LogLevel::Info);
        assert_eq!(level("FATAL", ""), LogLevel::Error);
    }
}
