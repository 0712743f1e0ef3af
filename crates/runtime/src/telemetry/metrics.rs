//! Metrics, as lines of CloudWatch's embedded metric format (CloudWatch user guide, "Specification: Embedded metric format").

use std::fmt::Write as _;
use std::io::Write;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::config::variable::Function;

/// The namespace of every metric.
const NAMESPACE: &str = "Keywheel";

/// Whether somebody is woken by a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// The name of the alarm in `account-customization/alarms.tf`.
    Alarm(&'static str),
    /// Why there is none.
    None(&'static str),
}

macro_rules! watch {
    (alarm $name:literal) => {
        Watch::Alarm($name)
    };
    (none $why:literal) => {
        Watch::None($why)
    };
}

macro_rules! metrics {
    ($($(#[doc = $doc:literal])+ $name:ident, $function:ident, $watch:ident $text:literal;)+) => {
        /// A metric: a count, with the function's name as its one dimension.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Metric {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Metric {
            /// Every metric.
            pub const ALL: &[Metric] = &[$(Metric::$name,)+];

            /// Its name in CloudWatch.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Metric::$name => stringify!($name),)+ }
            }

            /// Which function counts it.
            #[must_use]
            pub fn function(self) -> Function {
                match self { $(Metric::$name => Function::$function,)+ }
            }

            /// The alarm that goes by it, or why there is none.
            #[must_use]
            pub fn watch(self) -> Watch {
                match self { $(Metric::$name => watch!($watch $text),)+ }
            }

            /// What it counts.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Metric::$name => concat!($($doc),+).trim_ascii_start(),)+ }
            }
        }
    };
}

metrics! {
    /// Accounts in the organization.
    AccountsListed, AccountInventory, alarm "keywheel-no-run";
    /// Accounts handed to key-rotation.
    AccountsInvoked, AccountInventory, none "AccountsFailed and AccountsUnanswered count those that are missing";
    /// Accounts left out, each with a reason in the manifest.
    AccountsSkipped, AccountInventory, none "the settings leave them out";
    /// Accounts that could not be handed to key-rotation.
    AccountsFailed, AccountInventory, alarm "keywheel-not-invoked";
    /// Invocations that had no time for all accounts and handed the rest to a further one.
    FanOutsHandedOn, AccountInventory, none "usual in a large organization";
    /// Accounts of a run that was accounted for that were invoked and never answered, or of which nobody knows that they were invoked, because the fan-out broke off.
    AccountsUnanswered, AccountInventory, alarm "keywheel-unanswered";
    /// Runs that were to be accounted for while accounts could still answer.
    RunsGoing, AccountInventory, alarm "keywheel-run-going";
    /// Accounts that left the organization of which something that was due is left, and weekly looks at who left that failed.
    DeparturesFailed, AccountInventory, alarm "keywheel-departures";
    /// Accounts whose role could not be assumed.
    AccountsUnreachable, KeyRotation, alarm "keywheel-unreachable";
    /// Runs of an account that could not look at all of it, or left something undone that a retry can do.
    RunsIncomplete, KeyRotation, alarm "keywheel-incomplete";
    /// Invocations whose time was nearly up and that handed what was left of the account to a further one.
    RunsHandedOn, KeyRotation, none "usual in a large account";
    /// Runs of an account whose rest waits for the next night: it was handed on as often as may be, or there was no time for any step.
    HandOnsExhausted, KeyRotation, alarm "keywheel-hand-ons";
    /// Accounts of which every user was looked at, and none passed over by the credential report.
    AccountsSwept, KeyRotation, none "usual: each account once a week";
    /// Accounts that were swept because there was no credential report.
    ReportsMissing, KeyRotation, none "the account was swept, which sees more";
    /// Users seen, those included who were passed over.
    UsersSeen, KeyRotation, none "a size";
    /// Access keys seen; of users who were passed over, those that the credential report shows.
    KeysSeen, KeyRotation, none "a size";
    /// Steps that were done.
    StepsDone, KeyRotation, none "as it should be";
    /// Steps that failed. No other metric counts those that AWS refuses for good.
    StepsFailed, KeyRotation, alarm "keywheel-steps-failed";
    /// Steps that wait for a later run.
    StepsDeferred, KeyRotation, none "KeysOverdue tells when it takes too long";
    /// Keys that wait for a step that was due more than a week ago: held, deferred, failed, or kept back for a person to act.
    KeysOverdue, KeyRotation, alarm "keywheel-keys-overdue";
    /// Digests handed to notification.
    DigestsQueued, KeyRotation, none "as it should be";
    /// Digests that could not be handed to notification.
    DigestsFailed, KeyRotation, alarm "keywheel-digests-dropped";
    /// Events of completed steps that could not be put on the bus.
    EventsFailed, KeyRotation, alarm "keywheel-events-lost";
    /// Notices sent.
    NoticesSent, Notification, none "as it should be";
    /// Notices that wait.
    NoticesDeferred, Notification, alarm "keywheel-notices-waiting";
    /// Notices that could not be sent.
    NoticesFailed, Notification, alarm "keywheel-notices-failed";
    /// Mails made from the function's own template because the bucket's was missing or broken.
    TemplatesEmbedded, Notification, alarm "keywheel-own-templates";
    /// Messages that could not be published to the topic. Their mails are not touched by it.
    TopicMessagesFailed, Notification, alarm "keywheel-topic-untold";
}

/// Writes these counts as one line of the log, with fields such as `run_id` beside them for whoever searches the log.
pub fn emit(function: Function, now: Timestamp, counts: &[(Metric, usize)], fields: &[(&str, &str)]) {
    if let Err(error) = writeln!(std::io::stdout().lock(), "{}", line(function, now, counts, fields)) {
        tracing::warn!(%error, "metrics could not be written");
    }
}

fn line(function: Function, now: Timestamp, counts: &[(Metric, usize)], fields: &[(&str, &str)]) -> Value {
    let definitions: Vec<_> =
        counts.iter().map(|(metric, _)| json!({ "Name": metric.name(), "Unit": "Count" })).collect();
    let mut line: Map<String, Value> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
    line.extend(counts.iter().map(|(metric, count)| (metric.name().to_owned(), Value::from(*count))));
    line.insert("Function".to_owned(), function.name().into());
    let directive = json!({ "Namespace": NAMESPACE, "Dimensions": [["Function"]], "Metrics": definitions });
    line.insert("_aws".to_owned(), json!({ "Timestamp": now.as_millisecond(), "CloudWatchMetrics": [directive] }));
    Value::Object(line)
}

/// The reference of every metric, in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut page = String::from(
        "# Metrics\n\n\
         <!-- Rendered from crates/runtime/src/telemetry/metrics.rs; UPDATE_DOCS=1 cargo test -p keywheel-runtime writes it anew. -->\n\n\
         Every invocation writes its counts to its log in CloudWatch's embedded metric format: namespace `Keywheel`, dimension `Function`,\n\
         unit `Count`. The alarms are those of `account-customization/alarms.tf`: each goes off when the sum of an hour is above 0, but\n\
         `keywheel-no-run`, which goes off when none is counted for longer than a day. Other alarms go by metrics of AWS: the queue of failed\n\
         events, throttling, bounces and complaints.\n\n\
         | metric | function | counts | alarm |\n|---|---|---|---|\n",
    );
    for metric in Metric::ALL {
        let alarm = match metric.watch() {
            Watch::Alarm(name) => format!("`{name}`"),
            Watch::None(why) => format!("none: {why}"),
        };
        let _ =
            writeln!(page, "| `{}` | {} | {} | {alarm} |", metric.name(), metric.function().name(), metric.meaning());
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_in_the_embedded_metric_format() {
        let now: Timestamp = "2026-11-20T02:00:07Z".parse().unwrap();
        let counts = [(Metric::AccountsListed, 12), (Metric::AccountsFailed, 0)];
        let line = line(Function::AccountInventory, now, &counts, &[("run_id", "r-1\n")]);
        assert_eq!(
            line,
            json!({
                "_aws": {
                    "Timestamp": 1_795_140_007_000_i64,
                    "CloudWatchMetrics": [{
                        "Namespace": "Keywheel",
                        "Dimensions": [["Function"]],
                        "Metrics": [
                            { "Name": "AccountsListed", "Unit": "Count" },
                            { "Name": "AccountsFailed", "Unit": "Count" }
                        ]
                    }]
                },
                "Function": "account-inventory",
                "AccountsListed": 12,
                "AccountsFailed": 0,
                "run_id": "r-1\n"
            })
        );
        assert_eq!(line.to_string().lines().count(), 1);
    }
}
