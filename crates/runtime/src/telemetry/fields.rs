//! What a line of the log may hold: the names are stable, and searches may rely on them.

use std::fmt::Write as _;

macro_rules! fields {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => {
        /// A field of a line, by its name and what it says. `docs/logs.md` is rendered from these.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct LogField {
            /// Its name in the line, or in one of its `spans`.
            pub name: &'static str,
            /// What it says.
            pub meaning: &'static str,
        }

        impl LogField {
            /// Every field that Keywheel writes.
            pub const ALL: &[LogField] = &[
                $(LogField { name: stringify!($name), meaning: concat!($($doc),+).trim_ascii_start() },)+
            ];
        }
    };
}

fields! {
    /// The account that the line is about, by its 12 digits.
    account;
    /// An access key, by its id (`AKIA…`), which is no secret.
    access_key_id;
    /// What was asked for: `create`, `deactivate`, `delete`, `rollback` or `emergency`.
    action;
    /// Whether the whole account was looked after.
    complete;
    /// Notices that wait for a later run.
    deferred;
    /// Entries of a digest.
    entries;
    /// What went wrong, on one line: the AWS operation and AWS's own words, where it was a call.
    error;
    /// The [stable name](errors.md) of the error with which the invocation, or the start, ends.
    error_type;
    /// Events for the bus.
    events;
    /// Accounts that could not be handed to key-rotation, or notices that could not be sent.
    failed;
    /// The user from whom on a further invocation goes on.
    from;
    /// How often the run has handed itself on.
    hop;
    /// Accounts that answered and were not wholly looked after.
    incomplete;
    /// Accounts handed to key-rotation.
    invoked;
    /// Access keys seen.
    keys;
    /// Accounts that are left to a further invocation.
    left;
    /// Accounts in the organization.
    listed;
    /// When the organization was listed.
    listed_at;
    /// The mailer's id of a mail.
    message_id;
    /// `audit` or `enforce`.
    mode;
    /// Notices in a mail that came back.
    notices;
    /// The guards that an explicit action lifts.
    overrides;
    /// The name of a parameter, never its value.
    parameter;
    /// The name of the object with which a host acknowledges.
    place;
    /// The [reason](reasons.md) of a step.
    reason;
    /// To whom a mail goes, masked: `o…@example.com`.
    recipient;
    /// Whether an emergency makes a replacement.
    replace;
    /// The run: see [below](#one-run-id-through-everything).
    run_id;
    /// Accounts that answered.
    scanned;
    /// The name of a secret, never its value.
    secret;
    /// A time limit that was reached.
    seconds;
    /// Notices that were sent now.
    sent;
    /// Notices that had been sent before.
    sent_before;
    /// The hash of the plan that was reviewed.
    sha256;
    /// Accounts that were left out, each with a reason in the manifest.
    skipped;
    /// `going` or `ended`.
    state;
    /// Whether a step is `planned`, `done`, `failed` or `deferred`.
    status;
    /// What a step does, such as `create`.
    step;
    /// How many steps there are.
    steps;
    /// The kind of mail.
    template;
    /// The topic's id of a message.
    topic_message_id;
    /// Accounts that were invoked and never answered.
    unanswered;
    /// Accounts whose role could not be assumed.
    unreachable;
    /// An IAM user's name.
    user;
    /// Users seen.
    users;
    /// The setting that names an account which is not there.
    variable;
    /// Why something is so, in words.
    why;
}

/// What every line has besides, and what `lambda_runtime` adds.
const OF_EVERY_LINE: &[(&str, &str)] = &[
    ("timestamp", "When, in UTC."),
    ("level", "`ERROR`, `WARN` or `INFO`; `DEBUG` and `TRACE` in builds for development alone."),
    ("target", "The part of the program that speaks."),
    ("message", "What happened, in words. [Troubleshooting](troubleshooting.md) goes by these."),
    ("spans", "A list: what the line is a part of, from the outside in, each with its own fields."),
    ("name", "In a span: `Lambda runtime invoke`, and within it `run`, `finish`, `account` or `digest`."),
    ("requestId", "In the outermost span: Lambda's id of the invocation; a retry has the same one."),
    ("xrayTraceId", "In the outermost span: the [trace](#traces), where Lambda gave one."),
];

/// What is never logged, and what keeps it out.
const NEVER: &[(&str, &str)] = &[
    (
        "the secret half of an access key, of whatever user",
        "it is kept in a type that does not print, and the calls that carry it run without any log; what somebody put into the wrong place is taken out of an error where it has the shape of one",
    ),
    (
        "session tokens, and Keywheel's own credentials",
        "only the SDK has them, and of other crates only warnings and errors are shown",
    ),
    ("the value of a secret or of a parameter, an encrypted pair", "names and ids are logged, never values"),
    (
        "bodies of requests and answers",
        "the SDK shows them below the level that is let through, whatever `log_level` says",
    ),
    ("`MEMBER_ROLE_EXTERNAL_ID`, and passwords and keys of mailers", "a wrong value is named and not shown"),
    ("a recipient's whole address, and what a mail says", "addresses are masked"),
];

/// Where the run id is found.
const RUN_ID: &[(&str, &str)] = &[
    ("event", "`run_id` of the [event](contracts.md); where it has none, the function makes one"),
    ("log", "`run_id` in a span of each line that belongs to a run, and beside the counts of each line of metrics"),
    ("CloudTrail", "the name of the session in the member account"),
    ("state bucket", "`runs/<run id>/`, and `run_id` in the ledger's claim and plan and in each notice"),
    ("event bus", "`run_id` of each completed step"),
    ("mail", "the last paragraph, and `run_id` for templates"),
    ("command line", "`keywheel status`, `keywheel run` and `keywheel report` name it"),
];

/// The page of the log, in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut page = String::from(HEAD);
    let own = LogField::ALL.iter().map(|field| (field.name, field.meaning));
    page.push_str("\n| field | meaning |\n|---|---|\n");
    for (name, meaning) in OF_EVERY_LINE.iter().copied().chain(own) {
        let _ = writeln!(page, "| `{name}` | {meaning} |");
    }
    page.push_str(METRICS);
    table(&mut page, "## What is never logged", ["never", "what keeps it out"], NEVER);
    page.push_str(
        "\nKey ids, users' names, accounts and names of secrets are logged: without them nobody could say what happened to which key.\n\
         A test searches the whole log of a night for every secret half and session token that was ever issued.\n",
    );
    table(&mut page, "## One run id through everything", ["where", "how"], RUN_ID);
    page.push_str(
        "\nA line without a run id belongs to none: a start that failed, an event that was refused, a mail that came back.\n",
    );
    page.push_str(TRACES);
    page
}

fn table(page: &mut String, heading: &str, [left, right]: [&str; 2], rows: &[(&str, &str)]) {
    let _ = write!(page, "\n{heading}\n\n| {left} | {right} |\n|---|---|\n");
    for (one, other) in rows {
        let _ = writeln!(page, "| {one} | {other} |");
    }
}

const HEAD: &str = "# Logs\n\n\
    <!-- Rendered from crates/runtime/src/telemetry/fields.rs; UPDATE_DOCS=1 cargo test -p keywheel-runtime writes it anew. -->\n\n\
    Each function writes lines of JSON to its log group in CloudWatch. The names of the fields are stable: a field may come, and one that is\n\
    renamed or goes is a breaking change in the [changelog](../CHANGELOG.md). What a message says may be put otherwise at any time.\n\n\
    ```json\n\
    {\"timestamp\":\"2026-11-20T02:00:09.120000Z\",\"level\":\"INFO\",\"message\":\"step\",\"user\":\"alice\",\"access_key_id\":\"AKIAEXAMPLEOLD000001\",\
    \"step\":\"create\",\"reason\":\"rotation-due\",\"status\":\"done\",\"target\":\"key_rotation::report\",\
    \"spans\":[{\"requestId\":\"1a2b3c4d-0000-4000-8000-000000000000\",\"name\":\"Lambda runtime invoke\"},\
    {\"run_id\":\"20261120T020007Z-1a2b3c4d\",\"account\":\"111122223333\",\"name\":\"account\"}]}\n\
    ```\n\n\
    All of a run, in CloudWatch Logs Insights over the three log groups:\n\n\
    ```text\n\
    filter @message like \"20261120T020007Z-1a2b3c4d\" | sort @timestamp | display @timestamp, level, message, user, step, reason, status, error\n\
    ```\n\n\
    Lines of other crates (`target` tells) may have fields of their own; only their warnings and errors are shown.\n";

const METRICS: &str = "\nA line with `_aws` is one of [metrics](metrics.md): the counts by their names, `Function`, and `run_id` and `account` where there are such.\n";

const TRACES: &str = "\n## Traces\n\n\
    Lambda hands each invocation the id of its trace, whether or not it samples it. It is `xrayTraceId` in the outermost span, so that a trace leads to its\n\
    lines and a line to its trace; and the SDK sends it along with every call, so that account-inventory, the invocations of key-rotation and those of\n\
    notification are one trace. With `xray_tracing = true` in [account-customization](terraform-variables.md) Lambda samples invocations and sends them to\n\
    X-Ray; it is off by default, because it costs, needs a further permission, and says no more than the log does of what was done to a key.\n";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_stands_once_and_says_what_it_means() {
        let own = LogField::ALL.iter().map(|field| (field.name, field.meaning));
        let all: Vec<_> = OF_EVERY_LINE.iter().copied().chain(own).collect();
        let names: BTreeSet<_> = all.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), all.len());
        assert!(all.iter().all(|(_, meaning)| meaning.ends_with('.') && meaning.len() > 10), "{all:?}");
    }
}
